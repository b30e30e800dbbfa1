"""The four commands on a folder of modules, whatever is in it, and what their answers have in common.

In comes a folder with its files; out go the outcomes of all commands, and from those, what is wrong with them: input
may be nonsense, the answer may not. Nothing is asserted of what the answer says, only that it is one.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import json
import os
import pkgutil
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import modcore
from modcore import program
from modcore.cli import ERRORS, FINE, main

CC = os.environ.get("CC", "gcc")
JSON = "--diagnostics=json"
_MOVES = re.compile(rb"(?:#|%:|\?\?=)(?:\s|\\|/\*.*?\*/)*(?:line|\d)", re.S)
"""A line directive, by which positions are elsewhere."""

_LINE_END = re.compile(rb"\r\n|\r|\n")  # for compilers, too


class Outcome(NamedTuple):
    """What one command left behind."""

    words: list[str]
    status: int
    stdout: str
    stderr: str


def load() -> None:
    """Load all of modcore except for the SCons tool, so that children that are forked find it loaded."""
    for module in pkgutil.walk_packages(modcore.__path__, "modcore."):
        if not module.name.startswith(("modcore.scons", "modcore.__main__")):
            importlib.import_module(module.name)


def outcomes(folder: Path, modules: Sequence[str], options: Sequence[str] = ("--cc", CC)) -> list[Outcome]:
    """All commands on modules in a folder, one after the other, in a process that does nothing else afterwards.

    A file is preprocessed once for all of them, and what is no diagnostic is raised.
    """
    os.environ["MODCORE_TRACEBACK"] = "1"
    program.preprocess = functools.cache(program.preprocess)
    runs = [["scan", *modules], ["check", *modules], ["check", JSON, *modules]]
    runs += [[command, file] for file in modules for command in ("resolve", "emit")]
    with contextlib.chdir(folder):
        return [_run(words, options) for words in runs]


def _run(words: list[str], options: Sequence[str]) -> Outcome:
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace", write_through=True)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([*words, *options])
    printed = [stream.buffer.getvalue().decode("utf-8", "replace") for stream in (out, err)]
    return Outcome(words, status, printed[0], printed[1])


def faults(found: Sequence[Outcome], files: Mapping[str, bytes]) -> Iterator[str]:
    """What is wrong with the answers to these files."""
    for words, status, stdout, stderr in found:
        title = " ".join(words)
        if status not in (FINE, ERRORS):
            yield f"{title}: exit status {status}\n{stderr}"
        elif JSON in words:
            yield from _wrong_diagnostics(status, stdout, files)
        elif status == ERRORS and (stdout or "error:" not in stderr):
            yield f"{title}: an error, and this output: {stdout[:500]}{stderr[:500]}"
        elif status == FINE and words[0] in ("scan", "resolve"):
            json.loads(stdout)
        elif status == FINE and words[0] == "emit" and "\n" not in stdout:
            yield f"{title}: no error and no output"
    if len({status for words, status, *_ in found if words[0] == "check"}) > 1:
        yield "check: exit status depends on how diagnostics are printed"


def _wrong_diagnostics(status: int, stdout: str, files: Mapping[str, bytes]) -> Iterator[str]:
    diagnostics = json.loads(stdout)["diagnostics"]
    if (status == ERRORS) != any(one["severity"] == "error" for one in diagnostics):
        yield f"check: exit status {status} with {len(diagnostics)} diagnostics"
    if "_ZN" in stdout and not any(b"_ZN" in content for content in files.values()):
        yield f"a diagnostic shows a link name:\n{stdout}"
    if any(map(_MOVES.search, files.values())):
        return
    lengths = {name: _lines(content) for name, content in files.items()}
    for one in diagnostics:
        name = os.path.normpath(one["file"])
        if os.path.isabs(name):  # a statement may end in a header of the system
            lengths.setdefault(name, _lines(Path(name).read_bytes()))
        if one["code"] != "preprocessor" and not (1 <= one["line"] <= lengths.get(name, 0) and one["column"] >= 1):
            yield f"a diagnostic stands nowhere in the files: {one}"


def _lines(content: bytes) -> int:
    return len(_LINE_END.split(content))
