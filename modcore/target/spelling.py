"""Types as C writes them, with all that their layout depends on and none of the names that the program gave them.

In go a type that is complete (see `ctype`) and the facts of a target; out come declarations of everything that the
type holds by value and a name for the type itself. Tags, typedefs and members are numbered behind a prefix, so the
text means the same whatever names, macros and keywords the program and the compiler have. Members of anonymous
members get paths, and an anonymous member is given a name, which changes no layout. Used to ask the compiler for
layouts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    Member,
    Opaque,
    Pointer,
    Record,
    Said,
    Type,
    Vector,
)
from modcore.pragmas import VECTOR_TYPES, end_of, is_vector_type
from modcore.target.arithmetic import is_signed
from modcore.target.facts import Facts
from modcore.target.records import NoLayout


class Spelled(msgspec.Struct, frozen=True, gc=False):
    """Declarations in C, the name of the type that they end in, and the path to each of its members.

    The paths stand in the order of declaration, those of an anonymous member's members behind its own; None stands
    for an unnamed bit-field.
    """

    declarations: str
    name: str
    paths: tuple[str | None, ...]
    prefix: str

    def without_prefix(self) -> str:
        """The declarations as they are for every prefix."""
        return self.declarations.replace(f"{self.prefix}_", "_")


def spelled(type: Type, facts: Facts | None, prefix: str) -> Spelled:
    """A type as C; raises `NoLayout` for what has no size. Texts of different prefixes can stand in one file.

    The facts are needed for enums alone.
    """
    speller = _Speller(facts, prefix)
    name = speller.typedef(speller.name(type))
    return Spelled("\n".join(speller.lines) + "\n", name, tuple(_paths(record_of(type))), prefix)


def words(type: Integer | Floating | BitInt | Builtin) -> str:
    """A type that is made of no others, as every text has it."""
    if isinstance(type, BitInt):
        return f"{'' if type.signed else 'unsigned '}_BitInt({type.width})"
    return type.kind


def attributes(packed: bool, align: int | None, others: Sequence[str] = ()) -> str:
    """What stands behind a struct, a union or a member for its `packed`, its `aligned` and other attributes."""
    said = [*(["packed"] if packed else []), *([f"aligned({align})"] if align is not None else []), *others]
    return f" __attribute__(({', '.join(said)}))" if said else ""


def enum_mode(underlying: Integer, facts: Facts) -> str:
    """The attribute that gives an enum another type than `int` where all enums are one; "" for that one."""
    modes = {1: "QI", 2: "HI", 4: "SI", 8: "DI"}
    size = facts.scalars[underlying.kind].size
    return "" if underlying == Integer("int") else f" __attribute__((mode({modes[size]})))"


def record_of(type: Type) -> Record | None:
    """The struct or union whose members a type has."""
    while isinstance(type, (Aligned, Opaque)):
        type = type.of
    return type if isinstance(type, Record) else None


def _paths(record: Record | None, before: str = "") -> Iterator[str | None]:
    for number, member in enumerate(record.members if record is not None else ()):
        yield f"{before}m{number}" if member.name is not None or member.bit_width is None else None
        if member.name is None and member.bit_width is None:
            yield from _paths(record_of(member.type), f"{before}m{number}.")


class _Speller:
    """The declarations so far, and a number for the next name."""

    def __init__(self, facts: Facts | None, prefix: str) -> None:
        self.lines: list[str] = []
        self._facts = facts
        self._prefix = prefix
        self._names: dict[Type, str] = {}

    def name(self, type: Type) -> str:
        """What C writes before a declarator; what the type needs is declared, once."""
        if type not in self._names:
            self._names[type] = self._named(type)
        return self._names[type]

    def typedef(self, spelling: str, attribute: str = "", length: str = "") -> str:
        name = self._fresh("t")
        self.lines.append(f"typedef {spelling} {name}{length}{attribute};")
        return name

    def _named(self, type: Type) -> str:
        match type:
            case Integer() | Floating() | BitInt() | Builtin():
                if is_vector_type(words(type)):
                    self.lines.append(VECTOR_TYPES)
                return words(type)
            case Enum(_, _, underlying, align):
                return self._enum(underlying, align)
            case Opaque(_, _, of):
                return self.name(of)
            case Pointer(space=space) if space:
                return f"__typeof__(const {space} void *)"
            case Pointer(Function()):
                return "__typeof__(void (*)(void))"
            case Pointer():
                return "__typeof__(void *)"
            case Complex(of):
                return f"_Complex {self.name(of)}"
            case Array(element, length) if length is not None:
                return self.typedef(self.name(element), length=f"[{length}]")
            case Atomic(of):
                return f"_Atomic({self.name(of)})"
            case Vector(element, said=said) if said:
                self.name(element)  # what it needs
                return self.typedef(said)
            case Vector(element, size):
                return self.typedef(self.name(element), f" __attribute__((vector_size({size})))")
            case Said(of, text):
                return self.typedef(text.format(self.name(of)))
            case Aligned(of, align):
                return self.typedef(self.name(of), f" __attribute__((aligned({align})))")
            case Record():
                return self._record(type)
        raise NoLayout("the type has no size")

    def _fresh(self, what: str) -> str:
        return f"{self._prefix}_{what}{len(self.lines)}"

    def _enum(self, underlying: Integer, align: int | None) -> str:
        """An enum whose constants need all of its underlying type; a small one does not come about but by `packed`."""
        assert self._facts is not None
        bits = 8 * self._facts.scalars[underlying.kind].size
        packed = " __attribute__((packed))" if underlying.kind.endswith(("char", "short")) else ""
        if self._facts.enums_are_int:
            packed = enum_mode(underlying, self._facts)
        if is_signed(underlying, self._facts):
            low, high = f"-{2 ** (bits - 1) - 1}LL - 1", f"{2 ** (bits - 1) - 1}LL"
        else:
            low, high = "0", f"{2 ** bits - 1}ULL"
        tag = self._fresh("e")
        self.lines.append(f"enum{packed} {tag} {{ {tag}_low = {low}, {tag}_high = {high} }}{attributes(False, align)};")
        return f"enum {tag}"

    def _record(self, record: Record) -> str:
        members = "".join(f" {self._member(number, member)};" for number, member in enumerate(record.members))
        tag = self._fresh("s")
        said = attributes(record.packed, record.align, record.attributes)
        self.lines += ["#pragma pack(push)", f"#pragma pack({record.pack or ''})", *record.pragmas]
        self.lines += [f"{record.kind} {tag} {{{members} }}{said};", *map(end_of, record.pragmas), "#pragma pack(pop)"]
        return f"{record.kind} {tag}"

    def _member(self, number: int, member: Member) -> str:
        name, type = f"m{number}", member.type
        if isinstance(type, Array) and type.length is None:
            name, type = f"{name}[]", type.element
        if member.bit_width is not None:
            name = f"{name if member.name is not None else ''} : {member.bit_width}"
        return f"{self.name(type)} {name}{attributes(member.packed, member.align)}"
