"""The lexical grammar of preprocessed C: the one place that says what a token is (C17 6.4, with GNU extensions).

In comes the text of one statement; out goes a `Tokens`: the significant tokens, and what stands between them, such
that joining all parts gives the text back byte for byte. White space, line markers and `#pragma` lines are kept as
parts and are no tokens. The grammars and the binder both read this; neither has a scanner of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import accumulate

_BEYOND = r"\x80-\ud7ff\ue000-\U0010ffff"  # bytes that are no UTF-8 are surrogates, and part of no identifier
IDENTIFIER = rf"[A-Za-z_${_BEYOND}][\w${_BEYOND}]*+"
"""Identifiers and keywords, as a regular expression; which of those with letters beyond ASCII are some,
`is_identifier` says."""

_TOKEN = re.compile(
    r"(?:u8|[LuU])(?:\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"  # a prefix belongs to its string
    rf"|{IDENTIFIER}"
    r"|\s+(?:(?<=\n)\#[^\n]*\s*)*"  # white space, with line markers and pragmas
    r"|[(){};,]|\*(?!=)"
    r"|(?:\.?\d)(?:[eEpP][+-]|'(?=\w)|[\w.])*"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'(?:[^'\\\n]|\\.)*'"
    r"|->|\+\+|--|&&|\|\||::|\.\.\.|(?:<<|>>|[-+*/%&|^<>=!])="
    r"|<<|>>|."
)
_END = ("", "", "", "")  # no rule looks further ahead, so that none has to ask where the tokens end
_PRAGMA = re.compile(r"^\#\s*pragma\b[^\n]*", re.M)
_PRAGMA_LINE = re.compile(r"^\#\s*pragma\b[^\n]*\n?", re.M)
_NO_SPACE_BEFORE = frozenset((",", ";", ")", "]", "[", ".", "->", "++", "--", "::"))
_NO_SPACE_AFTER = frozenset(("(", "[", ".", "->", "!", "~", "::"))


class Tokens:
    """The tokens of one text.

    `words[k]` is the k-th significant token, `parts[index[k]]` the same one among all parts, `offsets()[k]` where it
    starts in the text.
    """

    __slots__ = ("parts", "index", "words", "_offsets", "_ended", "_pragmas")

    def __init__(self, text: str) -> None:
        parts = _TOKEN.findall(text)
        self.parts: list[str] = parts
        # Every kind of white space sorts before "!", every token after it.
        self.index = [i for i, part in enumerate(parts) if part >= "!"]
        self.words = [part for part in parts if part >= "!"]
        self._offsets: list[int] | None = None
        self._ended: list[str] | None = None
        self._pragmas: list[tuple[int, str]] | None = None

    def offsets(self) -> list[int]:
        """Where each significant token starts in the text; the text's length stands at the end."""
        if self._offsets is None:
            starts = list(accumulate(map(len, self.parts), initial=0))
            self._offsets = [starts[i] for i in self.index] + [starts[-1]]
        return self._offsets

    def pragmas(self, end: int) -> list[str]:
        """The `#pragma` lines before token `end`."""
        if self._pragmas is None:
            gaps = ((i, part) for i, part in enumerate(self.parts) if part < "!" and "#" in part)
            self._pragmas = [(i, line) for i, gap in gaps for line in _PRAGMA.findall(gap)]
        return [line.strip() for i, line in self._pragmas if i < self.index[end]] if self._pragmas else []

    def ended(self) -> list[str]:
        """The words with some empty ones behind them, for rules that look ahead; nobody writes to this list."""
        if self._ended is None:
            self._ended = [*self.words, *_END]
        return self._ended

    def text(self, low: int, high: int, replaced: Mapping[int, str] | None = None) -> str:
        """Tokens low..high-1 with what stands between them, some of them (by number) replaced.

        Pragmas between tokens that vanish come behind the next semicolon, where a declaration ends.
        """
        if low >= high:
            return ""
        first, last = self.index[low], self.index[high - 1] + 1
        parts = self.parts[first:last]
        if replaced and self.pragmas(high - 1):
            self._move_pragmas(parts, low, high, replaced)
        if replaced:
            for at, new in replaced.items():
                if low <= at < high:
                    parts[self.index[at] - first] = new
        return "".join(parts)

    def _move_pragmas(self, parts: list[str], low: int, high: int, replaced: Mapping[int, str]) -> None:
        """Takes pragmas in front of tokens that vanish to the next semicolon that does not; `parts` begin at `low`."""
        first = self.index[low]
        moved: list[str] = []
        for k in range(low + 1, high):
            gap = self.index[k] - 1 - first
            if replaced.get(k) == "" and "#" in parts[gap] and parts[gap] < "!":
                moved += _PRAGMA.findall(parts[gap])
                parts[gap] = _PRAGMA_LINE.sub("", parts[gap])
            elif moved and self.words[k] == ";" and replaced.get(k, ";") == ";":
                following = parts[gap + 2] if gap + 2 < len(parts) else "\n"
                parts[gap + 1] = ";\n" + "\n".join(moved) + ("" if following.startswith("\n") else "\n")
                moved = []

    def spelling(self, low: int, high: int, replaced: Mapping[int, str] | None = None) -> str:
        """Tokens low..high-1 on one line, spaced by rule: equal tokens give equal text, however they were laid out."""
        words = self.words[low:high]
        if replaced:
            for at, new in replaced.items():
                if low <= at < high:
                    words[at - low] = new
        return spell(words)

    def lines(self, low: int, high: int, replaced: Mapping[int, str] | None = None) -> str:
        """Tokens low..high-1 spaced by rule, on one line but for the pragmas among them, which need their own.

        Those between tokens that vanish come behind the next semicolon, where a declaration ends.
        """
        if low >= high or not self.pragmas(high - 1):
            return self.spelling(low, high, replaced)
        out: list[str] = []
        moved: list[str] = []
        begin = low
        for k in range(low + 1, high):
            gap = self.parts[self.index[k] - 1]
            pragmas = [pragma.strip() for pragma in _PRAGMA.findall(gap)] if gap < "!" and "#" in gap else []
            vanishes = replaced is not None and replaced.get(k) == ""
            if vanishes:
                moved += pragmas
            elif pragmas:
                out += [self.spelling(begin, k, replaced), *pragmas]
                begin = k
            if moved and not vanishes and self.words[k] == ";":
                out += [self.spelling(begin, k + 1, replaced), *moved]
                begin, moved = k + 1, []
        return "\n".join([*out, self.spelling(begin, high, replaced)] if begin < high else out)


def spell(words: list[str]) -> str:
    """Tokens as one line of C, spaced by rule; empty words vanish."""
    out: list[str] = []
    previous = "("
    for word in words:
        if not word:
            continue
        tight = previous in _NO_SPACE_AFTER or word in _NO_SPACE_BEFORE
        if word == "(" and (previous[-1].isalnum() or previous[-1] in "_)*"):
            tight = previous != "return"
        if previous == "*" and word != "=":
            tight = True
        if out and not (tight and not _would_fuse(previous, word)):
            out.append(" ")
        out.append(word)
        previous = word
    return "".join(out)


def _would_fuse(left: str, right: str) -> bool:
    """Whether two tokens without a space between would be read as other tokens."""
    if (left[-1].isalnum() or left[-1] == "_") and (right[0].isalnum() or right[0] in "_.\"'"):
        return True
    return (
        left[-1] in "+-&|<>=*/%^!:.#" and right[0] in "+-&|<>=*/:.#" and left[-1] + right[0] not in ("*-", "*&", "!-")
    )


def is_identifier(word: str) -> bool:
    """Whether a token is an identifier or a keyword; of letters beyond ASCII those of C23 (6.4.2.1) are in some."""
    return word.isidentifier() or "$" in word and word[0] not in "\"'0123456789"
