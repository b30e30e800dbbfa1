"""The table of projects says what becomes of each file of a package, and nothing that is not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.real.project import Project, matches
from tests.real.projects import EACH, PROJECTS


@pytest.mark.parametrize("package", EACH)
def test_every_c_file_has_its_place(package: str, unpacked: Callable[[Project, bool], Path]) -> None:
    """Each is a unit, or excluded with a reason."""
    project = PROJECTS[package]
    folder = unpacked(project, True)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.c")}
    units = project.units(folder).all()
    assert len(units) == len(set(units))
    assert {file for file in files.difference(units) if not matches(file, project.excluded)} == set()
    assert all(any(matches(file, [pattern]) for file in files) for pattern in project.excluded)
    assert all(any(matches(unit, [pattern]) for unit in units) for pattern in project.laid_out_by_macros)
    assert project.units(folder).programs
