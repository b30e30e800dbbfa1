"""The programs that a compiler runs behind a script, as far as its text names them, and the variables that it reads.

In goes a program; out come the programs that stand behind it, from script to script, and the variables of the
environment whose names stand in these. Nothing is run, so what a script puts together out of variables stays unseen.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

_WORD = re.compile(r"[^\s\"'`$;|&()<>{}=#!\\]+")
_NAME = re.compile(r"[A-Za-z]\w*|_\w+")
_LONGEST = 1 << 16
"""Bytes of a script that are read: one that is longer is a program of its own kind."""


def programs_behind(program: str) -> tuple[str, ...]:
    """The paths of the programs that a script names, and of those that scripts among them name; () for no script."""
    found: dict[str, None] = {}
    pending = [program]
    while pending:
        script = pending.pop()
        for named in _programs_in(script):
            if named not in found:
                found[named] = None
                pending.append(named)
    return tuple(sorted(found))


def variables_of(program: str) -> dict[str, str]:
    """The variables of the environment that a script may read, or one behind it; {} for no script."""
    if not _text(program):
        return {}
    named = {name for script in (program, *programs_behind(program)) for name in _NAME.findall(_text(script))}
    return {name: os.environ[name] for name in sorted(named) if name in os.environ}


def _programs_in(script: str) -> Iterator[str]:
    """The programs whose names are words of a script, as they are found by it or beside it."""
    import shutil

    beside = os.path.dirname(os.path.abspath(script))
    for word in dict.fromkeys(_WORD.findall(_text(script))):
        for named in (shutil.which(word), shutil.which(os.path.basename(word), path=beside)):
            if named is not None:
                yield os.path.abspath(named)


def _text(script: str) -> str:
    """The text of a script; "" of what is none, or cannot be read."""
    try:
        with open(script, "rb") as stream:
            text = stream.read(_LONGEST + 1)
    except OSError:
        return ""
    return text.decode("utf-8", "surrogateescape") if text.startswith(b"#!") and len(text) <= _LONGEST else ""
