"""The real code that is measured: library files of some projects, as `.c` and as the same file `.cm`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests.real.project import Project
from tests.real.projects import PROJECTS

MEASURED = ("cjson", "zlib", "cmark", "lua5.4", "mbedtls")


class Library(msgspec.Struct, frozen=True, gc=False):
    """One library in a folder of its own; `units` are its files, as paths there without their suffix."""

    name: str
    folder: Path
    flags: tuple[str, ...]
    units: tuple[str, ...]

    def lines(self, unit: str) -> int:
        """The file's own lines."""
        return (self.folder / f"{unit}.cm").read_bytes().count(b"\n")

    def largest(self) -> str:
        """The unit with the most lines of its own."""
        return max(self.units, key=self.lines)


def libraries(work: Path, most: int | None = None) -> Iterator[Library]:
    """Copies of the libraries below `work`, each with at most so many of its units."""
    for name in MEASURED:
        yield _library(PROJECTS[name], work / name, most)


def _library(project: Project, folder: Path, most: int | None) -> Library:
    project.unpack(folder, with_tests=False)
    files = {file for pattern in project.library for file in folder.glob(pattern)}
    units = sorted(file.relative_to(folder).with_suffix("").as_posix() for file in files)
    units = [unit for unit in units if f"{unit}.c" not in project.excluded][:most]
    for unit in units:
        shutil.copy(folder / f"{unit}.c", folder / f"{unit}.cm")
    return Library(project.package, folder, tuple(project.flags), tuple(units))
