"""Sizes, alignments and offsets of every C type, worked out from a target's facts.

In go a type and the facts of a target, out comes its layout in bytes, as gcc on ELF has it. Nothing is
guessed: a type that has no layout raises `NoLayout`, and where compilers differ in ways that the facts do not
show, `CannotVouch` says that the compiler has to be asked (`target.ask`). No layout looks through a pointer,
so every recursion ends. Structs and unions are put together in `records`. Implements the sizes of LANGUAGE.md
section 6.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from modcore.ctype import (
    Aligned,
    Array,
    Atomic,
    BitInt,
    Builtin,
    Complex,
    Enum,
    Floating,
    Function,
    Integer,
    Opaque,
    Pointer,
    Record,
    RecordRef,
    Said,
    Type,
    Unknown,
    Vector,
    Void,
)
from modcore.target.facts import Facts, Scalar
from modcore.target.records import CannotVouch, Extent, Measure, MemberLayout, NoLayout, place

__all__ = ["CannotVouch", "Layout", "MemberLayout", "NoLayout", "layout", "offset_of"]


class Layout(msgspec.Struct, frozen=True, gc=False):
    """What `sizeof` and `_Alignof` say about a type and, for a struct or union, where its members lie."""

    size: int
    align: int
    members: tuple[MemberLayout, ...] = ()

    def member(self, name: str) -> MemberLayout | None:
        """The member of that name, also if it lies in an anonymous member."""
        return next((member for member in self.members if member.name == name), None)


def layout(type: Type, facts: Facts, known: dict[str, Extent] | None = None) -> Layout:
    """The layout of a type on a target; raises `NoLayout` and `CannotVouch`.

    `known` remembers structs and unions by their identity, for whoever lays out many that hold each other.
    """
    extent = measure(type, facts) if known is None else _Remembering(known)(type, facts)
    return Layout(extent.size, extent.align, extent.members)


def offset_of(
    type: Type, designators: Sequence[str | int], layout: Callable[[Type], Layout]
) -> tuple[int, Type]:
    """Offset and type of what `offsetof(type, a.b[3].c)` designates, e.g. by `["a", "b", 3, "c"]`.

    `layout` lays types out. Raises `NoLayout` also where a designator does not fit its type or names a bit-field.
    """
    offset = 0
    for designator in designators:
        while isinstance(type, Aligned):
            type = type.of
        if isinstance(designator, int) and isinstance(type, Array):
            type = type.element
            offset += designator * layout(type).size
        elif isinstance(designator, str) and isinstance(type, Record):
            found = layout(type).member(designator)
            if found is None:
                raise NoLayout(f"no member is named '{designator}'")
            if found.bit_width is not None:
                raise NoLayout(f"'{designator}' is a bit-field")
            offset, type = offset + found.offset, found.type
        else:
            raise NoLayout("only members of structs and unions and elements of arrays have offsets")
    return offset, type


class _Remembering:
    """`measure`, once for each struct and union."""

    def __init__(self, known: dict[str, Extent]) -> None:
        self._known = known

    def __call__(self, type: Type, facts: Facts) -> Extent:
        if not isinstance(type, Record):
            return measure(type, facts, self)
        found = self._known.get(type.identity)
        if found is None:
            found = self._known[type.identity] = place(type, facts, self)
        return found


def measure(type: Type, facts: Facts, inner: Measure | None = None) -> Extent:
    """Size and alignments of a type, as what contains it needs to know them; `inner` measures what is inside."""
    inner = inner or measure
    match type:
        case Integer(kind) | Floating(kind):
            return _scalar(kind, facts)
        case Builtin(kind):
            if kind not in facts.scalars:
                raise CannotVouch(f"only the compiler knows '{kind}'")
            return _scalar(kind, facts)
        case Enum(align=align) if align is not None:
            raise CannotVouch("compilers differ in whether they heed the alignment of an enum")
        case Enum():
            return inner(type.underlying, facts)
        case Opaque():
            return inner(type.of, facts)
        case Pointer(space=space) if space:
            raise CannotVouch("the size of a pointer into a named address space depends on the space")
        case Pointer(Function()):
            return _scalar("void (*)()", facts)
        case Pointer():
            return _scalar("void *", facts)
        case Record():
            return place(type, facts, inner)
        case Array():
            if type.length is None:
                raise NoLayout("an array without a length has no size")
            element = inner(type.element, facts)
            if element.size % element.natural_align:
                raise CannotVouch("the elements of an array are no multiple of their alignment")
            return msgspec.structs.replace(element, size=type.length * element.size, members=())
        case Complex():
            part = inner(type.of, facts)
            return msgspec.structs.replace(part, size=2 * part.size)
        case Aligned():
            return _aligned(inner(type.of, facts), type.align, facts)
        case Atomic():
            return _atomic(inner(type.of, facts), facts)
        case Vector():
            return _vector(type, facts)
        case Said():
            raise CannotVouch("only the compiler knows what attributes make of this type")
        case BitInt():
            return _bit_int(type, facts)
        case RecordRef(kind, _, name):
            raise NoLayout(f"'{kind} {name}' is incomplete" if name else f"a {kind} is incomplete")
        case Unknown():
            raise NoLayout(type.reason or "the type is not known")
        case Function():
            raise NoLayout("a function has no size")
        case Void():
            raise NoLayout("'void' has no size")
    raise TypeError(f"{type!r} is no type")


def _scalar(kind: str, facts: Facts) -> Extent:
    scalar = facts.scalars.get(kind)
    if scalar is None:
        raise NoLayout(f"the compiler has no type '{kind}'")
    return _extent(scalar)


def _extent(scalar: Scalar) -> Extent:
    return Extent(scalar.size, scalar.align, scalar.field_align, scalar.natural_align)


def _aligned(of: Extent, align: int, facts: Facts) -> Extent:
    if align < of.natural_align and facts.bit_fields == "microsoft":
        raise CannotVouch("a typedef's alignment is less than the natural one")
    return msgspec.structs.replace(of, align=align, field_align=align, natural_align=align, pinned=True)


def _vector(type: Vector, facts: Facts) -> Extent:
    if type.said:
        raise CannotVouch("only the compiler knows vectors of this kind")
    scalar = facts.vectors.get(type.bytes)
    if scalar is None:
        raise CannotVouch(f"vectors of {type.bytes} bytes are not in the target's table")
    if facts.fields_capped and scalar.field_align < scalar.natural_align:
        raise CannotVouch("the alignment of a small vector depends on the target's vector unit")
    return _extent(scalar)


def _atomic(of: Extent, facts: Facts) -> Extent:
    """An atomic type is aligned as the integer of its size is, so that one instruction reaches it."""
    size = of.size
    if 0 < size <= facts.atomics_padded:
        size = 1 << (size - 1).bit_length()
    scalar = facts.atomics.get(size)
    if scalar is None:
        return msgspec.structs.replace(of, members=())
    return Extent(size, max(of.align, scalar.align), max(of.field_align, scalar.field_align),
                  max(of.natural_align, scalar.natural_align), of.pinned)


def _bit_int(type: BitInt, facts: Facts) -> Extent:
    """Up to 64 bits the smallest integer type that holds them, above that a row of limbs."""
    if type.width > facts.bit_int_width:
        raise NoLayout(f"the compiler has no type '_BitInt({type.width})'")
    if type.width > 64:
        limb = facts.bit_int_limb
        return Extent(-(-type.width // (8 * limb)) * limb, limb, limb, limb)
    for kind in ("signed char", "short", "int", "long", "long long"):
        if 8 * facts.scalars[kind].size >= type.width:
            return _scalar(kind, facts)
    raise NoLayout(f"no integer type holds {type.width} bits")
