"""Preprocessed text to top-level statements, without parsing any of them.

In comes what the preprocessor printed; out come, in order, the ranges of the top-level statements (C17 6.9, and
`#pragma` lines between them). One regular expression finds strings, braces and semicolons; everything else is
skipped at the speed of the `re` module, so that header text that nobody asks for costs next to nothing. A statement
ends at a semicolon outside braces, or at the brace that closes a function body or an `extern "C"` block.
"""

from __future__ import annotations

import re

import msgspec

from modcore.syntax.classify import SyntaxProblem, after_attributes
from modcore.syntax.tokens import Tokens

# Each alternative begins with a literal, which lets the `re` module skip quickly to the next one.
_EDGE = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|\{|\}|;|\n\#[^\n]*')
_SIGNIFICANT = re.compile(r"\S")
_KEEPS_MEANING = re.compile(r"#\s*(?:pragma|ident|sccs)\b")
_LINKAGE = re.compile(r'extern\s*"C"\s*$')
_ATTRIBUTED = re.compile(
    r"\b(?:struct|union|enum)\s*(?:\#[^\n]*\n\s*)*(?:\[|__attribute|__declspec|(?:\w+\s*)?:(?!:))"
)
_MEMBERS = re.compile(r"\b(?:struct|union|enum)(?:\s+\w+)?\s*\Z")
_LINES_AT_END = re.compile(r"(?:\n#[^\n]*\s*)+\Z")  # what the preprocessor prints after a long comment
_OLD_STYLE_HEAD = re.compile(r'\)\s*(?:\#[^\n]*\s*)*(?:[^\W\d]|(?:"[^"\n]*"\s*)?::)')
_DIGRAPH = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|<%|%>|<:(?!:[^:>])|:>')
_PRIMARY = {"<%": "{ ", "%>": "} ", "<:": "[ ", ":>": "] "}


class Piece(msgspec.Struct, frozen=True, gc=False):
    """text[start:end] is one top-level statement.

    `body` is where its function body (or the block of an `extern "C"`) opens, -1 when it has none. A pragma is a
    whole `#` line. `open_brace` is where a brace opens that nothing closes, -1 in a complete statement.
    """

    start: int
    end: int
    body: int = -1
    pragma: bool = False
    open_brace: int = -1
    complete: bool = True


def split(text: str) -> list[Piece]:
    """The top-level statements of `text`, in order; stray semicolons vanish."""
    pieces: list[Piece] = []
    begin = depth = 0  # where the search for the next statement starts; open braces
    brace = -1  # the first brace of the running statement at depth 0 that may open a body
    if text.startswith("#"):
        begin = (text + "\n").index("\n")  # what the preprocessor says of itself, not the user's line
    for match in _EDGE.finditer(text, begin):
        at = match.start()
        edge = text[at]
        if edge == ";":
            if depth == 0:
                _add(pieces, text, begin, at + 1)
                begin, brace = at + 1, -1
        elif edge == "{":
            if depth == 0:
                brace = at
            depth += 1
        elif edge == "}":
            depth -= 1
            if depth <= 0:
                depth = 0
                head = _LINES_AT_END.sub("", text[begin:brace]).strip() if brace >= 0 else ""
                if brace < 0 or _opens_body(head) or _is_broken_function(head, text, at + 1):
                    _add(pieces, text, begin, at + 1, brace)
                    begin, brace = at + 1, -1
        elif edge == "\n" and depth == 0 and not text[begin:at].strip():
            if _KEEPS_MEANING.match(text, at + 1):
                pieces.append(Piece(at + 1, match.end(), pragma=True))
            begin = match.end()
    rest = _SIGNIFICANT.search(text, begin)
    if rest:
        pieces.append(Piece(rest.start(), len(text.rstrip()), open_brace=brace if depth else -1, complete=False))
    return pieces


def without_digraphs(text: str) -> str:
    """`text` with the digraphs of C17 6.4.6 as their primary spellings, of the same length."""
    if "<%" not in text and "<:" not in text:
        return text
    return _DIGRAPH.sub(lambda m: _PRIMARY.get(m[0], m[0]), text)


def _add(pieces: list[Piece], text: str, begin: int, end: int, body: int = -1) -> None:
    """Adds the statement in text[begin:end]; a body without a head belongs to an old-style function before it."""
    first = _SIGNIFICANT.search(text, begin)
    assert first is not None
    start = first.start()
    if start == end - 1 and text[start] == ";":
        return
    if start == body:
        back = len(pieces) - 1
        while back >= 0 and not pieces[back].pragma and pieces[back].body < 0:
            if _OLD_STYLE_HEAD.search(text, pieces[back].start, pieces[back].end):
                start = pieces[back].start
                del pieces[back:]
                break
            back -= 1
    pieces.append(Piece(start, end, body))


def _opens_body(head: str) -> bool:
    """Whether a brace after `head` opens a function body or a linkage block, not members or an initializer."""
    if not head:
        return True
    if head[-1] == '"':
        return _LINKAGE.search(head) is not None
    if head[-1] not in ")]":
        return False
    if head.count("(") != head.count(")") and '"' not in head and "'" not in head:
        return False
    return not _has_initializer(head) and not _awaits_members(head)


def _awaits_members(head: str) -> bool:
    """Whether `head` ends in `struct`, `union` or `enum` with attributes, or what represents an enum, after it."""
    if not _ATTRIBUTED.search(head):
        return False
    words = Tokens(head).words
    try:
        for k, word in enumerate(words):
            if word in ("struct", "union", "enum"):
                end = after_attributes(words, k + 1)
                if end == len(words) or word == "enum" and ":" in words[end : end + 2]:
                    return True
    except SyntaxProblem:
        return False  # brackets that do not match are reported with the statement
    return False


def _is_broken_function(head: str, text: str, end: int) -> bool:
    """Whether a function whose head lacks a parenthesis ends here: what follows begins another statement."""
    if head.count("(") <= head.count(")") or '"' in head or "'" in head or _has_initializer(head):
        return False
    if _MEMBERS.search(head) or _awaits_members(head):
        return False  # a type that is defined among the parameters
    following = _SIGNIFICANT.search(text, end)
    return following is None or following[0].isalpha() or following[0] in "_#"


def _has_initializer(head: str) -> bool:
    """Whether an equals sign stands outside parentheses and brackets."""
    if "=" not in head:
        return False
    depth = 0
    for match in re.finditer(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|[()\[\]{}]|[=!<>]=|=', head):
        if match[0] in "([{":
            depth += 1
        elif match[0] in ")]}":
            depth -= 1
        elif match[0] == "=" and depth == 0:
            return True
    return False
