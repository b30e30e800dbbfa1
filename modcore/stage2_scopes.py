"""Stage 2: the names that a module sees at file scope, from the stage-1 outputs of what it imports.

In comes a unit, its full import list and a function that gives other units; out goes its `Scope`: for any name
what it stands for, searched in the order of the language reference, section 5 (own, imported and header names, leaked
types). A name is looked up when it is asked for and remembered; nothing else of the imported modules is touched. Why
a name could not be resolved is worked out by `explain`, only when a user has to be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from modcore.diagnostics import Diagnostic, Edit, Fix, Note
from modcore.entities import Entity, Missing
from modcore.finder import Finder, Miss, Module
from modcore.source import Position
from modcore.stage1_names import Symbol, Unit
from modcore.stage2_imports import GiveUnit, ImportList
from modcore.syntax.declared import ORDINARY, TAG

TYPES = frozenset(("struct", "union", "enum", "typedef"))


class Ambiguity(msgspec.Struct, frozen=True, gc=False):
    """Several different candidates for one name."""

    candidates: tuple[Entity, ...]


class Scope:
    """File scope of one unit. Lookups are remembered; `explain` is for names that `find` gave nothing for."""

    def __init__(
        self,
        unit: Unit,
        imports: ImportList,
        give_unit: GiveUnit,
        finder: Finder,
        leaked: Callable[["Scope", str, str], Iterable[Entity]],
        same: Callable[[Entity, Entity], bool],
        elsewhere: Callable[[str, str], list[tuple[Module, Symbol]]],
    ) -> None:
        self.unit = unit
        self.imports = imports
        self._unit_of = give_unit
        self._finder = finder
        self._leaked = leaked
        self._same = same
        self._elsewhere = elsewhere
        self._found: dict[tuple[str, str], Entity | Ambiguity | None] = {}

    def find(self, space: str, name: str, path: str | None = None) -> Entity | None:
        """What `name` (or `path::name`) stands for; None when that is nothing, hidden or ambiguous."""
        if path is not None:
            found = self._qualified(space, name, path)
        else:
            key = (space, name)
            if key not in self._found:
                self._found[key] = self._search(space, name)
            found = self._found[key]
        return found if isinstance(found, Entity) else None

    def own(self, space: str, name: str) -> Entity | None:
        symbol = self.unit.names.get((space, name))
        return entity_of(self.unit, symbol) if symbol is not None else None

    def header(self, space: str, name: str) -> Entity | None:
        """The name that the unit's headers declare."""
        kind = self.unit.headers.kind(space, name)
        return Entity("header", self.unit.module.file, space, name, kind) if kind is not None else None

    def visible_modules(self) -> Iterator[Unit]:
        """The imported modules, in the order of their files."""
        for imported in self.imports.modules:
            yield self._unit_of(imported.module)

    def hides(self, entity: Entity) -> bool:
        """Whether the contents of a type cannot be seen here, so that it is opaque (language reference, section 6)."""
        if entity.origin == "header" or entity.file == self.unit.module.file:
            return False
        if not any(imported.module.file == entity.file for imported in self.imports.modules):
            return True
        symbol = self._unit_of(self._finder.module_of(entity.file)).names[(entity.space, entity.name)]
        return not _shown(symbol)

    def visible_names(self) -> Iterator[Entity]:
        """All names of steps 2 and 3 that modules define: the unit's own, then the imported."""
        for symbol in self.unit.names.values():
            yield entity_of(self.unit, symbol)
        for unit in self.visible_modules():
            for symbol in unit.names.values():
                if _shown(symbol):
                    yield entity_of(unit, symbol)

    def direct(self, space: str, name: str) -> list[Entity]:
        """The candidates of steps 2 and 3, each thing once: the unit's own symbol, else imported and header names."""
        own = self.own(space, name)
        if own is not None:
            return [own]
        candidates: list[Entity] = []
        for unit in self.visible_modules():
            symbol = unit.names.get((space, name))
            if symbol is not None and _shown(symbol):
                candidates.append(entity_of(unit, symbol))
        header = self.header(space, name)
        if header is not None:
            candidates.append(header)
        return self._distinct(candidates)

    def _search(self, space: str, name: str) -> Entity | Ambiguity | None:
        found = self.direct(space, name)
        if not found:
            found = self._distinct(entity for entity in self._leaked(self, space, name) if entity.kind in TYPES)
        if len(found) > 1:
            return Ambiguity(tuple(found))
        return found[0] if found else None

    def _distinct(self, candidates: Iterable[Entity]) -> list[Entity]:
        """The candidates without those that are one entity with an earlier one."""
        distinct: list[Entity] = []
        for entity in candidates:
            if not any(entity == other or self._same(entity, other) for other in distinct):
                distinct.append(entity)
        return distinct

    def _qualified(self, space: str, name: str, path: str) -> Entity | None:
        if path == "":
            own = self.unit.names.get((space, name))
            if own is not None and own.c_linkage:
                return entity_of(self.unit, own)
            return self.header(space, name)
        module = self._finder.find(path, self.unit.module)
        if isinstance(module, Miss):
            return None
        if module.file == self.unit.module.file:
            return self.own(space, name)
        if not any(imported.module.file == module.file for imported in self.imports.modules):
            return None
        unit = self._unit_of(module)
        symbol = unit.names.get((space, name))
        return entity_of(unit, symbol) if symbol is not None and _shown(symbol) else None

    def is_ambiguous(self, space: str, name: str) -> bool:
        """Whether an unqualified name means several things."""
        return self.find(space, name) is None and isinstance(self._found.get((space, name)), Ambiguity)

    # why a name means nothing

    def explain(
        self, missing: Missing, position: Position, place: Callable[[Entity], Position | None]
    ) -> Diagnostic | None:
        """The diagnostic for a name that `find` gave nothing for; None when an earlier error already explains it."""
        space, name, path = missing.space, missing.name, missing.path
        shown = f"{missing.keyword or 'struct'} {name}" if space == TAG else name
        if missing.found is not None:
            found = missing.found
            return Diagnostic(
                "wrong-tag",
                f"'{name}' is {_article(found.kind)}, not {_article(missing.keyword or 'struct')}; write '{found.kind} {name}'",
                position, _defined_here(found, place, name),
            )  # fmt: skip
        if path is not None:
            return self._explain_qualified(missing, shown, position, place)
        found_before = self._found.get((space, name))
        if isinstance(found_before, Ambiguity):
            return self._explain_ambiguity(found_before, shown, position, place)
        for unit in self.visible_modules():
            symbol = unit.names.get((space, name))
            if symbol is not None:
                return self._hidden(unit, symbol, shown, position, place)
        if not self.unit.is_module or not self._is_whole():
            return None
        for module, symbol in self._elsewhere(space, name):
            importable = module.name
            return Diagnostic(
                "not-imported",
                f"'{shown}' is exported by module '{importable}', which is not imported; add 'import {_import_path(importable)};'",
                position, _defined_here(entity_of(self._unit_of(module), symbol), place, shown),
                self._import_fix(_import_path(importable)),
            )  # fmt: skip
        if missing.keyword == "extern":
            return Diagnostic(
                "forward-declaration",
                f"'{name}' is declared here, but nothing that is visible defines it; write 'extern \"C\"' at the top level if plain C code does",
                position,
            )  # fmt: skip
        if space != TAG and self.unit.headers.may_be_intrinsic(name):
            return None
        near = self._near(space, name)
        if near is None:
            advice = "define it, import its module or include its header"
            return Diagnostic("unknown-name", f"nothing visible is called '{shown}'; {advice}", position)
        fix = Fix(f"write '{near}'", (Edit(position, near),))
        message = f"nothing visible is called '{shown}'; did you mean '{near}'?"
        return Diagnostic("unknown-name", message, position, (), (fix,))

    def explain_opaque(
        self, entity: Entity, purpose: str, position: Position, place: Callable[[Entity], Position | None]
    ) -> Diagnostic:
        """The diagnostic for a use that needs the contents of a hidden type; `purpose` says what for."""
        name = entity.name.strip("{}")
        shown = f"{entity.kind} {name}" if entity.space == TAG and name == entity.name else name
        module = self._finder.module_of(entity.file)
        path = _import_path(module.name)
        is_exported = self._unit_of(module).names[(entity.space, entity.name)].exported
        is_imported = any(imported.module.file == entity.file for imported in self.imports.modules)
        because = "is not imported" if is_exported else "does not export it"
        todo = [] if is_exported else ["put 'export' before its definition"]
        todo += [] if is_imported else [f"add 'import {path};'"]
        return Diagnostic(
            "opaque-type",
            f"'{shown}' is opaque here, because module '{module.name}' {because}; {' and '.join(todo)} {purpose}",
            position, _defined_here(entity, place, shown), self._import_fix(path) if is_exported else (),
        )  # fmt: skip

    def _is_whole(self) -> bool:
        """Whether every name that could be visible is known; otherwise a missing name may be an earlier error's."""
        return self.unit.readable and not self.imports.failed and all(unit.readable for unit in self.visible_modules())

    def _import_fix(self, path: str) -> tuple[Fix, ...]:
        """The import to add, before the first one that the file has."""
        if not self.unit.imports or self.unit.lines is None:
            return ()
        line = self.unit.imports[0].line
        place = Position(self.unit.module.file, line, 1, line, 1)
        return (Fix(f"import '{path}'", (Edit(place, f"import {path};\n"),)),)

    def _near(self, space: str, name: str) -> str | None:
        """A visible name that the user may have meant by `name`."""
        import difflib

        names = sorted({entity.name for entity in self.visible_names() if entity.space == space})
        close = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
        return close[0] if close else None

    def _explain_qualified(
        self, missing: Missing, shown: str, position: Position, place: Callable[[Entity], Position | None]
    ) -> Diagnostic | None:
        path = missing.path or ""
        if path == "":
            return Diagnostic(
                "unknown-name", f"no header of this file declares '{shown}'; '::' names what headers declare", position
            )
        module = self._finder.find(path, self.unit.module)
        if isinstance(module, Miss):
            if self.imports.failed:
                return None
            return Diagnostic(
                "unknown-module", f"there is no module '{path}' to look '{shown}' up in; check the path", position
            )
        on_list = any(imported.module.file == module.file for imported in self.imports.modules)
        if not on_list and module.file != self.unit.module.file:
            return Diagnostic(
                "not-imported", f"module '{path}' is not imported; add 'import {_import_path(path)};'", position
            )
        unit = self._unit_of(module)
        symbol = unit.names.get((missing.space, missing.name))
        if symbol is None:
            return Diagnostic("unknown-name", f"module '{path}' has nothing called '{shown}'", position)
        return self._hidden(unit, symbol, shown, position, place)

    def _hidden(
        self, unit: Unit, symbol: Symbol, shown: str, position: Position, place: Callable[[Entity], Position | None]
    ) -> Diagnostic:
        name = unit.module.name
        notes = _defined_here(entity_of(unit, symbol), place, shown)
        if symbol.exported:
            tags = ", ".join(symbol.tags)
            message = f"module '{name}' exports '{shown}' only under the tag '{tags}'; write 'import {_import_path(name)}({tags});'"
        else:
            message = f"module '{name}' does not export '{shown}'; put 'export' before its definition to use it here"
        return Diagnostic("not-exported", message, position, notes)

    def _explain_ambiguity(
        self, ambiguity: Ambiguity, shown: str, position: Position, place: Callable[[Entity], Position | None]
    ) -> Diagnostic:
        spellings = []
        notes = []
        for entity in ambiguity.candidates:
            keyword = f"{entity.kind} " if entity.space == TAG else ""
            if entity.origin == "header":
                spelling, owner = f"{keyword}::{entity.name}", "a header"
            else:
                module = self._finder.module_of(entity.file).name
                quoted = f'"{module}"' if not module.isidentifier() else module
                spelling, owner = f"{keyword}{quoted}::{entity.name}", f"module '{module}'"
            spellings.append(f"'{spelling}'")
            notes.append(Note(f"{owner} has this one: '{spelling}'", place(entity)))
        message = f"'{shown}' is ambiguous; write {' or '.join(spellings)}"
        return Diagnostic("ambiguous-name", message, position, tuple(notes))


def entity_of(unit: Unit, symbol: Symbol) -> Entity:
    return Entity("module", unit.module.file, symbol.space, symbol.name, symbol.kind)


def _shown(symbol: Symbol) -> bool:
    """Whether an import without tags shows the symbol."""
    return symbol.exported and not symbol.tags


def _defined_here(entity: Entity, place: Callable[[Entity], Position | None], shown: str) -> tuple[Note, ...]:
    return (Note(f"'{shown}' is defined here", place(entity)),)


def _article(kind: str) -> str:
    return f"an {kind}" if kind == "enum" else f"a {kind}"


def _import_path(module: str) -> str:
    plain = all(part.isidentifier() for part in module.split("/") if part not in ("..", "."))
    return module if plain else f'"{module}"'


__all__ = ["ORDINARY", "Ambiguity", "Scope", "entity_of"]
