"""Stage 2, imports: which modules a unit sees, and whether a program's modules are what their imports say.

In comes a unit and a function that gives other units; out goes its full import list (language reference, section 2):
the imports, and every `export import` of a module on the list. What is wrong with an import is a diagnostic at it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from modcore.diagnostics import Diagnostic, Note
from modcore.finder import Finder, Miss, Module, interface_file
from modcore.source import Position
from modcore.stage1_names import Import, Unit

GiveUnit = Callable[[Module], Unit]


class Imported(msgspec.Struct, frozen=True, gc=False):
    """One module of a full import list, with the unit's own import statement that brought it."""

    module: Module
    statement: Import


class ImportList(msgspec.Struct, frozen=True, gc=False):
    """The full import list of a unit, itself excluded; `failed` when an import names no module."""

    modules: tuple[Imported, ...]
    failed: bool
    diagnostics: tuple[Diagnostic, ...]


def direct_imports(unit: Unit, finder: Finder) -> Iterator[tuple[Import, Module | Miss]]:
    """The modules that the unit's import statements name."""
    for statement in unit.imports:
        if not statement.form.header:
            yield statement, finder.find(statement.form.path, unit.module)


def import_list(
    unit: Unit, finder: Finder, give_unit: GiveUnit, place: Callable[[Import], Position], known: Callable[[], list[str]]
) -> ImportList:
    """The full import list: the imports, and every `export import` of a module on the list (section 2)."""
    found: dict[str, Imported] = {}
    diagnostics: list[Diagnostic] = []
    failed = False
    for statement, target in direct_imports(unit, finder):
        unsupported = _unsupported(statement)
        if unsupported:
            failed = True
            diagnostics.append(Diagnostic("not-supported", unsupported, place(statement)))
            continue
        if isinstance(target, Miss):
            failed = True
            diagnostics.append(_missed(target, statement, finder, known, place))
            continue
        imported = give_unit(target)
        if not imported.is_module:
            failed = True
            message = (
                f"'{statement.form.path}' is a plain importer and exports nothing; begin it with 'module;' to import it"
            )
            diagnostics.append(Diagnostic("not-a-module", message, place(statement)))
            continue
        pending = [target]
        while pending:
            module = pending.pop()
            if module.file in found or module.file == unit.module.file:
                continue
            found[module.file] = Imported(module, statement)
            for inner, reached in direct_imports(give_unit(module), finder):
                if inner.form.export and isinstance(reached, Module):
                    pending.append(reached)
    for statement in unit.imports:
        if statement.form.header:
            failed = True
            diagnostics.append(
                Diagnostic(
                    "not-supported", "importing a header as a unit is not supported yet; use #include", place(statement)
                )
            )
    ordered = tuple(found[file] for file in sorted(found))
    return ImportList(ordered, failed, tuple(diagnostics))


def _unsupported(statement: Import) -> str | None:
    form = statement.form
    if form.ordered:
        return "'import ordered' is not supported yet; write a plain import"
    if form.tagged:
        return "importing under tags is not supported yet; import the module without '(…)'"
    if form.alias:
        return f"importing under an alias is not supported yet; import the module without 'as {form.alias}'"
    return None


def _missed(
    miss: Miss, statement: Import, finder: Finder, known: Callable[[], list[str]], place: Callable[[Import], Position]
) -> Diagnostic:
    if miss.outside:
        return Diagnostic(
            "import-outside-root",
            f"'{miss.path}' leaves every root; import modules by a path below the project root or a library root",
            place(statement),
        )
    notes = [Note(f"looked for {file} and {interface_file(file, finder.suffix)}") for file in miss.tried]
    near = finder.near(miss.path, known())
    hint = f"; did you mean '{near[0]}'?" if near else "; check the path and the roots"
    return Diagnostic("unknown-module", f"there is no module '{miss.path}'{hint}", place(statement), tuple(notes))


def duplicates(
    closure: Iterable[Module],
    asked: Iterable[Module],
    imports_of: Callable[[Module], Iterable[tuple[Import, Module | Miss]]],
) -> Iterator[tuple[Module, Import, str]]:
    """Two modules of one name in a program: the importer and the import that brings the second, and what to say.

    Imports count in (module, position) order; the modules that were `asked` for come last, because an error needs an
    import to stand at.
    """
    brought: dict[str, list[tuple[str, Module, Import | None]]] = {}
    for module in sorted(closure):
        for statement, target in imports_of(module):
            if isinstance(target, Module):
                brought.setdefault(target.name, []).append((target.file, module, statement))
    for module in sorted(asked):
        brought.setdefault(module.name, []).append((module.file, module, None))
    for name, ways in sorted(brought.items()):
        files = list(dict.fromkeys(file for file, _, _ in ways))
        for second in files[1:]:
            _, importer, statement = next((way for way in ways if way[0] == second and way[2] is not None), ways[0])
            if statement is not None:
                yield (
                    importer,
                    statement,
                    (
                        f"module '{name}' is both '{files[0]}' and '{second}' in this program;"
                        " rename one of them, or leave one root out"
                    ),
                )
