"""The headers of C libraries, in batches that a compiler takes: what the tests of headers read.

In comes a library (its Debian packages, whose lists of files say which headers it has) and a compiler; out come
batches, each the preprocessed text of a file that includes some dozens of its headers, and the headers that do
not compile, each tried alone. Headers that contradict each other come in batches of their own. Most of the text
of a header is that of others which it includes: in a batch, guards see to it that it is there once.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

GCC = os.environ.get("CC", "gcc")
CLANG = os.environ.get("CLANG", "clang-14")
_SIZES = (64, 8, 1)  # of batches: what contradicts others in one is tried with fewer of them, in the end alone
_NAME = "batch.c"
_AT_FAULT = re.compile(rf"(?:from |^){re.escape(_NAME)}:(\d+)", re.MULTILINE)


class Library(NamedTuple):
    """The headers of some packages below `root`, or below the folder that the compiler says it has (`own`)."""

    packages: tuple[str, ...]
    roots: tuple[str, ...]

    def headers(self) -> list[str]:
        """Its headers as an `#include` names them."""
        listed = subprocess.run(
            ["dpkg", "-L", *self.packages], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        found = set()
        for file in listed:
            root = next((root for root in self.roots if file.startswith(f"{root}/")), None)
            if root is not None and file.endswith(".h") and "/c++/" not in file:
                found.add(file.removeprefix(f"{root}/"))
        return sorted(found)


GLIBC = Library(("libc6-dev", "linux-libc-dev"), ("/usr/include/x86_64-linux-gnu", "/usr/include"))
MUSL = Library(("musl-dev",), ("/usr/include/x86_64-linux-musl",))
NEWLIB = Library(("libnewlib-dev",), ("/usr/include/newlib",))
MINGW_64 = Library(("mingw-w64-x86-64-dev", "mingw-w64-common"), ("/usr/x86_64-w64-mingw32/include", "/usr/share/mingw-w64/include"))
MINGW_32 = Library(("mingw-w64-i686-dev", "mingw-w64-common"), ("/usr/i686-w64-mingw32/include", "/usr/share/mingw-w64/include"))


WINDOWS_REFUSED = Path(__file__).with_name("mingw_refused.txt").read_text(encoding="utf-8").split()
"""Headers of mingw-w64 that compile neither alone nor after windows.h: C++, kernel mode, pieces of other headers.

They are not tried again, because it takes minutes; one that is not in this list is found out."""


class HeaderSet(NamedTuple):
    """A library and the compiler that reads its headers: at least so many compile, each after `first`."""

    library: Library
    compiler: tuple[str, ...]
    at_least: int
    first: tuple[str, ...] = ()
    refused: Sequence[str] = ()


class Batch(NamedTuple):
    """Headers that compile together, and what the preprocessor prints for a file that includes them."""

    headers: tuple[str, ...]
    text: str


_WINDOWS = (("windows.h",), WINDOWS_REFUSED)
SETS = {
    "glibc": HeaderSet(GLIBC, (GCC, "-D_GNU_SOURCE"), 1100),
    "musl": HeaderSet(MUSL, ("musl-gcc", "-D_GNU_SOURCE"), 180),
    "newlib": HeaderSet(NEWLIB, ("arm-none-eabi-gcc", "-D_GNU_SOURCE"), 100),
    "mingw-w64": HeaderSet(MINGW_64, ("x86_64-w64-mingw32-gcc",), 1200, *_WINDOWS),
    "mingw-w64 of 32 bits": HeaderSet(MINGW_32, ("i686-w64-mingw32-gcc",), 1200, *_WINDOWS),
    "glibc by clang": HeaderSet(GLIBC, (CLANG, "-D_GNU_SOURCE"), 1100),
    "musl by clang": HeaderSet(
        MUSL, (CLANG, "--target=x86_64-linux-musl", "-nostdlibinc", "-isystem", MUSL.roots[0]), 180
    ),
    "newlib by clang": HeaderSet(NEWLIB, (CLANG, "--target=arm-none-eabi", "-isystem", NEWLIB.roots[0]), 100),
    "mingw-w64 by clang": HeaderSet(MINGW_64, (CLANG, "--target=x86_64-w64-mingw32"), 1200, *_WINDOWS),
}


class Headers:
    """The headers of a set, tried with its compiler in a directory of the test's own."""

    def __init__(self, chosen: HeaderSet, directory: Path) -> None:
        self._chosen = chosen
        self._directory = directory
        listed = chosen.library.headers()
        self.refused = [header for header in listed if header in chosen.refused]
        self.batches: list[Batch] = []
        pending = [header for header in listed if header not in chosen.refused]
        for size in _SIZES:
            pending = [header for batch in _slices(pending, size) for header in self._batch(batch)]
        self.refused += pending

    def _batch(self, headers: Sequence[str]) -> list[str]:
        """Adds a batch of those of some headers that compile together; the others."""
        others: list[str] = []
        while headers:
            text, at_fault = self._tried(headers)
            if not at_fault:
                self.batches.append(Batch(tuple(headers), text))
                break
            others += at_fault
            headers = [header for header in headers if header not in at_fault]
        return others

    def _tried(self, headers: Sequence[str]) -> tuple[str, list[str]]:
        """The preprocessed text of a file with these headers, and those of them that the compiler complains about."""
        first = self._chosen.first if len(headers) > 1 else ()
        (self._directory / _NAME).write_text(includes([*first, *headers]))
        limit = ["-ferror-limit=0"] if self._chosen.compiler[0] == CLANG else []
        preprocessed = self._run([*limit, "-E", _NAME])
        said = preprocessed.stderr
        if preprocessed.returncode == 0:
            said = self._run([*limit, "-fsyntax-only", "-w", "-x", "cpp-output", "-"], preprocessed.stdout).stderr
        lines = {int(line) for line in _AT_FAULT.findall(said.decode(errors="replace"))}
        at_fault = [header for line, header in enumerate(headers, 1 + len(first)) if line in lines]
        if said and b"error:" in said and not at_fault:
            at_fault = list(headers)
        return preprocessed.stdout.decode("utf-8", "surrogateescape"), at_fault

    def _run(self, words: Sequence[str], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*self._chosen.compiler, *words], input=given, capture_output=True, cwd=self._directory,
            env={**os.environ, "LC_ALL": "C"}, check=False,
        )  # fmt: skip


def includes(headers: Iterable[str]) -> str:
    """The lines that include headers."""
    return "".join(f"#include <{header}>\n" for header in headers)


def _slices(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (items[begin : begin + size] for begin in range(0, len(items), size))
