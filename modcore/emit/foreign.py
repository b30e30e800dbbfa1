"""Header text of one module in the file of another: what can be said there once more, and what cannot.

In comes the header text that a module has seen; out goes what importers repeat of it. A function with external linkage
is declared and not defined again. What has a state of its own in every file that includes it (a static variable, a
function with one inside) means the owner's, and nothing can name that one from outside: a body that needs such a thing
is compiled by its owner only. Language reference, sections 7 and 9.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from functools import lru_cache

from modcore.headers import HeaderIndex, HeaderStatement, must_stay
from modcore.syntax import SyntaxProblem, Tokens
from modcore.syntax.declared import INLINE_WORDS, Declared
from modcore.syntax.tree import Array, Pointer

_CONST = frozenset(("const", "__const", "__const__", "constexpr"))
_INLINE = re.compile(rf"\b(?:{'|'.join(sorted(INLINE_WORDS))})\b")


@lru_cache(maxsize=4096)
def repeated(statement: HeaderStatement) -> str:
    """What the files of importers repeat of a header statement, spelled by rule."""
    if statement.text[0] == "#":
        return statement.text  # a pragma about a symbol
    if not _is_external(statement):
        tokens = Tokens(statement.text)
        return tokens.lines(0, len(tokens.words))
    head = _INLINE.sub("", statement.head).rstrip()
    if head.endswith(";"):
        head = head[: head.index("(")] + "()"  # of the old style
    tokens = Tokens(head + ";")
    return tokens.spelling(0, len(tokens.words))


def needed(index: HeaderIndex, numbers: Iterable[int], known: Container[int] = ()) -> list[int]:
    """The statements in `numbers` and all that importers need to repeat them but for those in `known`, in order."""
    pending = list(numbers)
    done = set(pending)
    while pending:
        for number in index.words_needed(repeated(index.statements[pending.pop()])):
            if number not in done and number not in known:
                done.add(number)
                pending.append(number)
    return sorted(done)


def has_state(index: HeaderIndex, number: int) -> bool:
    """Whether a header statement is, or has inside, an object that other files would not share."""
    statement = index.statements[number]
    if statement.text[0] == "#":
        return False
    if statement.body >= 0:
        return not _is_external(statement) and _has_static(Tokens(statement.text[statement.body :]).words)
    try:
        if not must_stay(statement, True):
            return False
    except SyntaxProblem:
        return True
    return not all(_is_constant(entry) for entry in index.names(number) if entry.kind == "variable")


def _is_external(statement: HeaderStatement) -> bool:
    """Whether a statement defines a function that other files link against."""
    return statement.body >= 0 and "static" not in statement.head and "gnu_inline" not in statement.head


def _has_static(words: list[str]) -> bool:
    """Whether a body declares something static that may change."""
    return any(
        word == "static" and _CONST.isdisjoint((words[at - 1], words[at + 1])) for at, word in enumerate(words)
    )


def _is_constant(entry: Declared) -> bool:
    """Whether a variable is static and never changes, so that a copy is as good."""
    specifiers, declarator = entry.specifiers, entry.declarator
    if specifiers is None or declarator is None or "static" not in specifiers.storage:
        return False
    inner = next((one for one in declarator.derivations if not isinstance(one, Array)), None)
    if inner is None:
        return not _CONST.isdisjoint((*specifiers.qualifiers, *specifiers.storage))
    return isinstance(inner, Pointer) and not _CONST.isdisjoint(inner.qualifiers)
