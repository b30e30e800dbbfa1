"""The target's facts, from a compiler and its flags alone, remembered in the user's cache folder.

The compiler works out one constant table (two or three runs of some ten milliseconds: types that it lacks are
found by its complaints and left out), nothing is ever run on the target. What it found is kept as one JSON
file for each compiler and set of flags. A compiler is known by where it lies, its size and its time of
change, and so is the program behind it that does the work (a script or ccache may stand in front), so a new
one is probed anew; a cache file that is damaged, foreign or of another version is written
again, and where nothing can be written every probe asks the compiler. Writers may run at the same time: files
appear whole or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from modcore import cache, compiler
from modcore.target.ask import ProbeError, ask
from modcore.target.facts import Facts
from modcore.target.flags import relevant_flags
from modcore.target.table import facts_from, missing_types, table

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ProbeError", "cache_file", "identity", "probe"]

_VERSION = 7
_WORKERS = ("cc1", "clang")
"""What gcc and clang call the program that compiles; asked for the other's, they know of none."""


class _Cached(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The contents of a cache file: the facts, and for which toolchain and programs behind it they hold."""

    version: int
    toolchain: list[str]
    workers: dict[str, str]
    facts: Facts


def probe(cc: Sequence[str], flags: Sequence[str] = (), folder: Path | None = None) -> Facts:
    """The facts about a compiler's target, e.g. `probe(("gcc",), ("-m32", "-O2"))`; raises `ProbeError`.

    `folder` is where facts are remembered, the user's cache folder unless told.
    """
    toolchain = _toolchain(cc, relevant_flags(flags))
    path = cache_file(toolchain, folder)
    cached = cache.read(path, _Cached)
    if cached is not None and cached.version == _VERSION and cached.toolchain == toolchain and all(
            _state(program) == state for program, state in cached.workers.items()):
        return cached.facts
    facts = _ask_for_facts(cc, flags)
    cache.write(path, _Cached(_VERSION, toolchain, _workers(cc, flags), facts))
    return facts


def identity(cc: Sequence[str], flags: Sequence[str]) -> tuple[str, ...]:
    """What changes when a toolchain does: its words, its flags, the programs behind it and their states."""
    return (*_toolchain(cc, relevant_flags(flags)), *(part for one in _workers(cc, flags).items() for part in one))


def cache_file(toolchain: Sequence[str], folder: Path | None = None) -> Path:
    """The file in which the facts about a toolchain are remembered."""
    return cache.cache_file("targets", (str(_VERSION), *toolchain), folder)


def _toolchain(cc: Sequence[str], flags: Sequence[str]) -> list[str]:
    """What a compiler is known by: its words, the state of those that are programs, the flags."""
    import os
    import shutil
    from pathlib import Path

    if not cc or shutil.which(cc[0]) is None:
        raise ProbeError(f"cannot find the compiler '{' '.join(cc)}'")
    words: list[str] = []
    for word in cc:
        words.append(word)
        program = None if word.startswith("-") else shutil.which(word)
        if program is not None:
            words += [os.path.abspath(program), os.path.realpath(program), _state(program)]
    for flag in flags:
        words.append(flag)
        if flag.startswith("@") and os.path.isfile(flag[1:]):
            words.append(Path(flag[1:]).read_text(encoding="utf-8", errors="replace"))
    return [word.encode("utf-8", "backslashreplace").decode() for word in words]


def _state(program: str) -> str:
    """What changes when a program does: its size and its time of change; "" if it is gone."""
    import os

    try:
        state = os.stat(program)
    except OSError:
        return ""
    return f"{state.st_size} {state.st_mtime_ns}"


def _workers(cc: Sequence[str], flags: Sequence[str]) -> dict[str, str]:
    """The programs that the compiler's words lead to, with their states."""
    import os

    named = (_told(cc, flags, f"-print-prog-name={name}") for name in _WORKERS)
    return {program: _state(program) for program in named if os.path.isabs(program)}


def _ask_for_facts(cc: Sequence[str], flags: Sequence[str]) -> Facts:
    missing: frozenset[str] = frozenset()
    while True:
        question = table(missing)
        try:
            values = ask(cc, flags, tuple(question.expressions.values()), question.preamble)
        except ProbeError as error:
            found = missing_types(error.output) - missing
            if not found:
                raise
            missing |= found
            continue
        try:
            return facts_from(dict(zip(question.expressions, values, strict=True)), _machine(cc, flags))
        except ValueError as error:
            raise ProbeError(f"the answers of '{' '.join(cc)}' make no sense: {error}") from error


def _machine(cc: Sequence[str], flags: Sequence[str]) -> str:
    """The compiler's name for its target, for display; "unknown" if it does not say."""
    return _told(cc, flags, "-dumpmachine") or "unknown"


def _told(cc: Sequence[str], flags: Sequence[str], question: str) -> str:
    """What the compiler prints about itself, "" for nothing."""
    return compiler.run([*cc, *relevant_flags(flags), question]).stdout.decode("utf-8", "replace").strip()
