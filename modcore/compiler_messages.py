"""What a C compiler says about emitted C, in the user's words and at the user's columns.

In comes the text that a compiler printed while it compiled one emitted file. The file and the line are the user's
already, because line markers say so; link names become the user's identifiers, and columns are looked up, because a
link name is longer than the name that the user wrote. Columns come out in characters, as modcore counts them. A
message that does not fit the form `file:line:column:` passes with its names replaced.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

import msgspec

from modcore.linknames import demangle, user_name
from modcore.source import ReadLines

_HEAD = re.compile(r"^(?P<file>[^\s:][^:\n]*):(?P<line>\d+):(?P<column>\d+):(?= )")
_MARKER = re.compile(r'^# (\d+) "((?:[^"\\]|\\.)*)"')
_DRAWING = re.compile(r"^(?P<lead>(?: +\d* \| ?)?)(?P<rest>.*)$")
_COLOUR = re.compile(r"(\x1b\[[0-9;]*[A-Za-z])")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|\w+|->|[^\s\w]')
_CHARACTER = re.compile(r"\\U([0-9a-fA-F]{8})")
_TAB = 8


class _Place(msgspec.Struct, frozen=True, gc=False):
    """Where a message is: the emitted lines that may be meant, the user's line, the columns there in characters
    and as drawn, and how far the compiler has drawn from that."""

    emitted: Sequence[str]
    written: str
    column: int
    drawn: int
    shift: int


def in_users_words(text: str, emitted: str, module: str | None, read_lines: ReadLines) -> str:
    """`text` as the user should see it; `emitted` is the C that was compiled, `module` the name of its module."""
    lines: dict[tuple[str, int], list[str]] | None = None
    place: _Place | None = None
    out: list[str] = []
    said = text.split("\n")
    for line, following in zip(said, [*said[1:], ""]):
        match = _HEAD.match(line)
        if match:
            if lines is None:
                lines = _lines_of(emitted)
            file, number, column = match["file"], int(match["line"]), int(match["column"])
            written = read_lines(file)
            there = lines.get((file, number), [])
            place = None
            if there and 0 < number <= len(written):
                place = _place(there, written[number - 1], column, following)
                column = place.column
            line = f"{file}:{number}:{column}:{line[match.end() :]}"
        elif place is not None:
            line = _drawn(line, place)
        out.append(_named(line, module))
    return "\n".join(out)


def _place(emitted: Sequence[str], written: str, column: int, excerpt: str) -> _Place:
    """The place of a message at a column as the compiler counts it, which is seen from the excerpt that it shows.

    Compilers that show the emitted line count its bytes (clang, gcc before 9). Those that show the user's line count
    what it takes to draw it (gcc from 11 on), or bytes as well.
    """
    shown = _DRAWING.match(excerpt)
    columns = [column]
    if shown and shown["lead"] and (shown["rest"] not in emitted or shown["rest"] == written):
        columns.insert(0, _bytes_before(written, column - 1) + 1)
    found = _users_column(emitted, written, columns)
    drawn = _width(written[: found - 1])
    return _Place(emitted, written, found, drawn, drawn - (column - 1))


def _drawn(line: str, place: _Place) -> str:
    """A line of what a compiler shows below a message: the user's line, and what is drawn below that."""
    match = _DRAWING.match(line)
    if match is None:
        return line
    lead, rest = match["lead"], match["rest"]
    if rest in place.emitted:
        return lead + place.written.expandtabs(_TAB)
    if lead.strip(" |") or not lead and not set(rest) <= set("^~ "):
        return line
    return lead + _moved(rest, place.drawn, place.shift)


def _named(line: str, module: str | None) -> str:
    line = _CHARACTER.sub(lambda match: chr(int(match[1], 16)), line)  # what gcc says in the C locale
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


def _users_column(emitted: Sequence[str], written: str, columns: Sequence[int]) -> int:
    """The column on the user's line of what stands on the emitted line that fits it best.

    `columns` are where that may be, in bytes of the emitted line; the first counts that is at the begin of a token.
    """
    users = list(_tokens(written))
    best: tuple[bool, float, int] = (False, -1.0, columns[0])
    for line in emitted:
        theirs = list(_tokens(line))
        matcher = SequenceMatcher(None, [word for word, _, _ in theirs], [word for word, _, _ in users], autojunk=False)
        for column in columns:
            before = len(line.encode(errors="surrogateescape")[: column - 1].decode(errors="ignore"))
            at = next((i for i, (_, start, end) in enumerate(theirs) if start <= before < end), None)
            if at is None:
                continue
            for kind, low, high, low_there, high_there in matcher.get_opcodes():
                if low <= at < high and low_there < high_there:
                    start, end = users[min(low_there + at - low, high_there - 1)][1:]
                    inside = before - theirs[at][1]
                    found = start + 1 + (min(inside, end - start - 1) if kind == "equal" else 0)
                    candidate = (inside == 0, matcher.ratio(), found)
                    best = max(best, candidate, key=lambda one: one[:2])
    return best[2]


def _width(text: str) -> int:
    """How many columns it takes to draw a text that begins a line."""
    drawn = 0
    for character in text:
        if character == "\t":
            drawn += _TAB - drawn % _TAB
        elif not unicodedata.combining(character):
            drawn += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return drawn


def _bytes_before(line: str, drawn: int) -> int:
    """The bytes of a line that take so many columns to draw; past its end each byte is a column."""
    whole = _width(line)
    if drawn > whole:
        return len(line.encode(errors="surrogateescape")) + drawn - whole
    count = next(n for n in range(len(line) + 1) if _width(line[:n]) >= drawn)
    return len(line[:count].encode(errors="surrogateescape"))


def _tokens(line: str) -> Iterator[tuple[str, int, int]]:
    """The tokens of a line under their bare names, with where they stand."""
    for match in _TOKEN.finditer(line):
        name = user_name(match[0])
        yield (name.rpartition("::")[2] if name else match[0]), match.start(), match.end()


def _moved(drawn: str, caret: int, shift: int) -> str:
    """What is drawn below a line of source: a caret at its new place, without its range; labels shifted with it."""
    if not shift:
        return drawn
    mark = drawn.strip()
    if "^" in mark and set(mark) <= set("^~ "):
        return " " * caret + "^"
    at = len(drawn) - len(drawn.lstrip())
    return " " * max(0, at + shift) + mark
