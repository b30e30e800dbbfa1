"""`modcore emit FILE [-o X.c]`: the C of a module, whole or not at all."""

from __future__ import annotations

import argparse

from modcore.cli import FINE, Session, add_common, deliver
from modcore.diagnostics import has_errors


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("-o", dest="output", metavar="X.c", help="where the C goes (default: stdout)")
    add_common(parser)


def run(arguments: argparse.Namespace, session: Session) -> int:
    program = session.program
    module = program.module(arguments.file)
    diagnostics = program.check_emission(module)
    if has_errors(diagnostics):
        return session.report(diagnostics)
    text = program.emit(module).encode("utf-8", errors="surrogateescape")
    deliver(text, arguments.output)
    return session.report(diagnostics) if diagnostics else FINE
