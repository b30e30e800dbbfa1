"""Stage 3, evaluation: the value of an expression's tree (C17 6.6, and what compilers fold besides).

In comes a tree with the meaning of its names, out goes an integer, a floating value or an address that starts at the
null pointer. Operands that are not evaluated (`0 && …`, the other side of `? :`) need no value. What has no value
raises `NotConstant` with the smallest expression at fault.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from modcore.ctype import Array, Floating, Function, Integer, Pointer, Type, Unknown, Void, bare
from modcore.entities import Entity
from modcore.stage3_complete.demand import Context, Definitions, NotConstant, not_constant
from modcore.stage3_complete.expressions import MEASURES, compatible
from modcore.stage3_complete.folding import Address, Real, Value, binary, converted, truth, unary
from modcore.stage3_complete.places import Places, as_expression
from modcore.syntax import SyntaxProblem, parse_expression, parse_operand
from modcore.syntax.body_tree import (
    Binary,
    Call,
    Cast,
    Conditional,
    Expression,
    Generic,
    Identifier,
    Index,
    Literal,
    Member,
    Parenthesised,
    SizeOf,
    String,
    TypeName,
    Unary,
)  # fmt: skip
from modcore.target.arithmetic import Constant
from modcore.target.arithmetic import NotConstant as NoValue
from modcore.target.literals import BadLiteral, character_literal, floating_literal, integer_literal

if TYPE_CHECKING:
    from modcore.stage3_complete.types_of import Types

INT = Integer("int")
_SWAPS = {"__builtin_bswap16": 2, "__builtin_bswap32": 4, "__builtin_bswap64": 8}


class Evaluator:
    """Evaluates expressions over the types of a program; `value` gives those of enumerators and variables."""

    def __init__(self, definitions: Definitions, types: Types, value: Callable[[Entity], Constant | None]) -> None:
        self._definitions = definitions
        self._types = types
        self._value_of = value
        self._places = Places(definitions, types, self)

    def parsed(self, context: Context, low: int, high: int) -> Expression:
        """The tree of the expression in tokens low..high-1."""
        try:
            return parse_expression(context.tokens, low, high, context.type_names)
        except SyntaxProblem as problem:
            raise NotConstant(problem.low, problem.high, problem.message, context.entity) from problem

    def operand(self, context: Context, low: int, high: int) -> Expression | TypeName:
        """The tree of the type or the expression in tokens low..high-1."""
        try:
            return parse_operand(context.tokens, low, high, context.type_names)
        except SyntaxProblem as problem:
            raise NotConstant(problem.low, problem.high, problem.message, context.entity) from problem

    def evaluate_node(self, context: Context, node: Expression) -> Value:
        """The value of an expression, also a floating one or an address at a known place."""
        try:
            return self._value(context, node)
        except NoValue as problem:
            raise not_constant(context, node, problem.reason) from problem
        except RecursionError as problem:
            raise not_constant(context, node, "this expression is nested too deeply") from problem

    def _value(self, context: Context, node: Expression) -> Value:
        facts = self._definitions.facts()
        match node:
            case Parenthesised():
                return self.evaluate_node(context, node.inner)
            case Literal():
                return self._literal(context, node)
            case Identifier():
                return self._identifier(context, node)
            case Unary():
                return self._unary(context, node)
            case SizeOf():
                type = self._types.type_of_name(context, node.type)
                return self._places.measured(context, node.operator, type, node.type)
            case Cast():
                return self._cast(context, node)
            case Binary(operator="&&" | "||"):
                decides = truth(self.evaluate_node(context, node.left))
                if decides == (node.operator == "||"):
                    return Constant(int(decides), INT)
                return Constant(int(truth(self.evaluate_node(context, node.right))), INT)
            case Binary():
                left, right = self.evaluate_node(context, node.left), self.evaluate_node(context, node.right)
                return binary(node.operator, left, right, facts, self._places.size_behind(context, node, left, right))
            case Conditional():
                return self._conditional(context, node)
            case Generic():
                chosen = self._types.expressions.chosen(context, node)
                if chosen is None:
                    raise not_constant(context, node, "which choice of this '_Generic' fits cannot be told")
                return self.evaluate_node(context, chosen)
            case Call():
                return self._call(context, node)
            case Member() | Index():
                return self._places.read(context, node)
            case String():
                raise not_constant(context, node, "a string is no integer")
        raise not_constant(context, node, "this has no value at compile time")

    def _literal(self, context: Context, node: Literal) -> Value:
        facts = self._definitions.facts()
        text = context.tokens.words[node.low]
        try:
            if text[-1] == "'":
                return character_literal(text, facts)
            if isinstance(self._types.expressions.type_of(context, node), Floating):
                return Real(*floating_literal(text, facts))
            return integer_literal(text, facts)
        except BadLiteral as problem:
            raise not_constant(context, node, problem.reason) from problem

    def _identifier(self, context: Context, node: Identifier) -> Value:
        entity, name = context.uses.get(node.name.at), node.name.text
        if entity is None:
            if name in ("true", "false"):
                return Constant(int(name == "true"), Integer("_Bool"))
            if name == "nullptr":
                return Address(0, Pointer(Void()))
            raise not_constant(context, node, f"'{name}' is no constant")
        self._types.path.use(context, node.name.at)
        value = self._value_of(entity)
        if value is not None:
            return value
        if entity.kind == "function":
            raise not_constant(context, node, f"'{name}' is a function")
        raise not_constant(context, node, f"'{name}' is no constant")

    def _unary(self, context: Context, node: Unary) -> Value:
        operator = node.operator
        if operator in MEASURES:
            if operator != "sizeof":
                return self._places.alignment_of(context, operator, node.operand)
            return self._places.measured(
                context, operator, self._places.object_type(context, node.operand), node.operand
            )
        if operator == "__extension__":
            return self.evaluate_node(context, node.operand)
        if operator == "&":
            pointer = self._types.expressions.type_of(context, node)
            return Address(self._places.place(context, node.operand), pointer)
        if operator in ("+", "-", "~", "!"):
            return unary(operator, self.evaluate_node(context, node.operand), self._definitions.facts())
        raise not_constant(context, node, "this has no value at compile time")

    def _cast(self, context: Context, node: Cast) -> Value:
        type = self._types.type_of_name(context, node.type)
        if isinstance(type, Unknown):
            raise not_constant(context, node, type.reason or "the type of this cast is not known")
        return converted(self.evaluate_node(context, node.operand), type, self._definitions.facts())

    def _conditional(self, context: Context, node: Conditional) -> Value:
        condition = self.evaluate_node(context, node.condition)
        yes = truth(condition)
        then = node.then if node.then is not None else node.condition
        value = self.evaluate_node(context, then if yes else node.otherwise)
        other = self._types.expressions.value_type(context, node.otherwise if yes else then)
        common = self._types.expressions.common(value.type, other)
        return value if isinstance(common, Unknown) else converted(value, common, self._definitions.facts())

    def _call(self, context: Context, node: Call) -> Value:
        name = node.function.name.text if isinstance(node.function, Identifier) else ""
        arguments, size_type = node.arguments, Integer(self._definitions.facts().size_type)
        if isinstance(node.function, Identifier) and node.function.name.at not in context.uses:
            if name == "__builtin_offsetof":
                return Constant(self._places.offset(context, node), size_type)
            if name == "__builtin_types_compatible_p":
                return Constant(int(self._compatible(context, node)), INT)
            if name == "__builtin_choose_expr" and len(arguments) == 3:
                return self.evaluate_node(context, self.chosen(context, node))
            if name == "__builtin_constant_p" and len(arguments) == 1:
                return Constant(int(self._is_constant(context, as_expression(arguments[0]))), INT)
            if name == "__builtin_expect" and len(arguments) == 2:
                return converted(
                    self.evaluate_node(context, as_expression(arguments[0])), Integer("long"), self._definitions.facts()
                )
            if name in _SWAPS and len(arguments) == 1:
                value = self.evaluate_node(context, as_expression(arguments[0]))
                if isinstance(value, Constant):
                    size = _SWAPS[name]
                    swapped = (value.value & (1 << 8 * size) - 1).to_bytes(size, "little")
                    kind = {2: "unsigned short", 4: "unsigned int", 8: "unsigned long"}[size]
                    return Constant(int.from_bytes(swapped, "big"), Integer(kind))
        raise not_constant(
            context,
            node,
            f"the call of '{name}' has no value at compile time" if name else "a call has no value at compile time",
        )

    def _is_constant(self, context: Context, node: Expression) -> bool:
        try:
            self.evaluate_node(context, node)
        except NotConstant:
            return isinstance(node, String)
        return True

    def _compatible(self, context: Context, node: Call) -> bool:
        first, second = node.arguments
        assert isinstance(first, TypeName) and isinstance(second, TypeName)
        one, other = (bare(self._types.type_of_name(context, name)) for name in (first, second))
        for name, type in ((first, one), (second, other)):
            if isinstance(type, Unknown):
                raise not_constant(context, name, type.reason or "this type is not known")
        if not compatible(one, other):
            return False
        if not _points(one):
            return True
        levels = [self._types.qualifiers(context, name.specifiers, name.declarator) for name in (first, second)]
        if levels[0] is None or levels[1] is None:
            raise not_constant(context, node, "whether these types differ in qualifiers cannot be told")
        return levels[0][1:] == levels[1][1:]

    def integer(self, context: Context, node: Expression) -> int:
        """The value of an expression that has to be an integer."""
        value = self.evaluate_node(context, node)
        if not isinstance(value, Constant):
            raise not_constant(context, node, "this is no integer")
        return value.value

    def alignment(self, context: Context, low: int, high: int) -> int:
        """What `_Alignas` with the type or the expression in tokens low..high-1 asks for."""
        operand = self.operand(context, low, high)
        if isinstance(operand, TypeName):
            return self._places.layout_of(context, self._types.type_of_name(context, operand), operand).align
        return self.integer(context, operand)

    def chosen(self, context: Context, node: Call) -> Expression:
        """The argument that `__builtin_choose_expr` stands for."""
        condition, then, otherwise = node.arguments
        chosen = then if truth(self.evaluate_node(context, as_expression(condition))) else otherwise
        return as_expression(chosen)


def _points(type: Type) -> bool:
    """Whether there are pointers in a type, whose targets may have qualifiers."""
    match type:
        case Array():
            return _points(type.element)
        case Function():
            return _points(type.returns) or any(_points(one) for one in type.params or ())
    return isinstance(bare(type), Pointer)
