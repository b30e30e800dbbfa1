"""Robust binding: random programs of several modules do what their translation to plain C does.

The generator (`programs`) knows what every use of a name means and writes each program twice: as modules, where a
handful of names are members, labels, locals, parameters, tags, types, constants and functions, own, imported and from
headers, and as one file of plain C, where each of these things has a name of its own. All uses tell their values, so
that two runs which print the same have bound every name alike. A failing program is made smaller by hypothesis.

MODCORE_PROGRAMS sets how many programs are tried in each of the tests (default: 150).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from scopes.building import Workplace
from scopes.choices import Choices
from scopes.mistakes import MARK, Mistake
from scopes.programs import make

PROGRAMS = int(os.environ.get("MODCORE_PROGRAMS", "150"))
CODES = (
    "unknown-name", "not-exported", "not-imported", "ambiguous-name", "wrong-tag", "forward-declaration", "opaque-type",
)  # fmt: skip
SIZE = 3000
"""How many bytes of choices a program has; after them everything is as plain as can be."""

DATA = st.binary(min_size=SIZE, max_size=SIZE)
TRIED = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)


@pytest.mark.parametrize("part", range(2))
def test_programs_do_what_their_translation_does(part: int, tmp_path: Path) -> None:
    @given(DATA)
    @settings(TRIED, max_examples=PROGRAMS)
    def check(data: bytes) -> None:
        Workplace(tmp_path / "program", make(Choices(data))).expect_same()

    check()


@pytest.mark.parametrize("code", CODES)
def test_one_mistake_is_one_error(code: str, tmp_path: Path) -> None:
    """A program with one mistake in it gets that one error, at its line; where there is no occasion, another one."""

    @given(DATA, st.integers(0, 12))
    @settings(TRIED, max_examples=PROGRAMS // 3)
    def check(data: bytes, statement: int) -> None:
        choices = Choices(data)
        mistake = Mistake(choices, statement, code)
        program = make(choices, mistake)
        wrong = [
            (name, number, mistake.code)
            for name, content in program.files.items()
            for number, line in enumerate(content.splitlines(), 1)
            if MARK in line
        ]
        assert len(wrong) == 1, "the generator makes one mistake"
        work = Workplace(tmp_path / "program", program)
        found = work.errors()
        reported = [(one.position.file, one.position.line, one.code) for one in found]
        assert reported == wrong, f"{work.modules.render(found)}\nkept: {work.directory}"

    check()
