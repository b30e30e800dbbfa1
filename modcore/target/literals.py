"""What literals mean on the target: their values and their types (C17 6.4.4, 6.4.5, and GNU's extensions).

In goes the spelling of a token, out come a `Constant`, a floating value with its type, or the units of a
string. Source text is Unicode; narrow literals are UTF-8. Spellings that are no literal, or whose value
depends on a character set that the facts do not describe, raise `BadLiteral`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from modcore.ctype import BitInt, Floating, Integer
from modcore.target.arithmetic import Constant, convert, fits, width
from modcore.target.facts import Facts


class BadLiteral(Exception):
    """A spelling is no literal of C."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class String(msgspec.Struct, frozen=True, gc=False):
    """A string literal's elements, without the zero that ends it, and their type."""

    units: tuple[int, ...]
    element: Integer


_INTEGER = re.compile(r"(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<binary>[01]+)|(?P<octal>0[0-7]*)|"
                      r"(?P<decimal>[1-9][0-9]*))(?P<suffix>[uUlLwWbB]*)")
_BASES = {"hex": 16, "binary": 2, "octal": 8, "decimal": 10}
_LENGTHS = {"": "int", "l": "long", "L": "long", "ll": "long long", "LL": "long long"}
_FLOATING = re.compile(r"(?P<number>0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+|"
                       r"(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)"
                       r"(?P<suffix>[a-zA-Z][a-zA-Z0-9]*)?")
_FLOATING_SUFFIXES = {"": "double", "f": "float", "l": "long double", "d": "double", "q": "__float128",
                      "w": "__float80", "bf16": "__bf16", "df": "_Decimal32", "dd": "_Decimal64",
                      "dl": "_Decimal128", "f16": "_Float16", "f32": "_Float32", "f64": "_Float64",
                      "f128": "_Float128", "f32x": "_Float32x", "f64x": "_Float64x"}
_QUOTED = re.compile(r"(?P<prefix>u8|u|U|L)?(?P<quote>['\"])(?P<body>(?:[^\\\n]|\\.)*)(?P=quote)", re.DOTALL)
_RAW = re.compile(r"(?P<prefix>u8|u|U|L)?R\"(?P<mark>[^()\\\s]{0,16})\((?P<body>.*)\)(?P=mark)\"", re.DOTALL)
_PIECE = re.compile(r"\\(?:(?P<octal>[0-7]{1,3})|x(?P<hex>[0-9a-fA-F]+)|u(?P<short>[0-9a-fA-F]{4})|"
                    r"U(?P<long>[0-9a-fA-F]{8})|(?P<simple>.))|(?P<plain>[^\\])", re.DOTALL)
_SIMPLE = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "e": 27, "E": 27}
_LONGEST = 4000  # longer ones fit no type that a compiler has, and Python refuses to convert them
_C99, _C23 = 199901, 202000


def integer_literal(text: str, facts: Facts) -> Constant:
    """The value of an integer literal such as `0x1fuL`, and the first type that holds it (6.4.4.1)."""
    match = _INTEGER.fullmatch(text.replace("'", ""))
    if match is None:
        raise BadLiteral(f"'{text}' is no integer literal")
    if len(text) > _LONGEST:
        raise BadLiteral(f"this integer literal is longer than {_LONGEST} characters")
    base = next(name for name in _BASES if match[name] is not None)
    value = int(match[base], _BASES[base])
    suffix = match["suffix"]
    unsigned = bool(re.search("[uU]", suffix))
    length = re.sub("^[uU]|[uU]$", "", suffix)
    if length in ("wb", "WB"):
        return Constant(value, BitInt(max(value.bit_length() + (not unsigned), 2 - unsigned), not unsigned))
    if length not in _LENGTHS:
        raise BadLiteral(f"'{suffix}' is no suffix of an integer literal")
    for kind in _candidates(_LENGTHS[length], unsigned, base == "decimal", facts):
        if fits(value, Integer(kind), facts):
            return Constant(value, Integer(kind))
    if not fits(value, Integer("unsigned long long"), facts):
        raise BadLiteral(f"no integer type holds '{text}'")
    if facts.huge_decimal_type is None:
        raise BadLiteral(f"no integer type that has a name holds '{text}'")
    huge = Integer(facts.huge_decimal_type)
    return Constant(convert(value, huge, facts), huge)


def _candidates(least: str, unsigned: bool, decimal: bool, facts: Facts) -> list[str]:
    """The kinds that a literal may have, in the order in which they are tried."""
    kinds = ("int", "long", "long long")
    kinds = kinds[kinds.index(least):]
    if unsigned:
        return [f"unsigned {kind}" for kind in kinds]
    if not decimal:
        return [kind for signed in kinds for kind in (signed, f"unsigned {signed}")]
    c90 = facts.standard < _C99
    return [kind for signed in kinds
            for kind in ((signed, "unsigned long") if c90 and signed == "long" else (signed,))]


def floating_literal(text: str, facts: Facts) -> tuple[float, Floating]:
    """The value of a floating literal, rounded to a Python float, and its type (6.4.4.2)."""
    match = _FLOATING.fullmatch(text.replace("'", ""))
    suffix = match and (match["suffix"] or "")
    kind = _FLOATING_SUFFIXES.get(suffix.lower()) if match else None
    if match is None or kind not in facts.scalars:
        raise BadLiteral(f"'{text}' is no floating literal of this compiler")
    number = match["number"]
    return _floating_value(number), Floating(kind)


def _floating_value(number: str) -> float:
    try:
        return float.fromhex(number) if number[:2] in ("0x", "0X") else float(number)
    except OverflowError:
        return float("inf")  # as decimal literals that are too large


def character_literal(text: str, facts: Facts) -> Constant:
    """The value of a character constant such as `'a'`, `L'\\n'` or the GNU form `'abc'` (6.4.4.4)."""
    match = _QUOTED.fullmatch(text)
    if match is None or match["quote"] != "'" or not match["body"]:
        raise BadLiteral(f"'{text}' is no character constant")
    element = _element(match["prefix"], facts)
    units = _units(match["body"], element, facts)
    if match["prefix"]:
        return Constant(convert(units[-1], element, facts), element)
    if len(units) == 1:
        return Constant(convert(units[0], element, facts), Integer("int"))
    value = 0
    for unit in units:
        value = value << facts.char_bits | unit
    return Constant(convert(value, Integer("int"), facts), Integer("int"))


def string_literal(tokens: Sequence[str], facts: Facts) -> String:
    """The string that adjacent string literals make together (6.4.5)."""
    prefix, bodies = None, []
    for token in tokens:
        match = _RAW.fullmatch(token) or _QUOTED.fullmatch(token)
        if match is None or token.endswith("'"):
            raise BadLiteral(f"'{token}' is no string literal")
        if match["prefix"] and prefix not in (None, match["prefix"]):
            raise BadLiteral(f"strings with '{prefix}' and '{match['prefix']}' cannot be joined")
        prefix = prefix or match["prefix"]
        bodies.append(match["body"].replace("\\", "\\\\") if match.re is _RAW else match["body"])
    element = _element(prefix, facts)
    return String(tuple(unit for body in bodies for unit in _units(body, element, facts)), element)


def _element(prefix: str | None, facts: Facts) -> Integer:
    """The type of a literal's elements, by its prefix."""
    if prefix == "u8":
        return Integer("unsigned char" if facts.standard > _C23 else "char")
    kinds = {None: "char", "L": facts.wchar_type, "u": facts.char16_type, "U": facts.char32_type}
    return Integer(kinds[prefix])


def _units(body: str, element: Integer, facts: Facts) -> list[int]:
    """What stands between the quotes as unsigned numbers of the element's width."""
    bits = width(element, facts)
    units: list[int] = []
    for match in _PIECE.finditer(body):
        what, text = match.lastgroup, match[match.lastgroup or 0]
        if what in ("octal", "hex"):
            units.append(int(text, _BASES[what]) & (1 << bits) - 1)
            continue
        code = int(text, 16) if what in ("short", "long") else _SIMPLE.get(text) if what == "simple" else None
        if not facts.ascii:
            raise BadLiteral("the execution character set is not known")
        units += _encode(ord(text) if code is None else code, bits)
    return units


def _encode(code: int, bits: int) -> list[int]:
    """A character in UTF-8, UTF-16 or UTF-32, by the width of the units."""
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise BadLiteral(f"{code:#x} is no character")
    if bits == 8:
        return list(chr(code).encode())
    if bits == 16 and code > 0xFFFF:
        return [0xD800 + (code - 0x10000 >> 10), 0xDC00 + (code - 0x10000 & 0x3FF)]
    return [code]
