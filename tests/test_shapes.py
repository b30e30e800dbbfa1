"""What importers that cannot see a type take from it: its shape, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from modcore.preprocess import Toolchain
from modcore.program import Options, Program

HIDDEN = """\
module;
export struct Inner { int first; struct Other *link; enum Kind kind; struct { char c; } part; unsigned bits : 3; };
export enum Kind { ONE, TWO };
struct Other { int x; };
"""
OWNER = "module;\nimport hidden;\nexport struct Inner make(void) { return (struct Inner){0}; }\n"
USER = "module;\nimport owner;\nexport unsigned long user(void) { return sizeof(make()); }\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("hidden", HIDDEN), ("owner", OWNER), ("user", USER)):
        Path(f"{name}.cm").write_text(text)
    return tmp_path


def emitted(file: str) -> str:
    program = Program(Options(Toolchain(("gcc",), ())))
    return program.emit(program.module(file))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("int first;", "int renamed;"),
        ("char c;", "char d;"),
        ("ONE, TWO", "ONE = 4, TWO, THREE"),
        ("struct Other *link", "int (*link)[3]"),
        ("int x;", "double x, y;"),
        ("module;\n", "module;\n\n/* about this module */\n"),
        ("unsigned bits", "unsigned int renamed_bits"),
    ],
)
def test_names_change_nothing(old: str, new: str, place: Path) -> None:
    before = emitted("user.cm")
    assert old in HIDDEN and "Inner" in before
    Path("hidden.cm").write_text(HIDDEN.replace(old, new))
    assert emitted("user.cm") == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("int first;", "unsigned first;"),
        ("int first;", "float first;"),
        ("int first;", "int first __attribute__((aligned(16)));"),
        ("char c;", "char c[2];"),
        ("ONE, TWO", "ONE = -1, TWO"),
        ("struct Other *link", "void (*link)(void)"),
        ("bits : 3", "bits : 4"),
        ("unsigned bits : 3", "unsigned : 3"),
    ],
)
def test_types_change_importers(old: str, new: str, place: Path) -> None:
    before = emitted("user.cm")
    assert old in HIDDEN
    Path("hidden.cm").write_text(HIDDEN.replace(old, new))
    assert emitted("user.cm") != before
