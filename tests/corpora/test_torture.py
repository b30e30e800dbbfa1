"""gcc's C torture tests as plain importers: each file that the compiler takes makes the same object code.

With the suite's own flags, without optimisation and with it, by gcc and by clang; the files are dealt out
to items for parallel runs, and a failure names them. Where the compiler itself makes other code of its own
preprocessed text, that is what counts: these files must be few, and those of them that are programs are run
as well. What is left out stands in `exclusions.toml` with its reason; it must be little, and must still be
wrong.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.corpora.comparison import Comparison, Failure, Verdict
from tests.corpora.torture import CLANG, GCC, SHARDS, Sample


class Way(NamedTuple):
    """A compiler with its first and last flags, and how much of the files it takes at least.

    The last flag: gcc would put the time into objects that profile, clang a digest of the file that it reads
    into debug information.
    """

    compiler: str
    level: str
    last: str
    accepted: float


WAYS = {
    "gcc -O0": Way(GCC, "-O0", "-frandom-seed=1", 0.95),
    "gcc -O2": Way(GCC, "-O2", "-frandom-seed=1", 0.95),
    "clang -O1": Way(CLANG, "-O1", "-g0", 0.85),
}
EACH_WAY = [pytest.param(name, marks=pytest.mark.needs(way.compiler)) for name, way in WAYS.items()]
EXCLUDED = 0.01  # of those that are accepted
AS_EXPANDED = 0.05  # of those of one item
EXCLUSIONS = tomllib.loads((Path(__file__).parent / "exclusions.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("way", EACH_WAY)
def test_same_code(
    way: str, shard: int, torture_samples: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    compiler, level, last, accepted = WAYS[way]
    samples = [sample for sample in torture_samples[shard::SHARDS] if not sample.is_skipped((level,))]
    counted = dict.fromkeys(Verdict, 0)
    wrong = []
    for sample in samples:
        verdict, problem = judged(sample, compiler, (level, *sample.flags, last))
        counted[verdict] += 1
        excluded = EXCLUSIONS.get(way, {}).get(sample.name)
        if problem and not excluded:
            wrong.append(f"{sample.name}: {problem}")
        elif excluded and not problem:
            wrong.append(f"{sample.name}: is excluded ({excluded}), but comes out right")
    assert not wrong, f"{len(wrong)} of {len(samples)} files by {way}:\n" + "\n".join(wrong)
    assert counted[Verdict.REFUSED] <= (1 - accepted) * len(samples), counted
    assert counted[Verdict.AS_EXPANDED] <= AS_EXPANDED * len(samples), counted


def judged(sample: Sample, compiler: str, flags: Sequence[str]) -> tuple[Verdict, str]:
    """What became of a file, and what is wrong with that; '' when it comes out right."""
    comparison = Comparison(sample.text, sample.file.parent, compiler, flags)
    try:
        verdict = comparison.verdict()
        if verdict in (Verdict.REFUSED, Verdict.SAME):
            return verdict, ""
        if sample.others is None:
            return verdict, "" if verdict is Verdict.AS_EXPANDED else verdict.value
        expected, found = comparison.statuses(sample.others)
    except Failure as failure:
        return Verdict.OTHER, str(failure)
    if verdict is Verdict.AS_EXPANDED and expected == found:
        return verdict, ""
    return verdict, f"{verdict.value}; it ends with {found}, and with {expected} by the compiler alone"


@pytest.mark.parametrize("way", EACH_WAY)
def test_little_is_excluded(way: str, torture_samples: list[Sample]) -> None:
    excluded = EXCLUSIONS.get(way, {})
    assert not excluded.keys() - {sample.name for sample in torture_samples}
    assert all(excluded.values()), "each exclusion has its reason"
    assert len(excluded) < EXCLUDED * WAYS[way].accepted * len(torture_samples)


def test_only_ways_have_exclusions() -> None:
    assert EXCLUSIONS.keys() <= WAYS.keys()
