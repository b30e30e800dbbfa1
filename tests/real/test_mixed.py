"""Modules on top of an unmodified library of plain C: they include its header and give it functions to call."""

from __future__ import annotations

from pathlib import Path

from tests.real.project import CC
from tests.real.workbench import Workbench

MIXED = Path(__file__).parent / "cjson_mixed"


def test_beneath_modules(tmp_path: Path, cjson: Path) -> None:
    work = Workbench(tmp_path)
    work.copy(MIXED, "*")
    work.directory.joinpath("legacy").mkdir()
    Workbench(tmp_path / "legacy").copy(cjson, "cJSON.[ch]")
    work.scons(f"CC={CC}")
    version = work.run("sed", "-n", "s/#define CJSON_VERSION_[A-Z]* //p", "legacy/cJSON.h").split()
    assert work.run("./orders") == (
        " 40 bolt                  25\n"
        "  3 hinge                750\n"
        "  1 a name that is     10000\n"
        '{"sum":132.5,"lines":3}\n'
        f"0 blocks left, cJSON {'.'.join(version)}\n"
    )
    assert "is up to date" in work.scons(f"CC={CC}")
