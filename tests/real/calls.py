"""An import, and calls of what it brings, put into each unit of a project mechanically.

In come two equal trees. In one each `X.cm` imports the module `visits`, calls its function at the beginning
of each function that the file itself defines, and gets a new function at its end that uses the module's type,
constant and variable. In the other the same text names the same things by their link names, declared as plain
C on the first line. All lines have the same numbers in both. What the module counts is written to a file when
a program ends.
"""

from __future__ import annotations

import contextlib
import re

from modcore.linknames import link_name
from modcore.preprocess import Toolchain
from modcore.program import Options, Program
from tests.real.build import ProjectTree
from tests.real.project import CC

MODULE, OBJECT = "visits.cm", "visits.o"
_VISITS = """\
module;
#include <stdio.h>
#include <stdlib.h>

export enum { FEW = 3 };
export struct visit { const char *where; int line[FEW]; };
export struct visit last;
unsigned long calls;

export void visited() {
    if (!calls++)
        atexit(report);
}

export struct visit note(struct visit here) { return last = here; }

void report() {
    const char *name = getenv("VISITS");
    FILE *file = name ? fopen(name, "a") : NULL;
    if (file) {
        fprintf(file, "%lu\\n", calls);
        fclose(file);
    }
}
"""
_DECLARED = (
    "enum { FEW = 3 }; struct visit { const char *where; int line[FEW]; }; extern struct visit last;"
    " void visited(void); struct visit note(struct visit);"
)
_CALL = " visited();"
_PROBE = (
    "struct visit probe_NUMBER(int by)"
    " { struct visit here = {0, {[FEW - 1] = by}}; visited(); last.line[0]++; return note(here); }"
)


def insert(tree: ProjectTree, reference: ProjectTree, at_end: bool) -> None:
    """Put imports and calls into the units of `tree`, and plain C that does the same into those of `reference`.

    The import stands last in the file if `at_end`, else first, which makes no difference (language reference,
    section 2).
    """
    tree.write({MODULE: _VISITS})
    tree.variables["VISITS"] = str(tree.directory / "visits.txt")
    with contextlib.chdir(tree.directory):
        program = Program(Options(Toolchain((CC,), tuple(tree.flags))))
        bodies = {file: _bodies(program, file) for file in (f"{unit}m" for unit in tree.units.all())}
    for number, (file, braces) in enumerate(bodies.items()):
        text = tree.read(file)
        probe = _PROBE.replace("NUMBER", str(number))
        first, last = ("", "import visits;") if at_end else ("import visits;", "")
        tree.write({file: f"{first}\n{_with_calls(text, braces, _CALL)}\n{probe}\n{last}\n"})
        plain = f"{_with_calls(text, braces, _linked(_CALL))}\n{_linked(probe)}"
        reference.write({file: f"{_linked(_DECLARED)}\n{plain}\n\n"})


def counted(tree: ProjectTree) -> int:
    """How often programs of the tree have called the module so far."""
    return sum(map(int, tree.read("visits.txt").split()))


def _bodies(program: Program, file: str) -> list[tuple[int, int]]:
    """The braces that open the functions of a file: lines and columns from 0; those of macros are left out."""
    unit = program.unit(program.module(file))
    assert unit.lines is not None
    lines = program.read_lines(file)
    found = []
    for statement in unit.statements:
        if statement.body < 0:
            continue
        at = statement.start + statement.body
        name, line = unit.lines.line(at)
        begin, end = unit.text.rfind("\n", 0, at) + 1, unit.text.find("\n", at)
        written = [brace.start() for brace in re.finditer(r"\{", lines[line - 1])]
        if name == file and len(written) == unit.text.count("{", begin, end):
            found.append((line - 1, written[unit.text.count("{", begin, at)]))
    return found


def _with_calls(text: str, braces: list[tuple[int, int]], call: str) -> str:
    lines = text.split("\n")
    for line, column in reversed(braces):
        lines[line] = f"{lines[line][: column + 1]}{call}{lines[line][column + 1 :]}"
    return "\n".join(lines)


def _linked(text: str) -> str:
    """The text with the module's names as plain C has them."""
    return re.sub(r"\b(FEW|visit|visited|last|note)\b", lambda name: link_name("visits", name[0]), text)
