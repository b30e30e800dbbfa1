"""A project in a temporary folder, built by the real `scons` with a compiler that keeps a list of what it was
asked.

`Tree.scons` runs SCons and returns what it printed, its exit status, and which files the compiler
preprocessed, compiled and linked. The folder stays where pytest put it, so a failing test can be looked at.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

CHECKOUT = Path(__file__).resolve().parents[2]
HEAD = f"""\
import os
env = Environment(tools=['default', 'cmodule'], toolpath=[{str(CHECKOUT / 'modcore' / 'scons')!r}],
                  CC=os.environ['COUNTING_CC'], CCFLAGS=['-Wall', '-Werror=implicit-function-declaration'])
"""
UP_TO_DATE = "is up to date."


@dataclass(frozen=True)
class Run:
    """One run of SCons; `compiled` holds object files, `preprocessed` sources, `linked` programs, each sorted."""

    status: int
    out: str
    err: str
    preprocessed: list[str]
    compiled: list[str]
    linked: list[str]

    @property
    def text(self) -> str:
        return self.out + self.err

    @property
    def did_nothing(self) -> bool:
        return self.status == 0 and UP_TO_DATE in self.out and not (self.preprocessed or self.compiled or self.linked)


class Tree:
    """A project's folder."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.root.mkdir()
        self._log = folder / "compiler.log"
        self._compiler = folder / "counting-cc"
        self._compiler.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {shlex.quote(str(self._log))}\nexec gcc "$@"\n')
        self._compiler.chmod(0o755)
        self.environment = {**os.environ, "COUNTING_CC": str(self._compiler), "XDG_CACHE_HOME": str(folder / "cache")}
        self.environment.pop("MODCORE_TRACEBACK", None)

    def write(self, files: Mapping[str, str]) -> None:
        """Writes files, by path; an SConstruct gets the usual environment before it."""
        for name, text in files.items():
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            text = dedent(text).lstrip("\n")
            file.write_text(HEAD + text if name == "SConstruct" else text)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replaces a text that must be there."""
        file = self.root / name
        text = file.read_text()
        assert old in text, f"{old!r} is not in {name}"
        file.write_text(text.replace(old, new))

    def start(self, *arguments: str, folder: str = ".") -> subprocess.Popen[str]:
        """SCons, running, in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "SCons", "-Q", *arguments], cwd=self.root / folder, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def scons(self, *arguments: str, folder: str = ".") -> Run:
        """Runs SCons to its end."""
        self._log.write_text("")
        process = self.start(*arguments, folder=folder)
        out, err = process.communicate(timeout=300)
        assert "Traceback" not in out + err, out + err
        preprocessed, compiled, linked = [], [], []
        for line in self._log.read_text().splitlines():
            words = line.split()
            if "modcore-" in line or "-" in words[-1:]:
                continue  # questions about the target
            if "-E" in words:
                preprocessed.append(words[-1])
            elif "-c" in words:
                compiled.append(words[words.index("-o") + 1])
            elif "-o" in words:
                linked.append(words[words.index("-o") + 1])
        return Run(process.returncode, out, err, sorted(preprocessed), sorted(compiled), sorted(linked))

    def built(self, *arguments: str) -> Run:
        """Runs SCons, which must succeed."""
        run = self.scons(*arguments)
        assert run.status == 0, run.text
        return run

    def run(self, program: str, *arguments: str) -> str:
        """What a built program prints."""
        done = subprocess.run([str(self.root / program), *arguments], capture_output=True, text=True, check=True, timeout=20)
        return done.stdout

    def files(self) -> set[str]:
        """All files, without SCons' own."""
        found = {str(file.relative_to(self.root)) for file in self.root.rglob("*") if file.is_file()}
        return {name for name in found if not name.startswith(".sconsign")}

    def workers(self) -> list[int]:
        """Worker processes that are at work in this tree."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes().split(b"\0")
                if b"modcore.worker" in command and os.readlink(process / "cwd") == str(self.root):
                    found.append(int(process.name))
            except OSError:
                continue  # it ended meanwhile
        return found


def errors(text: str) -> list[str]:
    """The diagnostics in an output, each as `file:line: error: text [code]`."""
    return re.findall(r"^(?:\x1b\[[0-9;]*m)*(\S+:\d+):\d+: error: (.*)$", text, re.M)
