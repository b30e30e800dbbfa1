"""Random programs by csmith: the same checksum through modcore, as a plain importer and as modules.

Each run takes fresh seeds; a failure names its seed, and `MODCORE_CSMITH_SEED` set to it makes it the first
one of the first item of each compiler. As a plain importer a program comes out as the same object code,
which needs no running.
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import pytest

from modcore.deep import deeply
from modcore.preprocess import Toolchain
from modcore.program import Options, Program
from tests.corpora import csmith
from tests.corpora.comparison import Comparison, Failure, Verdict, emitted

COMPILERS = {"gcc": os.environ.get("CC", "gcc"), "clang": os.environ.get("CLANG", "clang-14")}
FLAGS = ("-w", "-O1", "-I", csmith.INCLUDES)
ITEMS = {"gcc": 15, "clang": 4}
EACH, TRIED = 14, 60  # programs of an item, seeds that are tried for them
SECONDS = 30
SEED_VARIABLE = "MODCORE_CSMITH_SEED"


@pytest.mark.parametrize(
    ("compiler", "item"),
    [
        pytest.param(name, item, marks=pytest.mark.needs("csmith", COMPILERS[name]))
        for name, n in ITEMS.items()
        for item in range(n)
    ],
)
def test_same_checksum(compiler: str, item: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cc = COMPILERS[compiler]
    given = os.environ.get(SEED_VARIABLE)
    first = int(given) + item * TRIED if given else random.SystemRandom().randrange(2**31)
    print(f"{SEED_VARIABLE}={first}: the seeds from here on")
    programs = [*islice(csmith.programs(range(first, first + TRIED), cc, FLAGS), EACH)]
    assert len(programs) == EACH, f"of the programs of the seeds from {first} on too few end in time"
    wrong = []
    for program, expected in programs:
        folder = tmp_path / str(program.seed)
        folder.mkdir()
        monkeypatch.chdir(folder)
        try:
            verdict = Comparison(program.text.encode(), folder, cc, FLAGS).verdict()
            if verdict is not Verdict.SAME:
                raise Failure(f"as a plain importer: {verdict.value}")
            for form, files in (("module", program.as_module()), ("modules", program.as_modules())):
                printed = built_and_run(cc, files, folder / form)
                if printed != expected:
                    raise Failure(f"as {form} it prints {printed!r} instead of {expected!r}")
        except Failure as failure:
            wrong.append(f"{SEED_VARIABLE}={program.seed}, in {folder}: {failure}")
    assert not wrong, "\n".join(wrong)


def built_and_run(cc: str, files: Mapping[str, str], folder: Path) -> str | None:
    """What a program of modules prints, built in a new folder; None if it fails. Raises Failure."""
    folder.mkdir()
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")
    options = Options(Toolchain((cc,), FLAGS))
    with contextlib.chdir(folder):
        for file, text in deeply(lambda: emitted(Program(options), files)).items():
            Path(f"{file}.c").write_text(text, encoding="utf-8")
            strict = ("-Werror=implicit-function-declaration", "-x", "cpp-output")
            compile_(cc, *strict, "-c", f"{file}.c", "-o", f"{file}.o")
        compile_(cc, *(f"{file}.o" for file in files), "-o", "program")
    return csmith.run(folder / "program", SECONDS)


def compile_(cc: str, *words: str) -> None:
    """Run the compiler. Raises Failure."""
    done = subprocess.run([cc, *FLAGS, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(done.stderr)
