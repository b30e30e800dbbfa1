"""The target's facts, from a compiler and its flags alone, remembered in the user's cache folder.

The compiler works out one constant table and tells what it is while it does; one run, or two of some ten milliseconds
where it complains about types that it lacks. Nothing is ever run on the target. What it found is kept as one JSON file
for each compiler and set of flags. A compiler is known by where it lies, its size and its time of change, and so are
the programs behind it: those that do the work, by its own word (a script or ccache may stand in front), and those that
scripts name. Variables of the environment that scripts mention count with their values. So a new one is probed anew; a
cache file that is damaged, foreign or of another version is written again, and where nothing can be written every probe
asks the compiler. Writers may run at the same time: files appear whole or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from modcore import cache
from modcore.target.ask import ProbeError, ask_aloud
from modcore.target.facts import Facts
from modcore.target.flags import relevant_flags, storage_order
from modcore.target.scripts import programs_behind, variables_of
from modcore.target.table import facts_from, missing_types, table

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ProbeError", "cache_file", "identity", "probe"]

_VERSION = 14
_TARGET = re.compile(r"^Target: (\S+)", re.MULTILINE)
_PROGRAM = re.compile(r'^ (?:"([^"\n]+)"|(\S+))', re.MULTILINE)
"""How gcc and clang print, with `-v`, what they compile for and each program that they run."""


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
    return _known(cc, flags, folder).facts


def identity(cc: Sequence[str], flags: Sequence[str], folder: Path | None = None) -> tuple[str, ...]:
    """What changes when a toolchain does: its words, its flags, the programs behind it and their states."""
    known = _known(cc, flags, folder)
    return (*known.toolchain, *(part for one in known.workers.items() for part in one))


def _known(cc: Sequence[str], flags: Sequence[str], folder: Path | None) -> _Cached:
    toolchain = _toolchain(cc, relevant_flags(flags))
    path = cache_file(toolchain, folder)
    cached = cache.read(path, _Cached)
    if cached is not None and cached.version == _VERSION and cached.toolchain == toolchain and all(
            _state(program) == state for program, state in cached.workers.items()):
        return cached
    found = _found(cc, flags, toolchain)
    cache.write(path, found)
    return found


def cache_file(toolchain: Sequence[str], folder: Path | None = None) -> Path:
    """The file in which the facts about a toolchain are remembered."""
    return cache.cache_file("targets", (str(_VERSION), *toolchain), folder)


def _toolchain(cc: Sequence[str], flags: Sequence[str]) -> list[str]:
    """What a compiler is known by: its words, the state of those that are programs, the flags."""
    import os
    import shutil

    if not cc or shutil.which(cc[0]) is None:
        raise ProbeError(f"cannot find the compiler '{' '.join(cc)}'")
    words = list(cc)
    for program in _programs(cc):
        words += [program, os.path.realpath(program), _state(program)]
        words += (f"{name} {_digest(value)}" for name, value in variables_of(program).items())
    for word in (*relevant_flags(cc), *flags):
        words += [word, _state(word.partition("=")[2] or word)]  # a file may say more, as that of `-specs=FILE`
    return [word.encode("utf-8", "backslashreplace").decode() for word in words]


def _digest(value: str) -> str:
    """What changes when a value does that is not for everyone to read."""
    import hashlib
    import os

    return hashlib.sha256(os.fsencode(value)).hexdigest()[:16]


def _programs(cc: Sequence[str]) -> list[str]:
    """The paths of those words of a compiler that are programs."""
    import os
    import shutil

    found = (shutil.which(word) for word in cc if not word.startswith("-"))
    return [os.path.abspath(program) for program in found if program is not None]


def _state(program: str) -> str:
    """What changes when a program, or another file, does: its size and its time of change; "" if there is none."""
    import os
    import stat

    try:
        state = os.stat(program)
    except (OSError, ValueError):
        return ""
    if not stat.S_ISREG(state.st_mode):
        return ""
    return f"{state.st_size} {state.st_mtime_ns}"


def _found(cc: Sequence[str], flags: Sequence[str], toolchain: list[str]) -> _Cached:
    """What a compiler says now; the types that it complains about are left out of a second question."""
    missing: frozenset[str] = frozenset()
    aloud: tuple[str, ...] = ("-v",)
    while True:
        question = table(missing)
        try:
            values, said = ask_aloud(cc, flags, tuple(question.expressions.values()), question.preamble, aloud)
        except ProbeError as error:
            found = missing_types(error.output) - missing
            if found:
                missing |= found
            elif aloud and error.output:
                aloud = ()  # the flag may be what it does not know
            else:
                raise
            continue
        target = _TARGET.search(said)
        try:
            answers = dict(zip(question.expressions, values, strict=True))
            facts = facts_from(answers, target[1] if target else "unknown", storage_order(cc, flags))
        except ValueError as error:
            raise ProbeError(f"the answers of '{' '.join(cc)}' make no sense: {error}") from error
        return _Cached(_VERSION, toolchain, _workers(cc, said), facts)


def _workers(cc: Sequence[str], said: str) -> dict[str, str]:
    """The programs that have done a compiler's work, and those that scripts among its words name, with their states."""
    import os

    named = [quoted or bare for quoted, bare in _PROGRAM.findall(said)]
    for program in _programs(cc):
        named += (os.fsencode(inner).decode("utf-8", "replace") for inner in programs_behind(program))
    return {program: _state(program) for program in named if os.path.isabs(program) and os.path.isfile(program)}
