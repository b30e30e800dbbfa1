"""The header text of one unit, indexed by name and parsed only when a name is asked for.

In come the statements that `#include` brought, in order; out goes an index: which statements declare a name. Most
headers declare thousands of names of which a unit uses a few, so the common shapes (a prototype, a simple typedef, a
struct, an `extern` variable) are recognised by regular expressions, and a statement of any other shape is filed under
all its words and parsed when one of them is looked up. What a header statement needs is found by its words. Language
reference, section 9: header names have C linkage and are never renamed.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from functools import lru_cache

import msgspec

from modcore.pragmas import PragmaState, declares_intrinsics, is_intrinsic, symbols_of, types_of
from modcore.syntax import SyntaxProblem, Tokens, parse_statement
from modcore.syntax.classify import KEYWORDS
from modcore.syntax.declared import INLINE_WORDS, ORDINARY, TAG, Declared, declared
from modcore.syntax.tokens import IDENTIFIER

_WORD = re.compile(IDENTIFIER)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'')
_LINE = re.compile(r"^\#[^\n]*\n?", re.M)
_GAP = r"\s*(?:\#[^\n]*\n\s*)*"  # white space and line markers
_ATTRIBUTES = (
    rf"(?:(?:(?:__attribute|__attribute__|__declspec)\b{_GAP}"
    r"\((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*\)"
    rf"|\[\[[^\]]*\]\]){_GAP})*"
)
_TAGGED = re.compile(rf"\b(struct|union|enum)\b{_GAP}{_ATTRIBUTES}({IDENTIFIER})")
_TAG_DEFINED = re.compile(_TAGGED.pattern + r"[\s:\w]*\{")
_SUFFIXES = (
    r"(?:\s*(?:__attribute__|__asm__|__asm|asm)\s*\((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*\))*\s*;$"
)
_PROTOTYPE = re.compile(r"(?:[A-Za-z_]\w*[\s*]+)+?\**\s*([A-Za-z_]\w*)\s*\([^()]*\)" + _SUFFIXES)
_SIMPLE_TYPEDEF = re.compile(r"(?:__extension__\s+)?typedef\s[\w\s*]*?\b([A-Za-z_]\w*)\s*;$")
_SIMPLE_EXTERN = re.compile(r"extern\s[\w\s*]*?\b([A-Za-z_]\w*)\s*(?:\[[^\[\]]*\])*\s*;$")
_STRUCT = re.compile(r"(?:struct|union)\s+[A-Za-z_]\w*\s*\{[^{}]*\}\s*;$")
_ANNOUNCED = re.compile(rf"(?:typedef\s+)?(?:struct|union)\s+({IDENTIFIER})\b[^{{]*;$")
_FUNCTION_HEAD = re.compile(rf"({IDENTIFIER})\s*\([^()]*\)\s*$")

KIND_TYPEDEF, KIND_FUNCTION, KIND_VARIABLE = "typedef", "function", "variable"


class HeaderStatement(msgspec.Struct, frozen=True, gc=False):
    """One statement of header text (or of the global fragment); `start` is its offset in the unit, -1 if unknown.

    `body` is where its function body opens in `text`, -1 without one. `keep` marks what has to come out even when
    nothing names it: a definition with external linkage, `asm`, in a plain importer also variables.
    """

    text: str
    start: int = -1
    body: int = -1
    state: PragmaState = PragmaState()

    @property
    def head(self) -> str:
        return self.text if self.body < 0 else self.text[: self.body]


class HeaderIndex:
    """Names to the header statements that declare them."""

    def __init__(self, statements: Iterable[HeaderStatement]) -> None:
        self.statements = tuple(statements)
        self._exact: dict[str, list[int]] = {}  # ordinary names by shape
        self._kinds: dict[str, str] = {}
        self._maybe: dict[str, list[int]] = {}  # words of statements with another shape
        self._tags: dict[str, list[int]] = {}  # tags defined, and every mention of the others
        self._announced: dict[str, int] = {}  # tags to the first statement that declares them at file scope
        self._declaring: dict[str, list[int]] = {}
        self._attached: dict[str, list[int]] = {}  # pragmas about a symbol
        self._intrinsics = False  # whether the compiler declares functions that no statement shows
        self._found: dict[str, list[Declared]] = {}
        self._mentions: dict[str, list[int]] | None = None
        self._parsed: dict[int, tuple[Declared, ...]] = {}
        self._problems: dict[int, SyntaxProblem] = {}
        for number, statement in enumerate(self.statements):
            self._file(number, statement)

    def _file(self, number: int, statement: HeaderStatement) -> None:
        if statement.text[0] == "#":
            for symbol in symbols_of(statement.text)[:1]:
                self._attached.setdefault(symbol, []).append(number)
            for name in types_of(statement.text):
                self._exact.setdefault(name, []).append(number)
                self._kinds[name] = KIND_TYPEDEF
            self._intrinsics |= declares_intrinsics(statement.text)
            return
        shape = _shape(statement.text, statement.body)
        if shape.name is not None:
            self._exact.setdefault(shape.name, []).append(number)
            self._kinds[shape.name] = shape.kind
        for tag in shape.tags:
            self._tags.setdefault(tag, []).append(number)
        if shape.announced is not None:
            self._announced.setdefault(shape.announced, number)
        for word in shape.words:
            self._maybe.setdefault(word, []).append(number)

    def kind(self, space: str, name: str) -> str | None:
        """The kind of a header name: struct, union, enum, enumerator, typedef, function, variable; None: not declared."""
        if space == ORDINARY:
            if name in self._kinds and name not in self._maybe:
                return self._kinds[name]
            for found in self._confirmed(name):
                return found.kind
            return self._kinds.get(name)
        for number in self._tags.get(name) or self._mentioned(name):
            for match in _TAGGED.finditer(self.statements[number].head):
                if match[2] == name:
                    return match[1]
        return None

    def declaring(self, space: str, name: str) -> list[int]:
        """The numbers of the statements that declare `name`, in order; a tag's definition alone when it has one."""
        if space == TAG:
            return self._tags.get(name) or self._mentioned(name)[:1]
        numbers = self._declaring.get(name)
        if numbers is None:
            numbers = list(self._exact.get(name, ()))
            for number in self._maybe.get(name, ()):
                if any(entry.name == name and entry.space == ORDINARY for entry in self.names(number)):
                    numbers.append(number)
            self._declaring[name] = numbers = sorted(numbers)
        return numbers

    def defines_tag(self, name: str) -> bool:
        return name in self._tags

    def _confirmed(self, name: str) -> list[Declared]:
        found = self._found.get(name)
        if found is None:
            entries = (entry for number in self._maybe.get(name, ()) for entry in self.names(number))
            found = [entry for entry in entries if entry.name == name and entry.space == ORDINARY]
            self._found[name] = found
        return found

    def _mentioned(self, name: str) -> list[int]:
        """Statements that mention a tag without defining it; outside parameters that declares it all the same."""
        if self._mentions is None:
            self._mentions = {}
            for number, statement in enumerate(self.statements):
                for match in _TAGGED.finditer(statement.head):
                    entry = self._mentions.setdefault(match[2], [])
                    if (not entry or entry[-1] != number) and not _in_parentheses(statement.head, match.start()):
                        entry.append(number)
        return self._mentions.get(name, [])

    def names(self, number: int) -> tuple[Declared, ...]:
        """What statement `number` declares, parsed now; a statement that cannot be read declares nothing."""
        if number not in self._parsed:
            statement = self.statements[number]
            try:
                is_pragma = statement.text[0] == "#"  # the compiler knows more of what one declares
                self._parsed[number] = () if is_pragma else _declared(statement.head, statement.body >= 0)
            except SyntaxProblem as problem:
                self._problems[number] = problem
                self._parsed[number] = ()
        return self._parsed[number]

    def problems(self) -> dict[int, SyntaxProblem]:
        """Statements that were asked for and could not be read."""
        return self._problems

    def is_declared(self, space: str, name: str) -> bool:
        return bool(self.declaring(space, name))

    def needed(self, numbers: Iterable[int], known: Container[int] = ()) -> list[int]:
        """The statements in `numbers` and all that they need by their words but for those in `known`, in order."""
        pending = list(numbers)
        done = set(pending)
        while pending:
            for number in self.words_needed(self.statements[pending.pop()].text):
                if number not in done and number not in known:
                    done.add(number)
                    pending.append(number)
        return sorted(done)

    def words_needed(self, text: str) -> list[int]:
        """The statements that declare a name or a tag that occurs in `text`."""
        out: list[int] = []
        words, tags = _words_and_tags(text)
        for word in words:
            if word in self._exact or word in self._maybe:
                out += self.declaring(ORDINARY, word)
                out += self.attached(word)
        for tag in tags:
            out += self._tags.get(tag, ())
            if tag in self._announced:
                out.append(self._announced[tag])
        return out

    def attached(self, name: str) -> list[int]:
        """The numbers of the pragmas about a symbol."""
        return self._attached.get(name, [])

    def may_be_intrinsic(self, name: str) -> bool:
        """Whether a name that nothing visible has may be one that the compiler declares because a header asks it to."""
        return self._intrinsics and is_intrinsic(name)

    def has_word(self, word: str) -> bool:
        """Whether a statement may declare `word` as an ordinary name (without parsing any)."""
        return word in self._exact or word in self._maybe


class _Shape(msgspec.Struct, frozen=True, gc=False):
    """What the look of a header statement tells: the ordinary name that it declares, or else the words that may be
    such names; the tags that it defines, each as often as it does; the tag that it announces."""

    name: str | None = None
    kind: str = ""
    tags: tuple[str, ...] = ()
    announced: str | None = None
    words: tuple[str, ...] = ()


def _in_parentheses(head: str, at: int) -> bool:
    """Whether an offset is in a parameter list, where a tag that nothing declares is of no use outside."""
    return head.count("(", 0, at) > head.count(")", 0, at)


# The units of a build include the same headers: what a text looks like is found out once a process.
@lru_cache(maxsize=1 << 16)
def _shape(text: str, body: int) -> _Shape:
    tags: tuple[str, ...] = ()
    announced = None
    if body >= 0:
        match = _FUNCTION_HEAD.search(text, 0, body)
        if match and match[1] not in KEYWORDS:
            return _Shape(match[1], KIND_FUNCTION)
        text = text[:body]
    elif "{" in text:
        tags = tuple(match[2] for match in _TAG_DEFINED.finditer(text))
        if tags and _STRUCT.match(text):
            return _Shape(tags=tags)
    else:
        match = _ANNOUNCED.match(text) if text[0] in "tsu" else None
        if match and "(" not in text:
            announced = match[1]
        match = _SIMPLE_TYPEDEF.match(text)
        if match and match[1] not in KEYWORDS:
            return _Shape(match[1], KIND_TYPEDEF, announced=announced)
        match = _PROTOTYPE.match(text)
        if match and match[1] not in KEYWORDS and "typedef" not in text[:24]:
            return _Shape(match[1], KIND_FUNCTION, announced=announced)
        match = _SIMPLE_EXTERN.match(text)
        if match and match[1] not in KEYWORDS:
            return _Shape(match[1], KIND_VARIABLE, announced=announced)
    words = dict.fromkeys(_WORD.findall(text))
    return _Shape(tags=tags, announced=announced, words=tuple(word for word in words if word not in KEYWORDS))


@lru_cache(maxsize=1 << 13)
def _declared(head: str, has_body: bool) -> tuple[Declared, ...]:
    return tuple(declared(parse_statement(head, has_body).tree))


@lru_cache(maxsize=1 << 16)
def _words_and_tags(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of a text that are no tags, each once, and the tags."""
    bare = _STRING.sub('""', _LINE.sub("", text))
    tags = tuple(match[2] for match in _TAGGED.finditer(bare))
    words = _TAGGED.sub(lambda tagged: bare[tagged.start() : tagged.start(2)], bare) if tags else bare
    return tuple(dict.fromkeys(_WORD.findall(words))), tags


def canonical(statement: HeaderStatement) -> str:
    """A header statement on one line: equal in two units exactly when the tokens are."""
    tokens = Tokens(statement.text)
    return tokens.spelling(0, len(tokens.words))


def must_stay(statement: HeaderStatement, plain: bool) -> bool:
    """Whether a header statement comes out even when nothing names it.

    It does when it defines something that other translation units could link against, or is assembly; in a plain
    importer also when it defines a variable, which compilers emit whether it is used or not.
    """
    return _must_stay(statement.text, statement.body, plain)


@lru_cache(maxsize=1 << 16)
def _must_stay(text: str, body: int, plain: bool) -> bool:
    head = text if body < 0 else text[:body]
    words = head.split("(", 1)[0].split()
    first = words[0] if words else ""
    if first in ("asm", "__asm__", "__asm"):
        return True
    if body >= 0:
        return "static" not in words and INLINE_WORDS.isdisjoint(words)
    if first == "typedef" or first in ("struct", "union", "enum") and text.endswith("};"):
        return False  # types only
    if first in ("extern", "_Static_assert") and "=" not in text:
        return False
    if _PROTOTYPE.match(text):
        return False
    names = declared(parse_statement(head, False).tree)
    return any(
        d.kind == "variable" and d.defines and (plain or "static" not in (d.specifiers.storage if d.specifiers else ()))
        for d in names
    )
