"""C types as values: what stage 3 builds out of declarations, and what layouts, constants and emission read.

A type is a frozen tree of the classes below; there is no table behind it, so two modules that describe the
same type hold equal values. Qualifiers are left out, because apart from `_Atomic` none of them changes a
layout or the arithmetic. A struct, union or enum is known by its `identity`, a text that its maker keeps
unique in a program (module and name, or the place of a header's declaration). Only what is held by value is
spelled out: behind a pointer, and for a record whose members nobody has looked up yet, a `RecordRef` stands
in for the record, so every value is finite although C's types are not. All values can be written as tagged
JSON by msgspec, and read back. Implements the types of LANGUAGE.md section 6.
"""

from __future__ import annotations

from typing import Literal, Union

import msgspec

SIGNED_INTEGERS = ("signed char", "short", "int", "long", "long long", "__int128")
UNSIGNED_INTEGERS = ("unsigned char", "unsigned short", "unsigned int", "unsigned long", "unsigned long long",
                     "unsigned __int128")
INTEGER_KINDS = ("_Bool", "char", *SIGNED_INTEGERS, *UNSIGNED_INTEGERS)
FLOATING_KINDS = ("float", "double", "long double", "_Float16", "_Float32", "_Float64", "_Float128",
                  "_Float32x", "_Float64x", "__float128", "__float80", "__ibm128", "__ieee128", "__bf16",
                  "__fp16", "_Decimal32", "_Decimal64", "_Decimal128")


STORAGE_ORDER = "scalar_storage_order"
"""What an attribute and a pragma of gcc are called: `little-endian` or `big-endian`, whatever the target is."""


class _Form(msgspec.Struct, frozen=True, gc=False, tag=True, tag_field="form"):
    """What all types have in common: they are frozen values, and in JSON their class stands under `form`."""


class Void(_Form):
    """`void`."""


class Unknown(_Form):
    """A type that modcore cannot know; whatever is built out of it is unknown as well."""

    reason: str = ""


class Integer(_Form):
    """A standard or extended integer type, by its canonical spelling: one of `INTEGER_KINDS`."""

    kind: str


class BitInt(_Form):
    """`_BitInt(width)` or `unsigned _BitInt(width)`."""

    width: int
    signed: bool = True


class Floating(_Form):
    """A real floating type, by its canonical spelling: one of `FLOATING_KINDS`."""

    kind: str


class Builtin(_Form):
    """A type that only the compiler knows more of, by its name: `__builtin_va_list`, `__Float32x4_t`, `long _Accum`."""

    kind: str


class Complex(_Form):
    """`_Complex` of a floating type or, a GNU extension, of an integer type."""

    of: Type


class Pointer(_Form):
    """A pointer; a struct or union that it points to may be, and usually is, a `RecordRef`.

    `space` is the named address space that it points into (ISO/IEC TR 18037), on which its size may depend.
    """

    to: Type
    space: str = ""


class Array(_Form):
    """An array; `length` is None where it is unknown, as in `extern int a[]` and flexible array members."""

    element: Type
    length: int | None


class Function(_Form):
    """A function; `params` is None where a declaration says nothing about them, as C's `()` in a header."""

    returns: Type
    params: tuple[Type, ...] | None
    variadic: bool = False


class Vector(_Form):
    """A GNU vector of `bytes` bytes; of the other kinds only the compiler knows the size, and `said` is how one is written.

    Examples are `__attribute__((neon_vector_type(4))) float` and `__vector __bool int`.
    """

    element: Type
    bytes: int
    said: str = ""


class Said(_Form):
    """A type that is made of another in a way that only the compiler knows: `text` is C, with `{}` for the other one.

    An example is `{} __attribute__((mode(TF)))`, of `float`.
    """

    of: Type
    text: str


class Atomic(_Form):
    """`_Atomic` of a type, as specifier or as qualifier."""

    of: Type


class Aligned(_Form):
    """A type whose alignment a typedef's `aligned` attribute has set, upwards or downwards, in bytes."""

    of: Type
    align: int


class Member(_Form):
    """A member of a struct or union: `align` is its own `aligned` attribute or `_Alignas`, in bytes."""

    name: str | None
    type: Type
    bit_width: int | None = None
    packed: bool = False
    align: int | None = None


class Record(_Form):
    """A complete struct or union: `align` is its attribute, `pack` the `#pragma pack` value in force.

    `attributes` are those that change how it is laid out, passed or accessed, as they are written, and `pragmas` the
    lines in force that change how it is laid out.
    """

    kind: Literal["struct", "union"]
    identity: str
    name: str | None
    members: tuple[Member, ...]
    packed: bool = False
    align: int | None = None
    pack: int | None = None
    attributes: tuple[str, ...] = ()
    pragmas: tuple[str, ...] = ()

    @property
    def storage_order(self) -> str:
        """The order that its numbers are stored in, as the attribute `scalar_storage_order` says; "" without one."""
        said = (one.partition('"')[2].rstrip('")') for one in self.attributes if one.startswith(STORAGE_ORDER))
        return next(said, "")


class RecordRef(_Form):
    """A struct or union without its members: what pointers point to, and elsewhere an incomplete type."""

    kind: Literal["struct", "union"]
    identity: str
    name: str | None


class Enum(_Form):
    """A complete enum with the integer type that represents it (see `target.arithmetic.enum_underlying`).

    `align` is its attribute, which not all compilers heed.
    """

    identity: str
    name: str | None
    underlying: Integer
    align: int | None = None


class Opaque(_Form):
    """A typedef or an enum as a module sees it that cannot see its contents; `of` is what it stands for."""

    identity: str
    name: str
    of: Type


Type = Union[Void, Unknown, Integer, BitInt, Floating, Builtin, Complex, Pointer, Array, Function, Vector, Said,
             Atomic, Aligned, Record, RecordRef, Enum, Opaque]
IntegerType = Union[Integer, BitInt]


def reference(type: Type) -> Type:
    """The light form of a type for what points to it: a record becomes a `RecordRef`, all else stays."""
    if isinstance(type, Record):
        return RecordRef(type.kind, type.identity, type.name)
    return type


def bare(type: Type) -> Type:
    """The type without `_Atomic` and without a typedef's alignment: what its values are."""
    while isinstance(type, (Aligned, Atomic)):
        type = type.of
    return type


def same_entity(left: Type, right: Type) -> bool:
    """Whether both are the same struct, union or enum, however much of it either of them spells out."""
    tagged = (Record, RecordRef, Enum)
    return isinstance(left, tagged) and isinstance(right, tagged) and left.identity == right.identity
