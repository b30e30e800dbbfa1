"""Samples of structs, by which the probe sees whether a target lays types out as the layout engine does.

In go the scalar types that a compiler has; out come structs of all of them and bit-fields of the common kinds, what to
ask the compiler about each, and whether its answers are those of the engine. A target that nobody has thought of
shows itself here, and its layouts are the compiler's to tell from then on (`asked`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from modcore.ctype import (
    FLOATING_KINDS,
    INTEGER_KINDS,
    Aligned,
    Builtin,
    Floating,
    Integer,
    Member,
    Pointer,
    Record,
    Type,
    Void,
)  # fmt: skip
from modcore.target.facts import Facts
from modcore.target.layout import CannotVouch, layout
from modcore.target.spelling import spelled


class Sample(msgspec.Struct, frozen=True, gc=False):
    """A struct, its declarations, and the constants that the compiler is to work out: size, alignment, offsets."""

    record: Record
    declarations: str
    expressions: tuple[str, ...]

    def agrees(self, values: Iterable[int], facts: Facts) -> bool:
        """Whether the compiler's answers are what the engine says; also where the engine says nothing."""
        try:
            claim = layout(self.record, facts)
        except CannotVouch:
            return True
        offsets = [member.offset for member in claim.members if member.bit_width is None]
        return [claim.size, claim.align, *offsets] == list(values)


def plain_samples(kinds: Iterable[str]) -> Iterator[Sample]:
    """Structs without bit-fields."""
    char = Integer("char")
    for number, type in enumerate(one for kind in kinds if (one := _scalar(kind)) is not None):
        inner = Record("struct", f"in{number}", None, (Member("a", char), Member("b", type)))
        yield _sample(f"plain_{number}", "struct", (type, None), (inner, None), (char, None))
    aligned = Aligned(Integer("short"), 8)
    yield _sample("aligned", "struct", (char, None), (aligned, None), (char, None))
    yield _sample("aligned_in_packed", "struct", (char, None), (aligned, None), packed=True)
    yield _sample("aligned_in_union", "union", (char, None), (aligned, None), packed=True)
    members = (Member("m0", char), Member("m1", char, align=4), Member("m2", Integer("short"), align=16))
    yield _asked("aligned_members", Record("struct", "aligned_members", None, members))


def bit_field_samples() -> Iterator[Sample]:
    """Structs and unions with bit-fields; a width of None stands for a member that is none."""
    char, short, int_, long_, longest = map(Integer, ("unsigned char", "short", "int", "long", "long long"))
    rows: tuple[tuple[tuple[Type, int | None], ...], ...] = (
        ((char, 0),),
        ((char, None), (char, 0), (char, None)),
        ((char, 3), (int_, 0), (char, None)),
        ((char, None), (int_, 3), (short, None)),
        ((short, 3), (long_, 30), (char, None)),
        ((char, 3), (int_, 5), (short, 9), (char, None)),
        ((longest, 40), (char, 7), (char, 7), (long_, 17), (char, None)),
        ((char, None), (longest, 33), (char, None)),
    )
    for number, row in enumerate(rows):
        yield _sample(f"bits_{number}", "struct", *row)
        yield _sample(f"packed_{number}", "struct", *(one for one in row if one[1] != 0), packed=True)
    yield _sample("bits_in_union", "union", (int_, 3), (char, 7))
    yield _sample("nothing_in_union", "union", (short, 0))


def _sample(name: str, kind: str, *members: tuple[Type, int | None], packed: bool = False) -> Sample:
    named = (Member(None if width == 0 else f"m{k}", type, width) for k, (type, width) in enumerate(members))
    return _asked(name, Record("union" if kind == "union" else "struct", name, None, tuple(named), packed))


def _asked(name: str, record: Record) -> Sample:
    text = spelled(record, None, f"modcore_{name}")
    asked = [f"sizeof({text.name})", f"_Alignof({text.name})"]
    for path, member in zip(text.paths, record.members, strict=True):
        if member.bit_width is None:
            asked.append(f"__builtin_offsetof({text.name}, {path})")
    return Sample(record, text.declarations, tuple(asked))


def _scalar(kind: str) -> Type | None:
    """A scalar type by its canonical spelling."""
    makers: tuple[tuple[Iterable[str], Callable[[str], Type]], ...] = (
        (INTEGER_KINDS, Integer), (FLOATING_KINDS, Floating), (("__builtin_va_list",), Builtin))  # fmt: skip
    for kinds, make in makers:
        if kind in kinds:
            return make(kind)
    return Pointer(Void()) if kind == "void *" else None
