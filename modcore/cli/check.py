"""`modcore check FILE…`: every diagnostic of the files and of what they import; nothing is compiled."""

from __future__ import annotations

import argparse

from modcore.cli import FINE, Session, add_common


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE")
    add_common(parser)


def run(arguments: argparse.Namespace, session: Session) -> int:
    program = session.program
    diagnostics = program.check(program.module(file) for file in arguments.files)
    return session.report(diagnostics) if diagnostics or session.as_json else FINE
