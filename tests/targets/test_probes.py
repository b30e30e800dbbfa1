"""What the probe says of each target's compiler, from its words and the flags that matter alone.

The numbers below are those of the targets' ABIs, not of a compiler. Nothing can be run on most of these targets, so
that they are known at all shows that nothing was.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from modcore.cli import main
from modcore.target.ask import compile_object
from modcore.target.facts import Facts
from modcore.target.flags import relevant_flags
from modcore.target.probe import probe
from targets.toolchains import TOOLCHAINS, Toolchain, parameters

NOISE = ("-flto", "-g3", "-O2", "-fsanitize=address,undefined", "-fPIC", "-DX=1", "-I", "include", "-Wall", "-Werror",
         "-fno-signed-zeros", "-ffunction-sections", "-pipe", "-MD", "-MF", "deps", "-o", "out")


class Machine(NamedTuple):
    """What the ABI of a machine says: bytes, and whether plain char is signed."""

    endian: str
    pointer: int
    long: int
    long_double: int
    long_long_field: int
    char_signed: bool
    wchar: int
    bit_fields: str
    magic: bytes


ELF, MACH_O = b"\x7fELF", bytes.fromhex("cffaedfe")
MACHINES = {
    "x86-64": Machine("little", 8, 8, 16, 8, True, 4, "type-matters", ELF),
    "i386": Machine("little", 4, 4, 12, 4, True, 4, "type-matters", ELF),
    "aarch64": Machine("little", 8, 8, 16, 8, False, 4, "type-matters", ELF),
    "armhf": Machine("little", 4, 4, 8, 8, False, 4, "type-matters", ELF),
    "riscv64": Machine("little", 8, 8, 16, 8, False, 4, "type-matters", ELF),
    "ppc64el": Machine("little", 8, 8, 16, 8, False, 4, "type-matters", ELF),
    "s390x": Machine("big", 8, 8, 16, 8, False, 4, "type-matters", ELF),
    "mips": Machine("big", 4, 4, 8, 8, True, 4, "type-matters", ELF),
    "mingw-i686": Machine("little", 4, 4, 12, 8, True, 2, "microsoft", bytes.fromhex("4c01")),
    "mingw-x86-64": Machine("little", 8, 4, 16, 8, True, 2, "microsoft", bytes.fromhex("6486")),
    "cortex-m": Machine("little", 4, 4, 8, 8, False, 4, "type-matters", ELF),
    "darwin": Machine("little", 8, 8, 16, 8, True, 4, "type-matters", MACH_O),
}


def test_every_toolchain_has_its_machine() -> None:
    assert {one.name.removeprefix("clang-") for one in TOOLCHAINS} == set(MACHINES)


@pytest.mark.parametrize("one", parameters())
def test_facts_are_those_of_the_abi(one: Toolchain, tmp_path: Path) -> None:
    facts = probe(one.cc, one.flags, tmp_path)
    image = compile_object(one.cc, one.flags, "int modcore_object;").image
    machine = MACHINES[one.name.removeprefix("clang-")]
    assert Machine(facts.endian, facts.scalars["void *"].size, facts.scalars["long"].size,
                   facts.scalars["long double"].size, facts.scalars["long long"].field_align, facts.char_signed,
                   facts.scalars[facts.wchar_type].size, facts.bit_fields, image[:len(machine.magic)]) == machine


@pytest.mark.parametrize("one", parameters())
def test_flags_that_change_no_layout_change_nothing(one: Toolchain, tmp_path: Path) -> None:
    plain = probe(one.cc, one.flags, tmp_path)
    assert probe(one.cc, (*one.flags, *NOISE), tmp_path) == plain
    assert len(list(tmp_path.iterdir())) == 1, "both have one cache entry"


@pytest.mark.parametrize("one", parameters())
def test_flags_in_the_compilers_words_do_not_disturb(one: Toolchain, tmp_path: Path) -> None:
    words = (*one.cc, "-flto", "-g3", "-O2", "-ffunction-sections", "-fdata-sections", "-Werror", "-Wall", "-Wextra")
    assert probe(words, one.flags, tmp_path) == probe(one.cc, one.flags, tmp_path)


@pytest.mark.parametrize("cc", ["gcc", pytest.param("clang-14", marks=pytest.mark.needs("clang-14"))])
@pytest.mark.parametrize("flag", ["-fsanitize=address,undefined", "-fprofile-arcs", "-fstack-protector-all",
                                  "-pedantic-errors", "-std=c11 -pedantic-errors", "-fvisibility=hidden"])
def test_instrumentation_in_the_compilers_words_does_not_disturb(cc: str, flag: str, tmp_path: Path) -> None:
    standard = tuple(word for word in flag.split() if word.startswith("-std="))
    assert probe((cc, *flag.split()), (), tmp_path) == probe((cc,), standard, tmp_path)


def char_signed(facts: Facts) -> object:
    return facts.char_signed


def enum_size(facts: Facts) -> object:
    return facts.short_enums


def wchar(facts: Facts) -> object:
    return facts.scalars[facts.wchar_type].size


def pack(facts: Facts) -> object:
    return facts.default_pack


COMMON = (("-fshort-enums", enum_size, True), ("-fno-short-enums", enum_size, False), ("-fpack-struct=2", pack, 2),
          ("-funsigned-char", char_signed, False), ("-fsigned-char", char_signed, True), ("-fshort-wchar", wchar, 2))


@pytest.mark.parametrize("one", parameters())
@pytest.mark.parametrize("flag, read, expected", COMMON, ids=lambda one: one if isinstance(one, str) else "")
def test_flags_that_change_layouts(one: Toolchain, flag: str, read: Callable[[Facts], object], expected: object,
                                   tmp_path: Path) -> None:
    assert read(probe(one.cc, (*one.flags, flag), tmp_path)) == expected


def size(kind: str) -> Callable[[Facts], object]:
    return lambda facts: facts.scalars[kind].size


@pytest.mark.parametrize("cc, flags, read, expected", [
    pytest.param(cc.split(), flags.split(), read, expected, id=f"{cc} {flags}", marks=pytest.mark.needs(cc.split()[0]))
    for cc, flags, read, expected in (
        ("gcc", "-m32", size("long"), 4),
        ("gcc", "-mx32", size("void *"), 4),
        ("gcc -m32", "-mlong-double-64", size("long double"), 8),
        ("gcc -m32", "-malign-double", lambda facts: facts.scalars["double"].field_align, 8),
        ("aarch64-linux-gnu-gcc", "-mabi=ilp32", size("long"), 4),
        ("aarch64-linux-gnu-gcc", "-mbig-endian", lambda facts: facts.endian, "big"),
        ("riscv64-linux-gnu-gcc", "-mabi=ilp32 -march=rv32imac", size("void *"), 4),
        ("powerpc64le-linux-gnu-gcc", "-mlong-double-64", size("long double"), 8),
        ("powerpc64le-linux-gnu-gcc", "-mabi=ieeelongdouble", lambda facts: facts.mantissas["long double"], 113),
        ("s390x-linux-gnu-gcc", "-m31", size("void *"), 4),
        ("mips-linux-gnu-gcc", "-mabi=64", size("long"), 8),
        ("mips-linux-gnu-gcc", "-EL", lambda facts: facts.endian, "little"),
        ("i686-w64-mingw32-gcc", "-mno-ms-bitfields", lambda facts: facts.bit_fields, "type-matters"),
        ("arm-none-eabi-gcc", "-mabi=apcs-gnu", lambda facts: facts.record_align, 4),
    )])
def test_flags_of_one_target(cc: list[str], flags: list[str], read: Callable[[Facts], object], expected: object,
                             tmp_path: Path) -> None:
    assert read(probe(cc, flags, tmp_path)) == expected != read(probe(cc, (), tmp_path))


@pytest.mark.parametrize("one", parameters())
def test_the_command_prints_every_fact_as_json(one: Toolchain, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["target", "--json", "--cc", " ".join(one.cc), "--", *one.flags, "-O2"]) == 0
    shown = json.loads(capsys.readouterr().out)
    facts = probe(one.cc, one.flags)
    assert (shown.pop("toolchain"), shown.pop("fingerprint")) == ([*one.cc, *relevant_flags(one.flags)], facts.fingerprint())
    assert msgspec.convert(shown, Facts, strict=False) == facts


@pytest.mark.parametrize("one", parameters())
def test_the_command_shows_what_is_known(one: Toolchain, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["target", "--cc", " ".join(one.cc), "--", *one.flags, "-O2"]) == 0
    shown = capsys.readouterr().out
    facts = probe(one.cc, one.flags)
    words = " ".join((*one.cc, *relevant_flags(one.flags)))
    assert shown.startswith(f"{words}: {facts.machine}, fingerprint {facts.fingerprint()}\n")
    assert f"byte order    {facts.endian} endian\n" in shown
    rows = [line.split() for line in shown.splitlines()]
    assert ["void", "*", *map(str, (facts.scalars["void *"].size, facts.scalars["void *"].align,
                                    facts.scalars["void *"].field_align))] in rows
