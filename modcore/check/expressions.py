"""Expressions: each is read once, from the inside out, and gets its type (C17 6.5).

In comes a tree; what is forbidden in it is reported, and what contains that has no type, so nothing else is said of it.
"""

from __future__ import annotations

from collections.abc import Callable

from modcore.check.initializers import Initializers
from modcore.ctype import Array, Function, Opaque, Pointer, Type, Unknown, Void, bare
from modcore.stage3_complete.expressions import MEASURES, find_field
from modcore.syntax.body_tree import (
    Assignment,
    Binary,
    Block,
    Braces,
    Call,
    Cast,
    Comma,
    CompoundLiteral,
    Conditional,
    Evaluation,
    Expression,
    Generic,
    Identifier,
    Index,
    Member,
    Parenthesised,
    Postfix,
    SizeOf,
    StatementExpression,
    TypeName,
    Unary,
)  # fmt: skip

_COMPARES = frozenset(("==", "!=", "<", ">", "<=", ">="))
_NO_USE = frozenset(("&", "__extension__")) | MEASURES


class Expressions(Initializers):
    """Reads expressions; the blocks in them are the subclass's part."""

    _block: Callable[[Block], None]

    def _expressions(self, *nodes: Expression | TypeName | None) -> bool:
        """Some expressions; whether something is wrong with one of them."""
        failed = False
        for node in nodes:
            if isinstance(node, TypeName):
                failed |= self._expressions(*node.expressions)
            elif node is not None:
                failed |= self.expression(node)
        return failed

    def expression(self, node: Expression) -> bool:
        """Reads an expression and what is in it; whether something is wrong with it."""
        failed = self._read(node)
        if failed:
            self._types.know(node, Unknown("it contains an error"))
        elif self._types.known(node) is None:
            self._types.know(node, self._types.type_of(self._context, node))
        return failed

    def _read(self, node: Expression) -> bool:
        match node:
            case Parenthesised():
                return self.expression(node.inner)
            case Member():
                return self.expression(node.operand) or self._member(node)
            case Call():
                return self._call(node)
            case Index():
                failed = self._expressions(node.operand, node.index)
                return failed or self._refused(node.operand, "to use its elements") or self._calculates(node.index)
            case Unary():
                return self.expression(node.operand) or self._unary(node)
            case Postfix():
                return self.expression(node.operand) or self._calculates(node.operand)
            case Binary():
                return self._binary(node)
            case Assignment():
                return self._assignment(node)
            case Conditional():
                return self._conditional(node)
            case Comma():
                return self._expressions(node.left, node.right)
            case Cast():
                return self._expressions(node.type, node.operand) or self._cast(node)
            case SizeOf():
                return self._expressions(node.type)
            case CompoundLiteral():
                failed = self._expressions(node.type)
                return failed or self.initializer(self._types.type_of(self._context, node), node.value)
            case Generic():
                parts = (part for one in node.associations for part in (one.type, one.value))
                return self._expressions(node.control, *parts)
            case StatementExpression():
                self._statement_expression(node)
            case Braces():
                return self.initializer(Unknown(), node)
        return False

    def _member(self, node: Member) -> bool:
        type = bare(self._types.value_type(self._context, node.operand))
        pointed = type.to if node.arrow and isinstance(type, Pointer) else type
        hidden = self._view.hiding(pointed, node.name.text)
        return hidden is not None and self._reported_member(node.name.at, node.name.text, hidden)

    def _call(self, node: Call) -> bool:
        if isinstance(node.function, Identifier) and node.function.name.text == "__builtin_offsetof":
            return self._offsetof(node)
        failed = self._expressions(node.function, *node.arguments)
        if failed or self._refused(node.function, "to call it"):
            return True
        type = bare(self._types.value_type(self._context, node.function))
        function = bare(type.to) if isinstance(type, Pointer) else type
        if isinstance(function, Opaque):
            hidden = self._view.hidden(function)
            assert hidden is not None
            self._report(node.function.low, node.function.high, hidden, "to call it")
            return True
        if not isinstance(function, Function) or function.params is None:
            return False
        pairs = zip(function.params, node.arguments)
        return any([not isinstance(value, TypeName) and self._converts(type, value) for type, value in pairs])

    def _offsetof(self, node: Call) -> bool:
        """`offsetof(type, member.of[its].members)`."""
        name = node.arguments[0]
        if not isinstance(name, TypeName) or self._expressions(name):
            return not isinstance(name, TypeName)
        type = self._view.name_in(self._context, name)
        steps: list[Expression | TypeName] = [node.arguments[1]]
        while isinstance(steps[-1], (Member, Index, Parenthesised)):
            last = steps[-1]
            steps.append(last.inner if isinstance(last, Parenthesised) else last.operand)
        for step in reversed(steps):
            hidden = self._view.hidden(type)
            whole = bare(self._view.complete(bare(type)))
            if isinstance(step, (Identifier, Member)):
                hidden = self._view.hiding(type, step.name.text)
                if hidden is not None:
                    return self._reported_member(step.name.at, step.name.text, hidden)
                field = find_field(whole, step.name.text)
                type = field.type if field is not None else Unknown()
            elif isinstance(step, Index):
                if hidden is not None:
                    self._report(step.low, step.high, hidden, "to use its elements")
                    return True
                self._expressions(step.index)
                type = whole.element if isinstance(whole, Array) else Unknown()
        return False

    def _unary(self, node: Unary) -> bool:
        if node.operator in _NO_USE:
            return False
        if node.operator == "*":
            return self._refused(node.operand, "to dereference it")
        return self._refused(node.operand, "to test it") if node.operator == "!" else self._calculates(node.operand)

    def _binary(self, node: Binary) -> bool:
        if self._expressions(node.left, node.right):
            return True
        purpose = "to test it" if node.operator in ("&&", "||") else "to calculate with it"
        purpose = "to compare it" if node.operator in _COMPARES else purpose
        return self._refused(node.left, purpose) or self._refused(node.right, purpose)

    def _assignment(self, node: Assignment) -> bool:
        if self._expressions(node.left, node.right):
            return True
        if node.operator == "=":
            return self._converts(self._types.type_of(self._context, node.left), node.right)
        return self._calculates(node.left) or self._calculates(node.right)

    def _conditional(self, node: Conditional) -> bool:
        failed = self._condition(node.condition, "to test it")
        failed |= self._expressions(node.then, node.otherwise)
        if failed or node.then is None:
            return failed
        return self._converts(self._types.value_type(self._context, node.then), node.otherwise)

    def _cast(self, node: Cast) -> bool:
        type = self._view.name_in(self._context, node.type)
        if isinstance(bare(type), Void):
            return False
        if self._refused(node.operand, "to cast it"):
            return True
        hidden = self._view.hidden(type) if isinstance(bare(type), Opaque) else None
        if hidden is not None:
            self._report(node.low, node.high, hidden, "to cast to it")
        return hidden is not None

    def _statement_expression(self, node: StatementExpression) -> None:
        """Its value is that of the last statement (GNU C)."""
        self._block(node.block)
        last = node.block.items[-1] if node.block.items else None
        type: Type = Void()
        if isinstance(last, Evaluation) and last.expression is not None:
            type = self._types.value_type(self._context, last.expression)
        self._types.know(node, type)
