"""Types that keywords name: `unsigned long`, `_Complex double`, `vector bool int`.

In come the words of specifiers, in any order; out goes the type that they name together (C17 6.7.2). What only one
machine has is a type that the compiler knows.
"""

from __future__ import annotations

from modcore.ctype import Builtin, Complex, Floating, Integer, Type, Unknown, Vector, Void
from modcore.syntax.classify import VECTOR_WORDS

_OF_MACHINES = frozenset(("__int24", "__uint24", "_Accum", "_Fract", "_Sat"))


def basic_type(words: tuple[str, ...]) -> Type:
    """The type that the keywords of specifiers name together (6.7.2)."""
    if not VECTOR_WORDS.isdisjoint(words):
        return _altivec(words)
    if not _OF_MACHINES.isdisjoint(words):
        return Builtin(" ".join(words))
    plain = [word.strip("_") if word.strip("_") in ("signed", "complex") else word for word in words]
    names = [
        word for word in plain if word not in ("signed", "unsigned", "long", "short", "int", "_Complex", "complex")
    ]
    unsigned, longs = "unsigned" in plain, plain.count("long")
    if "_Complex" in plain or "complex" in plain:
        rest = tuple(word for word in plain if word not in ("_Complex", "complex"))
        return Complex(basic_type(rest) if rest else Floating("double"))
    if not names:
        kind = "short" if "short" in plain else ("int", "long", "long long")[min(longs, 2)]
        return Integer(f"unsigned {kind}" if unsigned else kind)
    name = names[0]
    if name == "void":
        return Void()
    if name == "char":
        return Integer("unsigned char" if unsigned else "signed char" if "signed" in plain else "char")
    if name in ("_Bool", "bool"):
        return Integer("_Bool")
    if name in ("__int128", "__int128_t", "__uint128_t"):
        return Integer("unsigned __int128" if unsigned or name == "__uint128_t" else "__int128")
    if name in ("__builtin_va_list", "__builtin_ms_va_list", "__builtin_sysv_va_list"):
        return Builtin(name)
    if name == "double" and longs:
        return Floating("long double")
    if name in ("__auto_type", "_Imaginary"):
        return Unknown(f"'{name}' is not known here")
    return Floating(name)


def vector_of(said: tuple[str, ...], element: Type) -> Type:
    """The vector that attributes make of an element which is a basic type."""
    if not isinstance(element, (Integer, Floating, Builtin)):
        return Unknown("the elements of this vector are of no basic type")
    return Vector(element, 0, " ".join((*said, element.kind)))


def _altivec(words: tuple[str, ...]) -> Type:
    """A vector of AltiVec or z/Architecture, by words that a compiler has for it: `vector bool int`."""
    rest = tuple(word for word in words if word.strip("_") not in ("vector", "bool", "pixel"))
    others = " ".join(f"__{word.strip('_')}" for word in words if word not in rest)
    return Vector(basic_type(rest) if rest else Integer("unsigned short"), 0, " ".join((others, *rest)))
