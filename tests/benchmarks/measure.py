"""CPU time of processes, and how runs of several things are put side by side.

CPU time is what a process and its children spent, user and system, as the kernel accounts it (wait4).
Things that are compared are run in turn, round after round, so that what else the machine does meets them
alike; the median of the rounds counts.
"""

from __future__ import annotations

import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

REPOSITORY = Path(__file__).parents[2]
CC = os.environ.get("CC", "gcc")


def environment() -> dict[str, str]:
    """Of processes that are measured; they keep Python's byte code, as an installed package does."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(REPOSITORY)}


class Cost(msgspec.Struct, frozen=True, gc=False):
    """Seconds of CPU and of the clock; the most memory that a process held, in bytes, where that was asked for."""

    cpu: float
    wall: float
    peak: int = 0


def cost_of(
    command: Sequence[str], folder: Path, given: bytes = b"", says: str = "", times: int = 1
) -> Cost:  # fmt: skip
    """Run a command in a folder, `given` on its stdin.

    Raises SystemExit when it fails, or does not print `says` so many times.
    """
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as output:
        stdin.write(given)
        stdin.seek(0)
        begin = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment(), stdin=stdin, stdout=output, stderr=output
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode(errors="replace")
        if process.returncode or said.count(says) < times:
            raise SystemExit(f"{shlex.join(command)}: exit status {process.returncode}\n{said}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024)


def in_process(what: str, files: Sequence[str], flags: Sequence[str], folder: Path) -> list[Cost]:
    """Do something with some files in one fresh process (`in_process.py`); the cost of each file."""
    command = [sys.executable, "-m", "tests.benchmarks.in_process", what, *files, "--", *flags]
    done = subprocess.run(command, cwd=folder, env=environment(), stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=list[Cost])


def median(costs: Sequence[Cost]) -> Cost:
    return Cost(statistics.median(c.cpu for c in costs), statistics.median(c.wall for c in costs))


def medians(rounds: Sequence[Sequence[Cost]]) -> list[Cost]:
    """The median of each column."""
    return [median(column) for column in zip(*rounds)]


def total(costs: Sequence[Cost]) -> Cost:
    return Cost(sum(c.cpu for c in costs), sum(c.wall for c in costs))
