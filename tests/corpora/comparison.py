"""One C file as a plain importer and by the compiler alone: whether both ways lead to the same object code.

In come a file, a compiler and flags; out goes a verdict. What is compared first is the assembler's input,
because equal texts make equal objects and need no assembler; where the texts differ (compilers number their
labels by what they have read), the objects decide. Both are made in the running directory, under the same
names.
"""

from __future__ import annotations

import enum
import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from modcore.deep import deeply
from modcore.diagnostics import Diagnostic, Problem
from modcore.preprocess import Toolchain
from modcore.program import Options, Program
from tests.real import objects

_NOT_CODE = re.compile(rb"^\t\.(?:file|ident)\t.*\n", re.MULTILINE)
SOURCE = "unit.cm"
_EMITTED, _EXPANDED, _ASSEMBLER, _OBJECT = "unit.cm.c", "unit.i", "unit.s", "unit.o"
_SECONDS = 120


class Verdict(enum.Enum):
    """What became of a file."""

    REFUSED = "the compiler does not take it"
    SAME = "the same object code"
    AS_EXPANDED = "what the compiler itself makes of its own preprocessed text, but not of the file"
    OTHER = "other object code"


class Failure(Exception):
    """modcore did not take a file that the compiler takes, or the compiler did not take what came out."""


class Comparison:
    """A file, compiled in the running directory, which is changed."""

    def __init__(self, text: bytes, folder: Path, compiler: str, flags: Sequence[str]) -> None:
        # Files beside the original are found although it is compiled elsewhere.
        self._flags = (*flags, "-iquote", str(folder))
        self._compiler = compiler
        Path(SOURCE).write_bytes(text)

    def verdict(self) -> Verdict:
        """Compiles both ways. Raises Failure."""
        expected = self._assembled("c", SOURCE)
        if expected is None:
            return Verdict.REFUSED
        Path(_EMITTED).write_text(self._emitted(), encoding="utf-8", errors="surrogateescape")
        found = self._assembled("cpp-output", _EMITTED)
        if found is None:
            raise Failure(f"the compiler does not take what came out: {self._said}")
        if self._is_same(found, expected):
            return Verdict.SAME
        self._run("-x", "c", "-E", SOURCE, "-o", _EXPANDED)
        expanded = self._assembled("cpp-output", _EXPANDED)
        return Verdict.AS_EXPANDED if expanded and self._is_same(found, expanded) else Verdict.OTHER

    def statuses(self, others: Sequence[Path]) -> tuple[int, int]:
        """How the program linked with the files `others` ends: by the compiler alone, and through modcore."""
        return self._status(["-x", "c", SOURCE], others), self._status(["-x", "cpp-output", _EMITTED], others)

    def _status(self, unit: Sequence[str], others: Sequence[Path]) -> int:
        if self._run(*unit, "-x", "c", *map(str, others), "-lm", "-o", "program") is None:
            raise Failure(f"the program could not be linked: {self._said}")
        ran = subprocess.run(["./program"], stdout=subprocess.DEVNULL, timeout=_SECONDS, check=False)
        return ran.returncode

    def _emitted(self) -> str:
        program = Program(Options(Toolchain((self._compiler,), self._flags)))
        return deeply(lambda: emitted(program, [SOURCE]))[SOURCE]

    def _assembled(self, language: str, file: str) -> bytes | None:
        """What the compiler has the assembler read, without what names the file; None when it refuses."""
        if self._run("-x", language, "-S", file, "-o", _ASSEMBLER) is None:
            return None
        return _NOT_CODE.sub(b"", Path(_ASSEMBLER).read_bytes())

    def _is_same(self, one: bytes, other: bytes) -> bool:
        return one == other or not objects.differences(self._object(one), self._object(other))

    def _object(self, assembler: bytes) -> objects.Object:
        Path(_ASSEMBLER).write_bytes(assembler)
        if self._run("-c", _ASSEMBLER, "-o", _OBJECT) is None:
            raise Failure(f"the assembler does not take it: {self._said}")
        return objects.read(Path(_OBJECT))

    def _run(self, *words: str) -> str | None:
        """Runs the compiler; None when it fails, and then `_said` has its messages."""
        command = [self._compiler, *self._flags, *words]
        english = {**os.environ, "LC_ALL": "C"}
        try:
            done = subprocess.run(command, capture_output=True, env=english, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            self._said = f"{self._compiler} ran for more than {_SECONDS} seconds"
            return None
        self._said = done.stderr.decode(errors="replace")
        return self._said if done.returncode == 0 else None


def emitted(program: Program, files: Iterable[str]) -> dict[str, str]:
    """The C of each file of a program, bodies checked too. Raises Failure for a diagnostic."""
    modules = {file: program.module(file) for file in files}
    try:
        texts = {file: program.emit(module) for file, module in modules.items()}
        found = program.check(modules.values())
    except Problem as problem:
        found = list(problem.diagnostics)
    if found:
        raise Failure("; ".join(map(_told, found)))
    return texts


def _told(diagnostic: Diagnostic) -> str:
    at = diagnostic.position
    return f"{at.file}:{at.line}:{at.column}: {diagnostic.message} [{diagnostic.code}]"
