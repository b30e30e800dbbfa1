"""The real code that is measured: the library files of cJSON and zlib, as `.c` and as the same file `.cm`."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from tests.real import sources

FLAGS = {
    "cjson": (),
    "zlib": ("-D_LARGEFILE64_SOURCE=1", "-DHAVE_HIDDEN", "-DHAVE_UNISTD_H=1", "-DHAVE_STDARG_H=1"),
}
PROGRAMS = ("test.c",)  # cJSON's folder has one among the library's files


class Library(msgspec.Struct, frozen=True, gc=False):
    """One library in a folder of its own; `units` are its files without their suffix."""

    folder: Path
    flags: tuple[str, ...]
    units: tuple[str, ...]

    def lines(self, unit: str) -> int:
        """The file's own lines."""
        return (self.folder / f"{unit}.cm").read_bytes().count(b"\n")


def libraries(work: Path, most: int | None = None) -> list[Library]:
    """Copies of the libraries below `work`, each with at most so many of its units."""
    return [_library(package, work / package, most) for package in FLAGS]


def _library(package: str, folder: Path, most: int | None) -> Library:
    folder.mkdir()
    original = sources.source(package)
    for file in (*original.glob("*.h"), *original.glob("*.c")):
        shutil.copy(file, folder)
    units = sorted(file.stem for file in folder.glob("*.c") if file.name not in PROGRAMS)[:most]
    for unit in units:
        shutil.copy(folder / f"{unit}.c", folder / f"{unit}.cm")
    return Library(folder, FLAGS[package], tuple(units))
