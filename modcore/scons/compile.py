"""Compiling emitted C: the user's compiler and flags, messages with the user's names.

Emitted C is preprocessed text, so neither macros nor include paths are given. Line markers make the compiler name the
user's files; link names in what it says become the user's identifiers here.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from typing import Any

import SCons.Action

from modcore.finder import Finder
from modcore.linknames import demangle
from modcore.scons.places import placed_of
from modcore.scons.session import session_of

_COLOUR = re.compile(r"(\x1b\[[0-9;]*[A-Za-z])")


class CompileAction(SCons.Action.CommandAction):
    """A compiler command whose messages pass through `demangle`; everything else is SCons' own."""

    def execute(self, target: Any, source: Any, env: Any, executor: Any = None) -> Any:
        placed = placed_of(source[0])
        module = None
        if placed is not None:
            settings = session_of(env).settings(env)
            module = Finder(settings.roots, lambda file: False, settings.suffix).module_of(placed.file).name
        spawn = _Spawn(env["SPAWN"] if callable(env["SPAWN"]) else env.subst(env["SPAWN"], raw=1, conv=lambda x: x), module)
        return super().execute(target, source, env.Override({"SPAWN": spawn}), executor)


class _Spawn:
    """A SPAWN function around another: has the shell write stderr to a file, and passes it on with the user's names."""

    def __init__(self, spawn: Any, module: str | None) -> None:
        self._spawn = spawn
        self._module = module

    def __call__(self, shell: str, escape: Any, command: str, arguments: list[str], environment: dict[str, str]) -> Any:
        descriptor, file = tempfile.mkstemp(prefix="modcore-")
        os.close(descriptor)
        try:
            status = self._spawn(shell, escape, command, [*arguments, "2>", escape(file)], environment)
            with open(file, encoding="utf-8", errors="surrogateescape") as stream:
                text = stream.read()
        finally:
            os.unlink(file)
        if text:
            # The letter that ends a colour would be read as part of the name after it.
            parts = [part if part.startswith("\x1b") else demangle(part, self._module) for part in _COLOUR.split(text)]
            sys.stderr.write("".join(parts))
            sys.stderr.flush()
        return status


STATIC_ACTION = CompileAction("$CMODCCCOM", cmdstr="$CCCOMSTR")
SHARED_ACTION = CompileAction("$SHCMODCCCOM", cmdstr="$SHCCCOMSTR")
