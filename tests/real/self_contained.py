"""One file of a project as a module, the way a hand would do it: in its own text, macros and includes and all.

In comes a unit that needs little of the rest of its project; out goes a module. The project's own headers are put in
the place of their `#include` lines. `module;` stands in front, and `export` before what those headers define and
before the functions and variables that they declare. Prototypes and other declarations without a definition vanish;
those that the file uses although it does not define them are written behind `extern "C"`, for plain C defines them.
"""

from __future__ import annotations

import contextlib
import os
import re

from modcore.preprocess import Toolchain
from modcore.program import Options, Program
from modcore.stage1_names import OwnStatement, Unit
from modcore.syntax import Tokens
from tests.real.build import ProjectTree
from tests.real.project import CC

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)".*$', re.M)


def as_module(tree: ProjectTree, unit: str, file: str) -> None:
    """Write `unit` as a module into `file`, at the top of the tree."""
    headers: set[str] = set()
    text = _flat(tree, unit, headers)
    tree.write({file: text})
    with contextlib.chdir(tree.directory):
        program = Program(Options(Toolchain((CC,), tuple(tree.flags))))
        read = program.unit(program.module(file))
    lines = text.split("\n")
    for statement in reversed(read.statements):
        pass
