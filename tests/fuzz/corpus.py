"""The programs that mutations start from: the folders of `tests/cases`, and what the generator of `tests/scopes` makes.

Each is a folder of files with the modules among them and the options that modcore is given for it.
"""

from __future__ import annotations

import random
from typing import NamedTuple

import case as harness
from scopes.choices import Choices
from scopes.programs import make

from fuzz.commands import CC

GENERATED = 20
_CHOICES = 1500  # bytes of them for each program
_CHANGED = (".cm", ".h")


class Sources(NamedTuple):
    """A program: its files, those that are modules, and options for modcore."""

    name: str
    files: dict[str, bytes]
    modules: list[str]
    options: list[str]

    @property
    def changeable(self) -> dict[str, bytes]:
        """The files that modcore reads."""
        return {name: content for name, content in self.files.items() if name.endswith(_CHANGED)}


def programs() -> list[Sources]:
    """All of them, always the same."""
    return [*map(_case, harness.discover()), *map(_generated, range(GENERATED))]


def _case(case: harness.Case) -> Sources:
    flags = ["--", *case.compiler_flags] if case.compiler_flags else []
    files = {file: (case.path / file).read_bytes() for file in case.files}
    return Sources(case.name, files, case.modules, [*case.options, *flags])


def _generated(seed: int) -> Sources:
    program = make(Choices(random.Random(seed).randbytes(_CHOICES)))
    files = {name: content.encode() for name, content in program.files.items()}
    options = ["--cc", CC, "-I", ".", "--", f"-std={program.standard}"]
    return Sources(f"generated {seed}", files, program.modules, options)
