"""Uses of opaque types in one function, initializer or constant expression, which are forbidden unless they copy.

In comes a tree with the names in it bound, and the types as its module sees them (`View`); out go, through a function
that is given, the places at which the contents of a hidden type would be needed, each with what for. Every expression is
read once, from the inside out, and gets its type; one that contains a forbidden use has no type, so nothing else is said
of it. Language reference, section 6: members, designators, initializers other than `{}` and `{0}`, `offsetof`, and of
typedefs and enums any use of a value but copying it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from modcore.ctype import (
    Aligned,
    Array,
    Atomic,
    Function,
    Opaque,
    Pointer,
    Record,
    RecordRef,
    Type,
    Unknown,
    Void,
    bare,
)
from modcore.entities import Entity
from modcore.stage3_complete.expressions import MEASURES, find_field
from modcore.stage3_complete.initializers import CurrentObject
from modcore.stage3_complete.views import FAULTS, BodyContext, View
from modcore.syntax.body_tree import (
    Assignment,
    Binary,
    Block,
    Braces,
    Call,
    Case,
    Cast,
    Comma,
    CompoundLiteral,
    ComputedGoto,
    Conditional,
    DoWhile,
    Evaluation,
    Expression,
    For,
    Generic,
    Identifier,
    If,
    Index,
    IndexDesignator,
    Initializer,
    InlineAssembly,
    Item,
    Labelled,
    Literal,
    LocalAssertion,
    LocalDeclaration,
    Member,
    NestedFunction,
    Parenthesised,
    Postfix,
    Return,
    SizeOf,
    Statement,
    StatementExpression,
    Switch,
    TypeName,
    Unary,
    While,
)  # fmt: skip
from modcore.syntax.tree import Aggregate, Declaration, Declarator
from modcore.syntax.tree import Function as FunctionOf

Report = Callable[[int, int, Entity, str], None]
"""(first token, token after the last, the hidden type, what its contents would be needed for)"""

_COMPARES = frozenset(("==", "!=", "<", ">", "<=", ">="))
_NO_USE = frozenset(("&", "__extension__")) | MEASURES


class Accesses:
    """Reads trees over the tokens of one context; what is forbidden is reported.

    `zeroed` are the tokens at which `{}` opens for an opaque type that stands for a scalar: C before C23 wants `{0}`
    there, which the module cannot know.
    """

    def __init__(self, view: View, context: BodyContext, report: Report) -> None:
        self._view = view
        self._types = view.expressions
        self._context = context
        self._scopes = context.scopes
        self._report = report
        self._returns: Type = Unknown()
        self.zeroed: set[int] = set()

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

    # initializers (C17 6.7.9)

    def initializer(self, type: Type, node: Expression) -> bool:
        """An initializer of an object; whether something is wrong with it."""
        if not isinstance(node, Braces):
            return self.expression(node) or self._converts(type, node)
        if not node.entries and isinstance(bare(type), Opaque) and _is_scalar(type):
            self.zeroed.add(node.low)
        if not node.entries or self._is_zero(node):
            return False
        hidden = self._view.hidden(type)
        if hidden is not None:
            return self._hidden_initializer(type, node, hidden)
        try:
            return self._entries(type, node)
        except FAULTS:
            return True  # an index that is no constant, which the compiler tells

    def _is_zero(self, node: Braces) -> bool:
        """`{0}` zeroes whatever it initializes."""
        value = node.entries[0].value
        while isinstance(value, Parenthesised):
            value = value.inner
        alone = len(node.entries) == 1 and not node.entries[0].designators
        return alone and isinstance(value, Literal) and self._context.tokens.words[value.low] == "0"

    def _entries(self, type: Type, node: Braces) -> bool:
        current = CurrentObject(self._view.constants, self._view, self._context, type, lenient=True)
        failed = False
        for entry in node.entries:
            if self._designators(type, entry):
                failed = True
            elif isinstance(entry.value, Braces):
                failed |= self.initializer(current.initialized_by(entry), entry.value)
            else:
                wrong = self.expression(entry.value)
                object = current.initialized_by(entry)
                failed |= wrong or self._fits(object, entry.value)
        return failed

    def _hidden_initializer(self, type: Type, node: Braces, hidden: Entity) -> bool:
        """Braces around something for an opaque type: allowed only around a value of that type itself."""
        entry = node.entries[0]
        if entry.designators:
            return self._designators(type, entry)
        if isinstance(bare(type), Opaque) and len(node.entries) == 1 and not isinstance(entry.value, Braces):
            return self.expression(entry.value) or self._converts(type, entry.value)
        self._report(entry.value.low, entry.value.high, hidden, "to initialize what is in it")
        return True

    def _designators(self, type: Type, entry: Initializer) -> bool:
        for designator in entry.designators:
            hidden = self._view.hidden(type)
            whole = bare(self._view.complete(bare(type)))
            if isinstance(designator, IndexDesignator):
                if hidden is not None:
                    self._report(designator.low, designator.high, hidden, "to use its elements")
                    return True
                self._expressions(designator.first, designator.last)
                type = whole.element if isinstance(whole, Array) else Unknown()
            else:
                if hidden is not None:
                    return self._reported_member(designator.name.at, designator.name.text, hidden)
                field = find_field(whole, designator.name.text)
                type = field.type if field is not None else Unknown()
        return False

    def _fits(self, type: Type, node: Expression) -> bool:
        """A value for an object inside another; an opaque one takes only a value of its own type."""
        hidden = self._view.hidden(type)
        value = bare(self._types.value_type(self._context, node))
        if hidden is None or isinstance(bare(type), Opaque) or isinstance(value, Unknown):
            return self._converts(type, node)
        if _is_same(bare(type), value):
            return False
        self._report(node.low, node.high, hidden, "to initialize what is in it")
        return True

    # expressions (C17 6.5)

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
        hidden = self._view.hidden(type)
        if node.arrow and isinstance(type, Pointer):
            hidden = self._view.hidden(type.to)
        return hidden is not None and self._reported_member(node.name.at, node.name.text, hidden)

    def _reported_member(self, at: int, name: str, hidden: Entity) -> bool:
        self._report(at, at + 1, hidden, f"to use its member '{name}'")
        return True

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

    # values

    def _refused(self, node: Expression, purpose: str) -> bool:
        """Reports a use of a value, if it is opaque, that is not copying."""
        type = bare(self._types.value_type(self._context, node))
        hidden = self._view.hidden(type) if isinstance(type, Opaque) else None
        if hidden is not None:
            self._report(node.low, node.high, hidden, purpose)
        return hidden is not None

    def _calculates(self, node: Expression) -> bool:
        return self._refused(node, "to calculate with it")

    def _converts(self, type: Type, node: Expression) -> bool:
        """Reports a conversion to or from an opaque type (6.3); its own values are only copied."""
        target, value = bare(type), bare(self._types.value_type(self._context, node))
        if isinstance(target, Unknown) or isinstance(value, Unknown) or _is_same(target, value):
            return False
        for one, purpose in ((value, "to convert it"), (target, "to convert other values to it")):
            hidden = self._view.hidden(one) if isinstance(one, Opaque) else None
            if hidden is not None:
                self._report(node.low, node.high, hidden, purpose)
                return True
        return False


def _is_same(one: Type, other: Type) -> bool:
    """Whether two types are one, at least as far as copying a value goes."""
    if one == other:
        return True
    first, second = _record(one), _record(other)
    return first is not None and first == second


def _is_scalar(type: Type) -> bool:
    """Whether an opaque type stands for a scalar, whatever the module knows of it."""
    while isinstance(type, (Opaque, Aligned, Atomic)):
        type = type.of
    return not isinstance(type, (Record, RecordRef, Array, Unknown))


def _record(type: Type) -> str | None:
    """What identifies the struct or union that a type is, or that an opaque typedef stands for."""
    if isinstance(type, Opaque):
        type = bare(type.of)
    return type.identity if isinstance(type, (Record, RecordRef)) else None


__all__ = ["Accesses", "Report"]
