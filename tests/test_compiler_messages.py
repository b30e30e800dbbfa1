"""What compilers say about emitted C reaches users with their own names and columns."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from modcore.compiler_messages import in_users_words
from modcore.emit.lines import without_bodies
from modcore.interface import target_of
from modcore.preprocess import Toolchain
from modcore.program import Options, Program
from modcore.source import lines_of
from modcore.target.probe import probe

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


@pytest.fixture
def newer_cc(tmp_path: Path) -> str:
    """A compiler that knows the warnings of a newer clang, by its own word."""
    cc = tmp_path / "newer-cc"
    cc.write_text(f"#!/bin/sh\nexec {CC} '-D__has_warning(x)=1' \"$@\"\n")
    cc.chmod(0o755)
    return str(cc)


@pytest.mark.parametrize("text", [MAIN, MAIN.removeprefix("module;\n")], ids=["module", "plain importer"])
@pytest.mark.parametrize("older", [CC, pytest.param("clang-14", marks=pytest.mark.needs("clang-14"))])
def test_the_warning_about_line_markers_is_switched_off_where_there_is_one(
    text: str, older: str, newer_cc: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nowhere else, since other compilers would warn of that; nothing else in emitted C depends on it."""
    monkeypatch.chdir(tmp_path)
    Path("graph").mkdir()
    Path("graph/node.cm").write_text(NODE.replace("export int", "export inline int"))
    Path("main.cm").write_text(text)
    programs = [Program(Options(Toolchain((cc,)))) for cc in (CC, older, newer_cc)]
    plain, others, newer = (program.emit(program.module("main.cm")) for program in programs)
    assert plain == others and plain.startswith('# 1 "main.cm"\n')
    pragma, _, rest = newer.partition("\n")
    assert (pragma, rest) == ('#pragma clang diagnostic ignored "-Wgnu-line-marker"', plain)
    assert without_bodies(newer) == f"{pragma}\n{without_bodies(plain)}" != newer
    Path("main.cm.c").write_text(newer)
    done = subprocess.run([CC, "-x", "cpp-output", "-c", "main.cm.c"], capture_output=True, text=True)
    read_lines = lines_of(lambda file: Path(file).read_text())
    shown = [in_users_words(done.stderr, one, "main", read_lines) for one in (plain, newer)]
    assert shown[0] == shown[1] and "'graph/node::total'" in shown[0].replace("‘", "'").replace("’", "'")


def test_what_the_compiler_warns_of_makes_no_other_target(newer_cc: str, tmp_path: Path) -> None:
    newer, plain = probe((newer_cc,), (), tmp_path), probe((CC,), (), tmp_path)
    assert (newer.warns_of_line_markers, plain.warns_of_line_markers) == (True, False)
    assert newer.fingerprint() == plain.fingerprint()
    assert target_of(newer, (newer_cc,), ()) == target_of(plain, (CC,), ())


def test_other_lines_pass() -> None:
    read_lines = lines_of(lambda file: None)
    assert in_users_words("collect2: error: ld\n", "", None, read_lines) == "collect2: error: ld\n"
    assert (
        in_users_words("a: undefined reference to `_ZN1a1fE'", "", None, read_lines)
        == "a: undefined reference to `a::f'"
    )
