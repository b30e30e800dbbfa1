"""Stage 3, declarations: one symbol's definition, with every name in it bound.

In comes a symbol's statement and the scope of its module; out goes a `Bound`: the nodes of the definition and the
uses of file-scope names in it, each with the way it is used (by value, behind a pointer, in a function's type, in an
expression). Only this symbol's part of the statement is bound: `a` of `struct S {…} a, *b;` needs nothing of `b`.
Function bodies and the initializers of variables are bound apart (`bind_body`, `bind_initializer`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

import msgspec

from modcore.entities import (
    EXPRESSION,
    POINTER,
    SIGNATURE,
    VALUE,
    Capture,
    Entity,
    Missing,
    Resolve,
    StaticLocal,
    Unsupported,
    Use,
)  # fmt: skip
from modcore.pragmas import PragmaState
from modcore.stage1_names import OwnStatement
from modcore.stage3_bind import Binder
from modcore.syntax import Parsed, SyntaxProblem, Tokens, parse_statement
from modcore.syntax.declared import ORDINARY, TAG, Declared, MemberNames, declared_by, given_name, member_declarations
from modcore.syntax.tree import (
    Aggregate,
    Declaration,
    Declarator,
    Enumeration,
    Function,
    FunctionDefinition,
    Pointer,
    Specifiers,
)


class Bound(msgspec.Struct, frozen=True, gc=False):
    """A definition with its names bound; `uses` and `missing` count tokens of `tokens`.

    `members` are the names of members in its expressions, and `dereferences` says whether anything in these may need
    the type behind a pointer to be complete; `problem` is what one suffers from, after which nothing was bound.
    """

    entity: Entity
    statement: OwnStatement
    entry: Declared
    tokens: Tokens
    uses: tuple[Use, ...]
    missing: tuple[Missing, ...]
    unsupported: tuple[Unsupported, ...]
    type_names: frozenset[int]
    members: frozenset[str] = frozenset()
    dereferences: bool = False
    problem: SyntaxProblem | None = None

    @property
    def state(self) -> PragmaState:
        """The pragmas in force at the definition."""
        return self.statement.state

    def use_at(self, at: int) -> Entity | None:
        """The entity that the identifier at token `at` stands for; None when it is local, or nothing."""
        for use in self.uses:
            if use.at == at:
                return use.entity
        return None


class BoundBody(msgspec.Struct, frozen=True, gc=False):
    """A function definition (or initializer) with its names bound.

    `members` are the names after `.` and `->` and in designators; `dereferences` says whether anything in it may
    need the type behind a pointer to be complete, `initializes` whether values stand between braces in it. Tags that
    a block names before it defines them are `defined_later`: they are its own if nothing else is called so.
    """

    tokens: Tokens
    uses: tuple[Use, ...]
    missing: tuple[Missing, ...]
    unsupported: tuple[Unsupported, ...]
    type_names: frozenset[int]
    members: frozenset[str]
    function_names: tuple[int, ...]
    dereferences: bool
    initializes: bool
    problem: SyntaxProblem | None = None
    statics: tuple[StaticLocal, ...] = ()
    captures: tuple[Capture, ...] = ()
    defined_later: tuple[Missing, ...] = ()


def uses_of_members(bound: Bound) -> list[tuple[MemberNames, list[Use]]]:
    """For each member declaration of a struct or union the names that it declares, and the uses in it."""
    members = list(member_declarations(bound.entry.type))
    found: list[tuple[MemberNames, list[Use]]] = [(names, []) for names, _, _ in members]
    starts = [low for _, low, _ in members]
    for use in bound.uses:
        number = bisect_right(starts, use.at) - 1
        if number >= 0 and use.at < members[number][2]:
            found[number][1].append(use)
    return found


def bind_declaration(entity: Entity, statement: OwnStatement, resolve: Resolve, lenient: bool) -> Bound:
    """Binds one symbol's part of its statement."""
    parsed = parse_statement(statement.head, statement.body >= 0)
    entry = declared_by(statement.head, statement.body >= 0)[entity.space, entity.name]
    walker = _Walker(entity, parsed, resolve, lenient)
    problem = None
    try:
        walker.entry(entry)
    except SyntaxProblem as caught:
        problem = caught
    binder = walker.binder
    return Bound(
        entity, statement, entry, parsed.tokens, tuple(binder.uses), tuple(binder.missing),
        tuple(binder.unsupported), frozenset(binder.type_names), frozenset(binder.members), binder.dereferences, problem,
    )  # fmt: skip


def bind_body(statement: OwnStatement, resolve: Resolve, lenient: bool) -> BoundBody:
    """Binds a whole function definition, head and body."""
    head = len(Tokens(statement.head).words)
    return bind(Tokens(statement.text), resolve, lenient, lambda binder: binder.function(head))


def bind_initializer(bound: Bound, resolve: Resolve, lenient: bool) -> BoundBody | None:
    """Binds a variable's initializer; None when it has none."""
    declarator = bound.entry.declarator
    if declarator is None or declarator.initializer is None:
        return None
    low, high = declarator.initializer.low, declarator.initializer.high
    return bind(bound.tokens, resolve, lenient, lambda binder: binder.expression(low, high))


def bind_assertion(statement: OwnStatement, resolve: Resolve) -> BoundBody:
    """Binds a `_Static_assert` at the top level."""
    tokens = parse_statement(statement.head, False).tokens
    return bind(tokens, resolve, False, lambda binder: binder.expression(1, len(tokens.words) - 1))


def bind(tokens: Tokens, resolve: Resolve, lenient: bool, walk: Callable[[Binder], None]) -> BoundBody:
    """Binds what `walk` has a binder visit."""
    binder = Binder(tokens, resolve, lenient)
    problem = None
    captures: tuple[Capture, ...] = ()
    try:
        walk(binder)
        if binder.hidden:
            again = Binder(tokens, resolve, lenient, binder.hidden)
            walk(again)
            captures = tuple(again.captures)
    except SyntaxProblem as caught:
        problem = caught
    return BoundBody(
        binder.tokens, tuple(binder.uses), tuple(binder.missing), tuple(binder.unsupported), frozenset(binder.type_names),
        frozenset(binder.members), tuple(binder.function_names), binder.dereferences,
        binder.initializes, problem, binder.statics, captures, tuple(binder.defined_later),
    )  # fmt: skip


def is_pointer(declarator: Declarator | None) -> bool:
    """Whether a declarator makes a pointer or a function of the type of the specifiers.

    A pointer to an array makes an array of it, whose elements have to be complete (C17 6.7.6.2).
    """
    return bool(declarator and declarator.derivations) and isinstance(declarator.derivations[-1], (Pointer, Function))


class _Walker:
    """Visits the ranges of tokens that belong to one symbol and has the binder bind them."""

    def __init__(self, entity: Entity, parsed: Parsed, resolve: Resolve, lenient: bool) -> None:
        self.entity = entity
        self.tree = parsed.tree
        self.resolve = resolve
        self.binder = Binder(parsed.tokens, resolve, lenient)

    def entry(self, entry: Declared) -> None:
        if entry.kind == "enumerator":
            self._hoisted(entry.type, VALUE)
        elif isinstance(entry.type, Enumeration):
            if entry.type.underlying is not None:
                self._specifiers(entry.type.underlying, VALUE)
            self._values(entry.type)
        elif isinstance(entry.type, Aggregate):
            self._attributes(entry)
            self._members(entry.type)
        elif entry.specifiers is not None and entry.declarator is not None:
            self._specifiers(entry.specifiers, self._mode(entry.declarator), [entry.declarator])
            if isinstance(self.tree, FunctionDefinition) and self.tree.old_style:
                self._old_style(self.tree)
            else:
                self._declarator(entry.declarator)

    def _attributes(self, entry: Declared) -> None:
        """The attributes that follow the brace of a type belong to it: `struct S {…} __attribute__((aligned(N)))`."""
        if entry.specifiers is not None:
            for attribute in entry.specifiers.attributes:
                self.binder.attribute(attribute.low)

    @staticmethod
    def _mode(declarator: Declarator) -> str:
        derivations = declarator.derivations
        if derivations and isinstance(derivations[0], Function):
            if len(derivations) == 1:
                return SIGNATURE
        return POINTER if is_pointer(declarator) else VALUE

    def _members(self, type_: Aggregate) -> None:
        for member in type_.members or ():
            if not isinstance(member, Declaration):
                self.binder.expression(member.low + 1, member.high)
                continue
            by_value = not member.declarators or any(not is_pointer(d) for d in member.declarators)
            self._specifiers(member.specifiers, VALUE if by_value else POINTER, list(member.declarators))
            for declarator in member.declarators:
                self._declarator(declarator)
                if declarator.width is not None:
                    self.binder.expression(declarator.width.low, declarator.width.high)

    def _specifiers(self, specifiers: Specifiers, mode: str, declarators: list[Declarator] | None = None) -> None:
        """The specifiers' type as a use; a type defined inside is another symbol, or is walked when it has no tag."""
        type_ = specifiers.type
        if isinstance(type_, Aggregate) and type_.members is not None:
            top_level = self.entity.space == ORDINARY
            if type_.name is None and not top_level:
                self._members(type_)
            else:
                self._hoisted(type_, mode, declarators or ())
            return
        if isinstance(type_, Enumeration) and type_.enumerators is not None:
            self._hoisted(type_, mode, declarators or ())
            return
        first = len(self.binder.uses)
        self.binder.specifiers(specifiers.low)
        if mode != POINTER:
            for number in range(first, len(self.binder.uses)):
                use = self.binder.uses[number]
                if use.mode == POINTER:
                    self.binder.uses[number] = Use(use.at, use.low, use.entity, mode)

    def _hoisted(
        self, type_: Aggregate | Enumeration | None, mode: str, declarators: list[Declarator] | tuple = ()
    ) -> None:
        """A type defined in the same statement, used where it is defined; its token is the keyword."""
        if type_ is None:
            return
        declaration = self.tree.declarators if isinstance(self.tree, Declaration) else ()
        name = given_name(type_, declaration if self.entity.space == ORDINARY else declarators)
        entity = self.resolve(TAG, name, None)
        if entity is not None:
            self.binder.uses.append(Use(type_.low, type_.low, entity, mode))
        elif isinstance(type_, Aggregate):
            self._members(type_)  # a header's type without a tag is no symbol: it belongs to what it declares
        else:
            self._values(type_)

    def _values(self, type_: Enumeration) -> None:
        for enumerator in type_.enumerators or ():
            if enumerator.value is not None:
                self.binder.expression(enumerator.value.low, enumerator.value.high)

    def _declarator(self, declarator: Declarator) -> None:
        if declarator.low < declarator.high:
            self.binder.declarator(declarator.low)
        for attribute in declarator.attributes:
            self.binder.attribute(attribute.low)

    def _old_style(self, tree: FunctionDefinition) -> None:
        """The parameters of an old-style definition have their types after the parenthesis."""
        for declaration in tree.old_style:
            for declarator in declaration.declarators:
                self._specifiers(declaration.specifiers, POINTER if is_pointer(declarator) else SIGNATURE)
                self._declarator(declarator)


__all__ = [
    "EXPRESSION", "Bound", "BoundBody", "bind_body", "bind_declaration", "bind_initializer", "is_pointer",
    "uses_of_members",
]  # fmt: skip
