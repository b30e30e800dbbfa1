"""Every folder of `tests/cases` does what it says (`case.py` has the format); every code has such a folder.

A failing id is a function here and a case: `test_run[scoping/labels]`; `-k scoping/labels` runs all that is
known about that case. Each case is also run with its imports and files in other orders (`test_permuted`).
"""
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import case as harness
import pytest
from case import Case, CaseFailure, Workplace

from modcore.cli import main
from modcore.diagnostics import CODES

ISSUE = 4  # codes that a later issue brings to life need no case yet
ENVIRONMENT = {
    "unreadable-file": ("check", "missing.cm", "--diagnostics=json"),
    "toolchain": ("check", "m.cm", "--diagnostics=json", "--cc", "no-such-compiler"),
}
"""Codes that no source text can cause, with a command that does."""
ELSEWHERE = {"wrong-interface": "test_interfaces.py", "changed-layout": "test_layout_lock.py"}
"""Codes that need other files than sources, with the tests that have them."""

CASES = harness.discover()
IN_USE = {code for code, entry in CODES.items() if entry.since <= ISSUE}


def each(wanted: Callable[[Case], bool]) -> pytest.MarkDecorator:
    """The cases for which a check has something to do, by name."""
    return pytest.mark.parametrize("case", [case for case in CASES if wanted(case)], ids=repr)


def guarded(check: Callable[[], list[str] | None]) -> list[str]:
    """Run a check; a case's failure is shown as its message alone."""
    try:
        return check() or []
    except CaseFailure as failure:
        problem = str(failure)
    pytest.fail(problem, pytrace=False)


@each(lambda case: True)
def test_format(case: Case) -> None:
    """A case holds only what the harness knows, and a program says what it prints."""
    known = {*harness.EXPECTATIONS, *harness.CONTROLS}
    strangers = [file for file in case.files if file not in known and not file.endswith((".cm", ".c", ".h"))]
    assert not strangers
    assert case.modules
    assert ("stdout" in case.files) == (case.has_main and not case.fails)
    assert not (case.name.endswith("_ok") and case.expected), "a near-miss twin stays silent"


@each(lambda case: True)
def test_diagnostics(case: Case, tmp_path: Path) -> None:
    guarded(lambda: harness.check_diagnostics(Workplace(case, tmp_path)))


@each(lambda case: not case.fails)
def test_run(case: Case, tmp_path: Path, bless: bool, record_property: Callable[[str, object], None]) -> None:
    record_property("blessed", guarded(lambda: harness.check_run(Workplace(case, tmp_path), bless)))


@pytest.mark.needs(harness.CLANG)
@each(lambda case: not case.fails)
def test_run_by_clang(case: Case, tmp_path: Path) -> None:
    """What clang can compile does the same."""
    work = Workplace(case, tmp_path, harness.CLANG)
    if case.text("no-clang"):
        with pytest.raises(CaseFailure):
            harness.check_run(work, False)
    else:
        guarded(lambda: harness.check_run(work, False))


@pytest.mark.parametrize(
    ("case", "golden"),
    [pytest.param(case, name, id=f"{case}:{name}") for case in CASES for name in case.goldens],
)
def test_golden(
    case: Case, golden: str, tmp_path: Path, bless: bool, record_property: Callable[[str, object], None]
) -> None:
    work = Workplace(case, tmp_path)
    record_property("blessed", guarded(lambda: harness.check_golden(work, golden, bless)))


@each(harness.is_permutable)
def test_permuted(case: Case, tmp_path: Path) -> None:
    guarded(lambda: harness.check_permuted(case, tmp_path))


@pytest.mark.parametrize("code", sorted(IN_USE - ENVIRONMENT.keys() - ELSEWHERE.keys()))
def test_code_has_case_and_twin(code: str) -> None:
    """Each code is expected by a case whose near miss, `<situation>_ok` beside it, stays silent."""
    names = {case.name for case in CASES}
    cases = [case.name for case in CASES if any(one.code == code for one in case.expected)]
    assert cases, f"no case expects {code}"
    assert any(f"{name}_ok" in names for name in cases), f"none of {cases} has a twin"


def test_twins_have_their_case() -> None:
    names = {case.name for case in CASES}
    assert not [name for name in names if name.endswith("_ok") and name.removesuffix("_ok") not in names]


def test_expected_codes_exist() -> None:
    assert not sorted({one.code for case in CASES for one in case.expected} - CODES.keys())


@pytest.mark.parametrize("code", sorted(ENVIRONMENT))
def test_code_of_the_environment(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file or a compiler that is not there is a diagnostic; the same command is silent once they are."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.cm").write_text("module;\n")
    assert main(list(ENVIRONMENT[code])) == 1
    assert [one["code"] for one in json.loads(capsys.readouterr().out)["diagnostics"]] == [code]
    assert main(["check", "m.cm", "--diagnostics=json", "--cc", harness.CC]) == 0
    assert json.loads(capsys.readouterr().out) == {"diagnostics": []}
