"""A names file stands for its module: importers emit the same C from either, and the bytes say no more than they need."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from modcore.diagnostics import Problem
from modcore.finder import Module
from modcore.names_file import read_names, write_names
from modcore.preprocess import Toolchain
from modcore.program import Disk, Options, Program
from modcore.stage1_names import Unit

CASES = Path(__file__).parent / "cases"
CC = os.environ.get("CC", "gcc")


class NamesOnly(Disk):
    """The disk, with every module but one known from its names alone."""

    def __init__(self, options: Options, whole: Module) -> None:
        super().__init__(options)
        self._whole = whole
        self._sources = Program(options)

    def unit(self, module: Module) -> Unit | None:
        if module.file == self._whole.file:
            return None
        return read_names(write_names(self._sources.unit(module)), module, module.file)


def runnable() -> Iterator[str]:
    for expected in sorted(CASES.glob("*/*/stdout")):
        if not (expected.parent / "options").exists():
            yield expected.parent.relative_to(CASES).as_posix()


@pytest.mark.parametrize("case", list(runnable()))
def test_importers_emit_the_same(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES / case)
    flags = tuple(Path("flags").read_text().split()) if Path("flags").exists() else ()
    options = Options(Toolchain((CC,), (*flags, "-I.")), (".", "lib"))
    for file in sorted(path.as_posix() for path in Path(".").rglob("*.cm")):
        sources = Program(options)
        module = sources.module(file)
        assert Program(options, NamesOnly(options, module)).emit(module) == sources.emit(module)


ONE = """\
module;
#include <stddef.h>
export struct S {int a; size_t b;};
export int f(struct S *s, int times) { return s->a * times + secret(); }
int secret() { return 1; }
export const int N = 3;
"""
OTHER = """\
module;

#include <stddef.h>
export const int N   = 3; /* a comment */
int secret() { return 2; }
export int f(struct S *it, int n)
{
    return it->a + n;
}
export struct S { int a; size_t b; };
"""


def names(tmp_path: Path, text: str) -> bytes:
    Path(tmp_path / "m.cm").write_text(text)
    program = Program(Options(Toolchain((CC,)), (str(tmp_path),)))
    return write_names(program.unit(program.module(str(tmp_path / "m.cm"))))


def test_bodies_comments_layout_and_order_do_not_show(tmp_path: Path) -> None:
    assert names(tmp_path, ONE) == names(tmp_path, OTHER)
    assert str(tmp_path).encode() not in names(tmp_path, ONE)


@pytest.mark.parametrize("old, new", [("int a;", "long a;"), ("N = 3", "N = 4"), ("int times", "long times"), ("export int f", "int f")])
def test_what_importers_see_shows(tmp_path: Path, old: str, new: str) -> None:
    assert names(tmp_path, ONE) != names(tmp_path, ONE.replace(old, new))


@pytest.mark.parametrize("damage", [b"", b"{}", b"not json\n", b'{"modcore_names": 99}\n'])
def test_a_damaged_file_is_a_clear_error(tmp_path: Path, damage: bytes) -> None:
    with pytest.raises(Problem) as caught:
        read_names(damage, Module("m", "m.cm"), "m.cmn")
    assert caught.value.diagnostics[0].code == "unreadable-file"
