"""`python -m tests.benchmarks`: what modcore costs, as ratios to what is done without it, all in one run.

Nothing is asserted: times depend on the machine, and ratios still do a little. `--quick` measures next to
nothing, to see that the benchmarks work.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.benchmarks import front_end, null_build, plain_importers
from tests.benchmarks.corpus import libraries


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    add = parser.add_argument
    add("--rounds", type=int, default=7, metavar="N", help="rounds of which the median counts (default: 7)")
    add("--units", type=int, default=300, metavar="N", help="units of the null build (default: 300)")
    add("--quick", action="store_true", help="one round, few files")
    arguments = parser.parse_args()
    rounds, units, most = (1, 8, 2) if arguments.quick else (arguments.rounds, arguments.units, None)
    with tempfile.TemporaryDirectory(prefix="modcore-benchmarks-") as folder:
        work = Path(folder)
        for library in libraries(work, most):
            plain_importers.compare(library, rounds)
            if library.name in front_end.MEASURED:
                front_end.compare(library, rounds)
                front_end.stage1(library, rounds)
        null_build.compare(work, units, rounds)


if __name__ == "__main__":
    main()
