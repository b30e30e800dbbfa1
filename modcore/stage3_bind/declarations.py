"""Declarations inside functions: what they declare, and the types that they use (C17 6.7)."""

from __future__ import annotations

from collections.abc import Callable

from modcore.entities import EXPRESSION, POINTER, SIGNATURE, VALUE, Missing, Use
from modcore.stage3_bind.names import DECLARES, Declared, Names
from modcore.syntax.classify import (
    CONTEXTUAL,
    KEYWORDS,
    SyntaxProblem,
    closing,
    is_keyword_here,
    is_reserved,
    says_underlying,
)
from modcore.syntax.tokens import is_identifier

_BOUND_ATTRIBUTES = frozenset(
    "cleanup __cleanup__ aligned __aligned__ vector_size __vector_size__ malloc __malloc__ alloc_align".split()
)
_NAMING_ATTRIBUTES = frozenset("alias __alias__ weakref __weakref__ ifunc __ifunc__".split())


class Declarations(Names):
    """Declarations, declarators and attributes; expressions and blocks inside them are the subclasses' part."""

    _expression: Callable[[int, str], int]
    _parenthesised: Callable[[int], int]
    _initializer: Callable[[int], int]
    _assembly: Callable[[int], int]
    items: Callable[[int], int]

    def _declaration(self, k: int) -> int:
        """A declaration inside a block; the token after its semicolon, or after a nested function's body."""
        words = self.words
        specifiers = k
        k, is_typedef, uses = self.specifiers(k, nested=True)
        said = words[specifiers:k]
        is_extern = "extern" in said
        is_nested = "auto" in said  # announces a nested function
        static = self.begin_static(specifiers) if "static" in said else None
        while words[k] != ";":
            k, name, mode, parameters = self.declarator(k, named=True)
            if mode != POINTER:
                self.by_value(uses)
            if name is not None and (
                is_extern
                or parameters is not None
                and not (is_typedef or is_nested)
                and words[k] in (",", ";", "__attribute__", "asm", "__asm__")
            ):
                self._outside_declaration(name)
            elif name is not None and static is not None:
                self.declare_static(name, static)
            elif name is not None:
                self.declare(name, is_typedef)
            while KEYWORDS.get(words[k]) in ("ASM", "ATTRIBUTE") or words[k] == "[":
                k = self._assembly(k) if KEYWORDS.get(words[k]) == "ASM" else self.attribute(k)
            if words[k] == "=":
                k = self._initializer(k + 1)
            elif parameters is not None and (
                words[k] == "{" or words[k] != "," and words[k] != ";" and self._begins_type(k)
            ):
                return self._nested_function(k, parameters)
            if words[k] == ",":
                k += 1
            elif words[k] != ";":
                low = k if words[k] else max(specifiers, k - 1)
                raise SyntaxProblem(f"expected ';' or ',' before '{words[k]}'" if words[k] else "expected ';'", low)
        if static is not None:
            self.end_static(static, k + 1)
        return k + 1

    def _outside_declaration(self, k: int) -> None:
        """A block-scope `extern` or prototype: it means the file-scope name, and hides a local one."""
        name = self.words[k]
        entity = self._resolve("name", name, None)
        if entity is not None:
            self.uses.append(Use(k, k, entity, EXPRESSION))
        elif self._lenient:
            self.declare(k)  # in plain C the declaration stands for itself
        elif not is_reserved(name):
            self.missing.append(Missing(k, k, "name", name, None, "extern"))
            self.declare(k)
        if name in self._locals and entity is not None:
            self.declare_outside(name)

    def _nested_function(self, k: int, parameters: Declared) -> int:
        """A function defined in a block (GNU C), its parameter declarations of the old style included."""
        mark = self.enter()
        outer = len(self.function_names)
        while self.words[k] != "{":
            k = self._declaration(k)
        self.declare_again(parameters)
        k = self.items(k + 1) + 1
        del self.function_names[outer:]  # inside it `__func__` is its own name
        self.leave(mark)
        return k

    def specifiers(self, k: int, nested: bool = False) -> tuple[int, bool, list[int]]:
        """Specifiers from k on: the token after them, whether they say typedef, the numbers of the uses in them."""
        words = self.words
        start, first_use = k, len(self.uses)
        is_typedef = typed = False
        while True:
            word = words[k]
            kind = KEYWORDS.get(word)
            if word in CONTEXTUAL and is_keyword_here(words, k):
                kind = "BASIC"
            if kind == "STORAGE":
                is_typedef = is_typedef or word == "typedef"
                k += 1
            elif kind == "QUALIFIER" and not (word == "_Atomic" and words[k + 1] == "("):
                k += 1
            elif kind == "BASIC":
                typed = True
                k += 1
            elif kind in ("STRUCT", "ENUM"):
                typed = True
                k = self._tagged(k, nested)
            elif kind == "TYPEOF" or word == "_Atomic":
                typed = True
                k = self._expression(k + 2, ")") + 1
            elif kind == "ATTRIBUTE":
                k = self.attribute(k)
            elif word == "[" and words[k + 1] == "[":
                k = closing(words, k)
            elif not typed and self._begins_name(k) and not self._implies_int(k, start):
                typed = True
                k = self._use(k, POINTER)
            else:
                return k, is_typedef, list(range(first_use, len(self.uses)))

    def _implies_int(self, k: int, start: int) -> bool:
        """Whether specifiers from `start` on end before the name at k without a type, which C89 takes for int."""
        following = self.words[k + 1]
        if self._lenient:
            return following in ("(", "=", ",", ";", "[", ")") and not self._is_type(k)
        return k > start and following in ("=", ";", "[") and not self._is_type(k)

    def by_value(self, uses: list[int], mode: str = VALUE) -> None:
        """The types used in some specifiers are held by value after all, or passed."""
        for number in uses:
            use = self.uses[number]
            if use.mode == POINTER:
                self.uses[number] = Use(use.at, use.low, use.entity, mode)

    def _tagged(self, k: int, nested: bool) -> int:
        """`struct`, `union` or `enum` at k with its tag and members."""
        words = self.words
        keyword = words[k]
        k += 1
        while KEYWORDS.get(words[k]) == "ATTRIBUTE" or words[k] == "[" and words[k + 1] == "[":
            k = self.attribute(k)
        tag = low = -1
        path: str | None = None
        if words[k] and words[k] != "{" and words[k] != ":":
            low = k
            if words[k + 1] == "::" or words[k] == "::":
                _, path, tag = self._qualified(k)
            else:
                tag = k
            k = tag + 1
        if keyword == "enum" and words[k] == ":" and says_underlying(words, k + 1):
            k, _, _ = self.specifiers(k + 1)
        if words[k] == "{":
            if tag >= 0 and self._in_head:
                self.use_tag(low, tag, keyword, path, VALUE)
            elif tag >= 0:
                self.declare_tag(tag)
            return self._enumerators(k + 1) if keyword == "enum" else self._members(k + 1)
        if tag < 0:
            raise SyntaxProblem(f"expected a tag or '{{' after '{keyword}'", max(0, k - 1))
        if nested and words[k] == ";" and path is None:
            self.declare_tag(tag)  # `struct S;` in a block announces a type of that block
        else:
            self.use_tag(low, tag, keyword, path, POINTER)
        return k

    def _members(self, k: int) -> int:
        words = self.words
        while words[k] != "}":
            if words[k] == ";":
                k += 1
                continue
            if KEYWORDS.get(words[k]) == "ASSERTION":
                k = self._expression(k + 1, ";") + 1
                continue
            k, _, uses = self.specifiers(k)
            if words[k] == ";" and words[k - 1] != "}":
                self.by_value(uses)  # `struct tag;` may be an anonymous member (`-fms-extensions`)
            while words[k] not in (";", "}"):
                k, _, mode, _ = self.declarator(k, named=True)
                if mode != POINTER:
                    self.by_value(uses)
                if words[k] == ":":
                    k = self._expression(k + 1, ",;}")
                while KEYWORDS.get(words[k]) == "ATTRIBUTE":
                    k = self.attribute(k)
                if words[k] == ",":
                    k += 1
                elif words[k] not in (";", "}"):
                    raise SyntaxProblem("expected ';' after this member", max(0, k - 1))
            k += words[k] == ";"
        return k + 1

    def _enumerators(self, k: int) -> int:
        words = self.words
        while words[k] != "}":
            name = k
            if not words[k] or not is_identifier(words[k]):
                raise SyntaxProblem("expected the name of an enumeration constant", min(k, len(words) - 2))
            k += 1
            while KEYWORDS.get(words[k]) == "ATTRIBUTE":
                k = self.attribute(k)
            if words[k] == "=":
                k = self._expression(k + 1, ",}")
            if not self._in_head:
                self.declare(name)
            if words[k] == ",":
                k += 1
        return k + 1

    def declarator(self, k: int, named: bool = False) -> tuple[int, int | None, str, Declared | None]:
        """A declarator from k on; abstract or not, unless it is `named`.

        Returns the token after it, the token of its name, how a parameter with it uses the type of the specifiers (an
        array's elements are complete types even behind a pointer), and what the parameters declare when the name
        itself is a function.
        """
        words = self.words
        starred = SIGNATURE
        name: int | None = None
        parameters: Declared | None = None
        while True:
            word = words[k]
            if word == "*" or word == "^":
                starred = POINTER
                k += 1
            elif KEYWORDS.get(word) == "QUALIFIER":
                k += 1
            elif KEYWORDS.get(word) == "ATTRIBUTE" or word == "[" and words[k + 1] == "[":
                k = self.attribute(k)
            else:
                break
        word = words[k]
        mode = starred
        nested = False
        if word == "(" and (named or self._opens_declarator(k + 1)):
            k, name, inner, parameters = self.declarator(k + 1, named)
            mode = starred if starred == POINTER else inner
            nested = inner == POINTER or parameters is not None  # `(f)(int x)` declares f with these parameters
            if words[k] != ")":
                raise SyntaxProblem("expected ')' in this declarator", min(k, len(words) - 2))
            k += 1
        elif word and is_identifier(word) and KEYWORDS.get(word) is None:
            name = k
            k += 1
        first = True
        while True:
            if words[k] == "[" and words[k + 1] != "[":
                k = self._array_bound(k + 1)
                mode = starred if starred == POINTER else VALUE
            elif words[k] == "(":
                k, inside = self._parameters(k + 1)
                if first and not nested:
                    parameters = inside
                mode = POINTER
            else:
                return k, name, mode, parameters
            first = False

    def _opens_declarator(self, k: int) -> bool:
        """Whether the parenthesis before k holds a declarator, not parameters."""
        word = self.words[k]
        if word in ("*", "(", "^", "["):
            return word != "(" or self.words[k + 1] != ")"
        if KEYWORDS.get(word) == "ATTRIBUTE" and self.words[k + 1] == "(":
            return self._opens_declarator(closing(self.words, k + 1))
        return bool(word) and is_identifier(word) and KEYWORDS.get(word) is None and not self._is_type(k)

    def _array_bound(self, k: int) -> int:
        while self.words[k] in ("static", "const", "volatile", "restrict", "__restrict", "__restrict__"):
            k += 1
        if self.words[k] == "*" and self.words[k + 1] == "]":
            return k + 2
        return self._expression(k, "]") + 1

    def _parameters(self, k: int) -> tuple[int, Declared]:
        """A parameter list after its parenthesis; the token after the closing one, and what is declared between."""
        words = self.words
        mark = self.enter()
        names_only = self._is_identifier_list(k)
        while words[k] != ")":
            if not words[k]:
                raise SyntaxProblem("expected ')' after the parameters", k - 1)
            if words[k] in (",", "..."):
                k += 1
                continue
            if is_identifier(words[k]) and KEYWORDS.get(words[k]) is None and words[k + 1] in (",", ")"):
                if names_only or not self._begins_type(k):
                    self.declare(k)
                    k += 1
                    continue
            k, _, uses = self.specifiers(k)
            start = k
            k, name, mode, _ = self.declarator(k)
            if mode != POINTER:
                self.by_value(uses, mode)
            while KEYWORDS.get(words[k]) == "ATTRIBUTE":
                k = self.attribute(k)
            if name is not None:
                self.declare(name)
            if words[k] not in (",", ")") or k == start and not uses and words[k - 1] in "(,":
                raise SyntaxProblem("expected ',' or ')' in this parameter list", min(k, len(words) - 2))
        inside = self.declared_since(mark)
        self.leave(mark)
        return k + 1, inside

    def _is_identifier_list(self, k: int) -> bool:
        """Whether only identifiers stand from k to a parenthesis behind which their declarations begin (C17 6.9.1).

        They are parameters, whatever types the imports bring that have such names.
        """
        words = self.words
        while is_identifier(words[k]) and KEYWORDS.get(words[k]) is None and words[k + 1] == ",":
            k += 2
        if not is_identifier(words[k]) or KEYWORDS.get(words[k]) is not None or words[k + 1] != ")":
            return False
        kind = KEYWORDS.get(words[k + 2])
        return kind in DECLARES if kind is not None else is_identifier(words[k + 2])

    def attribute(self, k: int) -> int:
        """An attribute specifier at k; arguments that are expressions are bound."""
        words = self.words
        if words[k] == "[":
            return closing(words, k)
        if words[k] in ("_Alignas", "alignas"):
            return self._parenthesised(k + 1)
        end = closing(words, k + 1)
        for j in range(k + 2, end):
            if words[j + 1] != "(" or words[j - 1] not in ("(", ","):
                continue
            if words[j] in _BOUND_ATTRIBUTES:
                self._expression(j + 2, ")")
            elif words[j] in _NAMING_ATTRIBUTES and words[j + 2].startswith('"'):
                entity = self._resolve("name", words[j + 2].strip('"'), None)
                if entity is not None:
                    self.uses.append(Use(j + 2, j + 2, entity, EXPRESSION))
        return end
