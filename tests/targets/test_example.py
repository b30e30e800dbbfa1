"""The example project for several machines in one build, each in a variant folder of its own: all print the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from targets.toolchains import TOOLCHAINS, Toolchain

EXAMPLE = Path(__file__).parents[2] / "example_project"
BY_NAME = {one.name: one for one in TOOLCHAINS}
TOGETHER = (
    ("x86-64", "aarch64", "mips"), ("x86-64", "riscv64", "clang-armhf"), ("i386", "s390x", "clang-ppc64el"),
)  # fmt: skip
BUILD = """\
from SCons.Script import PyPackageDir
import os

for name, cc, link in {targets!r}:
    here = 'build/' + name
    env = Environment(
        tools=['default', 'cmodule'], toolpath=[PyPackageDir('modcore.scons')], ENV=os.environ, CC=cc,
        CMODROOT=here + '/src', CMODPATH=here + '/vendor', CPPPATH='legacy', CCFLAGS='-O2', LINKFLAGS=link, LIBS='m',
        PROGSUFFIX='.exe' if 'mingw' in cc else '',
    )
    env.VariantDir(here, '.', duplicate=False)
    legacy = [here + '/legacy/quadrature.c', here + '/legacy/table.c']
    env.CModuleProgram(here + '/curves', [here + '/src/main.cm', *legacy])
"""
SMALL = {
    "main.cm": "#include <stdio.h>\nmodule;\nimport point;\nint main(void)\n{\n    struct Point p = point(3);\n"
    "    return printf(\"%d %d\\n\", sum(p), DIMENSIONS) < 0;\n}\n",
    "point.cm": "module;\nimport axis;\nexport struct Point { float x; struct Axis axis; };\nexport enum { DIMENSIONS = sizeof(struct Point) };\n"
    "export struct Point point(int x) { return (struct Point){x, axis(x)}; }\nexport int sum(struct Point p) { return (int)p.x + weigh(p.axis); }\n",
    "axis.cm": "module;\nexport struct Axis { char name; double scale; unsigned bits : 3; };\n"
    "export struct Axis axis(int x) { return (struct Axis){'a', x, 1}; }\nexport int weigh(struct Axis a) { return (int)a.scale + a.bits; }\n",
}  # fmt: skip


def build(folder: Path, toolchains: list[Toolchain], text: str) -> None:
    targets = [(one.name, " ".join((*one.cc, *one.flags)), list(one.link or ())) for one in toolchains]
    (folder / "SConstruct").write_text(text.format(targets=targets))
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    command = [sys.executable, "-m", "SCons", "-Q", "-j2"]
    for expected in ("curves", "is up to date"):
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and expected in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    "names",
    [pytest.param(names, marks=pytest.mark.needs(*(p for name in names for p in BY_NAME[name].programs))) for names in TOGETHER],
)
def test_host_and_targets_in_one_build(names: tuple[str, ...], tmp_path: Path) -> None:
    for part in ("src", "vendor", "legacy"):
        shutil.copytree(EXAMPLE / part, tmp_path / part)
    toolchains = [BY_NAME[name] for name in names]
    build(tmp_path, toolchains, BUILD)
    printed = set()
    for one in toolchains:
        assert one.runner is not None
        program = [*one.runner, f"build/{one.name}/curves", "-d", "-x", "0:3", "-t", "4", "x^2 - sin(x)", "exp(x)/9"]
        printed.add(subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=True).stdout)
    assert len(printed) == 1 and "x^2" in printed.pop()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.needs(*BY_NAME[name].programs))
        for name in ("cortex-m", "mingw-i686", "mingw-x86-64", "clang-aarch64")
    ],
)
def test_programs_link_for_a_target(name: str, tmp_path: Path) -> None:
    """Bare metal with newlib and Windows, as far as that goes without the machine."""
    (tmp_path / "src").mkdir()
    for file, text in SMALL.items():
        (tmp_path / "src" / file).write_text(text)
    text = BUILD.replace("    legacy = [here + '/legacy/quadrature.c', here + '/legacy/table.c']\n", "").replace(", *legacy", "")
    build(tmp_path, [BY_NAME[name]], text)
    assert next((tmp_path / "build" / name).glob("curves*")).stat().st_size > 0
