"""`modcore demangle`: a filter that replaces link names by `module::name`."""

from __future__ import annotations

import argparse
import sys

from modcore.linknames import demangle


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="names instead of the text on stdin")


def run(arguments: argparse.Namespace) -> int:
    if arguments.names:
        print("\n".join(map(demangle, arguments.names)))
    else:
        for line in sys.stdin:
            sys.stdout.write(demangle(line))
    return 0
