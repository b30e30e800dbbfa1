"""What compilers say about emitted C reaches users with their own names and columns."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from modcore.compiler_messages import in_users_words
from modcore.preprocess import Toolchain
from modcore.program import Options, Program
from modcore.source import lines_of

CC = "gcc"
NODE = """\
module;
export struct Node {int weight;};
export int total(struct Node *n) { return n->weight; }
"""
MAIN = """\
module;
import graph/node;
int use(struct Node *n) { return total(n) + total(n, 2) + n->wieght; /* both */ }
"""


def test_names_and_columns_are_the_users(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("graph").mkdir()
    Path("graph/node.cm").write_text(NODE)
    Path("main.cm").write_text(MAIN)
    program = Program(Options(Toolchain((CC,))))
    emitted = program.emit(program.module("main.cm"))
    Path("main.cm.c").write_text(emitted)
    done = subprocess.run([CC, "-x", "cpp-output", "-c", "main.cm.c", "-o", "main.o"], capture_output=True, text=True)
    assert done.returncode != 0
    said = in_users_words(done.stderr, emitted, "main", lines_of(lambda file: Path(file).read_text()))
    line = MAIN.splitlines()[2]
    assert "_ZN" not in said and ".cm.c" not in said
    assert (
        f"main.cm:3:{line.index('total(n, 2)') + 1}: error: too many arguments to function 'graph/node::total'"
        in said.replace("‘", "'").replace("’", "'")
    )
    assert f"main.cm:3:{line.index('wieght') + 1}: error:" in said
    caret = next(text for text in said.splitlines() if text.endswith("^"))
    assert caret.index("^") - len("      | ") == line.index("total(n, 2)")


TABS_AND_LETTERS = """\
module;
import größe;
int use(struct Größe *g)
{
\tconst char *text = "größe: 大きさ"; return summe(g) + summe(g->maß) + summe(g)->mass;
}
"""


@pytest.mark.parametrize("cc", [
    "gcc", pytest.param("clang-14", marks=pytest.mark.needs("clang-14")),
    pytest.param("arm-none-eabi-gcc", marks=pytest.mark.needs("arm-none-eabi-gcc")),
])
def test_tabs_and_letters_beyond_ascii(cc: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some compilers count bytes of the emitted line, others what it takes to draw the user's."""
    monkeypatch.chdir(tmp_path)
    Path("größe.cm").write_text(
        "module;\nexport struct Größe { int maß; };\nexport int summe(struct Größe *g) { return g->maß; }\n")
    Path("main.cm").write_text(TABS_AND_LETTERS)
    program = Program(Options(Toolchain((cc,))))
    emitted = program.emit(program.module("main.cm"))
    Path("main.cm.c").write_text(emitted)
    command = [cc, "-w", "-x", "cpp-output", "-c", "main.cm.c", "-o", "main.o"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    said = in_users_words(done.stderr, emitted, "main", lines_of(lambda file: Path(file).read_text())).splitlines()
    written = TABS_AND_LETTERS.splitlines()[4]
    at = next(k for k, line in enumerate(said) if ": error: " in line)
    column = int(said[at].split(":")[2])
    assert written[column - 1 :].startswith(("->mass", "mass")), said[at]
    shown, caret = said[at + 1], said[at + 2]
    assert shown.endswith(written.expandtabs())
    before = shown[: shown.index("->mass") + (2 if written[column - 1] == "m" else 0)]
    assert caret.index("^") == len(before) + len("大きさ"), "\n".join(said)  # these are drawn twice as wide


def test_other_lines_pass() -> None:
    read_lines = lines_of(lambda file: None)
    assert in_users_words("collect2: error: ld\n", "", None, read_lines) == "collect2: error: ld\n"
    assert (
        in_users_words("a: undefined reference to `_ZN1a1fE'", "", None, read_lines)
        == "a: undefined reference to `a::f'"
    )
