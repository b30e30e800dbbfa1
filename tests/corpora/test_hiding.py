"""Imported names stay out of C that declares them itself: the C torture tests, all their names imported.

Every identifier of a file is bound, and the compiler says which of them the file does not declare.
"""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.corpora.comparison import Failure
from tests.corpora.hiding import FILE, Hiding
from tests.corpora.torture import GCC, SHARDS, Sample

EXCLUDED = tomllib.loads((Path(__file__).parent / "exclusions.toml").read_text(encoding="utf-8"))["gcc -O0"]
LARGEST = 500_000
"""Characters of preprocessed text; what is larger tests limits, with a hundred thousand names."""


@pytest.mark.parametrize("shard", range(SHARDS))
def test_own_names_are_kept(
    shard: int, torture_samples: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = []
    for sample in torture_samples[shard::SHARDS]:
        flags = (*sample.flags, "-iquote", str(sample.file.parent))
        Path(FILE).write_bytes(b"\n" + sample.text)
        try:
            hiding = Hiding(GCC, flags)
            captured = hiding.captured() if hiding.size < LARGEST else set()
            if captured:
                wrong.append(f"{sample.name}: the import's {', '.join(sorted(captured))}")
        except Failure as failure:
            if is_accepted(flags) and sample.name not in EXCLUDED:
                wrong.append(f"{sample.name}: {failure}")
    assert not wrong, f"{len(wrong)} files:\n" + "\n".join(wrong)


def is_accepted(flags: Sequence[str]) -> bool:
    """Whether the compiler takes the file at all."""
    command = [GCC, *flags, "-fsyntax-only", "-x", "c", FILE]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
