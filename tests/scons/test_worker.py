"""What a worker answers where the files that it is given do not fit together."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from modcore.worker import Bench, EmitJob, NamesJob, Result

FILES = {
    "far.cm": "module;\nexport struct Far { int x; };\n",
    "near.cm": "module;\nimport far;\nexport struct Near { struct Far far; };\n",
    "main.cm": "module;\nimport near;\nexport int size(void) { struct Near near; return sizeof near; }\n",
}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A worker beside three files and their names files."""
    monkeypatch.chdir(tmp_path)
    worker = Bench()
    for file, text in FILES.items():
        Path(file).write_text(text)
        assert worker.run(NamesJob(output=f"{file}n", **_common(file))) == Result(0)
    return worker


def _common(file: str) -> dict[str, Any]:
    return {
        "file": file, "source": file, "text": f"{file}.i", "cc": ("gcc",), "flags": (), "roots": (".",),
        "suffix": ".cm", "environment": {"PATH": os.environ["PATH"]},
    }  # fmt: skip


def _emit(*names: str, unneeded: tuple[str, ...] = ()) -> EmitJob:
    known = {file: f"{file}n" for file in names}
    return EmitJob(
        output="main.cm.c", internal=True, names=known, sources={}, unneeded=unneeded, **_common("main.cm")
    )


def test_names_that_do_not_fit_their_source_are_those_of_another_build(bench: Bench) -> None:
    whole, parts = _emit("near.cm", "far.cm"), _emit("near.cm", unneeded=("far.cm",))
    assert bench.run(whole).status == 0
    Path("main.cm.c").unlink()
    answer = bench.run(parts)
    assert (answer.status, answer.damaged, len(answer.messages)) == (1, (), 1)
    assert answer.messages[0].startswith(
        "near.cmn:1:1: error: the names of 'near.cm' in 'near.cmn' changed while they were read; another build may be"
        " writing in this folder, so run scons again when it has ended [unreadable-file]\n"
    )
    assert not Path("main.cm.c").exists()


def test_an_error_in_the_source_is_told_instead(bench: Bench) -> None:
    Path("near.cm").write_text(FILES["near.cm"].replace("import far;", ""))
    [message] = bench.run(_emit("near.cm", unneeded=("far.cm",))).messages
    assert message.startswith("near.cm:3:29: error: ")
