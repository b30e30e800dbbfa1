"""Everything that is wrong with one module, as diagnostics.

In comes a module of a program; out goes what stages 1 to 3 have to say about it, with the user's positions. A name
that could not be resolved is reported once at each use; what depends on it stays silent (language reference, sections
10 and 11). `bodies` also reads function bodies with the grammar, which emission does not need.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modcore.check.opaque import OpaqueTypes
from modcore.check.sizes import (
    check_assertion,
    check_body_types,
    check_types,
    defective,
    explained,
    is_constant,
    type_or_none,
)
from modcore.ctype import Array, Function, Record, Unknown
from modcore.diagnostics import TOO_DEEP, Diagnostic, Note, Problem, has_errors
from modcore.entities import Entity, Missing, Unsupported
from modcore.finder import Module
from modcore.knowledge import Knowledge
from modcore.source import Position
from modcore.stage1_names import OwnStatement, Symbol, Unit, forward_declaration, name_range
from modcore.stage2_scopes import entity_of
from modcore.stage3_bind.definitions import Bound, BoundBody, bind_assertion, bind_body
from modcore.stage3_bind.plain import bind_plain
from modcore.stage3_complete.demand import DEFECTS
from modcore.syntax import SyntaxProblem, Tokens, parse_body, parse_expression, parse_statement
from modcore.syntax.body_tree import Block
from modcore.syntax.declared import ORDINARY
from modcore.syntax.tree import Assertion, Named, Typeof


def check_module(program: Knowledge, module: Module, bodies: bool) -> list[Diagnostic]:
    """The diagnostics of one module; of a module that it imports only that it cannot be read at all."""
    check = _Check(program, module, bodies)
    try:
        check.run()
    except Problem as problem:
        check.found += problem.diagnostics
    return check.found


class _Check:
    def __init__(self, program: Knowledge, module: Module, bodies: bool) -> None:
        self.program = program
        self.module = module
        self.bodies = bodies
        self.unit = program.unit(module)
        self.opaque = OpaqueTypes(program, module)
        self.found: list[Diagnostic] = []

    def run(self) -> None:
        unit = self.unit
        self.found += unit.diagnostics
        self.found += self.program.imports(self.module).diagnostics
        if unit.is_module:
            self._module()
        else:
            self._plain()
        if self.bodies and not has_errors(self.found):
            from modcore.emit import emit

            try:
                emit(self.program, self.module)  # what only shows when declarations come together in one file
            except DEFECTS as problem:
                self._defect(problem)

    def _module(self) -> None:
        self._unsupported_exports()
        for symbol in self.unit.names.values():
            self._symbol(symbol)
        for statement in self.unit.statements:
            self._nameless(statement)
        self._sizes()
        self._initializers()
        self.found += self.opaque.found

    # names

    def _symbol(self, symbol: Symbol) -> None:
        entity = entity_of(self.unit, symbol)
        statement = self.unit.statements[symbol.statement]
        try:
            bound = self.program.bound(entity)
            self._missing(statement, bound.tokens, bound.missing)
            if bound.problem is not None:
                raise bound.problem
            self.opaque.constants(bound)
            if symbol.kind == "function" and statement.body >= 0:
                self._function(entity, symbol, statement)
            elif symbol.kind == "variable":
                self._variable(entity, bound)
        except SyntaxProblem as problem:
            self._syntax(statement, Tokens(statement.text), problem)
        except DEFECTS as problem:
            self._defect(problem)
        except RecursionError:
            self._too_deep(statement)
        if symbol.space == ORDINARY and not symbol.c_linkage and symbol.kind in ("function", "variable"):
            self._shadows(symbol)

    def _function(self, entity: Entity, symbol: Symbol, statement: OwnStatement) -> None:
        body = self.program.body(self.module, symbol.statement)
        self._report_body(statement, body)
        self._body(statement, entity, body)
        if self.bodies:
            self.found += check_body_types(self.program, self.module, statement, body)

    def _body(self, statement: OwnStatement, entity: Entity | None, body: BoundBody) -> None:
        """Reads a body with the grammar where somebody has to know, and looks for forbidden uses in it."""
        reaches = self.opaque.can_reach(body)
        if self.bodies or reaches:
            block = self._parse(statement, body)
            if block is not None and reaches:
                self.opaque.function(statement, entity, body, block)

    @staticmethod
    def _parse(statement: OwnStatement, body: BoundBody) -> Block | None:
        """The tree of a body; None where a name that means nothing makes it unreadable, which is told already."""
        try:
            head = len(Tokens(statement.head).words)
            return parse_body(body.tokens, head, len(body.tokens.words), body.type_names)
        except SyntaxProblem as problem:
            words = body.tokens.words
            begin = max((k for k in range(problem.low) if words[k] in (";", "{", "}")), default=0)
            if not any(begin <= entry.at and entry.low <= problem.low for entry in body.missing):
                raise
            return None

    def _variable(self, entity: Entity, bound: Bound) -> None:
        initializer = self.program.initializer(entity)
        if initializer is None:
            return
        self._report_body(bound.statement, initializer)
        self.opaque.initializer(entity, bound, initializer)
        declarator = bound.entry.declarator
        if self.bodies and declarator is not None and declarator.initializer is not None:
            written = declarator.initializer
            parse_expression(bound.tokens, written.low, written.high, initializer.type_names)

    def _report_body(self, statement: OwnStatement, body: BoundBody) -> None:
        """Says what binding found out; a problem of the syntax is raised, because nothing more can be read."""
        self._unsupported(statement, body.tokens, body.unsupported)
        if not body.unsupported:  # an import that was not followed may have brought what is missing
            scope = self.program.scope(self.module)
            ambiguous = (entry for entry in body.defined_later if scope.is_ambiguous(entry.space, entry.name))
            self._missing(statement, body.tokens, (*body.missing, *ambiguous))
        if body.problem is not None:
            raise body.problem

    def _missing(self, statement: OwnStatement, tokens: Tokens, missing: Iterable[Missing]) -> None:
        scope = self.program.scope(self.module)
        for entry in missing:
            place = self._place(statement, tokens, entry.at, entry.at + 1)
            diagnostic = scope.explain(entry, place, self.program.place)
            if diagnostic is not None:
                self.found.append(diagnostic)

    def _unsupported(self, statement: OwnStatement, tokens: Tokens, entries: Iterable[Unsupported]) -> None:
        for entry in entries:
            place = self._place(statement, tokens, entry.low, entry.high)
            self.found.append(
                Diagnostic(
                    "not-supported",
                    f"{entry.what} is not supported yet; {entry.advice}",
                    place,
                )
            )

    def _nameless(self, statement: OwnStatement) -> None:
        parsed = parse_statement(statement.head, statement.body >= 0)
        if isinstance(parsed.tree, Assertion):
            body = bind_assertion(statement, self.program.scope(self.module).find)
            self._missing(statement, parsed.tokens, body.missing)
            if body.problem is not None:
                self._syntax(statement, body.tokens, body.problem)
            elif not body.missing:
                self.opaque.assertion(statement, body)
                self.found += check_assertion(self.program, self.module, statement, body)

    def _shadows(self, symbol: Symbol) -> None:
        header = self.program.scope(self.module).header(ORDINARY, symbol.name)
        if header is None:
            return
        place = self._place_of(symbol)
        message = (
            f"'{symbol.name}' is a symbol of this module, not the one that a header declares; "
            f"rename it, or write 'extern \"C\"' before it if it is meant to be the same"
        )
        notes = (Note("the header declares it here", self.program.place(header)),)
        self.found.append(Diagnostic("shadows-header", message, place, notes, severity="warning"))

    # forms that have no meaning yet

    def _unsupported_exports(self) -> None:
        for symbol in self.unit.names.values():
            if not symbol.exported:
                continue
            if symbol.tags:
                self.found.append(
                    Diagnostic(
                        "not-supported",
                        "exporting under tags is not supported yet; write 'export' alone",
                        self._place_of(symbol),
                    )
                )

    def _initializers(self) -> None:
        for symbol in self.unit.names.values():
            entity = entity_of(self.unit, symbol)
            if symbol.kind != "variable" or symbol.c_linkage or self.program.bound(entity).problem is not None:
                continue
            initializer = self.program.initializer(entity)
            if initializer is None:
                self._function_type(entity, symbol)
            elif not initializer.missing and initializer.problem is None:
                self._dynamic(entity, self.program.bound(entity), initializer)

    def _function_type(self, entity: Entity, symbol: Symbol) -> None:
        """Reports a variable that is in truth a function, declared through a typedef of a header or an import."""
        entry = self.program.bound(entity).entry
        plain = entry.declarator is not None and not entry.declarator.derivations
        if plain and entry.specifiers is not None and isinstance(entry.specifiers.type, (Named, Typeof)):
            if isinstance(type_or_none(self.program, entity), Function):
                self.found.append(forward_declaration(symbol.name, ORDINARY, symbol.kind, self._place_of(symbol), None))

    def _dynamic(self, entity: Entity, bound: Bound, initializer: BoundBody) -> None:
        """Reports an initializer that would have to run: a call, or the value of a variable."""
        words = initializer.tokens.words
        for use in initializer.uses:
            what = None
            if (
                use.entity.kind == "function"
                and words[use.at + 1 : use.at + 2] == ["("]
                and not _unevaluated(words, use.low)
            ):
                what = f"calls '{use.entity.name}'"
            elif use.entity.kind == "variable" and not _unevaluated(words, use.low):
                if self._reads(use.entity, words, use.low, use.at):
                    what = f"reads '{use.entity.name}'"
            if what is not None:
                place = self._place(bound.statement, initializer.tokens, use.at, use.at + 1)
                self.found.append(
                    Diagnostic(
                        "not-supported",
                        f"the initializer of '{entity.name}' {what} and would have to run before main, which is not supported yet;"
                        " assign the value in a function",
                        place,
                    )
                )
                return

    def _reads(self, entity: Entity, words: Sequence[str], low: int, at: int) -> bool:
        """Whether an initializer needs the value of a variable that is no constant (not only its address)."""
        before = words[low - 1] if low else ""
        after = words[at + 1] if at + 1 < len(words) else ""
        if before == "&" or after in (".", "[", "->"):
            return False  # part of an address constant, or left for the compiler to judge
        return not is_constant(self.program, entity) and not isinstance(
            type_or_none(self.program, entity), (Array, Function, Record, Unknown, type(None))
        )

    # plain importers

    def _plain(self) -> None:
        for number, statement in enumerate(self.unit.statements):
            try:
                imported = bind_plain(self.program, self.module, number)
                if imported is not None:
                    self._report_body(statement, imported)
                if statement.body >= 0:
                    if self.bodies or imported is not None:
                        whole = bind_body(statement, self.program.scope(self.module).find, True)
                        self._body(statement, self._defined(statement), whole)
                elif imported is not None:
                    self._plain_declaration(statement)
            except SyntaxProblem as problem:
                self._syntax(statement, Tokens(statement.text), problem)
            except DEFECTS as problem:
                self._defect(problem)
            except RecursionError:
                self._too_deep(statement)
        self.found += self.opaque.found

    def _defined(self, statement: OwnStatement) -> Entity | None:
        """The function that a statement of a plain importer defines."""
        names = [entry for entry in statement.names() if entry.kind == "function"]
        return Entity("module", self.module.file, ORDINARY, names[-1].name, "function") if names else None

    def _plain_declaration(self, statement: OwnStatement) -> None:
        """What a declaration of plain C, which uses imported names, initializes."""
        for entry in statement.names():
            symbol = self.unit.names.get((entry.space, entry.name))
            if symbol is None or self.unit.statements[symbol.statement] is not statement:
                continue
            entity = entity_of(self.unit, symbol)
            bound = self.program.bound(entity)
            self.opaque.constants(bound)
            initializer = self.program.initializer(entity) if symbol.kind == "variable" else None
            if initializer is not None:
                self.opaque.initializer(entity, bound, initializer)

    # sizes and constants

    def _defect(self, problem: Exception) -> None:
        """A definition that is needed here is wrong, which is told where a module owns it; headers are told of here."""
        entity = defective(problem)
        if entity is not None and entity.origin == "header":
            self.found.append(explained(self.program, problem, entity))

    def _sizes(self) -> None:
        self.found += check_types(self.program, self.module)

    # positions

    def _place(self, statement: OwnStatement, tokens: Tokens, low: int, high: int) -> Position:
        return self.program.token_place(self.module, statement, tokens.offsets(), low, high)

    def _place_of(self, symbol: Symbol) -> Position:
        unit = self.program.source_unit(self.module)
        return unit.position(*name_range(unit.statements[symbol.statement], symbol), self.program.read_lines)

    def _too_deep(self, statement: OwnStatement) -> None:
        place = self.program.token_place(self.module, statement, [0], 0, 1)
        self.found.append(Diagnostic("not-supported", TOO_DEEP, place))

    def _syntax(self, statement: OwnStatement, tokens: Tokens, problem: SyntaxProblem) -> None:
        low = min(problem.low, max(0, len(tokens.words) - 1))
        self.found.append(Diagnostic("syntax", problem.message, self._place(statement, tokens, low, low + 1)))


def _unevaluated(words: Sequence[str], at: int) -> bool:
    """Whether token `at` stands in the operand of `sizeof`, `typeof` or `_Alignof`, which is never run."""
    depth = 0
    for k in range(at - 1, -1, -1):
        word = words[k]
        if word in ")]}":
            depth += 1
        elif word in "([{":
            depth -= 1
            if depth < 0:
                depth = 0
                if k and words[k - 1] in (
                    "sizeof",
                    "typeof",
                    "__typeof__",
                    "_Alignof",
                    "__alignof__",
                    "__builtin_offsetof",
                ):
                    return True
        elif depth == 0 and word == "sizeof" and k == at - 1:
            return True
    return False


__all__ = ["Unit", "check_module"]
