"""The scopes inside one function or expression, and the binding of one identifier or tag.

Local names live in one table (name → kind) with a log of what each scope hid, so that entering and leaving a scope
costs what it declares (C17 6.2.1). A name that no local scope has is resolved at file scope.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modcore.entities import EXPRESSION, Capture, Entity, Missing, Resolve, StaticLocal, Unsupported, Use
from modcore.syntax.classify import KEYWORDS, KNOWN_TYPES, SyntaxProblem, is_keyword_here, is_reserved
from modcore.syntax.tokens import Tokens, is_identifier

_OUTSIDE, _LOCAL_VALUE, _LOCAL_TYPE, _LOCAL_STATIC = 0, 1, 2, 3  # from 3 on: the number of its declaration as well
DECLARES = frozenset(("STORAGE", "QUALIFIER", "BASIC", "STRUCT", "ENUM", "TYPEOF"))
"""The terminals that begin a declaration."""

Declared = list[tuple[dict, str, Any]]
"""Local names with the table that each is in, and its kind."""

_OPERATORS = frozenset("sizeof _Alignof alignof __alignof __alignof__ __extension__ __real __real__ __imag __imag__".split())
"""Operators that look like names, all with one operand."""

_CONSTANTS = frozenset(("true", "false", "nullptr"))
"""Constants that some compilers know and headers declare for others."""


def ends_operand(word: str) -> bool:
    """Whether an operand may end with `word`, so that an operator after it takes two."""
    return (
        bool(word)
        and (word[0].isalnum() or word[0] in "_\"'" or word in (")", "]", "}", "++", "--"))
        and word not in ("return", "case", "else", "goto")
    )


class Names:
    """The names of one `Tokens`, bound as the scopes are entered and left."""

    def __init__(
        self,
        tokens: Tokens,
        resolve: Resolve,
        lenient: bool = False,
        watched: Mapping[tuple[str, str], list[Entity]] | None = None,
    ) -> None:
        self.tokens = tokens
        self.words = tokens.ended()
        self.uses: list[Use] = []
        self.missing: list[Missing] = []
        self.defined_later: list[Missing] = []
        self.unsupported: list[Unsupported] = []
        self.members: set[str] = set()
        self.function_names: list[int] = []
        self.type_names: set[int] = set()
        self.dereferences = False
        self.initializes = False
        self._type_end = -1  # after the last type in parentheses
        self._cast_end = -1  # the same, of a cast
        self.hidden: dict[tuple[str, str], list[Entity]] = {}  # what `::` names although a local name hides it
        self.captures: list[Capture] = []  # the local names that hide what is `watched`
        self._watched = watched or {}
        self._in_head = False  # in the specifiers of a function definition, where types have file scope
        self._resolve = resolve
        self._lenient = lenient  # plain C: a name that nothing declares is the compiler's business
        self._locals: dict[str, int] = {}
        self._statics: list[tuple[int, int, list[int]]] = []
        self._tags: dict[str, bool] = {}
        self._awaited: dict[str, tuple[int, ...]] = {}  # tags that a block names, and may still define
        self._undo: list[tuple[dict, str, Any]] = []
        self._poisoned: set[tuple[str, str]] = set()

    def enter(self) -> int:
        return len(self._undo)

    def leave(self, mark: int) -> None:
        while len(self._undo) > mark:
            table, name, old = self._undo.pop()
            if old is None:
                table.pop(name, None)
            else:
                table[name] = old

    def declare(self, k: int, is_type: bool = False) -> None:
        """Adds the ordinary name at token k to the running scope."""
        name = self.words[k]
        self._watch("name", k)
        self._undo.append((self._locals, name, self._locals.get(name)))
        self._locals[name] = _LOCAL_TYPE if is_type else _LOCAL_VALUE

    def declare_outside(self, name: str) -> None:
        """Has a name mean the file's own again, although a local one is around."""
        self._undo.append((self._locals, name, self._locals[name]))
        self._locals[name] = _OUTSIDE

    def declared_since(self, mark: int) -> Declared:
        """What the scope that was entered at `mark` has declared."""
        return [(table, name, table[name]) for table, name, _ in self._undo[mark:]]

    def declare_again(self, names: Declared) -> None:
        """Adds what an earlier scope declared to the running one."""
        for table, name, kind in names:
            self._undo.append((table, name, table.get(name)))
            table[name] = kind

    def begin_static(self, low: int) -> int:
        """A declaration of static objects begins at token `low`; its number."""
        self._statics.append((low, low, []))
        return len(self._statics) - 1

    def declare_static(self, k: int, number: int) -> None:
        """Adds the static object whose name is at token k."""
        self.declare(k)
        self._locals[self.words[k]] = _LOCAL_STATIC + number
        self._statics[number][2].append(k)

    def end_static(self, number: int, high: int) -> None:
        low, _, uses = self._statics[number]
        self._statics[number] = low, high, uses

    @property
    def statics(self) -> tuple[StaticLocal, ...]:
        return tuple(StaticLocal(low, high, tuple(uses)) for low, high, uses in self._statics)

    def _watch(self, space: str, k: int) -> None:
        """Notes the local name at token k if something that it hides is named as well."""
        entities = self._watched.get((space, self.words[k]))
        if entities is not None:
            self.captures.append(Capture(k, tuple(entities)))

    def declare_tag(self, k: int) -> None:
        """Adds the tag at token k to the running scope; uses before its definition mean it, too."""
        name = self.words[k]
        self._watch("tag", k)
        awaited = self._awaited.get(name)
        if awaited is not None:
            self.defined_later += [entry for entry in self.missing if entry.at in awaited]
            self.missing = [entry for entry in self.missing if entry.at not in awaited]
        self._undo.append((self._tags, name, self._tags.get(name)))
        self._tags[name] = True

    def _is_type(self, k: int) -> bool:
        """Whether the identifier at k (perhaps qualified) names a type."""
        word = self.words[k]
        if self.words[k + 1] == "::" or word == "::":
            name, path, _ = self._qualified(k)
            entity = self._resolve("name", name, path)
        else:
            local = self._locals.get(word)
            if local:
                return local == _LOCAL_TYPE
            entity = self._resolve("name", word, None)
            if entity is None:
                return word in KNOWN_TYPES or is_reserved(word) and word.endswith("_t") or is_keyword_here(self.words, k)
        return entity is not None and entity.kind == "typedef"

    def _qualified(self, k: int) -> tuple[str, str, int]:
        """Name, path and token of the name in `m::x`, `"a/b"::x` or `::x` that begins at k."""
        words = self.words
        if words[k] == "::":
            path, at = "", k + 1
        else:
            path, at = words[k].strip('"'), k + 2
        if not words[at] or not is_identifier(words[at]):
            raise SyntaxProblem("expected a name after '::'", at - 1)
        return words[at], path, at

    def _use(self, k: int, mode: str) -> int:
        """Binds the identifier at k; the token after it."""
        words = self.words
        word = words[k]
        if words[k + 1] == "::" or word == "::":
            name, path, at = self._qualified(k)
        else:
            name, path, at = word, None, k
            local = self._locals.get(word)
            if local:
                if local == _LOCAL_TYPE:
                    self.type_names.add(k)
                elif local >= _LOCAL_STATIC:
                    self._statics[local - _LOCAL_STATIC][2].append(k)
                self._watch("name", k)
                return k + 1
        entity = self._resolve("name", name, path)
        if entity is not None:
            self.uses.append(Use(at, k, entity, mode, mode == EXPRESSION and self._address_taken(k)))
            if path is not None and name in self._locals:
                self.hidden.setdefault(("name", name), []).append(entity)
            if entity.kind == "typedef":
                self.type_names.add(at)
        elif path is None and (name in KNOWN_TYPES or is_reserved(name) and name.endswith("_t")):
            self.type_names.add(at)
        elif path is None and name in _CONSTANTS:
            return at + 1
        elif path is not None or not is_reserved(name):
            if ("name", name) in self._poisoned:
                return at + 1
            self.missing.append(Missing(at, k, "name", name, path))
        return at + 1

    def _address_taken(self, k: int) -> bool:
        """Whether the operator `&` with one operand is applied to the name at token k, perhaps in parentheses."""
        words = self.words
        k -= 1
        while k >= 0 and words[k] == "(":
            k -= 1
        if k < 0 or words[k] != "&":
            return False
        return k == 0 or k == self._cast_end or words[k - 1] in _OPERATORS or not ends_operand(words[k - 1])

    def use_tag(self, low: int, at: int, keyword: str, path: str | None, mode: str) -> None:
        """Binds the tag at token `at`."""
        name = self.words[at]
        if path is None and name in self._tags:
            self._watch("tag", at)
            return
        entity = self._resolve("tag", name, path)
        if entity is None:
            self.missing.append(Missing(at, low, "tag", name, path, keyword))
            if path is None:
                before = self._awaited.get(name)
                self._undo.append((self._awaited, name, before))
                self._awaited[name] = (*(before or ()), at)
        elif entity.kind != keyword:
            self.missing.append(Missing(at, low, "tag", name, path, keyword, entity))
        else:
            self.uses.append(Use(at, low, entity, mode))
            if path is not None and name in self._tags:
                self.hidden.setdefault(("tag", name), []).append(entity)

    def _begins_type(self, k: int) -> bool:
        """Whether a declaration (or a type name) begins at token k."""
        word = self.words[k]
        if KEYWORDS.get(word) in DECLARES:
            return True
        return self._begins_name(k) and self._is_type(k)

    def _begins_name(self, k: int) -> bool:
        """Whether an identifier begins at token k, perhaps with a module's path or nothing before `::`."""
        word = self.words[k]
        return bool(word) and (is_identifier(word) or word == "::" or word[0] == '"' and self.words[k + 1] == "::")
