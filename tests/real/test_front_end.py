"""Real code goes through the whole front end: nothing is passed on unread.

Each unit of the projects is read without a complaint, bodies included, most of its header text is left out,
and each identifier in it is bound: C that is right only if the binding is (`binding.py`) compiles to the same
code.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from modcore.preprocess import Toolchain
from modcore.program import Options, Program
from modcore.syntax import split
from tests.real import binding, objects
from tests.real.build import ProjectTree
from tests.real.project import CC, Project
from tests.real.projects import EACH, PROJECTS

Unpacked = Callable[[Project, bool], Path]
MOST_KEPT = 0.25
"""Of the statements of headers, in any project; from 0.05 to 0.19 have been measured."""


@pytest.fixture(params=EACH)
def tree(request: pytest.FixtureRequest, unpacked: Unpacked, tmp_path: Path) -> ProjectTree:
    project = PROJECTS[request.param]
    return ProjectTree(tmp_path / "tree", project, unpacked(project, False), "-O0")


def test_everything_is_read(tree: ProjectTree) -> None:
    """`check` has nothing to say, and emission keeps few of the headers' statements."""
    seen = kept = 0
    with contextlib.chdir(tree.directory):
        for name in tree.units.all():
            program = program_of(tree)
            module = program.module(f"{name}m")
            assert program.check([module]) == [], name
            unit = program.unit(module)
            seen += len(unit.headers.statements)
            kept += len(split(program.emit(module))) - len(unit.statements)
    assert kept < MOST_KEPT * seen, f"{kept / seen:.2f}"


def test_every_identifier_is_bound(tree: ProjectTree) -> None:
    renamed = []
    with contextlib.chdir(tree.directory):
        for unit in tree.units.all():
            program = program_of(tree)
            text = binding.renamed(program, program.module(f"{unit}m"))
            renamed.append(text)
            tree.write({f"{unit}.anew.i": text.text})
            tree.compile_emitted(f"{unit}.anew.i", "anew.o")
            tree.compile_expanded(f"{unit}m", "expected.o")
            anew, expected = objects.read(Path("anew.o")), objects.read(Path("expected.o"))
            assert objects.differences(binding.without_suffix(anew), expected) == [], unit
    assert sum(one.names for one in renamed) > 4 * len(renamed)
    assert sum(one.uses for one in renamed) > 20 * len(renamed)


def program_of(tree: ProjectTree) -> Program:
    return Program(Options(Toolchain((CC,), tuple(tree.flags))))
