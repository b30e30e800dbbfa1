"""A project's library turned into modules, mechanically, and its programs into plain importers of them.

In comes the tree of a project; its `.cm` files are written anew, from expanded text (`expanded.py`):

- each unit of a library, or of a program of several units, becomes a module; so does each header of the
  project that several units include, unless one of these has its name: what the header defines goes there.
  Any other header belongs to the unit that includes it
- what defines nothing (prototypes, `extern`, announced types) is dropped. What it declares is imported from
  the module that defines it; in a module it becomes `extern "C"` when none does
- exported is what shared headers define, and of a unit what other files declare
- `static` functions of shared headers become `export inline`; `static` data of headers is each includer's own
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from modcore.syntax.declared import TAG
from tests.real.build import ProjectTree
from tests.real.expanded import Name, Source, Statement, read_sources

_STATIC = re.compile(r"\bstatic\b\s*")
_ANNOUNCED = re.compile(r"typedef\s+(struct|union)\s+(\w+)\s+\w+\s*;")


def convert(tree: ProjectTree) -> list[str]:
    """Write all `.cm` files of a tree anew; the files of modules that no unit is named after."""
    plan = _Plan(tree)
    for unit, source in plan.sources.items():
        file = f"{unit}m"
        tree.write({file: _module(plan, file, source) if unit in plan.modules else _importer(plan, source)})
    for file, source in plan.header_modules.items():
        tree.write({file: _module(plan, file, source)})
    return sorted(plan.header_modules)


class _Plan:
    """Who owns what, worked out for the whole project before anything is written.

    `homes` are the shared headers with the files of the modules that get what they define, `header_modules`
    those of these files that no unit has, each with a source that includes the header. `defined` says which
    module defines a name that others may see, `declared` which files declare or mention a name without
    defining it.
    """

    def __init__(self, tree: ProjectTree) -> None:
        self.sources = read_sources(tree)
        several = (unit for units in tree.units.programs.values() if len(units) > 1 for unit in units)
        self.modules = dict.fromkeys((*tree.units.library, *tree.units.helpers, *several))
        self.header_modules: dict[str, Source] = {}
        self.homes = dict(self._homes())
        self.defined: dict[Name, str] = {}
        self.declared: dict[Name, set[str]] = {}
        self.tags: dict[Name, str | None] = {}
        for unit, source in self.sources.items():
            for statement in source.statements:
                self._register(unit, statement)
        for name, home in self.tags.items():
            if home is not None and self.declared.get(name, set()) & self.homes.keys():
                self.defined.setdefault(name, home)

    def _homes(self) -> Iterator[tuple[str, str]]:
        includers: dict[str, list[str]] = {}
        for unit, source in self.sources.items():
            for header in source.headers():
                includers.setdefault(header, []).append(unit)
        for header, units in includers.items():
            if len(units) > 1 and not self.modules.keys().isdisjoint(units):
                stem = PurePosixPath(header).stem
                named = (unit for unit in units if unit in self.modules and PurePosixPath(unit).stem == stem)
                home = next((f"{unit}m" for unit in named), None)
                if home is None:
                    home = f"{header.removesuffix('.h')}_h.cm"
                    self.header_modules[home] = self.sources[units[0]]
                yield header, home

    def _register(self, unit: str, statement: Statement) -> None:
        home = self.home(unit, statement)
        for entry in statement.entries if statement.defines else ():
            name = (entry.space, entry.name)
            if entry.space == TAG:
                self.tags.setdefault(name, home)
            if home is not None and self._is_visible(statement, entry.kind):
                self.defined.setdefault(name, home)
        for name in (*statement.mentioned(), *(() if statement.defines else statement.names())):
            self.declared.setdefault(name, set()).add(statement.file)

    def _is_visible(self, statement: Statement, kind: str) -> bool:
        return statement.file in self.homes or not statement.is_static and kind in ("function", "variable")

    def home(self, unit: str, statement: Statement) -> str | None:
        """The module that gets a statement that `unit` sees; None for what stays in a plain importer."""
        if statement.file in self.homes and not (statement.is_static and statement.is_data):
            return self.homes[statement.file]
        return f"{unit}m" if unit in self.modules else None

    def imports(self, file: str, source: Source) -> list[str]:
        """Import statements for all that the project's headers and the unit itself declare."""
        names = {name for one in source.statements for name in (*one.names(), *one.mentioned())}
        modules = {self.defined[name] for name in names & self.defined.keys()} - {file}
        return [f'import "{module.removesuffix(".cm")}";' for module in sorted(modules)]


def _importer(plan: _Plan, source: Source) -> str:
    """A program's unit as a plain importer: what modules define is not declared."""
    own = {
        name
        for statement in source.statements if statement.defines and plan.home(source.unit, statement) is None
        for name in statement.names()
    }  # fmt: skip
    out = [*source.preamble, *plan.imports("", source)]
    for statement in source.statements:
        is_imported = not plan.defined.keys().isdisjoint({*statement.names()} - own)
        if not is_imported if not statement.defines else plan.home(source.unit, statement) is None:
            out.append(statement.text)
    return "\n".join([*out, ""])


def _module(plan: _Plan, file: str, source: Source) -> str:
    """A unit as a module, or the module of a header: what belongs there, each name defined once."""
    statements = [statement for statement in source.statements if plan.home(source.unit, statement) == file]
    words = {word for statement in statements for word in re.findall(r"\w+", statement.text)}
    out = ["module;", *source.preamble, *plan.imports(file, source)]
    seen: set[Name] = set()
    for statement in statements:
        names = statement.names()
        if not statement.defines:
            is_known = any(name in plan.defined or name in seen or name[1] not in words for name in names)
            if statement.text and not is_known and not statement.is_static:
                out.append(f'extern "C" {statement.text}')
        elif not names or not seen.issuperset(names):
            out.append(_exported(plan, statement))
            seen.update(names)
    return "\n".join([*out, ""])


def _exported(plan: _Plan, statement: Statement) -> str:
    """A definition, with `export` when others may see it."""
    names, text = statement.names(), statement.text
    if statement.file not in plan.homes:
        asked = {name for name in names if plan.declared.get(name, set()) - {statement.file}}
        return f"export {text}" if not asked.isdisjoint(plan.defined) and not statement.is_static else text
    if statement.is_static:
        inline = "" if "inline" in text.split("(")[0] else "inline "
        return f"export {inline}{_STATIC.sub('', text, count=1)}"
    announced = _ANNOUNCED.fullmatch(text)
    if announced and (TAG, announced[2]) not in plan.tags:
        return f"{announced[1]} {announced[2]} {{ char never_defined; }};\nexport {text}"
    return f"export {text}" if names else text
