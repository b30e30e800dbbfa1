"""`modcore scan FILE…`: stage 1 as JSON, one object for one file, a list for several."""

from __future__ import annotations

import argparse
from typing import Any

from modcore.cli import FINE, Session, add_common, print_json
from modcore.diagnostics import has_errors
from modcore.stage1_names import Unit, name_range


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE")
    add_common(parser)


def run(arguments: argparse.Namespace, session: Session) -> int:
    units = [session.program.unit(session.program.module(file)) for file in arguments.files]
    diagnostics = [diagnostic for unit in units for diagnostic in unit.diagnostics]
    if has_errors(diagnostics):
        return session.report(diagnostics)
    shapes = [_shape(unit) for unit in units]
    print_json(shapes[0] if len(shapes) == 1 else shapes)
    return FINE


def _shape(unit: Unit) -> dict[str, Any]:
    assert unit.lines is not None
    imports = [
        {
            "path": entry.form.path, "module": None, "tags": list(entry.form.tags), "untagged": entry.form.untagged,
            "alias": entry.form.alias, "export": entry.form.export, "ordered": entry.form.ordered,
            "header": entry.form.header, "line": entry.line,
        }
        for entry in unit.imports
    ]  # fmt: skip
    names = [
        {
            "name": symbol.name, "kind": symbol.kind, "export": symbol.exported, "tags": list(symbol.tags),
            "line": unit.lines.line(name_range(unit.statements[symbol.statement], symbol)[0])[1],
        }
        for symbol in unit.names.values()
        if not symbol.name.startswith("{")
    ]  # fmt: skip
    return {"module": unit.module.name, "is_module": unit.is_module, "imports": imports, "names": names}
