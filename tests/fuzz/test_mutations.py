"""Programs with random changes get an answer: no traceback, no hang, and diagnostics that stand in the user's files.

Every file of `tests/cases` and some generated programs of several modules are mutated, by bytes and by tokens; all
commands run on the whole folder, within bounds for each kilobyte. A failing list of mutations is made shorter by
hypothesis.

MODCORE_MUTATIONS sets how many programs are tried in each of the tests, with other ones each time; without it there
are 350, always the same.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from fuzz.commands import Outcome, faults, load, outcomes
from fuzz.corpus import Sources, programs
from fuzz.limits import Bounds, limited
from fuzz.mutations import BYTES, TOKENS, WORDS, Mutation, mutated

COUNT = os.environ.get("MODCORE_MUTATIONS")
SECONDS, MEGABYTES = 0.3, 4.0  # for each kilobyte
PROGRAMS = programs()
DONORS = [content for program in PROGRAMS for content in program.changeable.values()]
PLACES = st.integers(0, 2**16)
TRIED = settings(
    max_examples=int(COUNT or "350"),
    derandomize=COUNT is None,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    load()


def mutations(kinds: list[str]) -> st.SearchStrategy[list[Mutation]]:
    length = st.integers(1, 12)
    one = st.builds(Mutation, st.sampled_from(kinds), PLACES, PLACES, PLACES, length, st.sampled_from(WORDS))
    return st.lists(one, min_size=1, max_size=5)


def answer(program: Sources, changed: dict[str, bytes], folder: Path) -> list[str]:
    """What is wrong with modcore's answers to a program of which some files were changed."""
    files = {**program.files, **changed}
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    bounds = Bounds.of(sum(map(len, files.values())), SECONDS, MEGABYTES)
    found, _ = limited(lambda: outcomes(folder, program.modules, program.options), bounds)
    return list(faults([Outcome(*one) for one in found], files))


@pytest.mark.parametrize("kinds", [[*BYTES], [*TOKENS], [*BYTES, *TOKENS]], ids=["bytes", "tokens", "both"])
def test_any_program_gets_an_answer(kinds: list[str], tmp_path: Path) -> None:
    @given(st.sampled_from(PROGRAMS), mutations(kinds))
    @settings(TRIED)
    def check(program: Sources, made: list[Mutation]) -> None:
        note(f"{program.name}, kept: {tmp_path / 'program'}")
        assert not answer(program, mutated(program.changeable, made, DONORS), tmp_path / "program")

    check()


def test_programs_without_changes_get_an_answer(tmp_path: Path) -> None:
    """Where the mutations start."""
    found = {program.name: answer(program, {}, tmp_path / str(number)) for number, program in enumerate(PROGRAMS)}
    assert not {name: wrong for name, wrong in found.items() if wrong}
