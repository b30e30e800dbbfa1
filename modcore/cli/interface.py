"""`modcore interface FILE [-o X.cmi]`: the interface of a module for the target, whole or not at all."""

from __future__ import annotations

import argparse

from modcore.cli import FINE, Session, add_common, deliver
from modcore.diagnostics import has_errors
from modcore.interface import encoded, target_of
from modcore.interface.making import interface_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("-o", dest="output", metavar="X.cmi", help="where the interface goes (default: stdout)")
    add_common(parser)


def run(arguments: argparse.Namespace, session: Session) -> int:
    program = session.program
    module = program.module(arguments.file)
    diagnostics = program.check_emission(module)
    if has_errors(diagnostics):
        return session.report(diagnostics)
    target = target_of(program.facts(), program.options.toolchain.cc, program.options.toolchain.flags)
    deliver(encoded(interface_of(program, module, target)), arguments.output)
    return session.report(diagnostics) if diagnostics else FINE
