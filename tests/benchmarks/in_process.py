"""What is measured inside one fresh Python process, whose start and first imports do not count.

In come words, `WHAT FILE… -- FLAGS…`. `emit` makes the C of each file, one after the other, as a worker does;
`names` runs stage 1 on text that was preprocessed before (`X.i` beside `X.cm`). Out comes a JSON list with the
cost of each file, that of child processes included.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from modcore.finder import Module
from modcore.preprocess import Toolchain
from modcore.program import Options, Program
from modcore.stage1_names import names_of
from tests.benchmarks.measure import CC, Cost


def main() -> None:
    words = sys.argv[1:]
    at = words.index("--")
    what, files, flags = words[0], words[1:at], tuple(words[at + 1 :])
    if what == "names":
        # Reading the preprocessed text belongs to the preprocessor's part.
        steps = [_names(file, Path(file).with_suffix(".i").read_text()) for file in files]
    else:
        steps = [_emit(file, flags) for file in files]
    sys.stdout.buffer.write(msgspec.json.encode([_cost(step) for step in steps]))


def _names(file: str, preprocessed: str) -> Callable[[], object]:
    module = Module(file.removesuffix(".cm"), file)
    return lambda: names_of(module, preprocessed, lambda name: Path(name).read_text().split("\n"))


def _emit(file: str, flags: tuple[str, ...]) -> Callable[[], object]:
    def emit() -> None:
        program = Program(Options(Toolchain((CC,), flags)))
        Path(file + ".c").write_text(program.emit(program.module(file)))

    return emit


def _cost(step: Callable[[], object]) -> Cost:
    cpu, wall = _cpu(), time.perf_counter()
    step()
    return Cost(_cpu() - cpu, time.perf_counter() - wall)


def _cpu() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


if __name__ == "__main__":
    main()
