"""The steps of modcore's own as SCons actions: a source to its names file, to its C, and to its interface.

An action describes its job to a worker process and prints what comes back. Diagnostics go to stderr, each
once in a run however many modules meet it. A step that fails leaves no output behind.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import Any

import SCons.Action
import SCons.Subst

from modcore.names_file import SUFFIX
from modcore.preprocessed import SUFFIX as TEXT
from modcore.scons.places import Placed, placed_of
from modcore.scons.session import FLAGS, Session, path_of, session_of

_NEEDS_SHELL = frozenset("`$*?~;|&<>()")


class StepAction(SCons.Action.FunctionAction):
    """An action whose signature is what its environment says about modules, expanded once for each
    environment."""

    def get_presig(self, target: Any, source: Any, env: Any, executor: Any = None) -> bytes:
        return self.funccontents + session_of(env).settings(env).signature


def write_names(target: list[Any], source: list[Any], env: Any) -> int:
    """The names file of a source."""
    return _run(env, target, _job(env, "names", target, source))


def emit(target: list[Any], source: list[Any], env: Any) -> int:
    """The C of a source."""
    return _run(env, target, _job_of_all(env, "emit", target, source))


def write_interface(target: list[Any], source: list[Any], env: Any) -> int:
    """The interface of a source."""
    return _run(env, target, _job_of_all(env, "interface", target, source))


def _job_of_all(env: Any, what: str, target: list[Any], source: list[Any]) -> dict[str, Any]:
    """A job that knows what its module imports. The names files that it may read are the ones that it depends on."""
    placed = placed_of(target[0])
    assert placed is not None
    session = session_of(env)
    known = [placed_of(node) for node in target[0].implicit or ()]
    others = [other for other in known if other is not None and other is not placed]
    job = _job(env, what, target, source)
    job["internal"] = session.settings(env).internal
    job["names"] = {other.file: other.names.path for other in others}
    # Imports that the scanners found to give nothing here exist all the same: nothing else may be meant.
    reached = [found for other in others for found in session.imports.get(other, {}).values()]
    files = {found.file for found in reached if found is not None}
    job["unneeded"] = sorted(files - job["names"].keys() - {placed.file})
    sources = {other.file: _seen(other.source.rfile()) for other in others}
    job["sources"] = {file: path for file, path in sources.items() if path != file}
    targets = [found for found in session.imports.get(placed, {}).values() if found is not None]
    job["rivals"] = {found.file: found.rivals for found in targets if found.rivals}
    own = (job["cc"], job["flags"])
    builds = {found.file: _compiler(placed_of(found.names), env) for found in targets}
    job["builds"] = {file: build for file, build in builds.items() if build is not None and build != own}
    return job


def _compiler(placed: Placed | None, env: Any) -> tuple[list[str], list[str]] | None:
    """The words of the compiler and of the flags that a module is built with; None for an interface, which says that
    itself, and for one with the settings of `env`."""
    if placed is None or not placed.has_source:
        return None
    session = session_of(env)
    if session.settings(placed.environment).signature == session.settings(env).signature:
        return None
    other, target, source = placed.environment, [placed.names], [placed.source]
    environment = _environment(other)
    return tuple(_words(other, words, target, source, environment) for words in ("$CC", FLAGS))


def _job(env: Any, what: str, target: list[Any], source: list[Any]) -> dict[str, Any]:
    placed = placed_of(target[0])
    assert placed is not None
    session = session_of(env)
    settings = session.settings(env)
    environment = _environment(env)
    return {
        "job": what,
        "file": placed.file,
        "source": _seen(source[0]),
        "output": target[0].path,
        "text": placed.names.path.removesuffix(SUFFIX) + TEXT,
        "cc": _words(env, "$CC", target, source, environment),
        "flags": _words(env, FLAGS, target, source, environment),
        "roots": settings.roots,
        "suffix": settings.suffix,
        "environment": environment,
        "variants": _variants(placed),
        "colour": sys.stderr.isatty() and "NO_COLOR" not in os.environ,
    }


def _seen(node: Any) -> str:
    """A file's path; of one outside the project, too, as it is seen from there."""
    return path_of(node) if os.path.isabs(node.path) else node.path


def _variants(placed: Placed) -> list[tuple[str, str]]:
    """The variant folder that a module is built in, and the source folder that it stands for."""
    if placed.variant is None:
        return []
    return [(path_of(placed.variant), path_of(placed.variant.srcdir))]


def _environment(env: Any) -> dict[str, str]:
    """The variables of the processes that SCons would start for an environment."""
    out = {}
    for name, value in env["ENV"].items():
        out[name] = os.pathsep.join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return out


def _words(
    env: Any, command: str, target: list[Any], source: list[Any], environment: dict[str, str]
) -> list[str]:
    """The words of a part of the command line, as the shell that SCons uses would pass them on."""
    lines = env.subst_list(command, SCons.Subst.SUBST_CMD, target, source)
    line = " ".join(SCons.Subst.escape_list(lines[0], env.get("ESCAPE", str))) if lines else ""
    if os.name == "posix" and not _NEEDS_SHELL.isdisjoint(line):
        printed = subprocess.run(
            [env["SHELL"], "-c", 'printf "%s\\0" ' + line], env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, check=False,
        )  # fmt: skip
        return os.fsdecode(printed.stdout).split("\0")[:-1]
    return shlex.split(line, posix=os.name == "posix")


def _run(env: Any, target: list[Any], job: dict[str, Any]) -> int:
    """Has a job done and tells what came of it; its status."""
    session = session_of(env)
    if not job["cc"]:
        _print(session, "cmodule: CC is empty; modules need a C compiler, so load its tool or set CC\n")
        return 1
    answer = session.pool.run(job)
    for message in answer.messages:
        _print(session, message)
    for names in answer.damaged:
        _remove(names)
    if answer.status:
        for node in target:
            _remove(node.path)
    return answer.status


def _print(session: Session, message: str) -> None:
    with session.printing:
        if message not in session.printed:
            session.printed.add(message)
            sys.stderr.write(message)
            sys.stderr.flush()


def _remove(path: str) -> None:
    """Removes a file, so that it is made again."""
    if os.path.lexists(path):
        os.unlink(path)
