"""Uses of opaque types in one function, initializer or constant expression, which are forbidden unless they copy.

In comes a tree with the names in it bound, and the types as its module sees them (`View`); out go, through a function
that is given, the places at which the contents of a hidden type would be needed, each with what for: members,
designators, initializers other than `{}` and `{0}`, `offsetof`, and of typedefs and enums any use of a value but copying
it. Language reference, section 6. Here are statements and declarations; `expressions`, `initializers` and `values` have
the rules for these.
"""

from __future__ import annotations

from collections.abc import Iterable

from modcore.check.expressions import Expressions
from modcore.check.values import Report
from modcore.ctype import Function, Type, Unknown, Void, bare
from modcore.stage3_complete.views import BodyContext, View
from modcore.syntax.body_tree import (
    Block,
    Case,
    ComputedGoto,
    DoWhile,
    Evaluation,
    Expression,
    For,
    If,
    InlineAssembly,
    Item,
    Labelled,
    LocalAssertion,
    LocalDeclaration,
    NestedFunction,
    Return,
    Statement,
    Switch,
    While,
)  # fmt: skip
from modcore.syntax.tree import Aggregate, Declaration, Declarator
from modcore.syntax.tree import Function as FunctionOf


class Accesses(Expressions):
    """Reads trees over the tokens of one context; what is forbidden is reported."""

    def __init__(self, view: View, context: BodyContext, report: Report) -> None:
        super().__init__(view, context, report)
        self._returns: Type = Unknown()

    # functions and statements

    def function(self, declarator: Declarator, old_style: Iterable[Declaration], returns: Type, body: Block) -> None:
        """A function definition."""
        outer, self._returns = self._returns, returns
        self._scopes.enter()
        for derivation in declarator.derivations[:1]:
            for parameter in derivation.parameters if isinstance(derivation, FunctionOf) else ():
                type = self._view.parameter(self._context, parameter)
                if parameter.declarator is not None and parameter.declarator.name is not None:
                    self._scopes.declare(parameter.declarator.name.text, type)
        for declaration in old_style:
            for one in declaration.declarators:
                self._declare(one, self._view.declared(self._context, declaration.specifiers, one))
        for item in body.items:
            self._item(item)
        self._scopes.leave()
        self._returns = outer

    def _block(self, node: Block) -> None:
        self._scopes.enter()
        for item in node.items:
            self._item(item)
        self._scopes.leave()

    def _item(self, node: Item) -> None:
        match node:
            case Block():
                self._block(node)
            case Evaluation() if node.expression is not None:
                self.expression(node.expression)
            case LocalDeclaration():
                self._declaration(node)
            case If():
                self._condition(node.condition, "to test it")
                self._statements(node.then, node.otherwise)
            case Switch():
                self._condition(node.control, "to switch on it")
                self._item(node.body)
            case While():
                self._condition(node.condition, "to test it")
                self._item(node.body)
            case DoWhile():
                self._item(node.body)
                self._condition(node.condition, "to test it")
            case For():
                self._for(node)
            case Return() if node.value is not None:
                if not self.expression(node.value) and not isinstance(bare(self._returns), Void):
                    self._converts(self._returns, node.value)
            case Labelled():
                self._statements(node.statement)
                self._expressions(node.label.first, node.label.last) if isinstance(node.label, Case) else None
            case Case():
                self._expressions(node.first, node.last)
            case ComputedGoto():
                self.expression(node.target)
            case LocalAssertion():
                self.expression(node.condition)
            case InlineAssembly():
                self._expressions(*(one.value for section in node.sections for one in section))
            case NestedFunction():
                type = self._view.declared(self._context, node.specifiers, node.declarator)
                self._declare(node.declarator, type)
                returns = type.returns if isinstance(type, Function) else Unknown()
                self.function(node.declarator, node.old_style, returns, node.body)

    def _statements(self, *nodes: Statement | None) -> None:
        for node in nodes:
            if node is not None:
                self._item(node)

    def _for(self, node: For) -> None:
        self._scopes.enter()
        if isinstance(node.start, LocalDeclaration):
            self._declaration(node.start)
        else:
            self._expressions(node.start)
        if node.condition is not None:
            self._condition(node.condition, "to test it")
        self._expressions(node.step)
        self._item(node.body)
        self._scopes.leave()

    def _condition(self, node: Expression, purpose: str) -> bool:
        return self.expression(node) or self._refused(node, purpose)

    # declarations

    def _declaration(self, node: LocalDeclaration) -> None:
        declaration = node.declaration
        specifiers, declarators = declaration.specifiers, declaration.declarators
        inside = {one.low: one for one in node.expressions}
        initializers = {one.initializer.low for one in declarators if one.initializer is not None}
        first = declarators[0].low if declarators else node.high
        self._expressions(*(one for one in node.expressions if one.low < first and one.low not in initializers))
        if not declarators:
            self._types_alone(declaration)
        for one in declarators:
            within = (e for e in node.expressions if one.low <= e.low < one.high and e.low not in initializers)
            self._expressions(*within)
            value = inside.get(one.initializer.low) if one.initializer is not None else None
            auto = None
            if value is not None and "__auto_type" in self._context.tokens.words[specifiers.low : specifiers.high]:
                self.expression(value)
                auto = self._types.value_type(self._context, value)
            type = self._view.declared(self._context, specifiers, one, auto)
            self._declare(one, type)
            if value is not None and auto is None:
                self.initializer(type, value)

    def _types_alone(self, declaration: Declaration) -> None:
        """`struct S;` and `struct S {…};` declare a tag of the block."""
        node = declaration.specifiers.type
        if isinstance(node, Aggregate) and node.members is None and node.name is not None:
            if node.name.at not in self._context.uses:
                self._view.announce(self._context, node)
        else:
            self._view.declared(self._context, declaration.specifiers, None)

    def _declare(self, declarator: Declarator, type: Type) -> None:
        """A name of a block; one that is declared `extern` there means what it means at file scope."""
        if declarator.name is not None:
            entity = self._context.uses.get(declarator.name.at)
            self._scopes.declare(declarator.name.text, type if entity is None else self._view.seen(entity))


__all__ = ["Accesses", "Report"]
