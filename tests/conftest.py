"""Options of the test suite: `--bless` rewrites the expectation files that are present and lists them.

A test says which programs it runs beside the compiler with `@pytest.mark.needs("clang", …)`, and skips itself without
them. Where CI is set in the environment a test that skips itself fails: there, what tests need has to be present.
"""
from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from typing import TypeVar

import pytest

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--bless", action="store_true", help="rewrite the expectation files of tests/cases that are present"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(program, …): programs without which the test is skipped")


def pytest_runtest_setup(item: pytest.Item) -> None:
    programs = [program for mark in item.iter_markers("needs") for program in mark.args]
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} cannot be found")


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return _judged(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return _judged(report)


def _judged(report: Report) -> Report:
    """A report of a skip as that of a failure where nothing may be skipped; an expected failure is no skip."""
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason}; nothing may be skipped where CI is set"
    return report
