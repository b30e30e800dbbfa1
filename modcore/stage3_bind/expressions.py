"""Expressions and initializers: every identifier in them is a use, a member or a label (C17 6.5, 6.7.9)."""

from __future__ import annotations

from modcore.entities import EXPRESSION, POINTER
from modcore.stage3_bind.declarations import Declarations
from modcore.stage3_bind.names import ends_operand
from modcore.syntax.classify import KEYWORDS, SyntaxProblem, closing
from modcore.syntax.tokens import is_identifier

_FUNCTION_NAMES = frozenset(("__func__", "__FUNCTION__", "__PRETTY_FUNCTION__"))
OPERATORS = frozenset(
    "sizeof _Alignof alignof __alignof __alignof__ __extension__ __real __real__ __imag __imag__ _Generic"
    " return break continue".split()
)
"""Words that stand in expressions like operators and name nothing."""
_DEREFERENCES = frozenset("[ ++ -- + - += -= sizeof".split())
_PLAIN = frozenset("= == != < > <= >= ! ~ % / | || ^ & << >> *= /= %= &= |= ^= <<= >>=".split())


class Expressions(Declarations):
    """Expressions, walked from left to right; only brackets, types and declarations inside them need a rule."""

    def expression(self, low: int, high: int) -> None:
        """Binds the expression in tokens low..high-1."""
        saved = self.words
        self.words = [*saved[:high], "", "", "", ""]
        k = low
        if high > low and self.words[low] == "{":
            k = self._braces(low)
        if self._expression(k, "") != high:
            raise SyntaxProblem("this expression is not complete", max(low, high - 1))
        self.words = saved

    def _expression(self, k: int, stops: str) -> int:
        """An expression up to the first of the `stops` outside brackets; the token that stops it."""
        words = self.words
        low = k
        while True:
            word = words[k]
            if word in _PLAIN:
                k += 1
            elif word == "" or word in stops:
                if word == "" and stops != "":
                    raise SyntaxProblem(f"expected '{stops[-1]}'", max(0, k - 1))
                return k
            elif word == "(":
                if k > low and not self.dereferences:
                    self.dereferences = self._calls_by_value(k)
                k = self._open_parenthesis(k)
            elif word == "[":
                self.dereferences = True
                k = self._expression(k + 1, "]") + 1
            elif word == "." or word == "->":
                self.members.add(words[k + 1])
                k += 2
            elif word == "?":
                k += 1
                if words[k] != ":":
                    k = self._expression(k, ":")
                k += 1
            elif word == "&&":
                if not ends_operand(words[k - 1] if k else "") and is_identifier(words[k + 1]):
                    k += 1  # the address of a label
                k += 1
            elif word == "{":
                k = self._braces(k)
            elif is_identifier(word) or self._begins_name(k):
                k = self._word(k, stops)
            elif word in ")]};:":
                expected = f"expected '{stops[-1]}' before '{word}'" if stops else f"'{word}' cannot stand here"
                raise SyntaxProblem(expected, k)
            else:
                if word in _DEREFERENCES or word == "*":
                    self.dereferences = True
                k += 1

    def _word(self, k: int, stops: str) -> int:
        """An identifier or keyword inside an expression."""
        word = self.words[k]
        if word == "_Generic":
            return self._generic(k + 1)
        if word in OPERATORS:
            if word == "sizeof":
                self.dereferences = True
            return k + 1
        kind = KEYWORDS.get(word)
        if kind == "ATTRIBUTE" and word not in ("_Alignas", "alignas"):
            return self.attribute(k)
        if kind == "ASM":
            return self._assembly(k)
        if kind is not None or self._is_type(k):
            return self._type_name(k)
        if word in _FUNCTION_NAMES:
            self.function_names.append(k)
            return k + 1
        if word == "__builtin_offsetof" and word not in self._locals:
            return self._offsetof(k + 1)
        return self._use(k, EXPRESSION)

    def _type_name(self, k: int) -> int:
        """A type name inside an expression: of a cast, `sizeof`, `_Generic`, or an argument of a builtin."""
        k, _, uses = self.specifiers(k)
        k, _, mode, _ = self.declarator(k)
        if mode != POINTER:
            self.by_value(uses)
        return k

    def _generic(self, k: int) -> int:
        """The parenthesis of `_Generic`: an expression, then `type: expression` pairs (C17 6.5.1.1)."""
        words = self.words
        if words[k] != "(":
            raise SyntaxProblem("expected '(' after '_Generic'", k - 1)
        k = self._expression(k + 1, ",)")
        while words[k] == ",":
            k = k + 2 if words[k + 1] == "default" else self._type_name(k + 1)
            if words[k] != ":":
                raise SyntaxProblem("expected ':' after this type", max(0, k - 1))
            k = self._expression(k + 1, ",)")
        return k + 1

    def _open_parenthesis(self, k: int) -> int:
        """A parenthesis at k: a statement expression, a type name (perhaps of a compound literal), or an expression."""
        words = self.words
        if words[k + 1] == "{":
            mark = self.enter()
            k = self.items(k + 2) + 1
            self.leave(mark)
            if words[k] != ")":
                raise SyntaxProblem("expected ')' after this statement expression", min(k, len(words) - 2))
            return k + 1
        is_type = self._begins_type(k + 1)
        is_cast = is_type and not ends_operand(words[k - 1] if k else "")
        k = self._expression(k + 1, ")") + 1
        if is_type:
            self._type_end = k
            if is_cast:
                self._cast_end = k
            if words[k] == "{":
                k = self._braces(k)
            elif is_cast and words[k] == "&&" and is_identifier(words[k + 1]):
                k += 2  # the address of a label, cast
        return k

    def _calls_by_value(self, k: int) -> bool:
        """Whether the parenthesis at k may call what a pointer points to; a function's own name needs no looking."""
        before = self.words[k - 1]
        if before == ")":
            return k != self._type_end
        if before == "]" or self.words[k - 2] in (".", "->") or before in self._locals:
            return True
        return bool(self.uses) and self.uses[-1].at == k - 1 and self.uses[-1].entity.kind == "variable"

    def _parenthesised(self, k: int) -> int:
        if self.words[k] != "(":
            raise SyntaxProblem(f"expected '(' after '{self.words[k - 1]}'", max(0, k - 1))
        return self._expression(k + 1, ")") + 1

    def _offsetof(self, k: int) -> int:
        """The arguments of `__builtin_offsetof`: a type and members."""
        words = self.words
        if words[k] != "(":
            return k
        k = self._expression(k + 1, ",") + 1
        if words[k]:
            self.members.add(words[k])
        return self._expression(k + 1, ")") + 1

    def _initializer(self, k: int) -> int:
        return self._braces(k) if self.words[k] == "{" else self._expression(k, ",;")

    def _braces(self, k: int) -> int:
        """A braced initializer at k; the token after it."""
        words = self.words
        k += 1
        if words[k] != "}":
            self.initializes = True
        while words[k] != "}":
            if not words[k]:
                raise SyntaxProblem("a '}' is missing at the end of this initializer", k - 1)
            if words[k] == ",":
                k += 1
                continue
            if words[k + 1] == ":" and is_identifier(words[k]):
                self.members.add(words[k])  # `member: value`, the old designator of GNU C
                k += 2
            while words[k] in (".", "["):
                if words[k] == ".":
                    self.members.add(words[k + 1])
                    k += 2
                else:
                    k = self._expression(k + 1, "]") + 1
            if words[k] == "=":
                k += 1
            k = self._braces(k) if words[k] == "{" else self._expression(k, ",}")
        return k + 1

    def _assembly(self, k: int) -> int:
        """`asm` at k with its operands; the token after its parenthesis."""
        words = self.words
        k += 1
        while words[k] and words[k] != "(":
            k += 1
        end = closing(words, k)
        section = 0
        k += 1
        while k < end - 1:
            word = words[k]
            if word == ":" or word == "::":
                section += len(word)
                k += 1
            elif word == "[":
                k = closing(words, k)
            elif word == "(" and section in (1, 2):
                k = self._expression(k + 1, ")") + 1
            else:
                k += 1
        return end
