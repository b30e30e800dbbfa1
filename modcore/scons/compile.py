"""Compiling emitted C: the user's compiler and flags, messages with the user's names.

Emitted C is preprocessed text, so neither macros nor include paths are given. Line markers make the compiler
name the user's files; link names in what it says become the user's identifiers here. What is wrong in an inline
function is told when its owner is compiled: a file of an importer that fails is tried again without such bodies.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import SCons.Action

from modcore.compiler_messages import in_users_words
from modcore.emit.lines import without_bodies
from modcore.finder import Finder
from modcore.scons.places import placed_of
from modcore.scons.session import session_of
from modcore.source import lines_of


class CompileAction(SCons.Action.CommandAction):
    """A compiler command whose messages pass through `compiler_messages`; everything else is SCons' own."""

    def execute(self, target: Any, source: Any, env: Any, executor: Any = None) -> Any:
        # With an executor SCons leaves the sources to it.
        emitted = (source or executor.get_all_sources())[0]
        placed, module = placed_of(emitted), None
        if placed is not None:
            settings = session_of(env).settings(env)
            module = Finder(settings.roots, lambda file: False, settings.suffix).module_of(placed.file).name
        inner = env["SPAWN"] if callable(env["SPAWN"]) else env.subst(env["SPAWN"], raw=1, conv=lambda x: x)
        spawn = _Spawn(inner, module, emitted.get_path())
        return super().execute(target, source, env.Override({"SPAWN": spawn}), executor)


class _Spawn:
    """A SPAWN function around another: has the shell write stderr to a file, and passes it on in the user's
    words."""

    def __init__(self, spawn: Any, module: str | None, emitted: str) -> None:
        self._spawn = spawn
        self._module = module
        self._emitted = emitted

    def __call__(
        self, shell: str, escape: Any, command: str, arguments: list[str], environment: dict[str, str]
    ) -> Any:
        emitted = _read(self._emitted) or ""

        def compiled(words: list[str]) -> tuple[Any, str]:
            """The status of a compiler's run, and what it said."""
            with _temporary() as file:
                status = self._spawn(shell, escape, command, [*words, "2>", escape(file)], environment)
                return status, _read(file) or ""

        status, text = compiled(arguments)
        alone = without_bodies(emitted) if status else emitted
        if alone != emitted:
            with _temporary() as file:
                with open(file, "w", encoding="utf-8", errors="surrogateescape") as stream:
                    stream.write(alone)
                named = (self._emitted, escape(self._emitted))
                status, text = compiled([escape(file) if word in named else word for word in arguments])
        if text:
            sys.stderr.write(in_users_words(text, emitted, self._module, lines_of(_read)))
            sys.stderr.flush()
        return status


@contextmanager
def _temporary() -> Iterator[str]:
    """A file that is there for a while."""
    descriptor, file = tempfile.mkstemp(prefix="modcore-")
    os.close(descriptor)
    try:
        yield file
    finally:
        os.unlink(file)


def _read(file: str) -> str | None:
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as stream:
            return stream.read()
    except OSError:
        return None


STATIC_ACTION = CompileAction("$CMODCCCOM", cmdstr="$CCCOMSTR")
SHARED_ACTION = CompileAction("$SHCMODCCCOM", cmdstr="$SHCCCOMSTR")
