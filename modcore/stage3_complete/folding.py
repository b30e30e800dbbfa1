"""Stage 3, folding: one operator applied to values that are known, as compilers fold it.

In come integer constants, floating values and addresses that start from nowhere (null pointers and what is reached
from them); out comes such a value. Integers are the target's own arithmetic (`target.arithmetic`), in which signed
overflow is no value at all. Floating values are Python's, rounded to the target's `float` where that is meant.
"""

from __future__ import annotations

import math
import operator as operators
import struct
from collections.abc import Callable
from typing import Union

import msgspec

from modcore.ctype import Floating, Integer, Pointer, Type, bare
from modcore.target.arithmetic import (
    Constant,
    NotConstant,
    convert,
    fits,
    integer_type,
    is_signed,
    promote,
    usual,
    usual_integer,
)  # fmt: skip
from modcore.target.arithmetic import (
    binary as integer_binary,
)
from modcore.target.arithmetic import (
    unary as integer_unary,
)
from modcore.target.facts import Facts

INT = Integer("int")
_EXACT: dict[str, Callable[[int, int], int]] = {"+": operators.add, "-": operators.sub, "*": operators.mul}
_FLOATING: dict[str, Callable[[float, float], float]] = {
    "+": operators.add, "-": operators.sub, "*": operators.mul, "/": operators.truediv,
}  # fmt: skip
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": operators.eq, "!=": operators.ne, "<": operators.lt, ">": operators.gt, "<=": operators.le, ">=": operators.ge,
}  # fmt: skip


class Real(msgspec.Struct, frozen=True, gc=False):
    """A floating value with its type."""

    value: float
    type: Floating


class Address(msgspec.Struct, frozen=True, gc=False):
    """A pointer's value, counted in bytes from the null pointer."""

    offset: int
    type: Type


Value = Union[Constant, Real, Address]


def truth(value: Value) -> bool:
    """Whether a value is not zero."""
    return bool(value.offset if isinstance(value, Address) else value.value)


def converted(value: Value, type: Type, facts: Facts) -> Value:
    """A value after a conversion to a type; raises NotConstant where C gives it none."""
    target, integer = bare(type), integer_type(type)
    if integer == Integer("_Bool"):
        return Constant(int(truth(value)), integer)
    if isinstance(value, Address):
        if isinstance(target, Pointer):
            return Address(value.offset, target)
        if integer is not None:
            return Constant(convert(value.offset, integer, facts), integer)
    elif integer is not None:
        if isinstance(value, Constant):
            return Constant(convert(value.value, integer, facts), integer)
        if not math.isfinite(value.value) or not fits(int(value.value), integer, facts):
            raise NotConstant(f"the value {value.value:g} does not fit its new type")
        return Constant(int(value.value), integer)
    elif isinstance(target, Floating):
        return Real(_rounded(float(value.value), target), target)
    elif isinstance(target, Pointer) and isinstance(value, Constant):
        return Address(value.value, target)
    raise NotConstant("this conversion has no constant value")


def unary(operator: str, operand: Value, facts: Facts) -> Value:
    """`+`, `-`, `~` or `!` applied to a value."""
    if operator == "!":
        return Constant(int(not truth(operand)), INT)
    if isinstance(operand, Real) and operator in ("+", "-"):
        return Real(-operand.value if operator == "-" else operand.value, operand.type)
    if not isinstance(operand, Constant):
        raise NotConstant(f"'{operator}' takes no operand of this type")
    type = promote(operand.type, facts)
    if operator == "-" and is_signed(type, facts) and not fits(-operand.value, type, facts):
        raise NotConstant(_overflow(-operand.value, type))
    return integer_unary(operator, Constant(operand.value, type), facts)


def binary(operator: str, left: Value, right: Value, facts: Facts, size: int) -> Value:
    """An operator between two values; `size` is that of what a pointer among them points to."""
    if isinstance(left, Constant) and isinstance(right, Constant):
        return _integers(operator, left, right, facts)
    if isinstance(left, Address) or isinstance(right, Address):
        return _addresses(operator, left, right, facts, size)
    type = usual(left.type, right.type, facts)
    if not isinstance(type, Floating):
        raise NotConstant(f"'{operator}' has no constant value here")
    first, second = _rounded(float(left.value), type), _rounded(float(right.value), type)
    if operator in _COMPARISONS:
        return Constant(int(_COMPARISONS[operator](first, second)), INT)
    if operator not in _FLOATING:
        raise NotConstant(f"'{operator}' takes no floating operands")
    if operator == "/" and second == 0:
        raise NotConstant("division by zero")
    try:
        return Real(_rounded(_FLOATING[operator](first, second), type), type)
    except OverflowError as problem:
        raise NotConstant("the result does not fit its type") from problem


def _integers(operator: str, left: Constant, right: Constant, facts: Facts) -> Constant:
    type = usual_integer(left.type, right.type, facts)
    first, second = convert(left.value, type, facts), convert(right.value, type, facts)
    if is_signed(type, facts):
        exact = None
        if operator in _EXACT:
            exact = _EXACT[operator](first, second)
        elif operator in ("/", "%") and second == -1:
            exact = -first
        if exact is not None and not fits(exact, type, facts):
            raise NotConstant(_overflow(exact, type))
    return integer_binary(operator, left, right, facts)


def _addresses(operator: str, left: Value, right: Value, facts: Facts, size: int) -> Value:
    first = left.offset if isinstance(left, Address) else left.value
    second = right.offset if isinstance(right, Address) else right.value
    if operator in _COMPARISONS:
        return Constant(int(_COMPARISONS[operator](first, second)), INT)
    if isinstance(first, int) and isinstance(second, int) and size > 0:
        if operator == "-" and isinstance(left, Address) and isinstance(right, Address):
            return Constant((first - second) // size, Integer(facts.ptrdiff_type))
        if operator == "-" and isinstance(left, Address):
            return Address(first - size * second, left.type)
        if operator == "+" and isinstance(left, Address) != isinstance(right, Address):
            pointer, count = (left, second) if isinstance(left, Address) else (right, first)
            assert isinstance(pointer, Address)
            return Address(pointer.offset + size * count, pointer.type)
    raise NotConstant(f"'{operator}' has no constant value between these operands")


def _overflow(value: int, type: Type) -> str:
    return f"the value {value} does not fit '{getattr(type, 'kind', '_BitInt')}'"


def _rounded(value: float, type: Floating) -> float:
    if type.kind in ("float", "_Float32"):
        try:
            return float(struct.unpack("f", struct.pack("f", value))[0])
        except OverflowError as problem:
            raise NotConstant("the result does not fit 'float'") from problem
    return value
