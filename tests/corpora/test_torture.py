"""gcc's C torture tests as plain importers: each file that the compiler takes comes out as the same object code.

Files with the suite's own flags, without optimisation and with it, by gcc and by clang; they are dealt out to items
for parallel runs, and a failure names the files. Where the compiler itself makes other code of its own preprocessed
text, that is what counts, and these files must be few; those of them that are programs are run as well. What is left
out stands in `exclusions.toml` with its reason; it must be little, and must still be wrong.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.corpora.comparison import Comparison, Failure, Verdict
from tests.corpora.torture import Sample

GCC = os.environ.get("CC", "gcc")
CLANG = os.environ.get("CLANG", "clang-14")
WAYS = {"gcc -O0": (GCC, "-O0"), "gcc -O2": (GCC, "-O2"), "clang -O1": (CLANG, "-O1", "-g0")}
"""Compilers with their flags; clang's debug information has a digest of the very file that it reads."""
SHARDS = 40
ACCEPTED = 0.9  # of the files, by either compiler
EXCLUDED = 0.01  # of those that are accepted
AS_EXPANDED = 0.05  # of those of one item
EXCLUSIONS = tomllib.loads((Path(__file__).parent / "exclusions.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("way", WAYS)
def test_same_code(
    way: str, shard: int, torture_samples: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    compiler, level, *last = WAYS[way]
    samples = [sample for sample in torture_samples[shard::SHARDS] if not sample.is_skipped((level,))]
    counted = dict.fromkeys(Verdict, 0)
    wrong = []
    for sample in samples:
        verdict, problem = judged(sample, compiler, (level, *sample.flags, *last))
        counted[verdict] += 1
        excluded = EXCLUSIONS.get(way, {}).get(sample.name)
        if problem and not excluded:
            wrong.append(f"{sample.name}: {problem}")
        elif excluded and not problem:
            wrong.append(f"{sample.name}: is excluded ({excluded}), but comes out right")
    assert not wrong, f"{len(wrong)} of {len(samples)} files by {way}:\n" + "\n".join(wrong)
    assert counted[Verdict.REFUSED] <= (1 - ACCEPTED) * len(samples), counted
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


@pytest.mark.parametrize("way", WAYS)
def test_little_is_excluded(way: str, torture_samples: list[Sample]) -> None:
    excluded = EXCLUSIONS.get(way, {})
    assert not excluded.keys() - {sample.name for sample in torture_samples}
    assert all(excluded.values()), "each exclusion has its reason"
    assert len(excluded) < EXCLUDED * ACCEPTED * len(torture_samples)


def test_only_ways_have_exclusions() -> None:
    assert EXCLUSIONS.keys() <= WAYS.keys()
