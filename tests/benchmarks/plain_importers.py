"""What a build with modcore costs beside a build without: real code as plain importers, CPU time of everything.

On one side the compiler alone on the original files, `cc LEVEL -c X.c`. On the other a worker process that makes names
files and then C, as SCons has it do from a clean tree, and the compiler on that C. `cc -E` alone is shown because the
front end contains it. The peak memory is that of a process that makes the C of the library's largest file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import msgspec

from modcore.names_file import SUFFIX as NAMES
from modcore.preprocessed import SUFFIX as TEXT
from modcore.worker import EmitJob, NamesJob
from tests.benchmarks.corpus import Library
from tests.benchmarks.measure import CC, Cost, cost_of, median, total

LEVELS = ("-O0", "-O2")
_PREPROCESSES = ("-D", "-I", "-U")


def compare(library: Library, rounds: int) -> None:
    """Print the costs of both ways, as ratios to the first."""
    print(f"\n{library.name}, {len(library.units)} files; CPU, the compiler alone being 1")
    print(f"  {'':6}{CC + ', s':>10}{'cc -E':>10}{'front end':>12}{'cc on its C':>14}{'modcore in all':>17}")
    for level in LEVELS:
        costs = [_round(library, level) for _ in range(rounds)]
        alone, preprocessor, front_end, compiler = (median(column).cpu for column in zip(*costs))
        ratios = (preprocessor / alone, front_end / alone, compiler / alone, (front_end + compiler) / alone)
        print(f"  {level:6}{alone:10.2f}{ratios[0]:10.2f}{ratios[1]:12.2f}{ratios[2]:14.2f}{ratios[3]:17.2f}")
    largest = library.largest()
    words = ["emit", f"{largest}.cm", "-o", f"{largest}.cm.c", "--cc", CC, "--", *library.flags]
    peak = cost_of([sys.executable, "-m", "modcore", *words], library.folder).peak
    print(f"  peak memory of the front end on {largest}.cm ({library.lines(largest)} lines): {peak / 2**20:.0f} MiB")


def _round(library: Library, level: str) -> tuple[Cost, Cost, Cost, Cost]:
    plain = [word for word in library.flags if not word.startswith(_PREPROCESSES)]
    alone = _each(library, (level, *library.flags, "-c"), ".c", ".o")
    preprocessor = _each(library, (level, *library.flags, "-E"), ".c", ".i")
    front_end = worker(library, level)
    compiler = _each(library, (level, *plain, "-x", "cpp-output", "-c"), ".cm.c", ".o")
    return alone, preprocessor, front_end, compiler


def _each(library: Library, words: Sequence[str], source: str, target: str) -> Cost:
    """The cost of the compiler on each unit."""
    commands = ([CC, *words, f"{unit}{source}", "-o", f"{unit}{target}"] for unit in library.units)
    return total([cost_of(command, library.folder) for command in commands])


def worker(library: Library, level: str) -> Cost:
    """A worker process that makes the names files and then the C, as SCons has it do from a clean tree."""
    common = {
        "cc": (CC,), "flags": (level, *library.flags), "roots": (".",), "suffix": ".cm",
        "environment": {"PATH": os.environ["PATH"]},
    }  # fmt: skip
    more = {"internal": True, "names": {}, "sources": {}, "unneeded": ()}
    jobs: list[NamesJob] = []
    for unit in library.units:
        (library.folder / f"{unit}{TEXT}").unlink(missing_ok=True)
        file = {"file": f"{unit}.cm", "source": f"{unit}.cm", "text": f"{unit}{TEXT}"}
        jobs.append(NamesJob(**file, output=f"{unit}{NAMES}", **common))
        jobs.append(EmitJob(**file, output=f"{unit}.cm.c", **common, **more))
    jobs.sort(key=lambda job: isinstance(job, EmitJob))
    given = b"".join(msgspec.json.encode(job) + b"\n" for job in jobs)
    command = [sys.executable, "-m", "modcore.worker"]
    return cost_of(command, library.folder, given, says='"status":0', times=len(jobs))
