"""A project's library turned into modules, mechanically, and its programs into plain importers of them.

In comes the tree of a project; its `.cm` files are written anew, from expanded text (`expanded.py`):

- each unit of a library becomes a module; so does each header of the project that several units include, unless a
  unit has its name: what the header defines goes there. Any other header belongs to the unit that includes it
- what defines nothing (prototypes, `extern`, announced types) is dropped. What it declares is imported from the
  module that defines it; in a module it becomes `extern "C"` when none does
- exported are the types and functions of shared headers, and what another file than its own declares of a unit
- `static` functions of shared headers become `export inline`; `static` data of headers is each includer's own
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import msgspec

from modcore.syntax.declared import TAG
from tests.real.build import ProjectTree
from tests.real.expanded import Name, Source, Statement, read_source

OBJECTS = ("function", "variable")
_ANNOUNCED = re.compile(r"typedef\s+(struct|union)\s+(\w+)\s+\w+\s*;")
_STATIC = re.compile(r"\bstatic\b\s*")


def convert(tree: ProjectTree) -> list[str]:
    """Write all `.cm` files of a tree anew; the files of modules that no unit is named after."""
    conversion = _Conversion(tree)
    for file, text in conversion.texts():
        tree.write({file: text})
    return sorted(conversion.header_modules)


def _settled(sources: dict[str, Source]) -> dict[str, Source]:
    """The sources with statements that do one thing each: a type and a declaration of it become two statements.

    A declaration through a typedef turns out to be that of a function when a unit defines one of that name.
    """
    statements = [statement for source in sources.values() for statement in source.statements]
    functions = {name for statement in statements if statement.has_body for name in statement.names()}

    def settle(statement: Statement) -> Iterator[Statement]:
        if statement.has_body:
            yield statement
            return
        entries = [
            msgspec.structs.replace(entry, defines=entry.defines and (entry.space, entry.name) not in functions)
            for entry in statement.entries
        ]
        types = tuple(entry for entry in entries if entry.defines)
        if types and len(types) < len(entries):
            text = statement.text[: statement.text.rindex("}") + 1].replace("extern ", "")
            yield msgspec.structs.replace(statement, text=f"{text};", entries=types)
            yield msgspec.structs.replace(statement, text="", entries=tuple(e for e in entries if not e.defines))
        else:
            yield msgspec.structs.replace(statement, entries=tuple(entries))

    return {
        unit: msgspec.structs.replace(source, statements=tuple(one for s in source.statements for one in settle(s)))
        for unit, source in sources.items()
    }


class _Conversion:
    """Who owns what, worked out for the whole project before anything is written."""

    def __init__(self, tree: ProjectTree) -> None:
        self.sources = _settled({unit: read_source(tree, unit) for unit in tree.units.all()})
        several = [unit for units in tree.units.programs.values() if len(units) > 1 for unit in units]
        self.library = list(dict.fromkeys((*tree.units.library, *tree.units.helpers, *several)))
        self.header_modules: dict[str, Source] = {}
        self.homes = dict(self._homes())
        self.defined: dict[Name, str] = {}
        self.declared: dict[Name, set[str]] = {}
        self.own_tags: dict[Name, str] = {}
        self.tags = {
            (entry.space, entry.name)
            for source in self.sources.values() for one in source.statements for entry in one.entries
            if entry.space == TAG and entry.defines
        }  # fmt: skip
        for unit, source in self.sources.items():
            for statement in source.statements:
                self._register(unit, statement)
        shared = {name: home for name, home in self.own_tags.items() if self.declared.get(name, set()) & self.homes.keys()}
        self.defined = {**shared, **self.defined}

    def _homes(self) -> Iterator[tuple[str, str]]:
        """The shared headers of the library, each with the file of the module that gets what it defines."""
        includers: dict[str, list[str]] = {}
        for unit, source in self.sources.items():
            for header in source.headers():
                includers.setdefault(header, []).append(unit)
        for header, units in includers.items():
            if len(units) > 1 and not set(units).isdisjoint(self.library):
                stem = PurePosixPath(header).stem
                own = (unit for unit in units if unit in self.library and PurePosixPath(unit).stem == stem)
                home = next((f"{unit}m" for unit in own), None)
                if home is None:
                    home = f"{header.removesuffix('.h')}_h.cm"
                    self.header_modules[home] = self.sources[units[0]]
                yield header, home

    def _register(self, unit: str, statement: Statement) -> None:
        """Notes which module defines the statement's names, or which file declares them."""
        home = self._home(unit, statement)
        for entry in statement.entries:
            name = (entry.space, entry.name)
            is_visible = statement.file in self.homes or not statement.is_static and entry.kind in OBJECTS
            if not entry.defines:
                self.declared.setdefault(name, set()).add(statement.file)
            elif home is not None and is_visible:
                self.defined.setdefault(name, home)
            elif home is not None and entry.space == TAG:
                self.own_tags.setdefault(name, home)
        for name in statement.mentioned():
            self.declared.setdefault(name, set()).add(statement.file)

    def _home(self, unit: str, statement: Statement) -> str | None:
        """The module that gets a statement that `unit` sees; None for what stays in a plain importer."""
        if statement.file in self.homes and not (statement.is_static and statement.is_data):
            return self.homes[statement.file]
        return f"{unit}m" if unit in self.library else None

    def texts(self) -> Iterator[tuple[str, str]]:
        """All files and what they hold."""
        for unit, source in self.sources.items():
            file = f"{unit}m"
            yield file, self._text(file, source, unit in self.library)
        for file, source in self.header_modules.items():
            yield file, self._text(file, source, True)

    def _text(self, file: str, source: Source, is_module: bool) -> str:
        begin = ["module;"] if is_module else []
        imports = [f'import "{module.removesuffix(".cm")}";' for module in self._imports(file, source)]
        out = [*begin, *source.preamble, *imports]
        used = self._words(file, source)
        own = {name for one in source.statements if one.defines and not self._home(source.unit, one) for name in one.names()}
        seen: set[Name] = set()
        for statement in source.statements:
            home = self._home(source.unit, statement)
            if is_module and home == file:
                out.append(self._module_text(statement, used, seen))
            elif not is_module and (home is None or not statement.defines):
                is_imported = not statement.defines and self.defined.keys() & set(statement.names()) - own
                out.append("" if is_imported else statement.text)
        return "\n".join(filter(None, out)) + "\n"

    def _imports(self, file: str, source: Source) -> list[str]:
        """The modules that define what the project's headers and the unit itself declare."""
        names = (name for statement in source.statements for name in (*statement.names(), *statement.mentioned()))
        return sorted({self.defined[name] for name in names if name in self.defined} - {file})

    def _words(self, file: str, source: Source) -> set[str]:
        texts = (statement.text for statement in source.statements if self._home(source.unit, statement) == file)
        return {word for text in texts for word in re.findall(r"\w+", text)}

    def _module_text(self, statement: Statement, used: set[str], seen: set[Name]) -> str:
        """A statement as it stands in a module: nothing is only declared, nothing defined twice."""
        names = statement.names()
        if not statement.defines:
            is_known = any(name in self.defined or name in seen or name[1] not in used for name in names)
            return "" if is_known or statement.is_static or not statement.text else f'extern "C" {statement.text}'
        if names and seen.issuperset(names):
            return ""
        seen.update(names)
        text = statement.text
        if statement.file in self.homes and statement.entries:
            announced = _ANNOUNCED.fullmatch(text)
            if announced and (TAG, announced[2]) not in self.tags:
                text = f"{announced[1]} {announced[2]} {{ char never_defined; }};\nexport {text}"
            if not statement.is_static:
                return f"export {text}"
            text = _STATIC.sub("", text, count=1)
            return f"export {'' if 'inline' in text.split('(')[0] else 'inline '}{text}"
        elsewhere = {name for name in names if self.declared.get(name, set()) - {statement.file}}
        return f"export {text}" if not elsewhere.isdisjoint(self.defined) and not statement.is_static else text
