"""Hidden types travel by value as the target's ABI has them, on every target: what plain C prints is printed.

Nearly two hundred types are passed, returned, given to variadic functions and callbacks, assigned, embedded and kept
as globals between a module that sees them and one that does not, without optimisation, with it, and with the whole
program in the optimizer's view, which must find no types that differ. The plain C is compiled in the same ways: some
compilers do not agree with themselves. Types that nobody has thought of follow; MODCORE_TYPES=500 tries that many for
each target, new ones every time.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from modcore.preprocess import Toolchain as Preprocessor
from modcore.program import Options, Program
from targets.hidden_types import Kind, kinds, programs, random_kinds
from targets.toolchains import GCC, HOSTED, TOOLCHAINS, Toolchain, parameters

MODULES = ("owner", "maker", "main")
PLAIN = ("maker.c", "main.c")
COUNT = int(os.environ.get("MODCORE_TYPES", "0"))
TRIED = 40
WAYS = ("-O0", "-O2", "-O2 -flto")

BROKEN = {"clang-mips": "clang 14 makes programs of the plain C that end with a bus error"}

NO_LTO = {"clang-s390x": "lld 14 links nothing for it", "clang-riscv64": "lld 14 cannot relax its C library"}


def test_there_are_enough_types() -> None:
    definitions = [kind.definition for kind in kinds()]
    assert len(definitions) == len(set(definitions)) >= 150


@pytest.mark.needs("ld.lld-14")
@pytest.mark.parametrize("toolchain", parameters(tuple(one for one in TOOLCHAINS if one.name not in BROKEN)))
def test_hidden_types(toolchain: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    prove(toolchain, kinds(), WAYS)
    assert "m0" in Path("main.i").read_text()
    assert "struct t1 { float m0; float m1; }" not in Path("maker.i").read_text()


@pytest.mark.parametrize("toolchain", parameters(tuple(one for one in HOSTED if one.name not in BROKEN)))
def test_random_hidden_types(toolchain: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    prove(toolchain, random_kinds(toolchain, COUNT or TRIED, os.urandom(8) if COUNT else toolchain.name), ("-O0", "-O2"))


def prove(toolchain: Toolchain, kinds: Iterable[Kind], ways: Sequence[str]) -> None:
    """Fails unless the modules that pass some types around do what plain C does, in all ways of compiling them."""
    modules, plain = programs(kinds)
    for file, text in {**modules, **plain}.items():
        Path(file).write_text(text)
    program = Program(Options(Preprocessor(toolchain.cc, toolchain.flags)))
    for module in MODULES:
        Path(f"{module}.i").write_text(program.emit(program.module(f"{module}.cm")))
    for way in ways:
        if "-flto" in way and toolchain.name in NO_LTO:
            continue
        found, expected = (built(toolchain, files, *way.split()) for files in ([f"{module}.i" for module in MODULES], PLAIN))
        assert found == expected, way


def built(toolchain: Toolchain, files: Sequence[str], *flags: str) -> str:
    """What the program made of some files prints; '' where it cannot be linked or run."""
    quiet = ("-w", *(("-Wno-psabi",) if toolchain in GCC else ()), "-Werror=implicit-function-declaration")
    for file in files:
        run(*toolchain.cc, *toolchain.flags, *quiet, *flags, "-c", file, "-o", f"{file}.o")
    if toolchain.link is None:
        return ""
    objects = [f"{file}.o" for file in files]
    linker = ()
    if "-flto" in flags:
        linker = ("-Werror=lto-type-mismatch",) if toolchain in GCC else ("-fuse-ld=lld-14",)
    run(*toolchain.cc, *toolchain.flags, *flags, *linker, *objects, *toolchain.link, "-o", "program")
    return run(*toolchain.runner, "./program") if toolchain.runner is not None else ""


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout
