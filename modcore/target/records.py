"""Where the members of structs and unions lie.

In go a struct or union, the target's facts and a function that measures the types of members; out come its
size, its alignment and the place of every member, in the order of declaration. The rules are those of gcc on
ELF targets: a bit-field goes where the last one ended unless it would span more units of its type than the
type itself, packing yields to alignment asked for on the member, and `#pragma pack` yields to nothing. What
compilers do differently where packing and bit-fields meet is left to the compiler by `CannotVouch`.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from modcore.ctype import Aligned, Array, BitInt, Member, Record, Type, bare
from modcore.target.facts import Facts


class NoLayout(Exception):
    """A type has no size: it is incomplete, unknown, a function, or the compiler does not have it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CannotVouch(Exception):
    """A layout that the facts do not decide; the compiler knows it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MemberLayout(msgspec.Struct, frozen=True, gc=False):
    """Where a member lies: in bytes from the start of the outermost struct or union, all sizes in bytes.

    For a bit-field, `offset` is where the storage of its type begins and `bit_offset` counts bits from there
    in the order in which the target fills them: from the least significant one on little-endian targets, else
    from the most significant one. `depth` is 0 for a type's own members; those of an anonymous member follow
    it with a depth of one more, and so on inwards.
    """

    name: str | None
    type: Type
    offset: int
    size: int
    bit_offset: int | None = None
    bit_width: int | None = None
    depth: int = 0


class Extent(msgspec.Struct, frozen=True, gc=False):
    """A type's size and alignments (see `Scalar`), and whether an attribute has `pinned` its alignment."""

    size: int
    align: int
    field_align: int
    natural_align: int
    pinned: bool = False
    members: tuple[MemberLayout, ...] = ()


class _Slot(msgspec.Struct, frozen=True, gc=False):
    """A member's place in bits, and the alignment that its record takes on for it."""

    first: int
    end: int
    align: int
    pinned: bool
    members: tuple[MemberLayout, ...]


_RULES = frozenset(("ms_struct", "gcc_struct"))

Measure = Callable[[Type, Facts], Extent]


def place(record: Record, facts: Facts, measure: Measure) -> Extent:
    """The extent of a struct or union with its members; raises `NoLayout` and `CannotVouch`."""
    if not facts.records_known:
        raise CannotVouch("the target's rules for structs are not those of ELF targets")
    if record.pragmas or not _RULES.isdisjoint(record.attributes):
        raise CannotVouch("an attribute or a pragma says by which rules the type is laid out")
    pack = _pack_in_force(record, facts)
    align = record.align or 1
    if not record.packed:
        align = max(align, min(facts.record_align, pack or facts.record_align))
    pinned = record.align or 0
    position = end = 0
    members: list[MemberLayout] = []
    for member in record.members:
        if member.bit_width is None:
            slot = _plain(member, record, position, pack, facts, measure)
        else:
            slot = _bit_field(member, record, position, facts, measure)
        align, pinned = max(align, slot.align), max(pinned, slot.align if slot.pinned else 0)
        members += slot.members
        end = max(end, slot.end)
        position = slot.end if record.kind == "struct" else 0
    if record.members and end == 0 and facts.empty_size:
        raise CannotVouch("a struct without contents has a size on this target")
    size = _round_up(-(-end // 8), align) if record.members else _round_up(facts.empty_size, align)
    small = size <= facts.scalars["long long"].size
    if facts.fields_capped and not pinned and small and align > facts.scalars["int"].align:
        raise CannotVouch("whether a small struct is aligned as an integer depends on the target's registers")
    reported = align
    if facts.align_limit is not None and align > max(pinned, facts.align_limit):
        if pinned:
            raise CannotVouch("an attribute sets an alignment, and a further one is more than '_Alignof' admits")
        reported = facts.align_limit
    return Extent(size, reported, align, align, pinned > 0, tuple(members))


def foreign_order(type: Type, facts: Facts) -> str:
    """How a struct or union stores its numbers, if that is not the target's own order; else "", as for other types."""
    type = bare(type)
    order = type.storage_order if isinstance(type, Record) and facts.storage_order else ""
    return order if order != f"{facts.endian}-endian" else ""


def _pack_in_force(record: Record, facts: Facts) -> int | None:
    if record.pack is not None and facts.default_pack is not None:
        raise CannotVouch("'#pragma pack' meets '-fpack-struct'")
    pack = record.pack or facts.default_pack
    bit_fields = any(member.bit_width is not None for member in record.members)
    if bit_fields and pack is not None:
        raise CannotVouch("'#pragma pack' holds for a bit-field")
    if bit_fields and facts.bit_fields != "type-matters":
        raise CannotVouch("the target's rules for bit-fields are not those of ELF targets")
    return pack


def _plain(member: Member, record: Record, position: int, pack: int | None, facts: Facts,
           measure: Measure) -> _Slot:
    """The next place for a member that is no bit-field."""
    whole = _measure_member(member.type, facts, measure)
    if (member.packed or record.packed) and whole.natural_align > 1:
        align, pinned = member.align or 1, whole.pinned or member.align is not None
    elif member.align is not None and member.align >= whole.natural_align:
        align, pinned = member.align, True
    elif whole.pinned:
        align, pinned = whole.natural_align, True
    else:
        align, pinned = max(whole.field_align, member.align or 1), False
    if pack is not None:
        align = min(align, pack)
    first = _round_up(position, 8 * align)
    offset = first // 8
    own = MemberLayout(member.name, member.type, offset, whole.size)
    nested = tuple(msgspec.structs.replace(one, offset=offset + one.offset, depth=one.depth + 1)
                   for one in (whole.members if member.name is None else ()))
    return _Slot(first, first + 8 * whole.size, align, pinned, (own, *nested))


def _bit_field(member: Member, record: Record, position: int, facts: Facts, measure: Measure) -> _Slot:
    """The next place for a bit-field, of a width that may be zero."""
    width = member.bit_width or 0
    packed = member.packed or record.packed
    if isinstance(member.type, (Aligned, BitInt)):
        raise CannotVouch("the type of a bit-field has an alignment or a width of its own")
    if packed and width == 0:
        raise CannotVouch("a bit-field of no width stands among packed ones")
    whole = measure(member.type, facts)
    unit, unit_bits = whole.field_align, 8 * whole.field_align
    if width > 8 * whole.size:
        raise NoLayout("a bit-field is wider than its type")
    full = width == 8 * whole.size
    if facts.fields_capped and member.align is not None and full and unit < whole.natural_align:
        raise CannotVouch("a bit-field with an alignment of its own is as wide as an integer")
    asked = member.align or 0
    if width == 0:
        first = _round_up(position, 8 * max(unit, asked))
    else:
        late = facts.bit_fields_aligned_late
        first = _round_up(position, 1 if late else max(8 * asked, 1))
        step = max(1 if packed else unit_bits, 8 * asked if late else 1)
        fits = first % step + width <= 8 * whole.size
        first = _round_up(first, max(8 * asked, 1) if fits else step)
    align = 1
    if member.name is not None or facts.unnamed_bit_fields_align:
        align = max(asked, 1 if packed else unit)
    start = storage(first, width, whole.size, unit)
    own = MemberLayout(member.name, member.type, start // 8, whole.size, first - start, width)
    pinned = asked > 0 and (width > 0 or asked >= whole.natural_align)
    return _Slot(first, first + width, align, pinned, (own,))


def storage(first: int, width: int, size: int, align: int) -> int:
    """The bit where a bit-field's storage begins: a unit of its type if an aligned one holds it whole."""
    for step in (8 * size, 8 * align):
        start = first - first % step
        if first + width <= start + 8 * size:
            return start
    return first - first % 8


def _measure_member(type: Type, facts: Facts, measure: Measure) -> Extent:
    if isinstance(type, Array) and type.length is None:
        return msgspec.structs.replace(measure(type.element, facts), size=0, members=())
    return measure(type, facts)


def _round_up(value: int, step: int) -> int:
    return -(-value // step) * step
