"""Projects as modules: the whole library, with the project's programs as importers (`as_modules.py`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.real import as_modules
from tests.real.build import ProjectTree
from tests.real.project import Project
from tests.real.projects import PROJECTS


@pytest.mark.parametrize("package", sorted(PROJECTS, key=list(PROJECTS).index, reverse=True))
def test_library_as_modules(package: str, unpacked: Callable[[Project, bool], Path], tmp_path: Path) -> None:
    """The project's own tests pass with programs that import its library."""
    project = PROJECTS[package]
    source = unpacked(project, True)
    tree = ProjectTree(tmp_path / "modules", project, source, "-O2")
    headers = as_modules.convert(tree)
    tree.build_with_scons(headers)
    reference = ProjectTree(tmp_path / "plain", project, source, "-O0")
    reference.build_with_compiler()
    project.check(tree, reference)
    assert tree.libraries() or project.programs
    for library in tree.libraries():
        defined = tree.run("nm", "-P", "-g", "--defined-only", f"lib{library}.a").splitlines()
        names = [line.split()[0] for line in defined if not line.endswith(":")]
        assert len(names) > 10 and all(name.startswith("_ZN") for name in names), names
