"""DejaGnu's directives in a test's comments that say how it is compiled: `dg-options`, `dg-skip-if`.

In comes the text of a test of gcc's suite; out go the flags that it asks for on x86-64 GNU/Linux, and
whether it is to be left out with some flags. Selectors (`{ target { i?86-*-* || lp64 } }`) are judged for
that one target. What only makes the compiler write further files is left out of the flags.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

_DIRECTIVE = re.compile(r"\{\s*dg-(options|additional-options|skip-if)\s")
_TOKEN = re.compile(r'[{}!]|&&|\|\||"[^"]*"|[^\s{}"]+')
_TRIPLET = "x86_64-pc-linux-gnu"
_PROPERTIES = frozenset(("lp64", "fpic", "pie", "alloca", "signal", "untyped_assembly"))
_SILENT = ("-w",)
_WRITES_FILES = ("-S", "-fsave-optimization-record", "-fdump-")

Words = list["str | Words"]
"""A Tcl list: words, and lists in braces."""


def flags(text: str) -> tuple[str, ...]:
    """The flags that a test is compiled with, the silent one first; `dg-options` replaces the suite's."""
    found = list(_SILENT)
    for name, arguments in _directives(text):
        if name == "skip-if" or len(arguments) > 1 and not _selects(arguments[1]):
            continue
        words = [word for part in _flat(arguments[:1]) for word in part.split()]
        found = [*_SILENT, *words] if name == "options" else [*found, *words]
    return tuple(flag for flag in found if not flag.startswith(_WRITES_FILES))


def is_skipped(text: str, given: Sequence[str]) -> bool:
    """Whether a test says that it is no test with the flags `given`."""
    for name, arguments in _directives(text):
        if name == "skip-if" and len(arguments) > 1 and _holds(arguments[1]):
            included = _flat(arguments[2:3]) or ["*"]
            excluded = _flat(arguments[3:4])
            if _any_flag(given, included) and not _any_flag(given, excluded):
                return True
    return False


def _any_flag(given: Sequence[str], patterns: Iterable[str]) -> bool:
    return any(pattern == "*" or any(fnmatchcase(flag, pattern) for flag in given) for pattern in patterns)


def _directives(text: str) -> Iterator[tuple[str, Words]]:
    for match in _DIRECTIVE.finditer(text):
        tokens = [token[0] for token in _TOKEN.finditer(text, match.end(), text.find("\n", match.end()))]
        yield match[1], _list(iter(tokens))


def _list(tokens: Iterator[str]) -> Words:
    """The words up to the brace that closes a list."""
    found: Words = []
    for token in tokens:
        if token == "}":
            break
        found.append(_list(tokens) if token == "{" else token.strip('"'))
    return found


def _flat(words: Words) -> list[str]:
    return [inner for word in words for inner in ([word] if isinstance(word, str) else _flat(word))]


def _selects(words: str | Words) -> bool:
    """Whether a list that may begin with `target` chooses this target."""
    if isinstance(words, str):
        return _holds(words)
    return _holds(words[1:] if words[:1] == ["target"] else words)


def _holds(words: str | Words) -> bool:
    """A selector: patterns of targets and properties, of which one has to hold, or an expression of lists."""
    if isinstance(words, str):
        return any(word in _PROPERTIES or fnmatchcase(_TRIPLET, word) for word in words.split())
    if "&&" in words:
        at = words.index("&&")
        return _holds(words[:at]) and _holds(words[at + 1 :])
    if words[:1] == ["!"]:
        return not _holds(words[1:])
    return any(_holds(word) for word in words if word != "||")
