"""A directory in which a test builds C: by modcore's command line, by SCons, by the compiler alone.

In comes an empty directory; commands run in it, as a user's would, and one that fails fails the test with all
that it printed.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

import modcore
from modcore.cli import main
from tests.real.project import CC

_PACKAGE = Path(modcore.__file__).parent.parent
_STRICT = "-Werror=implicit-function-declaration"


class Workbench:
    """One directory with C in it, the flags that it is built with, and variables that programs find set."""

    def __init__(self, directory: Path, flags: Sequence[str] = ()) -> None:
        self.directory = directory
        self.flags = list(flags)
        self.variables: dict[str, str] = {}

    def copy(self, package: Path, *patterns: str) -> None:
        """Put files and folders of a package here, under their own names."""
        for pattern in patterns:
            for path in package.glob(pattern):
                target = self.directory / path.relative_to(package)
                target.parent.mkdir(parents=True, exist_ok=True)
                if path.is_dir():
                    shutil.copytree(path, target)
                else:
                    shutil.copy(path, target)

    def read(self, file: str) -> str:
        """A file's text; bytes that are no UTF-8 come back when it is written."""
        return (self.directory / file).read_text(encoding="utf-8", errors="surrogateescape")

    def write(self, files: Mapping[str, str]) -> None:
        for file, text in files.items():
            (self.directory / file).write_text(text, encoding="utf-8", errors="surrogateescape")

    def run(self, *command: str, folder: str = ".") -> str:
        """Run a program here; what it prints on stdout. Its failure is the test's."""
        environment = {**os.environ, "PYTHONPATH": str(_PACKAGE), "LC_ALL": "C", **self.variables}
        done = subprocess.run(
            command, cwd=self.directory / folder, env=environment, stdin=subprocess.DEVNULL,
            encoding="utf-8", errors="surrogateescape", capture_output=True, timeout=600, check=False,
        )  # fmt: skip
        if done.returncode:
            said = f"exit status {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
            pytest.fail(f"in {self.directory / folder}: {shlex.join(command)}: {said}", pytrace=False)
        return done.stdout

    def shell(self, command: str, folder: str = ".") -> str:
        """Run a command line of the shell here."""
        return self.run("sh", "-c", command, folder=folder)

    def compile(self, source: str, target: str, *flags: str) -> str:
        """Compile plain C with the compiler alone."""
        self.run(CC, *self.flags, *flags, _STRICT, "-c", source, "-o", target)
        return target

    def emit(self, module: str, target: str) -> str:
        """The C that `modcore emit` makes of a module, as a file."""
        with contextlib.chdir(self.directory):
            status = main(["emit", module, "-o", target, "--cc", CC, "--", *self.flags])
        assert status == 0, f"{self.directory}: modcore emit {module}: exit status {status}"
        return target

    def compile_emitted(self, source: str, target: str) -> str:
        """Compile C that modcore emitted, as its documentation has it: without macros and include paths."""
        flags = [flag for flag in self.flags if not flag.startswith(("-I", "-D"))]
        self.run(CC, *flags, _STRICT, "-x", "cpp-output", "-c", source, "-o", target)
        return target

    def scons(self, *arguments: str) -> str:
        """Run SCons here; what it prints."""
        return self.run(sys.executable, "-m", "SCons", "-j2", *arguments)
