"""Random C types of a target, as values: everything that has a layout, in combinations that nobody writes.

In go the facts of a target and a seed, out come structs and unions with members, arrays, bit-fields, attributes and
packing of all kinds, as many as wanted and for one seed always the same. Some of them a compiler rejects, and some
the layout engine leaves to the compiler; none are without meaning in C's grammar.
"""

from __future__ import annotations

import itertools
import random

from modcore.ctype import (
    FLOATING_KINDS,
    INTEGER_KINDS,
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
    Type,
    Vector,
    Void,
    bare,
)
from modcore.target.facts import Facts
from modcore.target.layout import measure

POWERS = (1, 2, 4, 8, 16, 32)
_ENUMS = ("unsigned int", "int", "unsigned char", "short", "unsigned long long")
_PARTS = ("float", "double", "long double", "_Float128")


class RandomTypes:
    """A source of types for one target."""

    def __init__(self, facts: Facts, seed: object) -> None:
        self._facts = facts
        self._random = random.Random(str(seed))
        self._serial = itertools.count()
        self._integers = [Integer(kind) for kind in INTEGER_KINDS if kind in facts.scalars]
        self._floats = [Floating(kind) for kind in FLOATING_KINDS if kind in facts.scalars]
        self._parts = [Floating(kind) for kind in _PARTS if kind in facts.scalars] + [
            Integer("char"), Integer("int"), Integer("long long")]
        self._vectors = [size for size in facts.vectors if size >= 4]

    def records(self, count: int) -> list[Record]:
        """That many structs and unions."""
        return [self.record() for _ in range(count)]

    def record(self, depth: int = 2) -> Record:
        """A struct or union whose members are nested no deeper than told."""
        chance, pick = self._chance, self._random.choice
        kind = pick(("struct", "struct", "union"))
        packed = chance(6)
        kinds = "ppppbbbbuz" + ("rra" if depth else "")
        members = [self._member(pick(kinds), depth, packed) for _ in range(self._random.randint(0, 7))]
        if kind == "struct" and any(one.name is not None for one in members) and chance(8):
            members.append(Member(self._name("m"), Array(self._integer(), None)))
        align = pick(POWERS) if chance(5) else None
        pack = pick((1, 2, 4, 8, 16)) if chance(6) else None
        return Record(kind, self._name("S"), None, tuple(members), packed, align, pack)

    def leaf(self) -> Type:
        """A type that is no struct, union or array."""
        pick = self._random.choice
        plain = self._integer() if self._chance(2) else pick(
            [*self._floats, Pointer(Void()), Pointer(Function(Void(), None))])
        if not self._chance(4):
            return plain
        odd: list[Type] = [Complex(pick(self._parts)), Atomic(plain), Aligned(plain, pick(POWERS)),
                           Builtin("__builtin_va_list")]
        if self._vectors:
            element = pick([Integer("char"), Integer("int"), Floating("float")])
            odd.append(Vector(element, pick(self._vectors)))
        if self._facts.bit_int_width:
            odd.append(self._bit_int())
        return pick(odd)

    def _integer(self) -> Type:
        pick = self._random.choice
        return Enum(self._name("E"), None, Integer(pick(_ENUMS))) if self._chance(6) else pick(self._integers)

    def _bit_int(self) -> Type:
        return BitInt(self._random.randint(2, min(self._facts.bit_int_width, 200)), self._chance(2))

    def _member(self, what: str, depth: int, within_packed: bool) -> Member:
        pick, chance = self._random.choice, self._chance
        name = self._name("m")
        packed = not within_packed and chance(10)
        align = pick(POWERS) if chance(9) else None
        if what in "buz":
            type = self._bit_field_type()
            bits = 1 if bare(type) == Integer("_Bool") else 8 * measure(bare(type), self._facts).size
            few = [width for width in (1, 3, bits) if width <= bits]
            width = 0 if what == "z" else pick(few) if chance(2) else self._random.randint(1, bits)
            return Member(name if what == "b" else None, type, width, packed, align)
        if what == "a":
            return Member(None, self.record(depth - 1))
        type = self.record(depth - 1) if what == "r" else self.leaf()
        if not isinstance(type, Aligned) and not _ends_flexibly(type):
            for length in pick(((), (), (), (0,), (1,), (3,), (2, 5))):
                type = Array(type, length)
            if isinstance(type, Array) and chance(6):
                type = Aligned(type, pick(POWERS))
        return Member(name, type, None, packed, align)

    def _bit_field_type(self) -> Type:
        """An integer type, but no `_BitInt`: clang 14 breaks down at some of their bit-fields."""
        type = self._integer()
        return Aligned(type, self._random.choice(POWERS)) if self._chance(40) else type

    def _chance(self, one_in: int) -> bool:
        return self._random.randrange(one_in) == 0

    def _name(self, what: str) -> str:
        return f"{what}{next(self._serial)}"


def _ends_flexibly(type: Type) -> bool:
    if not isinstance(type, Record):
        return False
    return any(isinstance(one.type, Array) and one.type.length is None or _ends_flexibly(one.type)
               for one in type.members)
