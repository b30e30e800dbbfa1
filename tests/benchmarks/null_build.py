"""A build of SCons with nothing to do: generated modules beside plain C files of the same shape.

Each unit defines a struct and a function, and uses those of three others. As plain C it is a `.c` and a
`.h`, and includes the three headers; as a module it imports the three. Some modules import a later one,
which closes cycles. Both programs are built whole, run and compared, before a build with nothing to do is
measured.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.benchmarks.measure import CC, cost_of, median

_SCONSTRUCT = """\
env = Environment(tools=['default', 'cmodule'], toolpath=[PyPackageDir('modcore.scons')], CC={cc!r})
env.Program('program', Glob('*{suffix}'))
"""


def compare(work: Path, units: int, rounds: int) -> None:
    """Print the cost of a null build of modules against that of plain C."""
    folders = {"plain C": work / "plain", "modules": work / "modules"}
    for suffix, folder in zip((".c", ".cm"), folders.values()):
        folder.mkdir()
        (folder / "SConstruct").write_text(_SCONSTRUCT.format(cc=CC, suffix=suffix))
    for number in range(units):
        _write_plain(folders["plain C"], number, units)
        _write_module(folders["modules"], number, units)
    main, last = _MAIN.format(units - 1), f"m{units - 1}"
    (folders["plain C"] / "main.c").write_text(f'#include <stdio.h>\n#include "{last}.h"\n{main}')
    (folders["modules"] / "main.cm").write_text(f"module;\nimport {last};\n#include <stdio.h>\n{main}")
    scons = [sys.executable, "-m", "SCons"]
    first = {name: cost_of([*scons, "-j2"], folder) for name, folder in folders.items()}
    said = {subprocess.check_output([folder / "program"]) for folder in folders.values()}
    if len(said) != 1:
        raise SystemExit(f"the two programs print different things: {said}")
    costs = {name: [] for name in folders}
    for _ in range(rounds):
        for name, folder in folders.items():
            costs[name].append(cost_of(scons, folder, says="is up to date"))
    print(f"\n{f'SCons, {units} units':28}{'plain C':>10}{'modules':>10}{'ratio':>8}")
    plain, modules = (median(costs[name]) for name in folders)
    _row("null build, CPU s", plain.cpu, modules.cpu)
    _row("null build, elapsed s", plain.wall, modules.wall)
    _row("whole build once, CPU s", *(first[name].cpu for name in folders))


def _row(what: str, plain: float, modules: float) -> None:
    print(f"  {what:26}{plain:10.2f}{modules:10.2f}{modules / plain:8.2f}")


_MAIN = """\
int main(void)
{{
    struct s{0} s = {{3, {{0}}}};
    printf("%d\\n", f{0}(&s));
    return 0;
}}
"""


def used_by(number: int, units: int) -> list[int]:
    """The three units that a unit uses: earlier ones, but for the first few units and one in fifty."""
    before = [] if number % 50 == 49 else [number - 1]
    candidates = [*before, number // 2, number // 3, *range(number + 1, units), *range(units)]
    uses = [use for use in dict.fromkeys(candidates) if use not in (number, -1)]
    return sorted(uses[:3])


def _code(number: int, uses: list[int]) -> tuple[str, str]:
    """A unit's struct, and its function; the depth ends the recursion that cycles bring."""
    struct = f"struct s{number} {{\n    int depth;\n    char text[{number % 7 + 1}];\n}};\n"
    calls = "".join(
        f"    struct s{use} t{use} = {{s->depth - 1, {{0}}}};\n    sum += f{use}(&t{use});\n" for use in uses
    )  # fmt: skip
    function = (
        f"int f{number}(struct s{number} *s)\n{{\n    int sum = {number};\n"
        f"    if (s->depth <= 0)\n        return sum;\n{calls}    return sum;\n}}\n"
    )
    return struct, function


def _write_plain(folder: Path, number: int, units: int) -> None:
    uses = used_by(number, units)
    struct, function = _code(number, uses)
    prototype = f"int f{number}(struct s{number} *s);\n"
    guard = f"#ifndef M{number}_H\n#define M{number}_H\n"
    (folder / f"m{number}.h").write_text(f"{guard}{struct}{prototype}#endif\n")
    includes = "".join(f'#include "m{name}.h"\n' for name in [number, *uses])
    (folder / f"m{number}.c").write_text(f"#include <string.h>\n{includes}\n{function}")


def _write_module(folder: Path, number: int, units: int) -> None:
    uses = used_by(number, units)
    struct, function = _code(number, uses)
    imports = "".join(f"import m{use};\n" for use in uses)
    (folder / f"m{number}.cm").write_text(
        f"module;\n#include <string.h>\n{imports}\nexport {struct}\nexport {function}"
    )  # fmt: skip
