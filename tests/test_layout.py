"""The layout engine in fixed cases, what it leaves to the compiler, and how the compiler is asked.

Random types are tried on every target in `targets/test_layouts.py`.
"""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

import msgspec
import pytest
from targets.random_types import RandomTypes

from modcore.ctype import (
    Aligned,
    Array,
    Atomic,
    BitInt,
    Enum,
    Floating,
    Function,
    Integer,
    Member,
    Opaque,
    Pointer,
    Record,
    RecordRef,
    Type,
    Unknown,
    Vector,
    Void,
    reference,
)
from modcore.target.ask import ProbeError, Question, ask, ask_each
from modcore.target.asked import Layouts, layouts
from modcore.target.facts import Facts, Scalar
from modcore.target.layout import CannotVouch, Layout, NoLayout, layout, offset_of
from modcore.target.probe import probe

HOST = ("gcc",)
serial = itertools.count()


def target(flags: tuple[str, ...]) -> Facts:
    return probe(HOST, flags)


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


@pytest.mark.parametrize("late, first", [(False, 32), (True, 16)])
def test_when_a_bit_fields_own_alignment_counts(late: bool, first: int) -> None:
    facts = msgspec.structs.replace(target(()), bit_fields_aligned_late=late)
    found = layout(struct(Member("a", CHAR, 1), Member("b", INT, 29, align=2)), facts).member("b")
    assert 8 * found.offset + found.bit_offset == first


def test_only_small_atomics_are_padded() -> None:
    facts = msgspec.structs.replace(target(()), atomics_padded=8)
    sizes = [layout(Atomic(struct(Member("x", Array(CHAR, size)))), facts).size for size in (3, 5, 9, 16)]
    assert sizes == [4, 8, 9, 16]


def test_a_members_alignment_raises_what_a_struct_gives_it() -> None:
    scalars = target(()).scalars | {"long long": Scalar(8, 1, 1, 8)}
    facts = msgspec.structs.replace(target(()), scalars=scalars)
    assert layout(struct(Member("x", Integer("long long"), align=4)), facts).align == 4


def test_what_is_hidden_has_the_layout_of_what_it_stands_for() -> None:
    assert layout(struct(Member("a", CHAR), Member("x", Opaque("m:T", "T", LONG))), target(())).size == 16


def test_array_elements_that_are_no_multiple_of_their_alignment_are_left_to_the_compiler() -> None:
    facts = msgspec.structs.replace(target(()), scalars=target(()).scalars | {"long double": Scalar(12, 8, 8, 8)})
    with pytest.raises(CannotVouch):
        layout(Array(Floating("long double"), 2), facts)


def test_microsoft_bit_fields_are_left_to_the_compiler() -> None:
    facts = target(("-mms-bitfields",))
    assert facts.bit_fields == "microsoft"
    for type_ in (struct(Member("x", INT, 3)), struct(Member("x", Aligned(INT, 1)))):
        with pytest.raises(CannotVouch):
            layout(type_, facts)


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
    in_memory = lambda type: layout(type, target(()))  # noqa: E731
    inner = struct(Member("b", Array(struct(Member("x", CHAR), Member("c", INT)), 4)), Member("bits", INT, 3))
    outer = struct(Member("pad", LONG), Member("a", inner))
    assert offset_of(outer, ["a", "b", 3, "c"], in_memory) == (8 + 3 * 8 + 4, INT)
    for path in (["a", "bits"], ["nothing"], ["pad", 0]):
        with pytest.raises(NoLayout):
            offset_of(outer, path, in_memory)


def test_bit_int_follows_the_table() -> None:
    facts = msgspec.structs.replace(target(()), bit_int_width=1024, bit_int_limb=8)
    sizes = [layout(BitInt(width), facts).size for width in (1, 8, 9, 17, 33, 64, 65, 129)]
    assert sizes == [1, 1, 2, 4, 8, 8, 16, 24]


def test_types_survive_json() -> None:
    drawn = RandomTypes(target(()), "json").records(100)
    assert msgspec.json.decode(msgspec.json.encode(drawn), type=list[Record]) == drawn


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


# Asked of the compiler

def places(found: Layout | NoLayout) -> list[tuple[str | None, int, int | None, int]]:
    assert isinstance(found, Layout)
    return [(one.name, one.offset, one.bit_offset, one.depth) for one in found.members]


def test_bit_fields_under_a_pragma_are_found() -> None:
    [found] = layouts([struct(Member("a", CHAR), Member("x", INT, 30), Member("y", INT, 5), pack=1)], target(()), HOST)
    assert (found.size, found.align) == (6, 1)
    assert [8 * one.offset + (one.bit_offset or 0) for one in found.members] == [0, 8, 38]


def test_anonymous_members_and_unnamed_bit_fields_that_are_asked_for() -> None:
    inner = Record("union", "u", None, (Member("x", INT), Member("bits", LONG, 40)))
    [found] = layouts([struct(Member("a", CHAR), Member(None, inner), Member(None, INT, 7), Member("b", INT, 7))],
                      target(()), HOST)
    assert places(found) == [("a", 0, None, 0), (None, 8, None, 0), ("x", 8, None, 1), ("bits", 8, 0, 1),
                             ("b", 16, 7, 0)]


def test_microsoft_bit_fields_are_asked_for() -> None:
    type_ = struct(Member("a", CHAR, 3), Member("b", INT, 3), Member("c", CHAR))
    [found] = layouts([type_], target(("-mms-bitfields",)), HOST, ("-mms-bitfields",))
    assert (found.size, places(found)) == (12, [("a", 0, 0, 0), ("b", 4, 0, 0), ("c", 8, None, 0)])


def test_names_that_are_macros_or_keywords_do_no_harm() -> None:
    hidden = Opaque("m:T", "linux", Enum("m:E", "unix", INT))
    [found] = layouts([struct(Member("linux", hidden), Member("else", INT, 3))], target(()), HOST)
    assert places(found) == [("linux", 0, None, 0), ("else", 4, 0, 0)]


def test_what_the_compiler_rejects_is_found_among_others() -> None:
    types = [struct(Member("x", INT, width), Member("y", Vector(CHAR, 64)), pack=2) for width in (3, 33, 5, 40)]
    types += [Array(types[0], 3), Void(), struct(Member("x", RecordRef("struct", "s", "S")))]
    found = layouts(types, target(()), HOST)
    assert [one.reason if isinstance(one, NoLayout) else one.size for one in found] == [
        66, "the compiler rejects the type", 66, "the compiler rejects the type", 198, "the type has no size",
        "the type has no size"]


def test_types_are_asked_for_once_and_only_if_need_be(tmp_path: Path) -> None:
    """A run of the program and the next ones, which find the answers in the cache; what was damaged is asked again."""
    cc, cache = tmp_path / "cc", tmp_path / "cache"
    cc.write_text(f'#!/bin/sh\necho "$*" | grep -c question.c >> "{tmp_path}/runs"\nexec gcc "$@"\n')
    cc.chmod(0o755)
    known, open_ = struct(Member("x", INT)), struct(Member("x", INT, 3), pack=2)
    wide, bad = struct(Member("x", INT, 3), Member("y", CHAR), pack=4), struct(Member("x", INT, 33), pack=2)

    def runs() -> int:
        return (tmp_path / "runs").read_text().split().count("1") if (tmp_path / "runs").exists() else 0

    def book() -> Layouts:
        return Layouts(facts, (str(cc),), (), cache)

    facts = probe((str(cc),), (), cache)
    [known_target] = cache.iterdir()
    (tmp_path / "runs").unlink()
    first = book()
    assert [one.size for one in first.of([known, known])] == [4, 4]
    assert runs() == 0
    found = first.of([open_, known, open_])
    assert [one.size for one in found] == [2, 4, 2]
    assert first.of([open_]) == first.of([open_, open_])[1:]
    assert runs() == 2
    assert book().of([open_, known, open_]) == found
    assert runs() == 2
    assert book().of([wide, open_])[1:] == found[:1]
    assert runs() == 4, "only what is new is asked"
    for damage in ("", "{", '{"values": [2, 2], "bits": [0, 1]}', "[]"):
        for file in cache.iterdir():
            if file != known_target:
                file.write_text(f"{hashlib.sha256(damage.encode()).hexdigest()}\n{damage}")
        before = runs()
        assert book().of([open_]) == found[:1]
        assert runs() == before + 2
    [rejected] = book().of([bad])
    before, kept = runs(), len(list(cache.iterdir()))
    assert book().of([bad])[0].reason == rejected.reason == "the compiler rejects the type"
    assert runs() > before and len(list(cache.iterdir())) == kept, "the compiler may have been killed"
