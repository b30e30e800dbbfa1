"""Where a piece of preprocessed text stands in the user's files.

In comes the text that the preprocessor printed, with its line markers; out go positions that name the user's
file, line and column (language reference, section 10). Everything inside modcore counts offsets into the
preprocessed text; only this file knows how they become positions, so no other file ever computes a line number.

Lines come from the markers and are exact. Columns are looked up: the preprocessor replaces comments and macros,
so the n-th occurrence of a word on a preprocessed line is searched as the n-th occurrence on the user's line; a
word that came out of a macro stands at the first word of its line that the preprocessor changed.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

import msgspec

# A literal first character lets the `re` module skip text that cannot match, which `^` would not.
_MARKER = re.compile(r'\n# (\d+) "((?:[^"\\\n]|\\.)*)"([ \d]*)')
_WORD = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|[^\W\d]\w*|\.?\d[\w.]*|[^\s\w]')
_NAME = re.compile(r"[^\W\d]")
_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|/\*.*?(?:\*/|$)|//.*$')

_Words = dict[str, list[int]]
"""The words of a line, and where each of them starts."""

ReadLines = Callable[[str], Sequence[str]]
"""A file's name to its lines; an empty sequence when it cannot be read."""


class Position(msgspec.Struct, frozen=True, gc=False, order=True):
    """A range in one of the user's files; lines and columns count from 1, the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class Marker(msgspec.Struct, frozen=True, gc=False):
    """From `offset` on, the text is that of `file` from `line` on; `system` as the preprocessor flagged it.

    It is `included` unless it stands in the file that was preprocessed, whatever `#line` has that called.
    """

    offset: int
    line: int
    file: str
    system: bool
    included: bool


class LineMap:
    """Offsets of one preprocessed text to lines of the files that it came from."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.markers: list[Marker] = []
        depth = 0
        # Found behind a newline of its own, so that offsets are those of the marker's next line in `text`.
        for m in _MARKER.finditer("\n" + text):
            flags = m[3].split()
            depth += ("1" in flags) - ("2" in flags)
            self.markers.append(Marker(m.end(), int(m[1]), _unescape(m[2]), "3" in flags, depth > 0))
        self._offsets = [m.offset for m in self.markers]
        self._counted = (-1, 0)  # the last offset that was asked for, and its line
        self._printed: tuple[int, _Words] = (-1, {})  # the words of the last line, by its offset
        self._written: tuple[str, _Words] = ("", {})  # and those of the user's last line

    def marker(self, offset: int) -> Marker | None:
        """The marker that governs `offset`; None before the first."""
        at = bisect_right(self._offsets, offset) - 1
        return self.markers[at] if at >= 0 else None

    def line(self, offset: int) -> tuple[str, int]:
        """File and line of `offset`."""
        marker = self.marker(offset)
        file, begin, line = ("", 0, 1) if marker is None else (marker.file, marker.offset, marker.line)
        known, lines = self._counted
        if begin <= known <= offset:  # offsets are mostly asked for in order
            begin, line = known, lines
        line += self.text.count("\n", begin, offset)
        self._counted = offset, line
        return file, line

    def position(self, start: int, end: int, read_lines: ReadLines) -> Position:
        """The user's position of text[start:end]."""
        file, line = self.line(start)
        lines = read_lines(file)
        column, width = self._column(start, end, lines[line - 1] if 0 < line <= len(lines) else None)
        end_file, end_line = self.line(max(start, end - 1))
        if (end_file, end_line) == (file, line):
            return Position(file, line, column, line, column + width)
        return Position(file, line, column, line, column + 1)

    def _column(self, start: int, end: int, written: str | None) -> tuple[int, int]:
        """Column and width on the user's line (`written`) of the text that starts at `start`."""
        begin = self.text.rfind("\n", 0, start) + 1
        stop = self.text.find("\n", start)
        stop = len(self.text) if stop < 0 else stop
        width = max(1, min(end, stop) - start)
        if written is None or written[start - begin : start - begin + width] == self.text[start : start + width]:
            return start - begin + 1, width
        if self._printed[0] != begin:
            self._printed = begin, _words(self.text, begin, stop)
        if self._written[0] is not written:
            blanked = _COMMENT.sub(lambda m: m[0] if m[0][0] in "\"'" else " " * len(m[0]), written)
            self._written = written, _words(blanked, 0, len(blanked))
        printed, there = self._printed[1], self._written[1]
        word = _WORD.match(self.text, start)
        spelling = word[0] if word else self.text[start]
        if spelling in there:
            before = bisect_left(printed.get(spelling, ()), start)
            column = there[spelling][min(before, len(there[spelling]) - 1)]
            return column + 1, max(1, min(width, len(written.rstrip()) - column))
        expanded = min(((at[0], word) for word, at in there.items() if word not in printed and _NAME.match(word)), default=None)
        if expanded:
            return expanded[0] + 1, len(expanded[1])
        return len(written) - len(written.lstrip()) + 1, 1


def _words(text: str, begin: int, end: int) -> _Words:
    found: _Words = {}
    for match in _WORD.finditer(text, begin, end):
        found.setdefault(match[0], []).append(match.start())
    return found


def lines_of(read_text: Callable[[str], str | None]) -> ReadLines:
    """A remembering reader of lines over a reader of whole texts (None: unreadable)."""
    memory: dict[str, Sequence[str]] = {}

    def read(file: str) -> Sequence[str]:
        if file not in memory:
            text = read_text(file)
            memory[file] = text.split("\n") if text is not None else ()
        return memory[file]

    return read


def _unescape(name: str) -> str:
    """A file name as a line marker spells it, to the name itself."""
    return re.sub(r"\\(.)", r"\1", name) if "\\" in name else name
