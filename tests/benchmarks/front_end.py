"""What modcore's front end costs beside the compiler, and how fast stage 1 is, on plain importers.

The front end is preprocessing, all stages and emission. It is measured as a process of its own for each
file (`modcore emit`), as one process for all files, and as SCons uses it: a worker that makes names files
and then C. The compiler is measured on the same code, `cc -O2 -c X.c`. Stage 1 gets text that was
preprocessed before, in a fresh process.
"""

from __future__ import annotations

import sys

from tests.benchmarks import plain_importers
from tests.benchmarks.corpus import Library
from tests.benchmarks.measure import CC, Cost, cost_of, in_process, median, medians, total

LEVEL = "-O2"
MEASURED = ("cjson", "zlib")


def compare(library: Library, rounds: int) -> None:
    """Print the front end's CPU time against the compiler's, per unit and in total."""
    compiler, alone, together, worker = [], [], [], []
    for _ in range(rounds):
        compiler.append([cost_of(_compile(library, unit), library.folder) for unit in library.units])
        alone.append([cost_of(_emit(library, unit), library.folder) for unit in library.units])
        together.append(in_process("emit", _modules(library), (LEVEL, *library.flags), library.folder))
        worker.append(plain_importers.worker(library, LEVEL))
    columns = medians(compiler), medians(alone), medians(together)
    titles = f"{CC} {LEVEL} -c", "modcore emit", "in one process"
    print(f"\n{library.name + ', CPU ms':24}{titles[0]:>12}{titles[1]:>19}{titles[2]:>19}")
    for unit, *costs in zip(library.units, *columns):
        print(_row(unit, *costs))
    totals = [total(column) for column in columns]
    print(_row("in total", *totals))
    print(_row("as a worker of SCons", totals[0], median(worker)))


def _row(name: str, compiler: Cost, *others: Cost) -> str:
    shown = "".join(f"{other.cpu * 1000:12.1f} ({other.cpu / compiler.cpu:4.2f})" for other in others)
    return f"  {name:22}{compiler.cpu * 1000:12.1f}{shown}"


def _compile(library: Library, unit: str) -> list[str]:
    return [CC, LEVEL, *library.flags, "-c", f"{unit}.c", "-o", f"{unit}.o"]


def _emit(library: Library, unit: str) -> list[str]:
    words = ["emit", f"{unit}.cm", "-o", f"{unit}.cm.c", "--cc", CC, "--", LEVEL, *library.flags]
    return [sys.executable, "-m", "modcore", *words]


def _modules(library: Library) -> list[str]:
    return [f"{unit}.cm" for unit in library.units]


def stage1(library: Library, rounds: int) -> None:
    """Print the lines a second that stage 1 reads, of the files' own."""
    preprocess = [CC, LEVEL, *library.flags, "-E", "-x", "c"]
    for unit in library.units:
        cost_of([*preprocess, f"{unit}.cm", "-o", f"{unit}.i"], library.folder)
    modules = _modules(library)
    lines = sum(library.lines(unit) for unit in library.units)
    together, alone = [], []
    for _ in range(rounds):
        together.append(in_process("names", modules, (), library.folder))
        alone.append([in_process("names", [module], (), library.folder)[0] for module in modules])
    print(f"\n{library.name}, stage 1: own lines of the files ({lines}) a second of CPU")
    for what, costs in (("all files", together), ("each file", alone)):
        print(f"  a fresh process for {what:14}{lines / total(medians(costs)).cpu:10.0f}")
