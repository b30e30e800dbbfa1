"""`modcore tool-path`: the folder of the SCons tool, for `toolpath=[…]`."""

from __future__ import annotations

import argparse
from pathlib import Path

import modcore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    return


def run(arguments: argparse.Namespace) -> int:
    print(Path(modcore.__file__).parent / "scons")
    return 0
