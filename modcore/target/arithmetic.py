"""The arithmetic of integer constant expressions, as the target does it.

In go constants (a Python int with its C type) and a target's facts; out come constants again: converted,
promoted, brought to a common type, combined by C's operators (C17 6.3.1, 6.5, 6.6). Every value lies in the
range of its type; signed overflow wraps, as compilers that warn about it have it. What has no value raises
`NotConstant`. Types other than integers take part only where a type is all that is asked for (`usual`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from modcore.ctype import (
    SIGNED_INTEGERS,
    UNSIGNED_INTEGERS,
    BitInt,
    Complex,
    Enum,
    Floating,
    Integer,
    IntegerType,
    Type,
    Unknown,
    bare,
)
from modcore.target.facts import Facts

INT, UNSIGNED_INT = Integer("int"), Integer("unsigned int")
_RANKS = {"_Bool": -1, "char": 0} | {kind: rank for kinds in (SIGNED_INTEGERS, UNSIGNED_INTEGERS)
                                     for rank, kind in enumerate(kinds)}
_FLOATS_BY_PREFERENCE = ("_Float128", "_Float64", "_Float32", "_Float16", "__float128", "__ieee128",
                         "long double", "__float80", "double", "float", "_Float64x", "_Float32x")


class NotConstant(Exception):
    """An expression has no value that a compiler could work out."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Constant(msgspec.Struct, frozen=True, gc=False):
    """A value with its C type, which holds it."""

    value: int
    type: IntegerType


def integer_type(type: Type) -> IntegerType | None:
    """The type of an integer type's values, for an enum its underlying type; None for other types."""
    type = bare(type)
    if isinstance(type, Enum):
        return type.underlying
    return type if isinstance(type, (Integer, BitInt)) else None


def width(type: IntegerType, facts: Facts) -> int:
    """The number of bits of a type's values, the sign included."""
    if isinstance(type, BitInt):
        return type.width
    if type.kind == "_Bool":
        return 1
    scalar = facts.scalars.get(type.kind)
    if scalar is None:
        raise NotConstant(f"the compiler has no type '{type.kind}'")
    return facts.char_bits * scalar.size


def is_signed(type: IntegerType, facts: Facts) -> bool:
    """Whether a type has negative values."""
    if isinstance(type, BitInt):
        return type.signed
    return facts.char_signed if type.kind == "char" else type.kind in SIGNED_INTEGERS


def limits(type: IntegerType, facts: Facts) -> tuple[int, int]:
    """The least and the greatest value of a type."""
    bits = width(type, facts)
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if is_signed(type, facts) else (0, (1 << bits) - 1)


def fits(value: int, type: IntegerType, facts: Facts) -> bool:
    """Whether a type can hold a value."""
    least, greatest = limits(type, facts)
    return least <= value <= greatest


def convert(value: int, type: IntegerType, facts: Facts) -> int:
    """The value after a conversion to a type: reduced modulo its width, for `_Bool` compared with zero."""
    if type == Integer("_Bool"):
        return int(value != 0)
    bits = width(type, facts)
    value &= (1 << bits) - 1
    return value - (1 << bits) if is_signed(type, facts) and value >> bits - 1 else value


def promote(type: IntegerType, facts: Facts, bit_width: int | None = None) -> IntegerType:
    """The type after the integer promotions (6.3.1.1), of a bit-field if `bit_width` is given."""
    if isinstance(type, BitInt):
        return type
    signed, bits = is_signed(type, facts), bit_width or width(type, facts)
    if bit_width is not None and type == INT:
        signed = facts.bit_fields_signed
    if bit_width is None and _RANKS[type.kind] >= _RANKS["int"]:
        return type
    int_bits = width(INT, facts)
    if bits < int_bits or bits == int_bits and signed:
        return INT
    return UNSIGNED_INT if bits == int_bits else type


def usual(left: Type, right: Type, facts: Facts) -> Type:
    """The common type of two operands after the usual arithmetic conversions (6.3.1.8).

    `Unknown` if either of them is not known or not arithmetic, or if the standard gives them no common type.
    """
    left, right = bare(left), bare(right)
    if isinstance(left, Complex) or isinstance(right, Complex):
        common = usual(left.of if isinstance(left, Complex) else left,
                       right.of if isinstance(right, Complex) else right, facts)
        return common if isinstance(common, Unknown) else Complex(common)
    if isinstance(left, Floating) and isinstance(right, Floating):
        return _usual_floating(left, right, facts)
    first, second = integer_type(left), integer_type(right)
    if isinstance(left, Floating) and second is not None:
        return left
    if isinstance(right, Floating) and first is not None:
        return right
    if first is None or second is None:
        return Unknown("operands have no common arithmetic type")
    return usual_integer(first, second, facts)


def usual_integer(left: IntegerType, right: IntegerType, facts: Facts) -> IntegerType:
    """The common type of two integer operands."""
    left, right = promote(left, facts), promote(right, facts)
    if left == right:
        return left
    if is_signed(left, facts) == is_signed(right, facts):
        return max(left, right, key=lambda one: _rank(one, facts))
    signed, unsigned = (left, right) if is_signed(left, facts) else (right, left)
    if _rank(unsigned, facts) >= _rank(signed, facts):
        return unsigned
    return signed if width(signed, facts) > width(unsigned, facts) else _unsigned(signed)


def unary(operator: str, operand: Constant, facts: Facts) -> Constant:
    """The value of `+`, `-`, `~` or `!` before a constant."""
    if operator == "!":
        return Constant(int(operand.value == 0), INT)
    type = promote(operand.type, facts)
    value = convert(operand.value, type, facts)
    return Constant(convert({"+": value, "-": -value, "~": ~value}[operator], type, facts), type)


def binary(operator: str, left: Constant, right: Constant, facts: Facts) -> Constant:
    """The value of two constants with an arithmetic, comparing, bitwise or logical operator between them."""
    if operator in _LOGICAL:
        return Constant(int(_LOGICAL[operator](left.value, right.value)), INT)
    if operator in ("<<", ">>"):
        return _shift(operator, left, right, facts)
    type = usual_integer(left.type, right.type, facts)
    first, second = convert(left.value, type, facts), convert(right.value, type, facts)
    if operator in _COMPARISONS:
        return Constant(int(_COMPARISONS[operator](first, second)), INT)
    if operator in ("/", "%") and second == 0:
        raise NotConstant("division by zero")
    return Constant(convert(_OPERATORS[operator](first, second), type, facts), type)


def enum_underlying(values: Iterable[int], facts: Facts, packed: bool = False) -> Integer:
    """The type that represents an enum with these constants, `packed` if it has that attribute."""
    if facts.enums_are_int:
        return INT
    values = tuple(values)
    least, greatest = min((0, *values)), max((0, *values))
    small = packed or facts.short_enums
    signed = least < 0 or not (facts.enums_unsigned or small)
    for kind in (SIGNED_INTEGERS if signed else UNSIGNED_INTEGERS)[0 if small else _RANKS["int"]:]:
        if kind in facts.scalars and all(fits(value, Integer(kind), facts) for value in (least, greatest)):
            return Integer(kind)
    raise NotConstant("no integer type holds all constants of the enum")


def enumerator_type(value: int, underlying: Integer, facts: Facts) -> Integer:
    """The type of an enum's constant after the enum: `int` wherever that holds the value."""
    return INT if fits(value, INT, facts) else underlying


def _usual_floating(left: Floating, right: Floating, facts: Facts) -> Type:
    if left == right:
        return left
    if left.kind.startswith("_Decimal") or right.kind.startswith("_Decimal"):
        if left.kind[:8] == right.kind[:8]:
            return max(left, right, key=lambda one: facts.scalars[one.kind].size)
        return Unknown("decimal and binary floating types have no common type")
    if left.kind not in _FLOATS_BY_PREFERENCE or right.kind not in _FLOATS_BY_PREFERENCE:
        return Unknown("a floating type of the compiler's own has no place in the standard's order")
    return max(left, right, key=lambda one: (facts.mantissas[one.kind],
                                             -_FLOATS_BY_PREFERENCE.index(one.kind)))


def _rank(type: IntegerType, facts: Facts) -> tuple[int, int]:
    """A key that orders integer types by rank: by width, of one width a `_BitInt` first."""
    return width(type, facts), -1 if isinstance(type, BitInt) else _RANKS[type.kind]


def _unsigned(type: IntegerType) -> IntegerType:
    if isinstance(type, BitInt):
        return BitInt(type.width, signed=False)
    return Integer(UNSIGNED_INTEGERS[SIGNED_INTEGERS.index(type.kind)])


def _shift(operator: str, left: Constant, right: Constant, facts: Facts) -> Constant:
    type = promote(left.type, facts)
    value = convert(left.value, type, facts)
    if not 0 <= right.value < width(type, facts):
        raise NotConstant("the shift is negative or not less than the width of the type")
    shifted = value << right.value if operator == "<<" else value >> right.value
    return Constant(convert(shifted, type, facts), type)


def _quotient(left: int, right: int) -> int:
    """Division that drops the fraction, unlike Python's."""
    magnitude = abs(left) // abs(right)
    return -magnitude if (left < 0) != (right < 0) else magnitude


_LOGICAL: dict[str, Callable[[int, int], bool]] = {
    "&&": lambda left, right: left != 0 and right != 0,
    "||": lambda left, right: left != 0 or right != 0,
}
_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
}
_OPERATORS: dict[str, Callable[[int, int], int]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _quotient,
    "%": lambda left, right: left - right * _quotient(left, right),
    "&": lambda left, right: left & right,
    "^": lambda left, right: left ^ right,
    "|": lambda left, right: left | right,
}
