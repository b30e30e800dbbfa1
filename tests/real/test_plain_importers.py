"""Projects, unmodified, as plain importers: each `.c` is renamed `.cm` and comes out as the same object code.

By SCons and by the command line, without optimisation and with it (language reference, section 1); with
imports put in, it is the code of the same text with plain declarations. The projects' own tests pass with
what SCons built.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.real import calls
from tests.real.build import LEVELS, ProjectTree, expect_same_code, expect_same_text
from tests.real.project import Project
from tests.real.projects import EACH, PROJECTS

TESTED = "-O2"
"""The level at which the projects' own tests are run; they are built for it alone."""
Unpacked = Callable[[Project, bool], Path]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("package", EACH)
def test_as_they_are(package: str, level: str, unpacked: Unpacked, tmp_path: Path) -> None:
    tree, reference = trees(PROJECTS[package], level, unpacked, tmp_path)
    reference.build_with_compiler()
    tree.build_with_scons()
    expect_same_code(tree, reference)
    expect_same_text(tree)
    if level == TESTED:
        tree.project.check(tree, reference)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("package", EACH)
def test_with_an_import(package: str, level: str, unpacked: Unpacked, tmp_path: Path) -> None:
    """Each function of the project calls one of a module, which counts."""
    tree, reference = trees(PROJECTS[package], level, unpacked, tmp_path)
    calls.insert(tree, reference, at_end=level == TESTED)
    tree.build_with_scons([calls.MODULE])
    reference.build_with_compiler([f"../{tree.directory.name}/{calls.OBJECT}"])
    expect_same_code(tree, reference)
    expect_same_text(tree)
    if level == TESTED:
        tree.project.check(tree, reference)
        assert calls.counted(tree) > 0


def trees(project: Project, level: str, unpacked: Unpacked, folder: Path) -> tuple[ProjectTree, ProjectTree]:
    """The project's tree for modcore, and that for the compiler alone."""
    source = unpacked(project, level == TESTED)
    tree, reference = (ProjectTree(folder / name, project, source, level) for name in ("modules", "plain"))
    return tree, reference
