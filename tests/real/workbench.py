"""A directory in which a test builds real code: by modcore's command line, by SCons, by the compiler alone.

In comes an empty directory; commands run in it, as a user's would, and one that fails fails the test with
all that it printed. Objects that come from modcore are compared with the ones that the compiler makes of
the same source as `.c`.
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

import objects
import pytest

import modcore
from modcore.cli import main

CC = os.environ.get("CC", "gcc")
LEVELS = ("-O0", "-O2")
_PACKAGE = Path(modcore.__file__).parent.parent
_SCONSTRUCT = """\
env = Environment(
    tools=['default', 'cmodule'], toolpath=[PyPackageDir('modcore.scons')],
    CC={cc!r}, CCFLAGS={flags!r}, CPPPATH=['.'],
)
env.Library({library!r}, {sources!r})
"""


class Workbench:
    """One directory with the sources of a library, and the flags that they are built with."""

    def __init__(self, directory: Path, flags: Sequence[str] = ()) -> None:
        self.directory = directory
        self.flags = list(flags)

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

    def rename(self, *files: str) -> list[str]:
        """Turn `X.c` into `X.cm`; the new names."""
        return [(self.directory / file).rename(self.directory / f"{file}m").name for file in files]

    def edit(self, file: str, *replacements: tuple[str, str]) -> None:
        """Replace texts that occur exactly once in a file."""
        text = (self.directory / file).read_text(encoding="utf-8")
        for old, new in replacements:
            assert text.count(old) == 1, f"{file} has {text.count(old)} times {old!r}"
            text = text.replace(old, new)
        (self.directory / file).write_text(text, encoding="utf-8")

    def write(self, files: Mapping[str, str]) -> None:
        for file, text in files.items():
            (self.directory / file).write_text(text, encoding="utf-8")

    def run(self, *command: str, folder: str = ".", given: str = "") -> str:
        """Run a program here; what it prints on stdout. Its failure is the test's."""
        environment = {**os.environ, "PYTHONPATH": str(_PACKAGE), "LC_ALL": "C"}
        done = subprocess.run(
            command, cwd=self.directory / folder, env=environment, input=given, text=True,
            capture_output=True, timeout=300, check=False,
        )  # fmt: skip
        if done.returncode:
            said = f"exit status {done.returncode}\n{done.stdout}{done.stderr}"
            pytest.fail(f"in {self.directory / folder}: {shlex.join(command)}: {said}", pytrace=False)
        return done.stdout

    def compile(self, source: str, target: str, *flags: str) -> str:
        """Compile plain C with the compiler alone."""
        self.run(CC, *self.flags, *flags, "-Werror=implicit-function-declaration", "-c", source, "-o", target)
        return target

    def emit(self, module: str, *flags: str) -> str:
        """The C that `modcore emit` makes of a module, as a file."""
        target = f"{module}.c"
        with contextlib.chdir(self.directory):
            assert main(["emit", module, "-o", target, "--cc", CC, "--", *self.flags, *flags]) == 0
        return target

    def compile_module(self, module: str, *flags: str) -> str:
        """Emit and compile a module; the object file."""
        emitted = self.emit(module, *flags)
        target = f"{module}.o"
        words = [*flags, "-Werror=implicit-function-declaration", "-x", "cpp-output", "-c", emitted]
        self.run(CC, *words, "-o", target)
        return target

    def library_by_scons(self, library: str, sources: Sequence[str], *flags: str) -> str:
        """Build a static library with `env.Library`; its file, the objects lie beside the sources."""
        text = _SCONSTRUCT.format(cc=CC, flags=[*self.flags, *flags], library=library, sources=list(sources))
        self.write({"SConstruct": text})
        self.scons()
        return f"lib{library}.a"

    def scons(self, *arguments: str) -> str:
        """Run SCons here; what it prints."""
        return self.run(sys.executable, "-m", "SCons", "-j2", *arguments)

    def expect_same_code(self, object_file: str, source: str, level: str) -> None:
        """Fail unless an object is the same code as the compiler makes of `source`."""
        if (source, level) in _LAID_OUT_BY_MACROS:
            expanded = f"{source}.expanded.c"
            self.run(CC, *self.flags, level, "-E", source, "-o", expanded)
            source = expanded
        expected = objects.read(self.directory / self.compile(source, f"{source}.expected.o", level))
        found = objects.differences(objects.read(self.directory / object_file), expected)
        assert not found, f"{self.directory / object_file} is not the compiler's own at {level}: {found}"


_LAID_OUT_BY_MACROS = frozenset({("inflate.c", "-O0")})
"""Units that gcc itself compiles to other code after `gcc -E`: without optimisation it lays basic blocks out
by the locations of macros, which preprocessed text no longer has. They are compared with what gcc makes of
its own `-E`, and with nothing else."""
