"""What a C compiler says about emitted C, in the user's words and at the user's columns.

In comes the text that a compiler printed while it compiled one emitted file. The file and the line are the user's
already, because line markers say so; link names become the user's identifiers, and columns are looked up, because a
link name is longer than the name that the user wrote. A message that does not fit the form `file:line:column:` passes
with its names replaced.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from modcore.linknames import demangle, user_name
from modcore.source import ReadLines

_HEAD = re.compile(r"^(?P<file>[^\s:][^:\n]*):(?P<line>\d+):(?P<column>\d+):(?= )")
_MARKER = re.compile(r'^# (\d+) "((?:[^"\\]|\\.)*)"')
_DRAWING = re.compile(r"^(?P<lead> +\d* \| ?)(?P<rest>.*)$")
_COLOUR = re.compile(r"(\x1b\[[0-9;]*[A-Za-z])")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|\w+|->|[^\s\w]')


def in_users_words(text: str, emitted: str, module: str | None, read_lines: ReadLines) -> str:
    """`text` as the user should see it; `emitted` is the C that was compiled, `module` the name of its module."""
    lines: dict[tuple[str, int], list[str]] | None = None
    shift = column = 0
    out: list[str] = []
    for line in text.split("\n"):
        match = _HEAD.match(line)
        drawing = _DRAWING.match(line) if shift else None
        if match:
            if lines is None:
                lines = _lines_of(emitted)
            file, number, column = match["file"], int(match["line"]), int(match["column"])
            written = read_lines(file)
            there = lines.get((file, number), [])
            shift = 0
            if there and 0 < number <= len(written):
                shift = _users_column(there, written[number - 1], column) - column
            line = f"{file}:{number}:{column + shift}:{line[match.end() :]}"
        elif drawing and not drawing["lead"].strip(" |"):
            line = drawing["lead"] + _moved(drawing["rest"], column + shift - 1, shift)
        out.append(_named(line, module))
    return "\n".join(out)


def _named(line: str, module: str | None) -> str:
    # The letter that ends a colour would be read as part of the name after it.
    return "".join(part if part.startswith("\x1b") else demangle(part, module) for part in _COLOUR.split(line))


def _lines_of(emitted: str) -> dict[tuple[str, int], list[str]]:
    """The lines of emitted C by the file and line that markers give them."""
    found: dict[tuple[str, int], list[str]] = {}
    file, number = "", 0
    for line in emitted.split("\n"):
        marker = _MARKER.match(line)
        if marker:
            file, number = re.sub(r"\\(.)", r"\1", marker[2]), int(marker[1])
        else:
            found.setdefault((file, number), []).append(line)
            number += 1
    return found


def _users_column(emitted: list[str], written: str, column: int) -> int:
    """The column on the user's line of what stands at `column` on the emitted line that fits it best."""
    users = list(_tokens(written))
    best: tuple[float, int] = (-1.0, column)
    for line in emitted:
        if len(line) < column - 1:
            continue
        theirs = list(_tokens(line))
        at = next((i for i, (_, start, end) in enumerate(theirs) if start <= column - 1 < end), None)
        if at is None:
            continue
        matcher = SequenceMatcher(None, [word for word, _, _ in theirs], [word for word, _, _ in users], autojunk=False)
        for kind, low, high, low_there, high_there in matcher.get_opcodes():
            if low <= at < high and low_there < high_there:
                start = users[min(low_there + at - low, high_there - 1)][1]
                inside = column - 1 - theirs[at][1] if kind == "equal" and users[low_there + at - low][2] > start else 0
                found = start + 1 + min(inside, len(users[min(low_there + at - low, high_there - 1)][0]) - 1)
                best = max(best, (matcher.ratio(), found))
    return best[1]


def _tokens(line: str) -> Iterator[tuple[str, int, int]]:
    """The tokens of a line under their bare names, with where they stand."""
    for match in _TOKEN.finditer(line):
        name = user_name(match[0])
        yield (name.rpartition("::")[2] if name else match[0]), match.start(), match.end()


def _moved(drawn: str, caret: int, shift: int) -> str:
    """What is drawn below a line of source: a caret at its new place, without its range; labels shifted with it."""
    mark = drawn.strip()
    if "^" in mark and set(mark) <= set("^~ "):
        return " " * caret + "^"
    at = len(drawn) - len(drawn.lstrip())
    return " " * max(0, at + shift) + mark
