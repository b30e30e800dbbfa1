"""Plain importers compile to the object code of the same text as `.c`, also where unused declarations matter."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from modcore.preprocess import Toolchain
from modcore.program import Options, Program

CC = os.environ.get("CC", "gcc")
TEXTS = {
    "gcc uses stpcpy once it is declared": """
        #include <string.h>
        #include <stdio.h>
        void join(char *to, const char *a, const char *b) { strcpy(to, a); strcat(to, b); strcat(to, a); puts(to); }
    """,
    "static tables of headers stay without optimisation": """
        #include "table.h"
        int first(void) { return 1; }
    """,
    "variables of headers that are declared with parentheses": """
        #include "table.h"
        #include "hooks.h"
    """,
    "headers in the middle of a function": """
        int sum(void) { int total = 0;
        #include "body.h"
        return total; }
    """,
}


@pytest.mark.parametrize("level", ["-O0", "-O2"])
@pytest.mark.parametrize("what", TEXTS)
def test_same_object_code(what: str, level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("table.h").write_text("static const int table[] = {1, 2, 3};\nextern int elsewhere;\n")
    Path("hooks.h").write_text("int (*hook)(int);\nint __attribute__((unused)) spare, __attribute__((used)) other;\n")
    Path("body.h").write_text("for (int i = 0; i < 9; i++) total += i;\n")
    Path("m.c").write_text(TEXTS[what])
    Path("m.cm").write_text(TEXTS[what])
    program = Program(Options(Toolchain((CC,), (level,))))
    Path("m.cm.c").write_text(program.emit(program.module("m.cm")))
    assert contents("m.cm.c", level, "-x", "cpp-output") == contents("m.c", level)


def contents(file: str, *flags: str) -> list[str]:
    """Every section and symbol of the object file, disassembled too; not the name of its source."""
    subprocess.run([CC, *flags, "-c", file, "-o", "m.o"], check=True)
    listed = subprocess.run(["objdump", "-sdrt", "m.o"], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines()[2:] if " df " not in line]
