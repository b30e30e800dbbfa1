"""Tokens of a top-level statement to the terminals of the declaration grammar, without knowing any type's name.

The rule of the language reference, section 4: the first identifier of a declaration is a type, unless a type stands
before it. Applied at every place where a declaration may begin (the statement, a member, a parameter), it makes the
grammar of declarations free of context. Expressions, attributes, `asm(…)` and `typeof(…)` become one terminal each,
so that the grammar stays small and quick; their tokens are read later by whoever needs them.
"""

from __future__ import annotations

from modcore.syntax.tokens import Tokens, is_identifier
from modcore.syntax.tree import Name, Range


class SyntaxProblem(Exception):
    """A statement that is not C with modules: what is wrong at the tokens low..high-1."""

    def __init__(self, message: str, low: int, high: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.low = low
        self.high = low + 1 if high is None else high


class Terminal:
    """A terminal as PLY wants it; `value` is a Name, or the Range of tokens that it stands for."""

    __slots__ = ("type", "value", "lineno", "lexpos", "lexer")

    def __init__(self, type: str, value: Name | Range, lexpos: int) -> None:
        self.type = type
        self.value = value
        self.lineno = 0
        self.lexpos = lexpos


def _table(**kinds: str) -> dict[str, str]:
    return {word: kind for kind, words in kinds.items() for word in words.split()}


SPACES = frozenset("__flash __flash1 __flash2 __flash3 __flash4 __flash5 __memx __far __seg_fs __seg_gs".split())
"""The qualifiers that are named address spaces (ISO/IEC TR 18037, 5.1)."""

KEYWORDS: dict[str, str] = _table(
    STORAGE="typedef extern static auto register inline __inline __inline__ _Noreturn constexpr"
    " _Thread_local thread_local __thread __extension__",
    QUALIFIER="const volatile restrict __const __const__ __volatile __volatile__ __restrict __restrict__ _Atomic"
    f" {' '.join(SPACES)}",
    BASIC="void char short int long float double signed unsigned _Bool _Complex _Imaginary __complex__ __complex"
    " __signed __signed__ __int128 __int128_t __uint128_t __float128 __float80 __ibm128 __bf16 __fp16"
    " _Decimal32 _Decimal64 _Decimal128 __auto_type __int24 __uint24 _Accum _Fract _Sat"
    " __builtin_va_list __builtin_ms_va_list __builtin_sysv_va_list",
    STRUCT="struct union",
    ENUM="enum",
    TYPEOF="typeof __typeof __typeof__ typeof_unqual __typeof_unqual__ _BitInt",
    ATTRIBUTE="__attribute__ __attribute _Alignas alignas __declspec",
    ASM="asm __asm __asm__",
    ASSERTION="_Static_assert static_assert",
)
"""The words with a meaning in declarations, by terminal. `alignas` and the like are C23's."""

KNOWN_TYPES = frozenset("bool _Float16 _Float32 _Float64 _Float128 _Float32x _Float64x _Float128x".split())
"""Types that some compilers know and headers declare for others: names like any other, but nobody has to declare them."""

VECTOR_WORDS = frozenset(("vector", "__vector"))
_OF_VECTORS = frozenset(("bool", "__bool", "__pixel"))

CONTEXTUAL = KNOWN_TYPES | VECTOR_WORDS | _OF_VECTORS
"""Identifiers that may be keywords: see `is_keyword_here`."""

DEEPEST = 500
"""How deep types may be nested; C asks for 63 (C17 5.2.4.1)."""

_SINGLE = {
    "{": "LBRACE",
    "}": "RBRACE",
    ";": "SEMICOLON",
    ",": "COMMA",
    "*": "STAR",
    "...": "ELLIPSIS",
}
_COMPLEX = frozenset(("_Complex", "__complex__", "__complex"))
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_STARTS_PARAMETER = frozenset(("STORAGE", "QUALIFIER", "BASIC", "STRUCT", "ENUM", "TYPEOF"))


class _Frame:
    """One open bracket: what it holds, whether its running declaration has a type, and its declarator a core."""

    __slots__ = ("kind", "at", "typed", "core")

    def __init__(self, kind: str, at: int = 0) -> None:
        self.kind = kind  # file, members, enumerators, parameters, declarator
        self.at = at
        self.typed = False
        self.core = False


def is_keyword_here(words: list[str], k: int) -> bool:
    """Whether the identifier at token k is a keyword because of what stands beside it.

    One of the `KNOWN_TYPES` is one in a complex type, which a name cannot be part of; `vector` and `__vector` are before
    a basic type, and `bool` is between the two, for clang with AltiVec or for z/Architecture.
    """
    word = words[k]
    if word in KNOWN_TYPES and not _COMPLEX.isdisjoint(words[max(0, k - 1) : k + 2]):
        return True
    following = words[k + 1] if k + 1 < len(words) else ""
    if word in VECTOR_WORDS:
        return KEYWORDS.get(following) == "BASIC" or following in _OF_VECTORS and is_keyword_here(words, k + 1)
    before = words[k - 1] if k > 0 else ""
    return word in _OF_VECTORS and (before == "__vector" or before == "vector" and KEYWORDS.get(following) == "BASIC")


def is_reserved(name: str) -> bool:
    """Whether C reserves a name (C17 7.1.3); one that nothing declares is the compiler's own."""
    return name.startswith("__") or name[0] == "_" and name[1:2].isupper()


def closing(words: list[str], at: int) -> int:
    """The token after the one that closes the bracket at token `at`."""
    if words[at] not in _CLOSING:
        raise SyntaxProblem("expected '('", max(0, at - 1))
    depth = 0
    for k in range(at, len(words)):
        word = words[k]
        if word in _CLOSING:
            depth += 1
        elif word in (")", "]", "}"):
            depth -= 1
            if depth == 0:
                return k + 1
    raise SyntaxProblem(f"this '{words[at]}' is not closed; add the missing '{_CLOSING[words[at]]}'", at)


def after_attributes(words: list[str], at: int) -> int:
    """The first token from `at` on that belongs to no attribute."""
    while at < len(words):
        if KEYWORDS.get(words[at]) == "ATTRIBUTE" and at + 1 < len(words):
            at = closing(words, at + 1)
        elif words[at : at + 2] == ["[", "["]:
            at = closing(words, at)
        else:
            break
    return at


def expression_end(words: list[str], at: int, stops: frozenset[str]) -> int:
    """The first token from `at` on, outside brackets, that is one of `stops`."""
    k = at
    while k < len(words):
        word = words[k]
        if word in stops:
            return k
        if word in _CLOSING:
            k = closing(words, k)
        else:
            k += 1
    return k


_ENDS_INITIALIZER = frozenset((",", ";", "}"))
_ENDS_WIDTH = frozenset((",", ";", "}", "__attribute__", "__attribute", "="))


def classify(tokens: Tokens, has_body: bool) -> list[Terminal]:
    """The terminals of a statement (of its head, when a function body follows).

    Raises SyntaxProblem where brackets do not match.
    """
    words = tokens.words
    count = len(words)
    out: list[Terminal] = []
    frames = [_Frame("file")]
    frame = frames[0]
    after = ""  # the terminal that a tag or a brace may follow: STRUCT, ENUM, UNDERLYING
    k = 0
    while k < count:
        word = words[k]
        kind = KEYWORDS.get(word)
        if word in CONTEXTUAL and is_keyword_here(words, k):
            kind = "BASIC"
        if kind is not None:
            if out and out[-1].type == "RPARAMETER" and frame.kind == "file" and kind not in ("ATTRIBUTE", "ASM"):
                frame.typed = frame.core = False  # the parameter declarations of an old-style definition
            end = k + 1
            if kind == "ATTRIBUTE" or kind == "ASM" or kind == "ASSERTION" or (kind == "TYPEOF"):
                while end < count and words[end] in ("volatile", "__volatile__", "goto", "inline"):
                    end += 1
                if end >= count or words[end] != "(":
                    raise SyntaxProblem(f"expected '(' after '{word}'", min(end, count - 1))
                end = closing(words, end)
                frame.typed = frame.typed or kind == "TYPEOF"
            elif word == "_Atomic" and k + 1 < count and words[k + 1] == "(":
                kind, end, frame.typed = "TYPEOF", closing(words, k + 1), True
            elif kind == "STRUCT" or kind == "ENUM":
                after, frame.typed = kind, True
            elif kind == "BASIC":
                frame.typed = True
            out.append(Terminal(kind, Range(k, end), k))
            k = end
            continue
        if is_identifier(word) or word == "::" or word[0] == '"' and k + 1 < count and words[k + 1] == "::":
            name = name_at(words, k)
            if after == "STRUCT" or after == "ENUM":
                out.append(Terminal("TAG", name, k))
                after = "UNDERLYING" if after == "ENUM" else ""
                # a brace may still follow; it is recognised by the terminal before it
            elif frame.kind == "enumerators":
                out.append(Terminal("IDENTIFIER", name, k))
            else:
                if out and out[-1].type == "RPARAMETER" and frame.kind == "file":
                    frame.typed = frame.core = False
                if frame.typed or frame.kind == "declarator" or _implies_int(words, name.at + 1, frame.kind):
                    out.append(Terminal("IDENTIFIER", name, k))
                    frame.typed = frame.core = True
                else:
                    out.append(Terminal("TYPE_NAME", name, k))
                    frame.typed = True
            k = name.at + 1
            continue
        if word == "(":
            if frame.core or _opens_parameters(words, k + 1):
                out.append(Terminal("LPARAMETER", Range(k, k + 1), k))
                frame.core = True
                frame = _Frame("parameters", k)
            else:
                out.append(Terminal("LPAREN", Range(k, k + 1), k))
                frame = _Frame("declarator", k)
            frames.append(frame)
        elif word == ")":
            if frame.kind not in ("parameters", "declarator"):
                raise SyntaxProblem("this ')' closes nothing", k)
            out.append(Terminal("RPARAMETER" if frame.kind == "parameters" else "RPAREN", Range(k, k + 1), k))
            frames.pop()
            frame = frames[-1]
            frame.core = True
        elif word == "[":
            end = closing(words, k)
            is_attribute = k + 1 < count and words[k + 1] == "["
            out.append(Terminal("ATTRIBUTE" if is_attribute else "BRACKET", Range(k, end), k))
            k = end
            continue
        elif word == "=":
            end = expression_end(words, k + 1, _ENDS_INITIALIZER)
            out.append(Terminal("INITIALIZER", Range(k + 1, end), k))
            k = end
            continue
        elif word == ":":
            if after in ("ENUM", "UNDERLYING") and says_underlying(words, k + 1):
                out.append(Terminal("COLON", Range(k, k + 1), k))
                frame.typed = False
                after = "UNDERLYING"
            else:
                end = expression_end(words, k + 1, _ENDS_WIDTH)
                out.append(Terminal("WIDTH", Range(k + 1, end), k))
                k = end
                continue
        elif word == "{":
            out.append(Terminal("LBRACE", Range(k, k + 1), k))
            frame.typed = True
            frame = _Frame("enumerators" if after in ("ENUM", "UNDERLYING") else "members", k)
            frames.append(frame)
            if len(frames) > DEEPEST:
                raise SyntaxProblem(f"braces are nested more than {DEEPEST} deep here", k)
            after = ""
        elif word == "}":
            if frame.kind not in ("members", "enumerators"):
                raise SyntaxProblem("this '}' closes nothing", k)
            out.append(Terminal("RBRACE", Range(k, k + 1), k))
            frames.pop()
            frame = frames[-1]
        else:
            out.append(Terminal(_SINGLE.get(word, "OTHER"), Range(k, k + 1), k))
            if word == ";":
                frame.typed = frame.core = False
            elif word == ",":
                frame.core = False
                if frame.kind == "parameters":
                    frame.typed = False
        if word != ":":
            after = after if word == "{" and after else ""
        k += 1
    if len(frames) > 1:
        raise SyntaxProblem(
            f"this '{words[frame.at]}' is not closed; add the missing '{_CLOSING[words[frame.at]]}'", frame.at
        )
    if has_body:
        out.append(Terminal("BODY", Range(count, count), count))
    return out


def name_at(words: list[str], k: int) -> Name:
    """The name at token k with its qualifier, if it has one."""
    if words[k] == "::":
        if k + 1 >= len(words) or not is_identifier(words[k + 1]):
            raise SyntaxProblem("expected a name after '::'", k)
        return Name(words[k + 1], k + 1, k, "")
    if k + 1 < len(words) and words[k + 1] == "::":
        if k + 2 >= len(words) or not is_identifier(words[k + 2]):
            raise SyntaxProblem("expected a name after '::'", k + 1)
        return Name(words[k + 2], k + 2, k, words[k].strip('"'))
    return Name(words[k], k, k)


def says_underlying(words: list[str], k: int) -> bool:
    """Whether the colon before token k is that of C23's `enum E : type {`, not of a bit-field or a label."""
    start = k
    while k < len(words) and words[k] and (is_identifier(words[k]) or words[k] == "::"):
        k += 1
    return start < k < len(words) and words[k] == "{"


def _opens_parameters(words: list[str], k: int) -> bool:
    """Whether the token after a `(` that follows no declared name begins a parameter list (not a declarator)."""
    if k >= len(words):
        return False
    word = words[k]
    if word == ")" or word == "..." or KEYWORDS.get(word) in _STARTS_PARAMETER:
        return True
    if KEYWORDS.get(word) == "ATTRIBUTE" and words[k + 1 : k + 2] == ["("]:
        return _opens_parameters(words, closing(words, k + 1))
    return is_identifier(word) and KEYWORDS.get(word) is None and k + 1 < len(words) and words[k + 1] not in ")([,;"


def _implies_int(words: list[str], k: int, kind: str) -> bool:
    """Whether an identifier without a type before it, followed by token k, is declared as C89's implicit int."""
    if kind != "file" or k >= len(words):
        return False
    if words[k] != "(":
        return words[k] in ("=", ",", ";", "[")
    end = closing(words, k)
    if end == k + 2 or KEYWORDS.get(words[k + 1]) in _STARTS_PARAMETER:
        return True  # `f()`, `f(long)`
    if end >= len(words):
        return True  # a body follows
    return (
        words[end] != "(" and words[k + 1] != "*" and (is_identifier(words[end]) and KEYWORDS.get(words[end]) != "ASM")
    )
