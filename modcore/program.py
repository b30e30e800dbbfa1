"""The driver: a program of modules, from files to diagnostics and emitted C.

It is the only caller of the stages and the only place that remembers: each stage runs once for a module, each
definition of stage 3 is loaded when somebody asks for it and no sooner. The order in which things are asked for
changes no result. With a `trace`, each step of work is told as (stage, module, symbol).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from modcore.diagnostics import TOO_DEEP, Diagnostic, Problem, has_errors, in_order, render
from modcore.entities import Entity
from modcore.files import Disk, Files, Options, facts_of
from modcore.finder import Finder, Module, interface_file
from modcore.headers import canonical
from modcore.preprocess import Toolchain, preprocess
from modcore.source import Position, lines_of
from modcore.stage1_names import Import, OwnStatement, Symbol, Unit, name_range, names_of
from modcore.stage2_imports import ImportList, direct_imports, duplicates, import_list
from modcore.stage2_scopes import TYPES, Scope
from modcore.stage3_bind.definitions import Bound, BoundBody, bind_body, bind_declaration, bind_initializer
from modcore.syntax.declared import TAG, mentioned_types
from modcore.syntax.tokens import IDENTIFIER

if TYPE_CHECKING:
    from modcore.ctype import Type
    from modcore.stage3_complete.agreement import Agreement
    from modcore.stage3_complete.constants import Constants
    from modcore.stage3_complete.types_of import Types
    from modcore.target.asked import Layouts
    from modcore.target.facts import Facts
    from modcore.target.layout import Layout, NoLayout

_WORD = re.compile(IDENTIFIER)

Trace = Callable[[int, str, str], None]


class Program:
    """A set of modules under one set of options; everything about them that was ever asked for is remembered."""

    def __init__(self, options: Options, files: Files | None = None, trace: Trace | None = None) -> None:
        self.options = options
        self.internal = options.internal
        self.files: Files = files if files is not None else Disk(options)
        self.finder = Finder(options.roots, self.files.exists, options.suffix)
        self.read_lines = lines_of(self.files.read_text)
        self._trace = trace or (lambda stage, module, symbol: None)
        self._units: dict[str, Unit] = {}
        self._sources: dict[str, Unit] = {}
        self._imports: dict[str, ImportList] = {}
        self._scopes: dict[str, Scope] = {}
        self._bound: dict[Entity, Bound] = {}
        self._bodies: dict[tuple[str, int], BoundBody] = {}
        self._latest: tuple[Module, OwnStatement] | None = None  # what was bound last
        self._checked: dict[str, list[Diagnostic]] = {}
        self._foreign: dict[str, frozenset[str]] = {}
        self._others: list[str] | None = None
        self._words: dict[str, frozenset[str]] = {}
        self._exporters: dict[tuple[str, str], list[tuple[Module, Symbol]]] = {}
        self._leaking: dict[str, frozenset[str]] = {}
        self._types: Types | None = None
        self._agreement: Agreement | None = None
        self._facts: Facts | None = None
        self._layouts: Layouts | None = None
        self._same: dict[tuple[Entity, Entity], bool] = {}
        # Nested expressions are read by recursion; C17 5.2.4.1 asks for 63 levels, generated code has thousands.
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 20000))

    # stage 1

    def module(self, file: str) -> Module:
        return self.finder.module_of(file)

    def unit(self, module: Module) -> Unit:
        """Stage 1 of a module. Raises Problem when it cannot be preprocessed."""
        unit = self._units.get(module.file)
        if unit is None:
            unit = self.files.unit(module)
            if unit is None:
                unit = self._read(module)
            self._units[module.file] = unit
        return unit

    def source_unit(self, module: Module) -> Unit:
        """Stage 1 of a module from its source, with positions, even where a names file stands for it."""
        unit = self.unit(module)
        if unit.lines is not None or self.files.read_text(module.file) is None:
            return unit  # an interface has no other positions
        if module.file not in self._sources:
            self._sources[module.file] = self._read(module)
        return self._sources[module.file]

    def _read(self, module: Module) -> Unit:
        self._trace(1, module.name, "")
        if self.files.read_text(module.file) is None:
            at = Position(module.file, 1, 1, 1, 2)
            raise Problem(Diagnostic("unreadable-file", f"'{module.file}' cannot be read; check that it exists", at))
        return names_of(module, preprocess(module.file, self.options.toolchain), self.read_lines)

    # stage 2

    def imports(self, module: Module) -> ImportList:
        """The full import list of a module."""
        if module.file not in self._imports:
            unit = self.unit(module)
            self._trace(2, module.name, "")
            self._imports[module.file] = import_list(
                unit, self.finder, self.unit, lambda statement: self.import_place(module, statement), self._known
            )
        return self._imports[module.file]

    def scope(self, module: Module) -> Scope:
        if module.file not in self._scopes:
            self._scopes[module.file] = Scope(
                self.unit(module),
                self.imports(module),
                self.unit,
                self.finder,
                self._leaked,
                self.same,
                self._elsewhere,
            )
        return self._scopes[module.file]

    def closure(self, modules: Iterable[Module]) -> list[Module]:
        """The modules and everything that they import, directly or not, by file."""
        found: dict[str, Module] = {}
        pending = list(modules)
        while pending:
            module = pending.pop()
            if module.file in found:
                continue
            found[module.file] = module
            for statement in self.unit(module).imports:
                target = self.finder.find(statement.form.path, module) if not statement.form.header else None
                if isinstance(target, Module):
                    pending.append(target)
        return [found[file] for file in sorted(found)]

    def _known(self) -> list[str]:
        return [self.module(file).name for file in self._other_files()]

    def _other_files(self) -> list[str]:
        if self._others is None:
            self._others = list(self.files.others())
        return self._others

    def _elsewhere(self, space: str, name: str) -> list[tuple[Module, Symbol]]:
        """Modules that nobody asked for yet which export `name`; only files that contain the word are read."""
        found = self._exporters.get((space, name))
        if found is None:
            found = []
            for file in sorted({*self._units, *self._other_files()}):
                if file not in self._units and name not in self._words_of(file):
                    continue
                module = self.module(file)
                try:
                    unit = self.unit(module)
                except Problem:
                    continue  # its own errors are told when it is checked; it cannot serve as a hint
                symbol = unit.names.get((space, name))
                if symbol is not None and symbol.exported and unit.is_module:
                    found.append((module, symbol))
            self._exporters[(space, name)] = found
        return found

    def _words_of(self, file: str) -> frozenset[str]:
        words = self._words.get(file)
        if words is None:
            words = self._words[file] = frozenset(_WORD.findall(self.files.read_text(file) or ""))
        return words

    # stage 3

    def owner(self, entity: Entity) -> Module:
        return self.finder.module_of(entity.file)

    def symbol(self, entity: Entity) -> Symbol:
        """The stage-1 symbol of an entity that a module owns."""
        return self.unit(self.owner(entity)).names[(entity.space, entity.name)]

    def bound(self, entity: Entity) -> Bound:
        """The definition of an entity with its names bound; loaded on demand."""
        bound = self._bound.get(entity)
        if bound is None:
            module = self.owner(entity)
            unit = self.unit(module)
            if entity.origin == "header":
                bound = next(self._header_declarations(entity), None)
                if bound is None:
                    raise KeyError(entity.name)
            else:
                self._trace(3, module.name, entity.name)
                statement = unit.statements[unit.names[(entity.space, entity.name)].statement]
                self._latest = module, statement
                bound = bind_declaration(entity, statement, self.scope(module).find, not unit.is_module)
            self._bound[entity] = bound
        return bound

    def _header_declarations(self, entity: Entity) -> Iterator[Bound]:
        """All declarations of a header name in its unit."""
        unit = self.unit(self.owner(entity))
        index = unit.headers
        for number in index.declaring(entity.space, entity.name):
            header = index.statements[number]
            if any(d.space == entity.space and d.name == entity.name for d in index.names(number)):
                statement = OwnStatement(header.text, header.start, header.body, False, (), True, state=header.state)
                yield bind_declaration(entity, statement, self._header_resolver(unit), True)

    def _header_resolver(self, unit: Unit) -> Callable[[str, str, str | None], Entity | None]:
        """Names inside header text: the header's, else (for templates that are included) the unit's own.

        Types without a tag are nobody else's.
        """
        scope = self.scope(unit.module)
        return lambda space, name, path: scope.header(space, name) or (
            scope.own(space, name) if name[0] != "{" else None
        )

    def body(self, module: Module, number: int) -> BoundBody:
        """The function definition in statement `number` of a module, bound."""
        key = (module.file, number)
        if key not in self._bodies:
            unit = self.unit(module)
            self._latest = module, unit.statements[number]
            self._bodies[key] = bind_body(unit.statements[number], self.scope(module).find, not unit.is_module)
        return self._bodies[key]

    def initializer(self, entity: Entity) -> BoundBody | None:
        """The initializer of a variable, bound; None without one."""
        module = self.owner(entity)
        return bind_initializer(self.bound(entity), self.scope(module).find, not self.unit(module).is_module)

    def zeroed(self, entity: Entity) -> frozenset[int]:
        """The tokens of a function or variable at which `{}` opens for an opaque type that stands for a scalar."""
        from modcore.check.opaque import zeroed

        return zeroed(self, entity)

    def _leaked(self, scope: Scope, space: str, name: str, seen: frozenset[str] = frozenset()) -> list[Entity]:
        """Types called `name` that the declarations visible in a scope reach (language reference, section 5, step 4).

        A declaration is only looked at, not bound: what a name in it means is asked of its own module's scope. Leaks
        may run in circles through `seen` modules.
        """
        word = re.compile(rf"\b{re.escape(name)}\b")
        found: dict[Entity, None] = {}
        for entity in scope.visible_names():
            if entity.file == scope.unit.module.file or entity.file in seen:
                continue
            owner = self.owner(entity)
            unit = self.unit(owner)
            statement = unit.statements[self.symbol(entity).statement]
            declaring = set(unit.headers.declaring(space, name))
            if not declaring and not word.search(statement.head):
                continue
            theirs = self.scope(owner)
            entry = next(e for e in statement.names() if (e.space, e.name) == (entity.space, entity.name))
            for kind, mentioned in mentioned_types(entry):
                meant = theirs.direct(kind, mentioned.text)
                if mentioned.path is not None:
                    qualified = theirs.find(kind, mentioned.text, mentioned.path)
                    meant = [qualified] if qualified is not None else []
                if (kind, mentioned.text) == (space, name):
                    nearer = seen | {scope.unit.module.file}
                    found.update(dict.fromkeys(meant or self._leaked(theirs, space, name, nearer)))
                elif declaring and any(one.origin == "header" for one in meant):
                    if declaring & set(unit.headers.needed(unit.headers.declaring(kind, mentioned.text))):
                        found[Entity("header", owner.file, space, name, unit.headers.kind(space, name) or kind)] = None
        return list(found)

    def foreign_words(self, module: Module) -> frozenset[str]:
        """The words that can mean a symbol of another module in this one, visible or not."""
        words = self._foreign.get(module.file)
        if words is None:
            units = [self.unit(imported.module) for imported in self.imports(module).modules]
            words = frozenset(name for unit in units for _, name in unit.names)
            if words and "::" in self.unit(module).text:
                words |= {"::"}
            self._foreign[module.file] = words
        return words

    def leaking_words(self, module: Module) -> frozenset[str]:
        """The words that can mean a type of a module that is not imported, but reached by the imported ones."""
        words = self._leaking.get(module.file)
        if words is None:
            units = [self.unit(reached) for reached in self.closure([module]) if reached.file != module.file]
            symbols = (symbol for unit in units for symbol in unit.names.values())
            words = frozenset(symbol.name for symbol in symbols if symbol.kind in TYPES)
            self._leaking[module.file] = words
        return words

    def same(self, one: Entity, other: Entity) -> bool:
        """Whether two entities are one: plain C names with the same meaning."""
        if (one.space, one.name) != (other.space, other.name):
            return False
        key = (one, other)
        if key not in self._same:
            headers = one.origin == "header" == other.origin
            self._same[key] = (self.has_c_name(one) and self.has_c_name(other)) and (
                headers and self._seen(one) == self._seen(other) or self.agreement.agree(one, other)
            )
        return self._same[key]

    @property
    def agreement(self) -> Agreement:
        if self._agreement is None:
            from modcore.stage3_complete.agreement import Agreement

            self._agreement = Agreement(self._declarations, self.types)
        return self._agreement

    def _declarations(self, entity: Entity) -> list[Bound]:
        return list(self._header_declarations(entity)) if entity.origin == "header" else [self.bound(entity)]

    def _seen(self, entity: Entity) -> set[tuple[object, ...]]:
        """All declarations of a header name, spelled by rule, with the pragmas in force that change a layout."""
        index = self.unit(self.owner(entity)).headers
        found = (index.statements[number] for number in index.declaring(entity.space, entity.name))
        return {(canonical(one), one.state.pack, one.state.settings) for one in found}

    # types and constants

    @property
    def types(self) -> Types:
        if self._types is None:
            from modcore.stage3_complete.types_of import Types

            self._types = Types(self)
        return self._types

    @property
    def constants(self) -> Constants:
        return self.types.constants

    def facts(self) -> Facts:
        """The target's sizes and alignments. Raises Problem when the compiler cannot be asked."""
        if self._facts is None:
            self._facts = facts_of(self.options.toolchain)
        return self._facts

    def layouts(self, types: Sequence[Type]) -> list[Layout | NoLayout]:
        """The layouts of types on the target. Raises Problem when the compiler cannot be asked."""
        from modcore.target.ask import ProbeError
        from modcore.target.asked import Layouts

        if self._layouts is None:
            toolchain = self.options.toolchain
            self._layouts = Layouts(self.facts(), toolchain.cc, toolchain.flags)
        try:
            return self._layouts.of(types)
        except ProbeError as error:
            raise Problem(Diagnostic("toolchain", str(error), Position("", 1, 1, 1, 2))) from error

    def has_c_name(self, entity: Entity) -> bool:
        return entity.origin == "header" or self.symbol(entity).c_linkage

    def too_deep(self) -> Diagnostic:
        """The error for a RecursionError: it stands where work was going on."""
        place = Position("", 1, 1, 1, 2)
        if self._latest is not None:
            module, statement = self._latest
            place = self.token_place(module, statement, [0], 0, 1)
        return Diagnostic("not-supported", TOO_DEEP, place)

    # what comes out

    def emit(self, module: Module) -> str:
        """The C of a module. Raises Problem with the errors that prevent it."""
        from modcore.emit import emit
        from modcore.stage3_complete.demand import DEFECTS

        diagnostics = self.check_emission(module)
        if has_errors(diagnostics):
            raise Problem(*diagnostics)
        try:
            return emit(self, module)
        except DEFECTS as problem:
            from modcore.check.sizes import blamed

            raise Problem(*blamed(self, problem, self.check_emission)) from problem

    def check_emission(self, module: Module) -> list[Diagnostic]:
        """The diagnostics of one module that matter to its emission, warnings included."""
        if module.file not in self._checked:
            found = self.check_module(module, bodies=False)
            self._checked[module.file] = in_order([*found, *self._duplicates([module])])
        return self._checked[module.file]

    def check(self, modules: Iterable[Module]) -> list[Diagnostic]:
        """Every diagnostic of the modules and of what they import."""
        modules = list(modules)
        found: list[Diagnostic] = []
        pending = list(modules)
        done: set[str] = set()
        while pending:
            module = pending.pop()
            if module.file in done:
                continue
            done.add(module.file)
            try:
                unit = self.unit(module)
            except Problem as problem:
                found += problem.diagnostics
                continue
            for statement in unit.imports:
                target = self.finder.find(statement.form.path, module) if not statement.form.header else None
                if isinstance(target, Module):
                    pending.append(target)
            if unit.lines is not None:
                found += self.check_module(module, bodies=True)
            else:  # an interface was checked with its source; what it imports may be missing here
                found += self.imports(module).diagnostics
        return in_order([*found, *self._duplicates(modules)])

    def _duplicates(self, modules: Iterable[Module]) -> Iterator[Diagnostic]:
        """Modules of one name in two files: an error at the import that brings the second."""
        try:
            closure = self.closure(modules)
        except Problem:
            return  # the module that cannot be read is told about already
        found = duplicates(closure, modules, lambda module: direct_imports(self.unit(module), self.finder))
        for importer, statement, message in found:
            yield Diagnostic("duplicate-module", message, self.import_place(importer, statement))

    def check_module(self, module: Module, bodies: bool) -> list[Diagnostic]:
        """The diagnostics of one module; with `bodies`, the grammar of function bodies is checked as well."""
        from modcore.check import check_module

        try:
            return check_module(self, module, bodies)
        except Problem as problem:
            return list(problem.diagnostics)

    # positions

    def place(self, entity: Entity) -> Position | None:
        """Where the name of an entity stands in the user's files."""
        try:
            unit = self.source_unit(self.owner(entity))
        except Problem:
            return None
        if entity.origin == "header":
            for number in unit.headers.declaring(entity.space, entity.name):
                start = unit.headers.statements[number].start
                return unit.position(start, start + 1, self.read_lines)
            return None
        symbol = unit.names.get((entity.space, entity.name))
        if symbol is None:
            return None
        return unit.position(*name_range(unit.statements[symbol.statement], symbol), self.read_lines)

    def token_place(self, module: Module, statement: OwnStatement, offsets: list[int], low: int, high: int) -> Position:
        """The user's position of the tokens low..high-1 of a statement."""
        start = statement.start + offsets[min(low, len(offsets) - 1)]
        last = offsets[min(max(low, high - 1), len(offsets) - 1)]
        end = statement.start + last + _word_length(statement.text, last)
        return self.source_unit(module).position(start, max(end, start + 1), self.read_lines)

    def import_place(self, module: Module, statement: Import) -> Position:
        """Where an import statement stands."""
        unit = self.source_unit(module)
        if unit.lines is None:
            return Position(interface_file(module.file, self.options.suffix), 1, 1, 1, 2)
        if statement.start >= 0:
            return unit.position(statement.start, statement.end, self.read_lines)
        for candidate in unit.imports:
            if candidate.form == statement.form:
                return unit.position(candidate.start, candidate.end, self.read_lines)
        return Position(module.file, 1, 1, 1, 2)

    def render(self, diagnostics: Iterable[Diagnostic], colour: bool = False) -> str:
        return render(in_order(diagnostics), self.read_lines, colour)


def _word_length(text: str, at: int) -> int:
    match = re.compile(r'\w+|"(?:[^"\\\n]|\\.)*"|.', re.S).match(text, at)
    return len(match[0]) if match else 1


__all__ = ["Disk", "Files", "Options", "Program", "TAG", "Toolchain"]
