"""Where one module would have to see the contents of a type that is opaque to it (language reference, section 6).

In comes a module whose names are bound; out go `opaque-type` errors. Reading a function with types is work, so it is done
only for those that can reach an opaque type: first the names that a function uses are followed to types, through what
they are declared with and through members that the function names; only if a hidden type turns up, and could be looked
into, the function is read (`accesses`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from modcore.check.accesses import Accesses
from modcore.ctype import Function, Unknown
from modcore.diagnostics import Diagnostic, Problem
from modcore.entities import EXPRESSION, Entity, Use
from modcore.finder import Module
from modcore.knowledge import Knowledge
from modcore.stage1_names import OwnStatement
from modcore.stage3_bind.definitions import Bound, BoundBody, uses_of_members
from modcore.stage3_complete.views import BodyContext, Scopes, View
from modcore.syntax import SyntaxProblem, Tokens, parse_body, parse_expression, parse_operand, parse_statement
from modcore.syntax.body_tree import Block, TypeName
from modcore.syntax.declared import member_declarations
from modcore.syntax.tree import (
    Aggregate,
    Array,
    Declaration,
    Declarator,
    Enumeration,
    FunctionDefinition,
    Range,
    Specifiers,
    Typeof,
)
from modcore.syntax.tree import Function as FunctionOf

_TYPEOF = frozenset(("typeof", "__typeof__", "__typeof", "typeof_unqual", "__auto_type"))
_EMPTY_BRACES = re.compile(r"\{\s*\}")
_BOUND_WORDS = frozenset("static const volatile restrict __restrict __restrict__ *".split())


class OpaqueTypes:
    """Finds the forbidden uses of opaque types in one module."""

    def __init__(self, program: Knowledge, module: Module) -> None:
        self._program = program
        self._module = module
        self._scope = program.scope(module)
        self._view: View | None = None
        self.found: list[Diagnostic] = []
        self.zeroed: set[int] = set()

    # what needs to be read

    def can_reach(self, body: BoundBody) -> bool:
        """Whether a body or an initializer may look into an opaque type."""
        return self._reaches(body.uses, body.members, body.initializes)

    def _reaches(self, uses: Iterable[Use], members: frozenset[str], initializes: bool) -> bool:
        if not self._scope.imports.modules:
            return False
        seen: set[Entity] = set()
        pending = [use.entity for use in uses]
        while pending:
            entity = pending.pop()
            if entity in seen or entity.origin == "header" or entity.kind == "enumerator":
                continue
            seen.add(entity)
            is_record = entity.kind in ("struct", "union")
            if (is_record or entity.kind in ("typedef", "enum")) and self._scope.hides(entity):
                if not is_record or initializes or members and self._has_member(entity, members):
                    return True
                continue
            bound = self._program.bound(entity)
            if is_record:
                for names, inside in uses_of_members(bound):
                    if initializes or names.meet(members):
                        pending += _named(bound, inside)
            else:
                pending += _named(bound, bound.uses)
        return False

    def _has_member(self, entity: Entity, members: frozenset[str]) -> bool:
        return any(names.meet(members) for names, _, _ in member_declarations(self._type_of(entity)))

    def _type_of(self, entity: Entity) -> object:
        return self._program.bound(entity).entry.type

    # reading

    def function(self, statement: OwnStatement, entity: Entity | None, body: BoundBody, block: Block) -> None:
        """A function definition whose body is `block`."""
        tree = parse_statement(statement.head, True).tree
        assert isinstance(tree, FunctionDefinition)
        type = self._types.seen(entity) if entity is not None else Unknown()
        returns = type.returns if isinstance(type, Function) else Unknown()
        accesses = self._accesses(statement, entity, body)
        accesses.function(tree.declarator, tree.old_style, returns, block)
        self.zeroed |= accesses.zeroed

    def initializer(self, entity: Entity, bound: Bound, body: BoundBody) -> None:
        """The initializer of a variable."""
        declarator = bound.entry.declarator
        if declarator is None or declarator.initializer is None:
            return
        if self._reaches((*bound.uses, *body.uses), body.members, body.initializes):
            written = declarator.initializer
            node = parse_expression(bound.tokens, written.low, written.high, body.type_names)
            accesses = self._accesses(bound.statement, entity, body)
            accesses.initializer(self._types.seen(entity), node)
            self.zeroed |= accesses.zeroed

    def constants(self, bound: Bound) -> None:
        """The constant expressions in a declaration, and the operands of `typeof`."""
        if not self._scope.imports.modules or bound.entry.enumerator is not None:
            return  # an enum is read as a whole
        ranges = [(low, high) for low, high in _expressions_of(bound) if high - low > 1]  # a name looks into nothing
        spanned = {at for low, high in ranges for at in range(low, high)}
        inside = [use for use in bound.uses if use.at in spanned]
        if not self._reaches(inside, bound.members, False):
            return
        body = _as_body(bound)
        accesses = self._accesses(bound.statement, bound.entity, body)
        for low, high in ranges:
            try:
                node = parse_operand(bound.tokens, low, high, bound.type_names)
            except SyntaxProblem:
                continue  # told where the value is worked out
            if not isinstance(node, TypeName):
                accesses.expression(node)

    def assertion(self, statement: OwnStatement, body: BoundBody) -> None:
        """A `_Static_assert` at the top level."""
        if self.can_reach(body):
            high = len(body.tokens.words) - 1
            node = parse_expression(body.tokens, 1, high, body.type_names)
            self._accesses(statement, None, body).expression(node)

    @property
    def _types(self) -> View:
        if self._view is None:
            self._view = View(self._program.types, self._scope.hides)
        return self._view

    def _accesses(self, statement: OwnStatement, entity: Entity | None, body: BoundBody) -> Accesses:
        uses = {use.at: use.entity for use in body.uses}
        context = BodyContext(entity, body.tokens, uses, body.type_names, statement.state, False, Scopes())
        offsets = body.tokens.offsets()

        def report(low: int, high: int, hidden: Entity, purpose: str) -> None:
            place = self._program.token_place(self._module, statement, offsets, low, high)
            self.found.append(self._scope.explain_opaque(hidden, purpose, place, self._program.place))

        self._types.expressions.begin()
        return Accesses(self._types, context, report)


def zeroed(program: Knowledge, entity: Entity) -> frozenset[int]:
    """The tokens at which `{}` opens for an opaque scalar, in a function that has no errors or in an initializer."""
    module = program.owner(entity)
    bound = program.bound(entity)
    if not _EMPTY_BRACES.search(bound.statement.text):
        return frozenset()
    opaque = OpaqueTypes(program, module)
    if entity.kind == "variable":
        initializer = program.initializer(entity)
        if initializer is not None:
            opaque.initializer(entity, bound, initializer)
    else:
        body = program.body(module, program.symbol(entity).statement)
        if opaque.can_reach(body):
            head = len(Tokens(bound.statement.head).words)
            try:
                block = parse_body(body.tokens, head, len(body.tokens.words), body.type_names)
            except SyntaxProblem as problem:  # in another module's inline function, whose body nobody has read yet
                offsets = body.tokens.offsets()
                place = program.token_place(module, bound.statement, offsets, problem.low, problem.low + 1)
                raise Problem(Diagnostic("syntax", problem.message, place)) from problem
            opaque.function(bound.statement, entity, body, block)
    return frozenset(opaque.zeroed)


def _named(bound: Bound, uses: Sequence[Use]) -> Iterator[Entity]:
    """What the types in a part of a declaration, with these uses, name."""
    by_expression = any(use.mode == EXPRESSION for use in uses) and not _TYPEOF.isdisjoint(bound.tokens.words)
    return (use.entity for use in uses if use.mode != EXPRESSION or by_expression)


def _as_body(bound: Bound) -> BoundBody:
    return BoundBody(
        bound.tokens, bound.uses, bound.missing, bound.unsupported, bound.type_names, bound.members, (), False, False
    )


def _expressions_of(bound: Bound) -> Iterator[tuple[int, int]]:
    """The ranges of tokens in a definition that are expressions, initializers and attributes apart."""
    words = bound.tokens.words
    entry = bound.entry
    if isinstance(entry.type, (Aggregate, Enumeration)):
        yield from _in_type(entry.type, words)
    elif entry.specifiers is not None and entry.declarator is not None:
        yield from _in_specifiers(entry.specifiers, words)
        yield from _in_declarator(entry.declarator, words)


def _in_type(node: Aggregate | Enumeration, words: list[str]) -> Iterator[tuple[int, int]]:
    if isinstance(node, Enumeration):
        values: list[Range | None] = [enumerator.value for enumerator in node.enumerators or ()]
        yield from ((value.low, value.high) for value in values if value is not None)
        return
    for member in node.members or ():
        if isinstance(member, Declaration):
            yield from _in_specifiers(member.specifiers, words)
            for declarator in member.declarators:
                yield from _in_declarator(declarator, words)


def _in_specifiers(specifiers: Specifiers, words: list[str]) -> Iterator[tuple[int, int]]:
    node = specifiers.type
    if isinstance(node, Typeof) and words[node.low] in _TYPEOF and node.high > node.low + 1:
        yield node.low + 2, node.high - 1
    elif isinstance(node, Aggregate) and node.members is not None and node.name is None:
        yield from _in_type(node, words)


def _in_declarator(declarator: Declarator, words: list[str]) -> Iterator[tuple[int, int]]:
    for derivation in declarator.derivations:
        if isinstance(derivation, Array):
            low, high = derivation.low + 1, derivation.high - 1
            while low < high and words[low] in _BOUND_WORDS:
                low += 1
            if low < high:
                yield low, high
        elif isinstance(derivation, FunctionOf):
            for parameter in derivation.parameters:
                yield from _in_specifiers(parameter.specifiers, words)
                if parameter.declarator is not None:
                    yield from _in_declarator(parameter.declarator, words)
    if declarator.width is not None:
        yield declarator.width.low, declarator.width.high


__all__ = ["OpaqueTypes", "zeroed"]
