"""The layout engine against the compiler of every target: of random types, every byte and bit must agree.

What the compiler says is read from its object files (`target.asked`): sizes, alignments and offsets as constants, the
place of a bit-field from the bytes of an object in which that bit-field alone is set. MODCORE_TYPES=20000 tries that
many types for each target, new ones every time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import msgspec
import pytest

from modcore.ctype import Record
from modcore.target.asked import layouts
from modcore.target.facts import Facts
from modcore.target.layout import CannotVouch, Layout, NoLayout, layout
from modcore.target.probe import probe
from modcore.target.spelling import spelled
from targets.random_types import RandomTypes
from targets.toolchains import Toolchain, parameters

COUNT = int(os.environ.get("MODCORE_TYPES", "0"))
BATCH = 500
TRIED = 1000
FLAVOURS = tuple((cc, tuple(flags.split())) for cc, flags in (
    ("gcc", "-fpack-struct=4"), ("gcc", "-fshort-enums -funsigned-char -fshort-wchar"), ("gcc", "-mms-bitfields"),
    ("gcc", "-m32 -malign-double -mlong-double-64"), ("gcc", "-m32 -mms-bitfields"), ("gcc", "-mx32"),
    ("gcc", "-mavx512f -std=c90"), ("clang-14", "-m32 -malign-double"), ("clang-14", "-mms-bitfields"),
    ("clang-14", "-fpack-struct=2"), ("aarch64-linux-gnu-gcc", "-mbig-endian"),
    ("arm-none-eabi-gcc", "-mabi=apcs-gnu"), ("arm-none-eabi-gcc", "-fshort-enums -mbig-endian"),
    ("riscv64-linux-gnu-gcc", "-mabi=ilp32 -march=rv32imac"), ("powerpc64le-linux-gnu-gcc", "-mabi=ieeelongdouble"),
    ("s390x-linux-gnu-gcc", "-m31 -mlong-double-64"), ("mips-linux-gnu-gcc", "-mabi=64 -EL"),
    ("i686-w64-mingw32-gcc", "-mno-ms-bitfields"), ("clang-14", "--target=avr"), ("clang-14", "--target=hexagon"),
    ("clang-14", "--target=wasm32"), ("clang-14", "--target=arm64-apple-macos"), ("avr-gcc", "-mmcu=atmega328p"),
    ("clang-14", "--target=armv7-apple-ios"),
))
"""Other ABIs of the same compilers, and some machines that nobody asked for."""


def disagreements(types: Sequence[Record], facts: Facts, one: Toolchain, vouched: list[Record]) -> Iterator[str]:
    """What the compiler says otherwise than the engine; the types that the engine vouches for are added."""
    for type, answer in zip(types, layouts(types, facts, one.cc, one.flags), strict=True):
        try:
            claim = layout(type, facts)
        except CannotVouch:
            continue
        if isinstance(answer, NoLayout):
            assert answer.reason == "the compiler rejects the type"
            continue
        vouched.append(type)
        if answer != visible(claim):
            yield f"{spelled(type, facts, 'x').declarations}\ncompiler {drawn(answer)}\nengine   {drawn(claim)}"


def visible(claim: Layout) -> Layout:
    """A layout without the unnamed bit-fields, which no program can see."""
    return msgspec.structs.replace(claim, members=tuple(
        member for member in claim.members if member.name is not None or member.bit_width is None))


def drawn(one: Layout) -> str:
    members = (f"{member.name} {member.offset}" + (f".{member.bit_offset}" if member.bit_width else "")
               for member in one.members)
    return f"size {one.size}, align {one.align}: {', '.join(members)}"


def prove(one: Toolchain, least: float) -> None:
    """Fails if a layout is not the compiler's, or if the engine vouches for less than a part of all."""
    facts = probe(one.cc, one.flags)
    source = RandomTypes(facts, os.urandom(8) if COUNT else one.name)
    count = COUNT or TRIED
    wrong: list[str] = []
    vouched: list[Record] = []
    for start in range(0, count, BATCH):
        wrong += disagreements(source.records(min(BATCH, count - start)), facts, one, vouched)
    print(f"{one.name}: {count} types, {len(vouched)} vouched for, {len(wrong)} disagreements")
    assert len(vouched) > count * least
    if wrong:
        pytest.fail(f"{len(wrong)} disagreements, e.g.\n" + "\n\n".join(sorted(wrong, key=len)[:3]))


@pytest.mark.parametrize("one", parameters())
def test_random_types_agree(one: Toolchain) -> None:
    prove(one, 0.1 if "mingw" in one.name else 0.5)


@pytest.mark.parametrize("cc, flags", [
    pytest.param(cc, flags, id=f"{cc} {' '.join(flags)}", marks=pytest.mark.needs(cc)) for cc, flags in FLAVOURS])
def test_random_types_agree_where_flags_change_the_layout(cc: str, flags: tuple[str, ...]) -> None:
    prove(Toolchain(f"{cc} {' '.join(flags)}", (cc,), flags), 0.1)
