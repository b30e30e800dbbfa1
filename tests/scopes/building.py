"""Generated programs on disk: built by way of modcore and from their translation, run, and compared.

Everything happens in one directory; a program that does not do what its translation does fails the test, with the
place where both are kept.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

from test_importers import NamesOnly

from modcore.diagnostics import Diagnostic
from modcore.preprocess import Toolchain
from modcore.program import Options
from modcore.program import Program as Modules
from scopes.programs import Program

CC = os.environ.get("CC", "gcc")
STRICT = "-Werror=implicit-function-declaration"


class Difference(AssertionError):
    """What modcore makes of a program is not what the program means."""


class Workplace:
    """A directory with one program in it; `modules` is the program as modcore sees it."""

    def __init__(self, directory: Path, program: Program) -> None:
        shutil.rmtree(directory, ignore_errors=True)
        self.directory = directory
        self.program = program
        self.flags = ("-w", "-fwrapv", f"-std={program.standard}")
        for name, content in {**program.files, "plain.c": program.plain}.items():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_text(content, encoding="utf-8")
        self.modules = Modules(Options(Toolchain((CC,), ("-I.", f"-std={program.standard}"))))

    def errors(self) -> list[Diagnostic]:
        """All errors of all modules."""
        with contextlib.chdir(self.directory):
            modules = [self.modules.module(name) for name in self.program.modules]
            return [found for found in self.modules.check(modules) if found.severity == "error"]

    def expect_same(self) -> None:
        """The program prints what its translation prints, and importers need no more of a module than its names."""
        self._run(CC, *self.flags, STRICT, "check.c", "plain.c", "-o", "plain", "-lm")
        expected = self._run("./plain")
        found = self.errors()
        if found:
            raise self._differs(self.modules.render(found))
        objects = [self._compile(name) for name in self.program.modules]
        self._run(CC, *self.flags, "-I.", "check.c", "legacy.c", *objects, "-o", "program", "-lm")
        printed = self._run("./program")
        if printed != expected:
            lines = enumerate(zip(printed.splitlines(), expected.splitlines(), strict=False))
            first = next((f"line {number}: {one}, not {other}" for number, (one, other) in lines if one != other), "")
            raise self._differs(f"the program prints something else: {first}")

    def _compile(self, name: str) -> str:
        """One module to an object file."""
        with contextlib.chdir(self.directory):
            module = self.modules.module(name)
            emitted = self.modules.emit(module)
            options = self.modules.options
            if Modules(options, NamesOnly(options, module)).emit(module) != emitted:
                raise self._differs(f"the C of {name} is another one when names files stand for its imports")
        (self.directory / f"{name}.c").write_text(emitted, encoding="utf-8")
        self._run(CC, *self.flags, STRICT, "-x", "cpp-output", "-c", f"{name}.c", "-o", f"{name}.o")
        return f"{name}.o"

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command, cwd=self.directory, capture_output=True, text=True, timeout=120, check=False
        )  # fmt: skip
        if done.returncode:
            raise self._differs(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr}")
        return done.stdout

    def _differs(self, problem: str) -> Difference:
        return Difference(f"{problem}\n\nkept: {self.directory}")
