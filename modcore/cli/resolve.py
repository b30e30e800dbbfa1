"""`modcore resolve FILE`: stage 2 as JSON, the full import list and both name tables with their owners."""

from __future__ import annotations

import argparse

from modcore.cli import FINE, Session, add_common, print_json
from modcore.diagnostics import has_errors


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE")
    add_common(parser)


def run(arguments: argparse.Namespace, session: Session) -> int:
    program = session.program
    module = program.module(arguments.file)
    unit, imports = program.unit(module), program.imports(module)
    diagnostics = [*unit.diagnostics, *imports.diagnostics]
    if has_errors(diagnostics):
        return session.report(diagnostics)
    scope = program.scope(module)
    tables: dict[str, dict[str, dict[str, str]]] = {"tag": {}, "name": {}}
    for entity in scope.visible_names():
        seen = scope.find(entity.space, entity.name)
        if entity.name.startswith("{") or seen is not None and seen != entity:
            continue
        table = tables[entity.space]
        if seen is None:
            owners = table.setdefault(entity.name, {"owner": "", "kind": "ambiguous"})
            owners["owner"] = ", ".join(
                sorted(filter(None, {*owners["owner"].split(", "), program.owner(entity).name}))
            )
        else:
            table[entity.name] = {"owner": program.owner(entity).name, "kind": entity.kind}
    shape = {
        "module": module.name,
        "imports": sorted(imported.module.name for imported in imports.modules),
        "tags": dict(sorted(tables["tag"].items())),
        "names": dict(sorted(tables["name"].items())),
    }
    print_json(shape)
    return FINE
