"""Deep, long and odd inputs get an answer at a cost that grows with their size and no faster.

Each input of `deep_inputs` is tried in two sizes, as a module and as a plain importer. All commands together have to
keep a bound for each kilobyte; and four times the input may cost somewhat more than four times as much. What a
machine costs that is busy with other things is none of it: of several tries, the best one counts.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz.commands import Outcome, faults, load, outcomes
from fuzz.deep_inputs import DEEP, ODD, WIDE, Made
from fuzz.limits import KILOBYTE, Bounds, Cost, limited

SIZES = 8 * KILOBYTE, 32 * KILOBYTE
SECONDS, MEGABYTES = 0.15, 6.0  # for each kilobyte, which may be a thousand errors
GROWTH, NOISE = 8, 0.5  # times the cost of a quarter, and seconds
TRIES = 4


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    load()


def cost(text: bytes, folder: Path) -> Cost:
    """What all commands cost for one file; fails if one of them fails, or if they exceed their bounds."""
    (folder / "m.cm").write_bytes(text)
    found, spent = limited(lambda: outcomes(folder, ["m.cm"]), Bounds.of(len(text), SECONDS, MEGABYTES))
    assert not list(faults([Outcome(*one) for one in found], {"m.cm": text}))
    return spent


def of_size(made: Made, size: int) -> bytes:
    """An input of about so many bytes."""
    few, many = 500, 1000
    each = (len(made(many)) - len(made(few))) / (many - few)
    return made(int(size / each)).encode()


def as_plain_importer(text: bytes) -> bytes:
    return text.removeprefix(b"module;\n")


@pytest.mark.parametrize("kind", ["module", "plain"])
@pytest.mark.parametrize("name", [*DEEP, *WIDE])
def test_cost_grows_with_size(name: str, kind: str, tmp_path: Path) -> None:
    made = {**DEEP, **WIDE}[name]
    texts = [of_size(made, size) for size in SIZES]
    if kind == "plain":
        texts = [as_plain_importer(text) for text in texts]
    small, large = (cost(text, tmp_path) for text in texts)
    for _ in range(TRIES - 1):
        if large.seconds <= GROWTH * small.seconds + NOISE:
            break
        large = min(large, cost(texts[1], tmp_path))
    assert large.seconds <= GROWTH * small.seconds + NOISE


@pytest.mark.parametrize("kind", ["module", "plain"])
@pytest.mark.parametrize("name", ODD)
def test_odd_bytes_get_an_answer(name: str, kind: str, tmp_path: Path) -> None:
    cost(ODD[name] if kind == "module" else as_plain_importer(ODD[name]), tmp_path)
