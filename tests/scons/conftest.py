"""Fixtures of the tests that run SCons."""

from __future__ import annotations

from pathlib import Path

import pytest
from scons_tree import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)
