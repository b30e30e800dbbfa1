"""The packages of real code as fixtures; one that cannot be had is an error of each test that needs it."""

from __future__ import annotations

from pathlib import Path

import pytest
import sources


@pytest.fixture(scope="session")
def cjson() -> Path:
    """The unmodified source of cJSON."""
    return sources.source("cjson")


@pytest.fixture(scope="session")
def zlib() -> Path:
    """The unmodified source of zlib."""
    return sources.source("zlib")
