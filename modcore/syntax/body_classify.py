"""Tokens of a function body or an expression to the terminals of the body grammar.

The one question that C's grammar asks of its scopes, whether an identifier names a type, was answered by the binder:
its answer (`type_names`, by token) comes in with the tokens. Everything else is decided by the tokens that follow:
whether a parenthesis opens a type name or parameters, whether `__extension__` begins a declaration, whether a colon
after an enum's tag says what represents it. Attributes become one terminal each; strings that stand side by side too.
"""

from __future__ import annotations

from modcore.syntax.classify import (
    CONTEXTUAL,
    KEYWORDS,
    SyntaxProblem,
    Terminal,
    closing,
    is_keyword_here,
    name_at,
    says_underlying,
)
from modcore.syntax.forms import import_form
from modcore.syntax.tokens import Tokens, is_identifier
from modcore.syntax.tree import Name, Range


def _table(**kinds: str) -> dict[str, str]:
    return {word: kind for kind, words in kinds.items() for word in words.split()}


WORDS: dict[str, str] = KEYWORDS | _table(
    PREFIX="! ~ __real __real__ __imag __imag__",
    SIZEOF="sizeof _Alignof alignof __alignof __alignof__",
    GENERIC="_Generic",
    IF="if",
    ELSE="else",
    SWITCH="switch",
    WHILE="while",
    DO="do",
    FOR="for",
    GOTO="goto",
    JUMP="break continue",
    RETURN="return",
    CASE="case",
    DEFAULT="default",
    LOCAL_LABELS="__label__",
    LBRACE="{",
    RBRACE="}",
    LBRACKET="[",
    RBRACKET="]",
    SEMICOLON=";",
    COMMA=",",
    COLON=":",
    QUESTION="?",
    DOT=".",
    ARROW="->",
    ELLIPSIS="...",
    EQUALS="=",
    ASSIGN="+= -= *= /= %= &= |= ^= <<= >>=",
    INCREMENT="++ --",
    STAR="*",
    AMPERSAND="&",
    ADDITIVE="+ -",
    MULTIPLICATIVE="/ %",
    SHIFT="<< >>",
    RELATIONAL="< > <= >=",
    EQUALITY="== !=",
    EXCLUSIVE_OR="^",
    INCLUSIVE_OR="|",
    AND="&&",
    OR="||",
)
"""What words and punctuators are inside bodies; all others are names and literals."""

_BEGINS_DECLARATION = frozenset(("STORAGE", "QUALIFIER", "BASIC", "STRUCT", "ENUM", "TYPEOF"))
_SOFT = frozenset("constexpr thread_local static_assert typeof typeof_unqual alignas alignof asm".split())
"""Keywords of some standards that are ordinary names in others."""

_BEFORE_ITEM = frozenset(("SEMICOLON", "LBRACE", "RBRACE", "COLON"))


def classify_body(tokens: Tokens, low: int, high: int, type_names: frozenset[int], start: str) -> list[Terminal]:
    """The terminals of tokens low..high-1, after one of the kind `start` that says what they are to be.

    `OPERAND` stands for a type or an expression, whichever begins there. Raises SyntaxProblem for what is no token of
    a body.
    """
    classifier = _Classifier(tokens.words, low, high, type_names)
    if start == "OPERAND":
        start = "TYPE" if classifier.begins_type(low) else "VALUE"
    return classifier.terminals(start)


class _Classifier:
    """Walks over the tokens once; `_open` says of each open parenthesis what closes it."""

    def __init__(self, words: list[str], low: int, high: int, type_names: frozenset[int]) -> None:
        self.words = words
        self.low = low
        self.high = high
        self.type_names = type_names
        self.out: list[Terminal] = []
        self.open: list[str] = []
        self.assembly: list[int] = []  # how many parentheses are open inside each `asm(`

    def terminals(self, start: str) -> list[Terminal]:
        words, out, high = self.words, self.out, self.high
        k = self.low
        out.append(Terminal(start, Range(k, k), k))
        while k < high:
            word = words[k]
            kind = WORDS.get(word)
            if kind is None:
                k = self._other(k, word)
            elif kind == "LBRACKET" and k + 1 < high and words[k + 1] == "[":
                k = self._add_range("ATTRIBUTE", k, k)
            elif word in KEYWORDS and out[-1].type not in ("DOT", "ARROW"):
                k = self._keyword(k, word, kind)
            elif word in KEYWORDS:
                out.append(Terminal("IDENTIFIER", Name(word, k, k), k))
                k += 1
            else:
                out.append(Terminal(kind, Range(k, k + 1), k))
                k += 1
        return out

    def _other(self, k: int, word: str) -> int:
        """A name, a literal, a parenthesis or a double colon."""
        words, out, high = self.words, self.out, self.high
        if word == "(":
            opener = "LPARAMETER" if self._opens_type(k + 1) else "LPAREN"
            if out[-1].type in ("ASM", "ASM_WORD"):
                self.assembly.append(len(self.open) + 1)
            self.open.append("RPARAMETER" if opener == "LPARAMETER" else "RPAREN")
            out.append(Terminal(opener, Range(k, k + 1), k))
            return k + 1
        if word == ")":
            out.append(Terminal(self.open.pop() if self.open else "RPAREN", Range(k, k + 1), k))
            if self.assembly and len(self.open) < self.assembly[-1]:
                self.assembly.pop()
            return k + 1
        in_assembly = bool(self.assembly) and len(self.open) == self.assembly[-1]
        if word == "::" and in_assembly:
            out.append(Terminal("COLON", Range(k, k + 1), k))
            out.append(Terminal("COLON", Range(k, k + 1), k))
            return k + 1
        if word in ('"', "'"):
            raise SyntaxProblem(f"this {word} is not closed on its line", k)
        if word[-1] == '"' and (in_assembly or not self._qualifies(k)):
            end = k + 1
            while end < high and words[end][-1] == '"' and (in_assembly or not self._qualifies(end)):
                end += 1
            out.append(Terminal("STRING", Range(k, end), k))
            return end
        if word[0].isdigit() or word[0] == "." or word[-1] == "'":
            out.append(Terminal("CONSTANT", Range(k, k + 1), k))
            return k + 1
        if is_identifier(word) or word == "::" or word[0] == '"':
            return self._name(k, word)
        raise SyntaxProblem(f"'{word}' is no token of C", k)

    def _qualifies(self, k: int) -> bool:
        """Whether what stands at k is a module's path before `::`."""
        return k + 1 < self.high and self.words[k + 1] == "::"

    def _name(self, k: int, word: str) -> int:
        if word == "import" and self.out[-1].type in _BEFORE_ITEM and k not in self.type_names:
            end = self._import_end(k)
            if end is not None:
                self.out.append(Terminal("IMPORT", Range(k, end), k))
                return end
        if word in CONTEXTUAL and is_keyword_here(self.words, k):
            self.out.append(Terminal("BASIC", Range(k, k + 1), k))
            return k + 1
        name = name_at(self.words, k)
        if name.at >= self.high:
            raise SyntaxProblem("expected a name after '::'", k)
        self.out.append(Terminal("TYPE_NAME" if name.at in self.type_names else "IDENTIFIER", name, k))
        return name.at + 1

    def _keyword(self, k: int, word: str, kind: str) -> int:
        """A word that has a meaning in declarations."""
        words, out, high = self.words, self.out, self.high
        following = words[k + 1] if k + 1 < high else ""
        if word == "__extension__":
            if following and (WORDS.get(following) in ("ASSERTION", "ASM") or self.begins_type(k + 1)):
                kind = "STORAGE" if self.begins_type(k + 1) else ""
            else:
                kind = "PREFIX"
            if kind:
                out.append(Terminal(kind, Range(k, k + 1), k))
            return k + 1
        if kind == "ATTRIBUTE":
            return self._attribute(k)
        if kind == "STRUCT" or kind == "ENUM":
            return self._tagged(k, kind)
        if word == "_Atomic" and following == "(":
            kind = "TYPEOF"
        elif out[-1].type in ("ASM", "ASM_WORD") and kind in ("QUALIFIER", "STORAGE"):
            kind = "ASM_WORD"
        out.append(Terminal(kind, Range(k, k + 1), k))
        if kind == "ASM" and following == "goto":
            out.append(Terminal("ASM_WORD", Range(k + 1, k + 2), k + 1))
            return k + 2
        if kind == "ASM_WORD" and following == "goto":
            out.append(Terminal("ASM_WORD", Range(k + 1, k + 2), k + 1))
            return k + 2
        return k + 1

    def _tagged(self, k: int, kind: str) -> int:
        """`struct`, `union` or `enum` with its attributes and its tag."""
        words, high = self.words, self.high
        self.out.append(Terminal(kind, Range(k, k + 1), k))
        k += 1
        while k < high and (WORDS.get(words[k]) == "ATTRIBUTE" or words[k] == "[" and words[k + 1 : k + 2] == ["["]):
            k = self._attribute(k) if words[k] != "[" else self._add_range("ATTRIBUTE", k, k)
        if k < high and (is_identifier(words[k]) or words[k] == "::" or words[k][0] == '"'):
            if words[k][0] == '"' and not self._qualifies(k) or words[k] in WORDS and words[k] not in _SOFT:
                return k
            name = name_at(words, k)
            self.out.append(Terminal("TAG", name, k))
            k = name.at + 1
        if kind == "ENUM" and k < high and words[k] == ":" and says_underlying(words, k + 1):
            self.out.append(Terminal("UNDERLYING", Range(k, k + 1), k))
            k += 1
        return k

    def _attribute(self, k: int) -> int:
        word = self.words[k]
        if k + 1 >= self.high or self.words[k + 1] != "(":
            raise SyntaxProblem(f"expected '(' after '{word}'", k)
        if word.startswith("__attribute") and self.words[k + 2 : k + 3] != ["("]:
            raise SyntaxProblem(f"expected '((' after '{word}'", k)
        return self._add_range("ATTRIBUTE", k, k + 1)

    def _add_range(self, kind: str, low: int, bracket: int) -> int:
        """Adds one terminal for tokens from `low` to what closes the bracket at `bracket`."""
        end = closing(self.words, bracket)
        if end > self.high:
            raise SyntaxProblem(f"this '{self.words[bracket]}' is not closed", bracket)
        self.out.append(Terminal(kind, Range(low, end), low))
        return end

    def begins_type(self, k: int) -> bool:
        """Whether specifiers of a declaration begin at token k, perhaps with attributes."""
        words = self.words
        while k < self.high:
            word = words[k]
            kind = WORDS.get(word)
            if word == "__extension__":
                k += 1
            elif kind == "ATTRIBUTE":
                if word in ("_Alignas", "alignas"):
                    return True
                if k + 1 >= self.high or words[k + 1] != "(":
                    return False
                k = closing(words, k + 1)
            elif word == "[" and k + 1 < self.high and words[k + 1] == "[":
                k = closing(words, k)
            elif kind is not None:
                return kind in _BEGINS_DECLARATION
            elif k in self.type_names or word in CONTEXTUAL and is_keyword_here(words, k):
                return True
            elif word == "::":
                return k + 1 in self.type_names
            else:
                return (is_identifier(word) or word[0] == '"') and self._qualifies(k) and k + 2 in self.type_names
        return False

    def _opens_type(self, k: int) -> bool:
        """Whether a parenthesis before k holds a type name or parameters, also when it holds nothing."""
        if k >= self.high:
            return False
        return self.words[k] in (")", "...") or self.begins_type(k)

    def _import_end(self, k: int) -> int | None:
        """The token after an import statement at k (language reference, section 2); None when there is none."""
        words = self.words
        if k + 1 >= self.high or words[k + 1] in ("(", "=", "[", ".", "->"):
            return None
        end = next((j for j in range(k, min(k + 24, self.high)) if words[j] == ";"), None)
        if end is None:
            return None
        form = import_form(words[k] + " " + "".join(words[k + 1 : end + 1]))
        return end + 1 if form is not None and form.fault is None else None
