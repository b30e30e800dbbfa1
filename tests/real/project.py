"""What a project of real code is: its files, and how they would be built without modcore.

A project is a Debian source package and what its own build system finds out on Linux, as a value: flags,
libraries, programs, files to generate. In go the patterns of its files and a folder with a copy of the
source; out come the translation units, by what becomes of them. Nothing here knows of modules.
"""

from __future__ import annotations

import fnmatch
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from tests.real import sources

CC = os.environ.get("CC", "gcc")


class Tree(Protocol):
    """A folder in which a project has been built; a command that fails in it fails the test."""

    directory: Path
    units: Units

    def run(self, *command: str, folder: str = ".") -> str: ...

    def shell(self, command: str, folder: str = ".") -> str: ...


def _nothing(folder: Path) -> None:
    """There is nothing to generate."""


class Project(msgspec.Struct, frozen=True, gc=False):
    """One package as its own build system, left alone, would have it compiled.

    Files are named by patterns, and belong where the first pattern has them. The units of `library` become
    one static library, those of `helpers` another, with what several programs share. `programs` lists the
    programs of several units; each unit of `each` is a program, called like it without the suffix, and so is
    each of `tests`, which `generate_tests` makes. Programs are linked with both libraries. `others` are
    compiled only. What is no translation unit of this build stands in `excluded`, with the reason. `generate`
    makes the other files that are missing. `check` runs the project's own tests on the programs of a tree,
    and may look at the same tree as the compiler alone built it.

    `tools` are programs beside the compiler that `generate` or `check` run.

    gcc itself compiles the units in `laid_out_by_macros` to other code after `gcc -E`: without optimisation
    it lays basic blocks out by the locations of macros, which preprocessed text no longer has.
    """

    package: str
    flags: tuple[str, ...]
    library: tuple[str, ...]
    check: Callable[[Tree, Tree], None]
    tools: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    programs: Mapping[str, tuple[str, ...]] = {}
    others: tuple[str, ...] = ()
    each: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    excluded: Mapping[str, str] = {}
    link_flags: tuple[str, ...] = ()
    generate: Callable[[Path], None] = _nothing
    generate_tests: Callable[[Path], None] = _nothing
    laid_out_by_macros: tuple[str, ...] = ()

    def unpack(self, folder: Path, with_tests: bool = True) -> None:
        """Put a copy of the source into `folder`, which must not exist, with what has to be generated."""
        shutil.copytree(sources.source(self.package), folder, symlinks=True)
        self.generate(folder)
        if with_tests:
            self.generate_tests(folder)

    def units(self, folder: Path) -> Units:
        """The translation units in an unpacked folder."""
        taken: set[str] = set()

        def take(*patterns: str) -> tuple[str, ...]:
            paths = (path.relative_to(folder) for pattern in patterns for path in folder.glob(pattern))
            found = {path.as_posix() for path in paths} - taken
            taken.update(found)
            return tuple(unit for unit in sorted(found) if not matches(unit, self.excluded))

        named = {program: take(*patterns) for program, patterns in self.programs.items()}
        library, helpers, others = take(*self.library), take(*self.helpers), take(*self.others)
        single = {unit.removesuffix(".c"): (unit,) for unit in take(*self.each, *self.tests)}
        return Units(library, helpers, others, {**named, **single})


def matches(unit: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns names a unit; `*` matches `/` too."""
    return any(fnmatch.fnmatchcase(unit, pattern) for pattern in patterns)


class Units(msgspec.Struct, frozen=True, gc=False):
    """The `.c` files of a project by what becomes of them, as paths below its folder."""

    library: tuple[str, ...]
    helpers: tuple[str, ...]
    others: tuple[str, ...]
    programs: Mapping[str, tuple[str, ...]]

    def all(self) -> list[str]:
        """Each translation unit once, in order."""
        of_programs = (unit for units in self.programs.values() for unit in units)
        return list(dict.fromkeys((*self.library, *self.helpers, *self.others, *of_programs)))

