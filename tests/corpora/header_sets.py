"""The headers of C libraries, in batches: what the tests of headers read.

In comes a library (its Debian packages, whose lists of files say which headers it has) and a compiler; out come
batches, each the preprocessed text of a file that includes some dozens of its headers. Most of the text of a header
is that of others which it includes: in a batch, guards see to it that it is there once. A header that cannot be
preprocessed is left out; whether one is C at all (many of Windows' are not) is asked of the compiler only where
somebody has a complaint about it.
"""

from __future__ import annotations

import os
import re
import subprocess
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

GCC = os.environ.get("CC", "gcc")
CLANG = os.environ.get("CLANG", "clang-14")
_SIZE = 64
_NAME = "batch.c"
_MARKER = re.compile(rf'^# (\d+) "{re.escape(_NAME)}"', re.MULTILINE)
_ALL_ERRORS = {CLANG: ("-ferror-limit=0",)}  # others show all of them anyway
_INCLUDED = re.compile(rf"(?:from |^){re.escape(_NAME)}:(\d+)")


class Library(NamedTuple):
    """The headers in Debian packages, named from the first of `roots` that they are below; `compiler` comes with them."""

    packages: tuple[str, ...]
    roots: tuple[str, ...]
    compiler: str

    def headers(self) -> list[str]:
        """Its headers as an `#include` names them."""
        listed = subprocess.run(["dpkg", "-L", *self.packages], capture_output=True, text=True, check=True)
        found = set()
        for file in listed.stdout.splitlines():
            root = next((root for root in self.roots if file.startswith(f"{root}/")), None)
            if root is not None and file.endswith(".h") and "/c++/" not in file:
                found.add(file.removeprefix(f"{root}/"))
        return sorted(found)


GLIBC = Library(("libc6-dev", "linux-libc-dev"), ("/usr/include/x86_64-linux-gnu", "/usr/include"), GCC)
MUSL = Library(("musl-dev",), ("/usr/include/x86_64-linux-musl",), "musl-gcc")
NEWLIB = Library(("libnewlib-dev",), ("/usr/include/newlib",), "arm-none-eabi-gcc")
MINGW_64 = Library(
    ("mingw-w64-x86-64-dev", "mingw-w64-common"), ("/usr/x86_64-w64-mingw32/include", "/usr/share/mingw-w64/include"),
    "x86_64-w64-mingw32-gcc",
)
MINGW_32 = Library(
    ("mingw-w64-i686-dev", "mingw-w64-common"), ("/usr/i686-w64-mingw32/include", "/usr/share/mingw-w64/include"),
    "i686-w64-mingw32-gcc",
)


class HeaderSet(NamedTuple):
    """A library and the compiler that reads it; at least so many headers can be preprocessed, each after `first`."""

    library: Library
    compiler: tuple[str, ...]
    at_least: int
    first: tuple[str, ...] = ()

    @property
    def programs(self) -> tuple[str, ...]:
        """What has to be installed for it."""
        return self.compiler[0], self.library.compiler


SETS = {
    "glibc": HeaderSet(GLIBC, (GLIBC.compiler, "-D_GNU_SOURCE"), 1200),
    "musl": HeaderSet(MUSL, (MUSL.compiler, "-D_GNU_SOURCE"), 200),
    "newlib": HeaderSet(NEWLIB, (NEWLIB.compiler, "-D_GNU_SOURCE"), 120),
    "mingw-w64": HeaderSet(MINGW_64, (MINGW_64.compiler,), 1300, ("windows.h",)),
    "mingw-w64 of 32 bits": HeaderSet(MINGW_32, (MINGW_32.compiler,), 1300, ("windows.h",)),
    "glibc by clang": HeaderSet(GLIBC, (CLANG, "-D_GNU_SOURCE"), 1200),
    "musl by clang": HeaderSet(
        MUSL, (CLANG, "--target=x86_64-linux-musl", "-nostdlibinc", "-isystem", MUSL.roots[0]), 200
    ),
    "newlib by clang": HeaderSet(NEWLIB, (CLANG, "--target=arm-none-eabi", "-isystem", NEWLIB.roots[0]), 120),
    "mingw-w64 by clang": HeaderSet(MINGW_64, (CLANG, "--target=x86_64-w64-mingw32"), 1300, ("windows.h",)),
}


class Batch(NamedTuple):
    """The text that the preprocessor prints for a file that includes some headers, one a line, after `first`."""

    headers: tuple[str, ...]
    first: tuple[str, ...]
    text: str

    def header_at(self, offset: int) -> str:
        """The header whose inclusion brought the text at `offset`."""
        marks = [(mark.end(), int(mark[1])) for mark in _MARKER.finditer(self.text)]
        line = marks[bisect_right(marks, (offset, 0)) - 1][1]
        return (*self.first, *self.headers)[line - 1]


class Headers:
    """The headers of a set, read with its compiler in a directory of the test's own."""

    def __init__(self, chosen: HeaderSet, directory: Path) -> None:
        self._chosen = chosen
        self._directory = directory

    @cached_property
    def batches(self) -> list[Batch]:
        """All headers that can be preprocessed."""
        listed = self._chosen.library.headers()
        return [
            batch
            for begin in range(0, len(listed), _SIZE)
            for batch in self._batches(listed[begin : begin + _SIZE], self._chosen.first, lambda batch: set())
        ]

    @cached_property
    def compiled(self) -> list[Batch]:
        """Of each batch the headers that compile together."""
        return [
            smaller
            for batch in self.batches
            for smaller in self._batches(batch.headers, batch.first, self._refused)
        ]

    def batch(self, headers: Sequence[str], first: Sequence[str] = ()) -> tuple[Batch, set[int]]:
        """A batch of some headers, and the lines of those that have no text."""
        (self._directory / _NAME).write_text(includes([*first, *headers]), encoding="utf-8")
        done = self._run(["-E", _NAME])
        text = done.stdout.decode("utf-8", "surrogateescape")
        return Batch(tuple(headers), tuple(first), text), _lines_at_fault(done.stderr.decode(errors="replace"))

    def is_c(self, header: str) -> bool:
        """Whether a header compiles alone."""
        batch, at_fault = self.batch([header])
        return not at_fault and not self._refused(batch)

    def _batches(
        self, headers: Sequence[str], first: Sequence[str], refused: Callable[[Batch], set[int]]
    ) -> Iterator[Batch]:
        """A batch of those of some headers that have a text and are not refused."""
        while headers:
            batch, at_fault = self.batch(headers, first)
            at_fault = at_fault or refused(batch)
            if not at_fault:
                yield batch
                return
            headers = [header for line, header in enumerate(headers, 1 + len(first)) if line not in at_fault]

    def _refused(self, batch: Batch) -> set[int]:
        """The lines of the headers in a batch that the compiler calls no C."""
        words = [*_ALL_ERRORS.get(self._chosen.compiler[0], ()), "-fsyntax-only", "-w", "-x", "cpp-output", "-"]
        done = self._run(words, batch.text.encode("utf-8", "surrogateescape"))
        return _lines_at_fault(done.stderr.decode(errors="replace"))

    def _run(self, words: Sequence[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*self._chosen.compiler, *words], input=given, capture_output=True, cwd=self._directory,
            env={**os.environ, "LC_ALL": "C"}, check=False,
        )  # fmt: skip


def includes(headers: Iterable[str]) -> str:
    """The lines that include headers."""
    return "".join(f"#include <{header}>\n" for header in headers)


def _lines_at_fault(said: str) -> set[int]:
    """The lines that lead to errors: a compiler says how it came to a header before it complains about it."""
    found: set[int] = set()
    line = 0
    for row in said.splitlines():
        if way := _INCLUDED.search(row):
            line = int(way[1])
        if " error: " in row:
            found.add(line)
    return found
