"""Corpora of C for the tests of this folder; what cannot be had is an error of each test that needs it.

The files here are the package `tests.corpora`, which uses `tests.real`, so the repository is put on the
path.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.corpora import torture  # noqa: E402


@pytest.fixture(scope="session")
def torture_samples() -> list[torture.Sample]:
    """All files of gcc's C torture tests."""
    return torture.samples()
