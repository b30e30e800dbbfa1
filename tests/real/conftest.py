"""Real code for the tests of this folder; what cannot be had is an error of each test that needs it.

The files here are the package `tests.real`, which the benchmarks use too, so the repository is put on the
path.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))
pytest.register_assert_rewrite("tests.real")

from tests.real import sources  # noqa: E402
from tests.real.project import Project  # noqa: E402


@pytest.fixture(scope="session")
def cjson() -> Path:
    """The unmodified source of cJSON."""
    return sources.source("cjson")


@pytest.fixture(scope="session")
def zlib() -> Path:
    """The unmodified source of zlib."""
    return sources.source("zlib")


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Project, bool], Path]:
    """From a project to its unpacked source, with or without what its tests need generated.

    It is made once for all processes of the tests, and copied.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "unpacked"
    shared.mkdir(exist_ok=True)

    def unpacked(project: Project, with_tests: bool) -> Path:
        folder = shared / f"{project.package}{'.tested' if with_tests else ''}"
        with sources.lock(shared / f"{folder.name}.lock"):
            if not folder.is_dir():
                project.unpack(shared / f"{folder.name}.begun", with_tests)
                (shared / f"{folder.name}.begun").rename(folder)
        return folder

    return unpacked
