"""The layout engine against the compiler: of random types, printed as C, every byte and bit must agree.

Sizes, alignments and offsets are asked of the compiler as constants; the place of a bit-field is read from
the bytes of an object in which that bit-field alone is set. MODCORE_TYPES=20000 tries that many types, new
ones every time.
"""

from __future__ import annotations

import itertools
import os

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from modcore.ctype import (
    FLOATING_KINDS,
    INTEGER_KINDS,
    Aligned,
    Array,
    Atomic,
    BitInt,
    Complex,
    Enum,
    Floating,
    Function,
    Integer,
    Member,
    Pointer,
    Record,
    RecordRef,
    Type,
    Unknown,
    Vector,
    Void,
    reference,
)
from modcore.target.ask import ProbeError, Question, ask, ask_each, compile_object
from modcore.target.facts import Facts
from modcore.target.layout import CannotVouch, NoLayout, layout, offset_of
from modcore.target.probe import probe

HOST = ("gcc",)
FLAG_SETS = ((), ("-m32",), ("-fpack-struct=4",), ("-fshort-enums", "-funsigned-char", "-fshort-wchar"),
             ("-m32", "-malign-double", "-mlong-double-64"))
COUNT = int(os.environ.get("MODCORE_TYPES", "0"))
MARKER = bytes(range(0x91, 0xA1))
serial = itertools.count()


def target(flags: tuple[str, ...]) -> Facts:
    try:
        return probe(HOST, flags)
    except ProbeError as error:
        pytest.skip(error.message)


# Random types

POWERS = (1, 2, 4, 8, 16, 32)


def enums(facts: Facts) -> st.SearchStrategy[Type]:
    kind = "unsigned char" if facts.short_enums else "unsigned int"
    return st.builds(lambda: Enum(f"E{next(serial)}", None, Integer(kind)))


def integers(facts: Facts) -> st.SearchStrategy[Type]:
    return st.sampled_from([Integer(kind) for kind in INTEGER_KINDS if kind in facts.scalars]) | enums(facts)


def leaves(facts: Facts) -> st.SearchStrategy[Type]:
    floats = [Floating(kind) for kind in FLOATING_KINDS if kind in facts.scalars]
    complex_parts = [kind for kind in floats if kind.kind in ("float", "double", "long double", "_Float128")]
    complex_parts += [Integer("char"), Integer("int"), Integer("long long")]
    plain = integers(facts) | st.sampled_from([*floats, Pointer(Void()), Pointer(Function(Void(), None))])
    vectors = st.builds(Vector, st.sampled_from([Integer("char"), Integer("int"), Floating("float")]),
                        st.sampled_from(list(facts.vectors))).filter(lambda one: one.bytes >= 4)
    atomics = st.builds(Atomic, plain)
    aligned = st.builds(Aligned, plain, st.sampled_from(POWERS))
    odd = st.sampled_from(complex_parts).map(Complex) | vectors | atomics | aligned
    return st.one_of(plain, plain, plain, odd)


@st.composite
def records(draw: st.DrawFn, facts: Facts, depth: int = 2) -> Record:
    """A struct or union without the combinations that the engine is known to leave to the compiler."""
    kind = draw(st.sampled_from(("struct", "struct", "union")))
    packed = draw(st.integers(0, 5)) == 0
    kinds = st.sampled_from("pppp" + ("" if facts.default_pack else "bbbu" if packed else "bbbbuz")
                            + ("rra" if depth else ""))
    members = [draw(member(facts, what, depth, packed)) for what in draw(st.lists(kinds, max_size=7))]
    if kind == "struct" and any(one.name for one in members) and draw(st.integers(0, 7)) == 0:
        members.append(Member(f"m{next(serial)}", Array(draw(integers(facts)), None)))
    bit_fields = any(one.bit_width is not None for one in members)
    pack = None if bit_fields or facts.default_pack else draw(st.sampled_from((None, None, 1, 2, 4, 8)))
    align = draw(st.sampled_from((None,) * 8 + POWERS))
    return Record(kind, f"S{next(serial)}", None, tuple(members), packed, align, pack)


@st.composite
def member(draw: st.DrawFn, facts: Facts, what: str, depth: int, within_packed: bool) -> Member:
    name = f"m{next(serial)}"
    packed = not within_packed and what != "z" and draw(st.integers(0, 9)) == 0
    align = draw(st.sampled_from((None,) * 10 + POWERS))
    if what in "buz":
        type_ = draw(integers(facts))
        bits = 1 if type_ == Integer("_Bool") else 8 * layout(type_, facts).size
        width = 0 if what == "z" else draw(st.integers(1, bits) | st.sampled_from((1, 3, bits)).filter(
            lambda width: width <= bits))
        return Member(name if what == "b" else None, type_, width, packed, align)
    if what == "a":
        return Member(None, draw(records(facts, depth - 1)))
    type_ = draw(records(facts, depth - 1) if what == "r" else leaves(facts))
    if not isinstance(type_, Aligned) and not ends_flexibly(type_):
        for length in draw(st.sampled_from(((), (), (), (0,), (1,), (3,), (2, 5)))):
            type_ = Array(type_, length)
    return Member(name, type_, None, packed, align)


def ends_flexibly(type_: Type) -> bool:
    if not isinstance(type_, Record):
        return False
    return any(isinstance(one.type, Array) and one.type.length is None or ends_flexibly(one.type)
               for one in type_.members)


# Types as C

def printed(record: Record) -> str:
    """The declarations of a record and of all that it holds by value."""
    lines: list[str] = []
    name = spell(record, lines)
    return "\n".join((*lines, f"typedef {name} {record.identity}_t;"))


def spell(type_: Type, lines: list[str]) -> str:
    """A type's name as C writes it before a declarator; declarations that it needs are added to the lines."""
    match type_:
        case Integer(kind) | Floating(kind):
            return kind
        case Enum():
            lines.append(f"enum {type_.identity} {{ {type_.identity}_zero }};")
            return f"enum {type_.identity}"
        case Pointer(Function()):
            return "__typeof__(void (*)(void))"
        case Pointer():
            return "__typeof__(void *)"
        case Complex():
            return f"_Complex {spell(type_.of, lines)}"
        case Array():
            return f"__typeof__({spell(type_.element, lines)}[{type_.length}])"
        case Atomic():
            return f"_Atomic({spell(type_.of, lines)})"
        case Vector() | Aligned():
            attribute, of = ((f"vector_size({type_.bytes})", type_.element) if isinstance(type_, Vector)
                             else (f"aligned({type_.align})", type_.of))
            name, of = f"T{next(serial)}", spell(of, lines)
            lines.append(f"typedef {of} {name} __attribute__(({attribute}));")
            return name
        case Record():
            lines.append(body(type_, type_.identity, lines))
            return f"{type_.kind} {type_.identity}"
    raise AssertionError(type_)


def body(record: Record, tag: str, lines: list[str]) -> str:
    members = []
    for one in record.members:
        if one.name is None and isinstance(one.type, Record):
            members.append(body(one.type, "", lines))
            continue
        type_, suffix = one.type, ""
        if isinstance(type_, Array) and type_.length is None:
            type_, suffix = type_.element, "[]"
        width = f" : {one.bit_width}" if one.bit_width is not None else ""
        members.append(f"{spell(type_, lines)} {one.name or ''}{suffix}{width} "
                       f"{attributes(one.packed, one.align)};")
    pack = record.pack or ""
    return (f"\n#pragma pack(push)\n#pragma pack({pack})\n{record.kind} {tag} {{ {' '.join(members)} }} "
            f"{attributes(record.packed, record.align)};\n#pragma pack(pop)\n")


def attributes(packed: bool, align: int | None) -> str:
    words = ["packed"] * packed + [f"aligned({align})"] * (align is not None)
    return f"__attribute__(({', '.join(words)}))" if words else ""


# The compiler's word

def disagreements(candidates: list[Record], facts: Facts, flags: tuple[str, ...]) -> tuple[list[str], int]:
    """What the compiler says otherwise about records, and how many of them the engine vouched for."""
    vouched = []
    for record in candidates:
        try:
            vouched.append((record, layout(record, facts)))
        except CannotVouch:
            continue
    questions, claims = [], []
    for record, claim in vouched:
        name = f"{record.identity}_t"
        plain = [one for one in claim.members if one.name is not None and one.bit_width is None]
        questions.append(Question(printed(record), (
            f"sizeof({name})", f"_Alignof({name})",
            *(f"__builtin_offsetof({name}, {one.name})" for one in plain))))
        claims.append([claim.size, claim.align, *(one.offset for one in plain)])
    answers = ask_each(HOST, flags, questions)
    wrong = [f"{question.preamble}\ncompiler {answer}, engine {claim}"
             for question, answer, claim in zip(questions, answers, claims, strict=True) if answer != claim]
    return wrong + wrong_bits(vouched, facts, flags), len(vouched)


def wrong_bits(vouched: list[tuple[Record, object]], facts: Facts, flags: tuple[str, ...]) -> list[str]:
    """The bit-fields that lie elsewhere, told by objects that have one of them set to ones."""
    lines: list[str] = []
    fields = []
    for record, claim in vouched:
        named = [one for one in claim.members if one.name is not None and one.bit_width is not None]
        if named:
            lines.append(printed(record))
        for one in named:
            marker = ", ".join(map(str, MARKER + len(fields).to_bytes(4, "big")))
            lines.append(f"struct __attribute__((packed)) {{ unsigned char m[20]; {record.identity}_t o; }} "
                         f"w{len(fields)} = {{ {{ {marker} }}, {{ .{one.name} = -1 }} }};")
            fields.append((record, claim, one))
    image = compile_object(HOST, flags, "\n".join(lines) + "\n") if fields else b""
    wrong = []
    for number, (record, claim, one) in enumerate(fields):
        start = image.index(MARKER + number.to_bytes(4, "big")) + 20
        first = 8 * one.offset + one.bit_offset
        expected = bytearray(claim.size)
        for bit in range(first, first + one.bit_width):
            expected[bit // 8] |= (1 << bit % 8) if facts.endian == "little" else (0x80 >> bit % 8)
        actual = image[start:start + claim.size]
        if actual != bytes(expected):
            wrong.append(f"{printed(record)}\nbit-field {one.name}: compiler {actual.hex()}, "
                         f"engine {expected.hex()}")
    return wrong


@pytest.mark.parametrize("flags", FLAG_SETS, ids=lambda flags: " ".join(flags) or "host")
def test_random_types_agree(flags: tuple[str, ...]) -> None:
    facts = target(flags)
    drawn: list[Record] = []

    @settings(max_examples=COUNT or 400, database=None, derandomize=not COUNT, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck), deadline=None)
    @given(records(facts))
    def draw(record: Record) -> None:
        drawn.append(record)

    draw()
    wrong: list[str] = []
    vouched = 0
    for start in range(0, len(drawn), 400):
        found, number = disagreements(drawn[start:start + 400], facts, flags)
        wrong, vouched = wrong + found, vouched + number
    print(f"{flags}: {len(drawn)} types, {vouched} vouched for, {len(wrong)} disagreements")
    assert vouched > len(drawn) * 0.9
    if wrong:
        pytest.fail(f"{len(wrong)} disagreements, e.g.\n" + "\n\n".join(sorted(wrong, key=len)[:3]))


# Fixed cases

def struct(*members: Member, **more: object) -> Record:
    return Record("struct", f"S{next(serial)}", None, members, **more)


INT, CHAR, LONG = Integer("int"), Integer("char"), Integer("long")


@pytest.mark.parametrize("type_, reason", [
    (Void(), "no size"), (Function(Void(), ()), "no size"),
    (RecordRef("struct", "s", "S"), "'struct S' is incomplete"),
    (Unknown("because"), "because"), (Array(INT, None), "length"), (Floating("__fp99"), "no type"),
    (BitInt(9), "_BitInt"), (struct(Member("x", RecordRef("union", "u", "U"))), "'union U' is incomplete"),
])
def test_types_without_a_layout(type_: Type, reason: str) -> None:
    facts = msgspec.structs.replace(target(()), bit_int_width=0)
    with pytest.raises(NoLayout, match=reason):
        layout(type_, facts)


@pytest.mark.parametrize("type_", [
    struct(Member("x", INT, 3), pack=2), struct(Member("x", INT, 3), Member(None, INT, 0), packed=True),
    struct(Member("x", Aligned(INT, 2), 3)),
])
def test_what_the_engine_leaves_to_the_compiler(type_: Type) -> None:
    with pytest.raises(CannotVouch):
        layout(type_, target(()))


def test_microsoft_bit_fields_are_left_to_the_compiler() -> None:
    facts = target(("-mms-bitfields",))
    assert facts.bit_fields == "microsoft"
    with pytest.raises(CannotVouch):
        layout(struct(Member("x", INT, 3)), facts)


def test_layouts_do_not_look_through_pointers() -> None:
    node = struct(Member("value", INT), Member("next", Pointer(RecordRef("struct", "node", "node"))))
    assert layout(node, target(())).size == 16
    assert reference(node) == RecordRef("struct", node.identity, None)


def test_anonymous_members_are_flattened() -> None:
    innermost = struct(Member("b", CHAR), Member("c", LONG))
    inner = Record("union", "u", None, (Member("a", INT), Member(None, innermost)))
    found = layout(struct(Member("first", LONG), Member(None, inner), Member("last", INT, 5)), target(()))
    assert [(one.name, one.offset, one.depth) for one in found.members] == [
        ("first", 0, 0), (None, 8, 0), ("a", 8, 1), (None, 8, 1), ("b", 8, 2), ("c", 16, 2), ("last", 24, 0)]
    last = found.member("last")
    assert (last.bit_offset, last.bit_width, last.size) == (0, 5, 4)
    assert found.member("d") is None


def test_offsets_of_designators() -> None:
    inner = struct(Member("b", Array(struct(Member("x", CHAR), Member("c", INT)), 4)), Member("bits", INT, 3))
    outer = struct(Member("pad", LONG), Member("a", inner))
    assert offset_of(outer, ["a", "b", 3, "c"], target(())) == (8 + 3 * 8 + 4, INT)
    for path in (["a", "bits"], ["nothing"], ["pad", 0]):
        with pytest.raises(NoLayout):
            offset_of(outer, path, target(()))


def test_bit_int_follows_the_table() -> None:
    facts = msgspec.structs.replace(target(()), bit_int_width=1024, bit_int_limb=8)
    sizes = [layout(BitInt(width), facts).size for width in (1, 8, 9, 17, 33, 64, 65, 129)]
    assert sizes == [1, 1, 2, 4, 8, 8, 16, 24]


def test_types_survive_json() -> None:
    facts = target(())
    drawn = find(records(facts), lambda record: len(record.members) > 2)
    assert msgspec.json.decode(msgspec.json.encode(drawn), type=Record) == drawn


def test_the_compiler_answers_negative_and_large_numbers() -> None:
    assert ask(HOST, ("-g3", "-O2", "-flto", "-fsanitize=address"), ["-1", "-9223372036854775807LL - 1",
                                                                     "18446744073709551615ULL", "0"]) == [
        -1, -2**63, 2**64 - 1, 0]


def test_a_rejected_question_is_found_among_others() -> None:
    questions = [Question(f"struct q{n} {{ int a[{n - 3}]; }};", (f"sizeof(struct q{n})",))
                 for n in range(1, 9)]
    assert ask_each(HOST, (), questions) == [None, None, [0], [4], [8], [12], [16], [20]]
    with pytest.raises(ProbeError) as caught:
        ask(HOST, (), ["1", "nothing", "3"])
    assert caught.value.rejected == {1}
