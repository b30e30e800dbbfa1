"""Options of the test suite: `--bless` rewrites the expectation files that are present and lists them."""
from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--bless", action="store_true", help="rewrite the expectation files of tests/cases that are present"
    )


@pytest.fixture
def bless(request: pytest.FixtureRequest) -> bool:
    """Whether expectation files are to be rewritten."""
    return bool(request.config.getoption("--bless"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    properties = [item for report in terminalreporter.getreports("passed") for item in report.user_properties]
    blessed = sorted({name for key, names in properties if key == "blessed" for name in names})
    if blessed:
        terminalreporter.section("blessed")
        for name in blessed:
            terminalreporter.line(name)
