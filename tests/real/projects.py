"""The projects that the tests build, by the name of their package, from the smallest to the largest.

Each has a file in `packages/`, which says how it is built and runs the project's own tests.
"""

from __future__ import annotations

import pytest

from tests.real.packages import awk, bzip2, cjson, cmark, libyaml, libz, lua, mbedtls
from tests.real.project import Project

PROJECTS: dict[str, Project] = {
    project.package: project
    for project in (
        bzip2.PROJECT, awk.PROJECT, cjson.PROJECT, libz.PROJECT,
        libyaml.PROJECT, cmark.PROJECT, lua.PROJECT, mbedtls.PROJECT,
    )
}  # fmt: skip

EACH = [pytest.param(name, marks=pytest.mark.needs(*PROJECTS[name].tools)) for name in reversed(PROJECTS)]
"""The packages as a test's parameters, those that take long first."""
