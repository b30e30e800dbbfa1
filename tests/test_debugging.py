"""Debuggers and coverage tools name the user's files, lines and symbols."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from modcore.preprocess import Toolchain
from modcore.program import Options, Program

CC = os.environ.get("CC", "gcc")
ADD = """\
module;

export int add(int a, int b)
{
    int sum = a + b;
    if (sum > 100)
        return 100;
    return sum;
}
"""
MAIN = """\
module;
import data/graph;
#include <stdio.h>

int main()
{
    printf("%d\\n", add(2, 3));
    return 0;
}
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A program of two modules, built for debugging and coverage in the current folder."""
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    Path("data/graph.cm").write_text(ADD)
    Path("main.cm").write_text(MAIN)
    modules = Program(Options(Toolchain((CC,), ("-g",))))
    for name in ("main", "graph"):
        file = "main.cm" if name == "main" else "data/graph.cm"
        Path(f"{name}.c").write_text(modules.emit(modules.module(file)))
        run(CC, "-g", "-O0", "--coverage", "-x", "cpp-output", "-c", f"{name}.c", "-o", f"{name}.o")
    run(CC, "--coverage", "main.o", "graph.o", "-o", "program")
    return "./program"


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.needs("gdb")
def test_gdb_stops_at_the_users_name_and_line(program: str) -> None:
    commands = ["break data::graph::add", "run", "next", "bt", "info locals", "list 5,5"]
    said = run("gdb", "-nx", "-batch", *(word for one in commands for word in ("-ex", one)), program)
    assert "data/graph.cm:5" in said and "main.cm:7" in said
    assert "sum = 5" in said and "int sum = a + b;" in said
    assert "graph.c:" not in said


@pytest.mark.needs("gcov")
def test_coverage_counts_the_users_lines(program: str) -> None:
    assert run(program) == "5\n"
    said = run("gcov", "-t", "graph.o")
    counts = [
        line.split(":")[0].strip() for line in said.splitlines() if "return 100;" in line or "return sum;" in line
    ]
    assert counts == ["#####", "1"]
    assert "Source:data/graph.cm" in said


@pytest.mark.needs("nm")
def test_binary_tools_show_the_users_name(program: str) -> None:
    assert "data::graph::add" in run("nm", "-C", program)
