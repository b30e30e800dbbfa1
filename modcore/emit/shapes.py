"""The shape of a type: what a file has to know of a type whose contents it cannot see, to hold and to pass it.

In comes a struct, a union or an enum of another module; out goes C that every ABI treats alike (language reference,
section 6): the same nesting, widths, alignments and packing, with numbers for names, and `void *` for whatever is
pointed to. Renaming a member changes no byte of it. A type of which not everything is known has no shape, and its
definition stands in for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Union

import msgspec

from modcore.ctype import (
    SIGNED_INTEGERS,
    UNSIGNED_INTEGERS,
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
    Member,
    Pointer,
    Record,
    RecordRef,
    Said,
    Type,
    Vector,
    Void,
)  # fmt: skip
from modcore.entities import Entity
from modcore.target.arithmetic import NotConstant, enum_underlying, limits
from modcore.target.facts import Facts
from modcore.target.spelling import attributes, enum_mode, words

Owner = Callable[[Union[Enum, Record, RecordRef, Builtin]], Union[Entity, None]]


class Shape(msgspec.Struct, frozen=True, gc=False):
    """`text` defines the type under `#pragma pack(pack)`; it needs the types in `needs`, complete, before it."""

    text: str
    needs: tuple[Entity, ...] = ()
    pack: int | None = None


class _Shapeless(Exception):
    """A part of a type cannot be said without its definition."""


def record_shape(tag: str, record: Record, owner: Owner, spell: Callable[[Entity], str]) -> Shape | None:
    """The shape of a struct or union with this keyword and tag; None: it has none.

    `owner` gives the entity of a type that has one, and `spell` how that is written.
    """
    writer = _Writer(tag, record.pack, owner, spell)
    try:
        body = writer.contents(record)
    except _Shapeless:
        return None
    return Shape("".join(writer.typedefs) + f"{tag} {body};", tuple(writer.needs), record.pack)


def enum_shape(tag: str, name: str, enum: Enum, fixed: bool, facts: Facts) -> Shape | None:
    """The shape of an enum with this keyword and tag, of which `name` is an emitted name; `fixed` as by C23's colon."""
    underlying, aligned = enum.underlying, attributes(False, enum.align)
    if fixed:
        return Shape(f"{tag} : {underlying.kind} {{ {name}_value = 0 }}{aligned};")
    if facts.enums_are_int:
        return Shape(f"{tag} {{ {name}_value = 0 }}{enum_mode(underlying, facts)}{aligned};")
    for packed in (False, True):
        for value in _thresholds(facts):
            try:
                if enum_underlying((value,), facts, packed) == underlying:
                    suffix = "" if -(2**31) < value < 2**31 else "LL"
                    said = attributes(packed, enum.align)
                    return Shape(f"{tag} {{ {name}_value = {value}{suffix} }}{said};")
            except NotConstant:
                continue
    return None


def _thresholds(facts: Facts) -> list[int]:
    """The values with which an enum gets the next type, the smallest first.

    An enum that has the type anyway needs as many bits, so that no compiler warns of the shape (of a bit-field that is
    too narrow for it, say) where it does not warn of the enum.
    """
    kinds = (kind for kind in (*SIGNED_INTEGERS, *UNSIGNED_INTEGERS) if kind in facts.scalars)
    edges = [limits(Integer(kind), facts) for kind in kinds]
    return sorted({0, *(least - 1 for least, _ in edges), *(greatest + 1 for _, greatest in edges)}, key=abs)


class _Writer:
    """Writes the members of one record, each with a number for a name."""

    def __init__(self, tag: str, pack: int | None, owner: Owner, spell: Callable[[Entity], str]) -> None:
        self.needs: dict[Entity, None] = {}
        self.typedefs: list[str] = []
        self._tag = tag
        self._pack = pack
        self._owner = owner
        self._spell = spell
        self._members = 0

    def contents(self, record: Record) -> str:
        """The braces of a record with all in them, and its attributes."""
        members = " ".join(self._member(member, record.pack) for member in record.members)
        return f"{{ {members} }}{attributes(record.packed, record.align, record.attributes)}"

    def _member(self, member: Member, pack: int | None) -> str:
        width = f" : {member.bit_width}" if member.bit_width is not None else ""
        name = ""
        of_named_type = isinstance(member.type, Record) and self._owner(member.type) is not None
        if member.name is not None or of_named_type:
            name = f" m{self._members}"
            self._members += 1
        text = f"{self._declared(member.type, name)}{width}{attributes(member.packed, member.align)};"
        return self._packed(text, member.type, pack)

    def _packed(self, text: str, type: Type, pack: int | None) -> str:
        """The text of a declaration of that type, under the type's own `pack` where it is written out in it."""
        while isinstance(type, (Array, Atomic)):
            type = type.element if isinstance(type, Array) else type.of
        if not isinstance(type, Record) or type.pack == pack or self._owner(type) is not None:
            return text
        return f"\n#pragma pack({type.pack or ''})\n{text}\n#pragma pack({pack or ''})\n"

    def _declared(self, type: Type, name: str) -> str:
        """A declaration of `name` without its semicolon."""
        lengths = ""
        while isinstance(type, Array):
            lengths += f"[{'' if type.length is None else type.length}]"
            type = type.element
        if isinstance(type, Pointer) and isinstance(type.to, Function):
            return f"void (*{name.strip()}{lengths})(void)"
        return self._specifiers(type) + name + lengths

    def _specifiers(self, type: Type) -> str:
        """A type that needs no declarator."""
        match type:
            case Integer() | Floating() | BitInt():
                return words(type)
            case Builtin():
                declared = self._owner(type)  # by a pragma
                if declared is not None:
                    self.needs[declared] = None
                return words(type)
            case Pointer(space=space) if space:
                return f"const {space} void *"
            case Pointer(Function()):
                return self._typedef("void (*", ")(void)")
            case Pointer():
                return "void *"
            case Complex(of):
                return f"_Complex {self._specifiers(of)}"
            case Atomic(of):
                return f"_Atomic({self._specifiers(of)})"
            case Vector(element, said=said) if said:
                self._specifiers(element)  # what it needs
                return self._typedef(f"{said} ", "")
            case Vector(element, size):
                return self._typedef(f"{self._specifiers(element)} ", f" __attribute__((vector_size({size})))")
            case Said(of, text):
                return self._typedef(text.format(self._specifiers(of)) + " ", "", of)
            case Aligned(of, align):
                lengths = ""
                while isinstance(of, Array):
                    lengths, of = f"{lengths}[{of.length}]", of.element
                return self._typedef(f"{self._specifiers(of)} ", f"{lengths} __attribute__((aligned({align})))", of)
            case Enum() | Record() | RecordRef():
                return self._tagged(type)
        raise _Shapeless

    def _tagged(self, type: Enum | Record | RecordRef) -> str:
        entity = self._owner(type)
        if entity is not None:
            self.needs[entity] = None
            return self._spell(entity)
        if isinstance(type, Enum) and type.align is None:
            return type.underlying.kind
        if not isinstance(type, Record):
            raise _Shapeless
        return f"{type.kind} {self.contents(type)}"

    def _typedef(self, before: str, after: str, of: Type = Void()) -> str:
        """A type that only a typedef can name as a specifier."""
        name = f"{self._tag.split()[1]}_t{len(self.typedefs)}"
        self.typedefs.append(self._packed(f"typedef {before}{name}{after}; ", of, self._pack))
        return name
