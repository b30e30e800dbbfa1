"""`modcore layout FILE [NAME…]`: size, alignment and member offsets of a module's types, as pahole would, or as JSON.

With `--lock` and `--check` it is about files, without any about the whole project: the layouts of what they export are
written to a lock file, or compared with one.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from modcore.check.sizes import blamed, explained
from modcore.cli import FINE, USAGE, Session, add_common, deliver, print_json
from modcore.diagnostics import Diagnostic, Problem, has_errors
from modcore.entities import Entity
from modcore.interface import target_of
from modcore.interface.lock import differences, exported_layouts, locked, read_lock
from modcore.source import Position
from modcore.stage2_scopes import entity_of
from modcore.stage3_complete.demand import DEFECTS
from modcore.stage3_complete.types_of import Types
from modcore.target.drawing import drawn
from modcore.target.layout import Layout, NoLayout
from modcore.target.records import foreign_order

_TYPES = ("struct", "union", "enum", "typedef")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", nargs="?")
    parser.add_argument("names", nargs="*", metavar="NAME", help="types: 'struct S', 'enum E', 'T', or a bare tag")
    parser.add_argument("--json", action="store_true", help="print JSON")
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument("--lock", metavar="LOCK", help="write the layouts of all exported types to a file")
    kept.add_argument("--check", metavar="LOCK", help="compare the layouts of all exported types with that file")
    add_common(parser)


def run(arguments: argparse.Namespace, session: Session) -> int:
    if arguments.lock or arguments.check:
        files = [file for file in (arguments.file, *arguments.names) if file is not None]
        return _locked(arguments, session, files or sorted(session.program.files.others()))
    if arguments.file is None:
        print("modcore layout: name a FILE, or use --lock or --check", file=sys.stderr)
        return USAGE
    program = session.program
    module = program.module(arguments.file)
    diagnostics = program.check_emission(module)
    if has_errors(diagnostics):
        return session.report(diagnostics)
    unit = program.unit(module)
    scope = program.scope(module)
    wanted: list[Entity] = []
    for name in arguments.names:
        found = [entity for entity in _candidates(scope.find, name) if entity is not None and entity.kind in _TYPES]
        if len(found) != 1:
            what = (
                f"'{name}' stands for several types here; write its keyword"
                if found
                else f"no type visible here is called '{name}'"
            )
            return session.report([Diagnostic("unknown-name", what, Position(module.file, 1, 1, 1, 2))])
        wanted += found
    if not arguments.names:
        wanted = [
            entity_of(unit, symbol) for symbol in unit.names.values() if symbol.kind in _TYPES and symbol.name[0] != "{"
        ]
    program.types.layouts_of(wanted)  # what has to be asked of the compiler is asked at once
    layouts: dict[Entity, Layout | NoLayout] = {}
    for entity in wanted:
        try:
            layouts[entity] = program.types.layout_of(entity)
        except NoLayout as none:
            layouts[entity] = none
        except DEFECTS as problem:
            return session.report([explained(program, problem, entity)])
    without = [(entity, layout) for entity, layout in layouts.items() if isinstance(layout, NoLayout)]
    if arguments.names and without:
        place = Position(module.file, 1, 1, 1, 2)
        says = (f"'{_title(entity)}' has no layout: {none.reason}" for entity, none in without)
        return session.report(Diagnostic("incomplete-type", text, place) for text in says)
    if arguments.json:
        types = {_title(entity): _shape(program.types, entity, layout) for entity, layout in layouts.items()}
        print_json({"target": program.facts().machine, "types": types})
    else:
        for entity, layout in layouts.items():
            print(_drawn(program.types, entity, layout))
    return FINE


def _drawn(types: Types, entity: Entity, layout: Layout | NoLayout) -> str:
    if isinstance(layout, NoLayout):
        return f"{_title(entity)};  /* no layout: {layout.reason} */"
    type = types.complete(types.type_of(entity))
    return drawn(_title(entity), type, layout, foreign_order(type, types.definitions.facts()))


def _locked(arguments: argparse.Namespace, session: Session, files: list[str]) -> int:
    """Writes or compares a lock file."""
    program = session.program
    modules = [module for module in map(program.module, files) if program.unit(module).is_module]
    diagnostics = [one for module in modules for one in program.check_emission(module)]
    if has_errors(diagnostics):
        return session.report(diagnostics)
    target = target_of(program.facts(), program.options.toolchain.cc, program.options.toolchain.flags)
    path = arguments.lock or arguments.check
    before = read_lock(_content(path), path) if arguments.check or os.path.exists(path) else None
    try:
        types = exported_layouts(program, modules)
    except DEFECTS as problem:
        return session.report(blamed(program, problem, program.check_emission))
    if arguments.lock:
        deliver(locked(before, target, {title: layout for title, (_, layout) in types.items()}), path)
        return FINE
    assert before is not None
    return session.report(differences(program, modules, types, before, target, path))


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        place = Position(path, 1, 1, 1, 2)
        raise Problem(Diagnostic("unreadable-file", f"'{path}' cannot be read: {error.strerror}", place)) from error


def _candidates(find: Any, name: str) -> list[Entity | None]:
    words = name.split()
    if len(words) == 2 and words[0] in ("struct", "union", "enum"):
        entity = find("tag", words[1])
        return [entity if entity is not None and entity.kind == words[0] else None]
    return [find("tag", name), find("name", name)]


def _title(entity: Entity) -> str:
    return f"{entity.kind} {entity.name}" if entity.space == "tag" else entity.name


def _shape(types: Types, entity: Entity, layout: Layout | NoLayout) -> dict[str, Any]:
    if isinstance(layout, NoLayout):
        return {"kind": entity.kind, "size": None, "align": None, "members": {}}
    members = {
        member.name: {
            "offset": member.offset, "bit_offset": member.bit_offset, "bit_width": member.bit_width, "size": member.size,
        }
        for member in layout.members
        if member.name
    }  # fmt: skip
    shape = {"kind": entity.kind, "size": layout.size, "align": layout.align, "members": members}
    order = foreign_order(types.complete(types.type_of(entity)), types.definitions.facts())
    return {**shape, "storage_order": order} if order else shape
