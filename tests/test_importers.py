"""A names file stands for its module: importers emit the same C from either."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

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
