"""Layouts as the compiler itself tells them: for what `layout` cannot vouch for, and for proving what it claims.

In go types, the facts of the target and the compiler; out comes for each type its `Layout`, equal to what `layout`
makes of it, or the `NoLayout` that says why there is none. One run answers for sizes, alignments and offsets of all
types, a second one shows the bit-fields: it makes an object for each, in which that bit-field alone is set to ones,
and the place is read from the object file. If the compiler rejects a type, halves are asked until that one stands
alone. Of an unnamed bit-field no program can tell where it lies; such members are left out. Nothing is run on the
target.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Literal

import msgspec

from modcore import cache
from modcore.ctype import Array, Member, Record, Type, bare
from modcore.target.ask import ProbeError, Question, ask_each, compile_object
from modcore.target.facts import Facts
from modcore.target.layout import CannotVouch, Layout, layout, measure
from modcore.target.probe import identity
from modcore.target.records import Extent, MemberLayout, NoLayout, storage
from modcore.target.spelling import Spelled, record_of, spelled

if TYPE_CHECKING:
    from pathlib import Path

_VERSION = 2
_MARKER = bytes.fromhex("b7194ce0652af38d0cd75b91ae4620fb")
_NUMBER = 4
_LARGEST = 1 << 20
"""A type with bit-fields is compiled as an object for each of them: types of more bytes are not."""


class _Place(msgspec.Struct, frozen=True, gc=False):
    """A member of a type that is asked about: whose it is, how deep it lies, and its path in C, None without a name."""

    member: Member
    record: Record
    depth: int
    path: str | None

    def endian(self, facts: Facts) -> Literal["little", "big"]:
        """The order of bytes in which the member is stored: the target's, unless an attribute says which."""
        order = self.record.storage_order if facts.storage_order else ""
        return {"little-endian": "little", "big-endian": "big"}.get(order, facts.endian)


class _Asked(msgspec.Struct, frozen=True, gc=False):
    """A type in C, with its members."""

    type: Type
    text: Spelled
    places: tuple[_Place, ...]

    def fields(self) -> list[_Place]:
        return [place for place in self.places if place.member.bit_width is not None and place.path is not None]

    def is_answered_by(self, answer: _Answer) -> bool:
        """Whether an answer has as many numbers as this type needs."""
        plain = sum(place.member.bit_width is None for place in self.places)
        if answer.values is None or answer.bits is None:
            return False
        return len(answer.values) == 2 + 2 * plain and len(answer.bits) == len(self.fields())


class _Answer(msgspec.Struct, frozen=True, gc=False):
    """What the compiler says of a type: the constants of `_question`, and the first bits of its bit-fields.

    None stands for what it rejects, and for bits that cannot be seen.
    """

    values: tuple[int, ...] | None
    bits: tuple[int, ...] | None

    @property
    def is_whole(self) -> bool:
        return self.values is not None and self.bits is not None


class Layouts:
    """The layouts on one target: worked out if the facts decide them, else asked of the compiler, once.

    The compiler's answers are remembered in the user's cache folder, by the toolchain and the text of the type. A struct
    or union is known by its identity, so all types have to be those of one program.
    """

    def __init__(self, facts: Facts, cc: Sequence[str], flags: Sequence[str] = (), folder: Path | None = None) -> None:
        self._facts = facts
        self._cc = tuple(cc)
        self._flags = tuple(flags)
        self._folder = folder
        self._known: dict[str, Extent] = {}
        self._asked: dict[str | Type, Layout | NoLayout] = {}

    def of(self, types: Sequence[Type]) -> list[Layout | NoLayout]:
        """The layout of each type; what has to be asked is asked in one batch. Raises `ProbeError`."""
        found = [self._worked_out(type) for type in types]
        open_ = {_key(type): type for type, known in zip(types, found) if known is None}
        new = {key: type for key, type in open_.items() if key not in self._asked}
        if new:
            answers = _layouts(list(new.values()), self._facts, self._answers)
            self._asked.update(zip(new, answers, strict=True))
        return [self._asked[_key(type)] if known is None else known for type, known in zip(types, found)]

    def _worked_out(self, type: Type) -> Layout | NoLayout | None:
        """What the facts decide; None: nothing."""
        try:
            return layout(type, self._facts, self._known)
        except NoLayout as none:
            return none
        except CannotVouch:
            return None

    def _answers(self, asked: Sequence[_Asked]) -> list[_Answer]:
        """The answers to some questions, from the cache where it has them."""
        toolchain = self._toolchain
        files = [cache.cache_file("layouts", (*toolchain, one.text.without_prefix()), self._folder) for one in asked]
        found = [cache.read(file, _Answer) for file in files]
        new = [number for number, answer in enumerate(found) if answer is None or not asked[number].is_answered_by(answer)]
        answers = _answers([asked[number] for number in new], self._facts, self._cc, self._flags) if new else []
        for number, answer in zip(new, answers, strict=True):
            found[number] = answer
            if answer.is_whole:  # a compiler that was killed, or had no room, has rejected nothing
                cache.write(files[number], answer)
        return [answer for answer in found if answer is not None]

    @cached_property
    def _toolchain(self) -> tuple[str, ...]:
        return (str(_VERSION), self._facts.fingerprint(), *identity(self._cc, self._flags, self._folder))


def _key(type: Type) -> str | Type:
    """What sets a type apart; comparing the contents of structs in structs would take long."""
    return type.identity if isinstance(type, Record) else type


def layouts(types: Sequence[Type], facts: Facts, cc: Sequence[str],
            flags: Sequence[str] = ()) -> list[Layout | NoLayout]:
    """The layout of each type by the compiler's word alone; raises `ProbeError` if it does not work at all."""
    return _layouts(types, facts, lambda asked: _answers(asked, facts, cc, flags))


def _layouts(types: Sequence[Type], facts: Facts,
             answers: Callable[[Sequence[_Asked]], Sequence[_Answer]]) -> list[Layout | NoLayout]:
    """The layouts of types, from what is answered to the questions about them."""
    found: dict[int, Layout | NoLayout] = {}
    asked: dict[int, _Asked] = {}
    for number, type in enumerate(types):
        try:
            text = spelled(type, facts, f"modcore_{number}")
        except NoLayout as none:
            found[number] = none
        else:
            members = _members(record_of(type))
            asked[number] = _Asked(type, text, tuple(
                _Place(*member, path) for member, path in zip(members, text.paths, strict=True)))
    for (number, one), answer in zip(asked.items(), answers(list(asked.values())), strict=True):
        found[number] = _layout(one, answer, facts)
    return [found[number] for number in range(len(types))]


def _answers(asked: Sequence[_Asked], facts: Facts, cc: Sequence[str], flags: Sequence[str]) -> list[_Answer]:
    """The compiler's answers, in as few runs as there can be."""
    values = ask_each(cc, flags, [_question(one) for one in asked])
    wanted = {number: (one, answer[0]) for number, (one, answer) in enumerate(zip(asked, values))
              if answer is not None and one.fields() and answer[0] <= _LARGEST}
    seen = _bits(facts, cc, flags, wanted)
    answers = []
    for number, (one, answer) in enumerate(zip(asked, values, strict=True)):
        bits = seen.get(number) if one.fields() else []
        answers.append(_Answer(tuple(answer) if answer is not None else None, tuple(bits) if bits is not None else None))
    return answers


def _members(record: Record | None, depth: int = 0) -> list[tuple[Member, Record, int]]:
    """The members of a record in the order of its layout, with the records that they are of and their depths."""
    members: list[tuple[Member, Record, int]] = []
    if record is None:
        return members
    for member in record.members:
        members.append((member, record, depth))
        if member.name is None and member.bit_width is None:
            members += _members(record_of(member.type), depth + 1)
    return members


def _question(one: _Asked) -> Question:
    name = one.text.name
    expressions = [f"sizeof({name})", f"_Alignof({name})"]
    for place in one.places:
        if place.member.bit_width is None:
            expressions += [f"__builtin_offsetof({name}, {place.path})",
                            "0" if _flexible(place.member.type) else f"sizeof((({name} *)0)->{place.path})"]
    return Question(one.text.declarations, tuple(expressions))


def _flexible(type: Type) -> bool:
    return isinstance(type, Array) and type.length is None


def _layout(one: _Asked, answer: _Answer, facts: Facts) -> Layout | NoLayout:
    """The layout that the compiler's answers amount to."""
    if answer.values is None:
        return NoLayout("the compiler rejects the type")
    if answer.bits is None:
        return NoLayout("the compiler does not show where the type's bit-fields lie")
    size, align, *rest = answer.values
    numbers, firsts = iter(rest), iter(answer.bits)
    members: list[MemberLayout] = []
    starts = [0]
    for place in one.places:
        name, type, width = place.member.name, place.member.type, place.member.bit_width
        if width is None:
            offset, extent = next(numbers), next(numbers)
            members.append(MemberLayout(name, type, offset, extent, depth=place.depth))
            starts[place.depth + 1:] = [offset]
        elif place.path is not None:
            try:
                whole, first = measure(bare(type), facts), next(firsts)
            except CannotVouch as unknown:
                return NoLayout(f"a bit-field's type is not known: {unknown.reason}")
            base = 8 * starts[place.depth]
            start = base + storage(first - base, width, whole.size, whole.field_align)
            members.append(MemberLayout(name, type, start // 8, whole.size, first - start, width, place.depth))
    return Layout(size, align, tuple(members))


def _bits(facts: Facts, cc: Sequence[str], flags: Sequence[str],
          wanted: dict[int, tuple[_Asked, int]]) -> dict[int, list[int]]:
    """The first bit of each named bit-field of types, in the target's order; types that fail are left out.

    With each type comes its size in bytes.
    """
    if not wanted:
        return {}
    lines: list[str] = []
    serial = count()
    for one, _ in wanted.values():
        lines.append(one.text.declarations)
        for place in one.fields():
            number = next(serial)
            marker = ", ".join(map(str, _MARKER + number.to_bytes(_NUMBER, "big")))
            lines.append(f"struct __attribute__((packed)) {{ unsigned char m[{len(_MARKER) + _NUMBER}]; "
                         f"{one.text.name} o; }} modcore_field_{number} __attribute__((used)) = "
                         f"{{ {{ {marker} }}, {{ .{place.path} = -1 }} }};")
    try:
        image = compile_object(cc, flags, "\n".join(lines) + "\n").image
    except ProbeError as error:
        if len(wanted) > 1:
            several = list(wanted.items())
            half = len(several) // 2
            return _bits(facts, cc, flags, dict(several[:half])) | _bits(facts, cc, flags, dict(several[half:]))
        if not error.output:
            raise
        return {}
    markers = _markers(image)
    serial = count()
    found: dict[int, list[int]] = {}
    for key, (one, size) in wanted.items():
        firsts = [_first_bit(image, markers.get(next(serial)), size, place, facts) for place in one.fields()]
        kept = [first for first in firsts if first is not None]
        if len(kept) == len(firsts):
            found[key] = kept
    return found


def _markers(image: bytes) -> dict[int, int]:
    """Where in an object file the objects stand, by their numbers."""
    found: dict[int, int] = {}
    at = image.find(_MARKER)
    while at >= 0:
        end = at + len(_MARKER) + _NUMBER
        found.setdefault(int.from_bytes(image[end - _NUMBER:end], "big"), end)
        at = image.find(_MARKER, end)
    return found


def _first_bit(image: bytes, start: int | None, size: int, place: _Place, facts: Facts) -> int | None:
    """Where the ones begin in an object; None if they are not as many, in a row, as the bit-field is wide."""
    if start is None:
        return None
    width, endian = place.member.bit_width or 0, place.endian(facts)
    held = int.from_bytes(image[start:start + size], endian)
    lowest = (held & -held).bit_length() - 1
    if held >> max(lowest, 0) != (1 << width) - 1:
        return None
    return lowest if endian == "little" else 8 * size - width - lowest
