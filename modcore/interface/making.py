"""The interface of a module, out of a program that knows its source and everything that it imports.

In comes a module without errors; out goes an `Interface`; a plain importer has none. The declarations are those of its
names file; what stage 3 finds out about them is added: which others each one needs, and its size, alignment, members
and shape on the target.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from modcore.ctype import STORAGE_ORDER
from modcore.diagnostics import Diagnostic, Problem
from modcore.emit.declarations import Declarations
from modcore.emit.names import Names
from modcore.entities import VALUE, Entity, Use
from modcore.finder import Module
from modcore.interface.format import (
    FORMAT,
    HeaderTextEntry,
    Interface,
    MemberEntry,
    SymbolEntry,
    digest,
)
from modcore.interface.target import TargetEntry, has_vectors, is_even
from modcore.knowledge import Knowledge
from modcore.names_content import Content, StatementEntry, content_of, imports_in_order
from modcore.names_content import SymbolEntry as NameEntry
from modcore.pragmas import PragmaState, storage_order
from modcore.source import Position
from modcore.syntax.declared import TAG
from modcore.target.layout import Layout

_MODES = frozenset(("mode", "__mode__", STORAGE_ORDER, f"__{STORAGE_ORDER}__"))
"""Attributes of which compilers for one machine make different types; so they do of pragmas inside a definition."""
_MEASURED = frozenset(("struct", "union", "enum", "typedef", "variable"))


def interface_of(program: Knowledge, module: Module, target: TargetEntry) -> Interface:
    """The interface of a module for a target, that of the program. Raises Problem (`not-a-module`)."""
    unit = program.unit(module)
    if not unit.is_module:
        message = (
            f"'{module.name}' is a plain importer and exports nothing; begin it with 'module;' to make its interface"
        )
        raise Problem(Diagnostic("not-a-module", message, Position(module.file, 1, 1, 1, 2)))
    content, wants = content_of(unit)
    maker = _Maker(program, module, content)
    forms = imports_in_order(one.form for one in unit.imports if not one.form.header)
    headers = (HeaderTextEntry(one.text, None if one.body < 0 else one.body, _said(one.state)) for one in content.headers)
    symbols = tuple(maker.symbol(one) for one in content.names)
    if maker.is_even:
        target = msgspec.structs.replace(target, corners="")
    if not maker.has_vectors:
        target = msgspec.structs.replace(target, vectors=None)
    return Interface(FORMAT, content.module, target, forms, tuple(sorted(wants)), symbols, tuple(headers))


class _Maker:
    """Works out the entries of one module's symbols."""

    def __init__(self, program: Knowledge, module: Module, content: Content) -> None:
        self._program = program
        self._module = module
        self._statements = content.statements
        self._first: dict[int, NameEntry] = {}  # the symbol that has the declaration: a tag, if there is one
        for one in sorted(content.names, key=lambda one: (one.space != TAG, one.name)):
            self._first.setdefault(one.statement, one)
        self._spell = Declarations(program, Names(program))
        measured = (self._entity(one) for one in content.names if one.statement >= 0 and one.kind in _MEASURED)
        self._layouts = program.types.layouts_of(measured)
        self.is_even = True  # all compilers lay the types so far out alike
        self.has_vectors = False  # none of the types so far holds one, or is passed one

    def symbol(self, entry: NameEntry) -> SymbolEntry:
        made = SymbolEntry(
            name=entry.name, space=entry.space, kind=entry.kind, export=entry.exported, tags=entry.tags,
            c_linkage=entry.c_linkage, defines=entry.defines,
        )  # fmt: skip
        if entry.statement < 0:
            return made
        entity = self._entity(entry)
        if entry.kind != "enumerator" and not self.has_vectors:
            self.has_vectors = self._passes_vectors(entity)
        uses = self._program.bound(entity).uses
        statement, first = self._statements[entry.statement], self._first[entry.statement]
        if first is entry:
            body = None if statement.body < 0 else statement.body
            made = msgspec.structs.replace(made, declaration=statement.text, body=body, pragmas=_said(statement.state))
        else:
            with_ = msgspec.structs.replace(made, name=first.name, space=first.space, kind=first.kind).title
            made = msgspec.structs.replace(made, declared_with=with_)
        layout = self._layout(entity)
        shape = self._spell.shape(entity) if entry.space == TAG else None
        made = msgspec.structs.replace(
            made,
            needs_declaration=self._titles(use for use in uses if use.mode != VALUE),
            needs_definition=self._titles(use for use in uses if use.mode == VALUE),
            size=layout.size if layout is not None else None,
            align=layout.align if layout is not None else None,
            members=_members(layout) if layout is not None and entry.space == TAG else (),
            shape=shape.text if shape is not None else None,
        )
        return msgspec.structs.replace(made, hash=digest(_Seen(made, statement)))

    def _passes_vectors(self, entity: Entity) -> bool:
        types = self._program.types
        return has_vectors(types.type_of(entity), types.complete)

    def _layout(self, entity: Entity) -> Layout | None:
        """The layout of an entity's type; None where it has none that modcore vouches for."""
        found, types = self._layouts.get(entity), self._program.types
        if found is not None and self.is_even:
            bound = self._program.bound(entity)
            tokens = bound.tokens
            settled = not storage_order(bound.state) and not tokens.pragmas(len(tokens.words) - 1)
            settled = settled and _MODES.isdisjoint(tokens.words)
            self.is_even = settled and is_even(types.complete(types.type_of(entity)), types.definitions.facts())
        return found

    def _entity(self, entry: NameEntry) -> Entity:
        return Entity("module", self._module.file, entry.space, entry.name, entry.kind)

    def _titles(self, uses: Iterable[Use]) -> tuple[str, ...]:
        return tuple(sorted({self._title(use.entity) for use in uses}))

    def _title(self, entity: Entity) -> str:
        """An entity as users would write it, the module before it."""
        name = f"{entity.kind} {entity.name}" if entity.space == TAG else entity.name
        return name if entity.origin == "header" else f"{self._program.owner(entity).name}::{name}"


class _Seen(msgspec.Struct, frozen=True, gc=False):
    """All that importers may see of a symbol."""

    symbol: SymbolEntry
    statement: StatementEntry


def _said(state: PragmaState) -> PragmaState | None:
    return state if state != PragmaState() else None


def _members(layout: Layout) -> tuple[MemberEntry, ...]:
    return tuple(
        MemberEntry(one.name, one.offset, one.size, one.bit_offset, one.bit_width, one.depth) for one in layout.members
    )
