"""The One True AWK: a program whose parser bison makes, and a second one that makes a table for it.

Its own tests compare it with an older awk: here with the one that the compiler alone has built.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.real.project import CC, Project, Tree

TRIES = 3


def generate(folder: Path) -> None:
    """The parser, and the table that `maketab` makes of it."""

    def run(*command: str) -> str:
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout

    run("bison", "-d", "awkgram.y")
    run(CC, "maketab.c", "-o", "maketab")
    (folder / "proctab.c").write_text(run("./maketab", "awkgram.tab.h"))


def generate_tests(folder: Path) -> None:
    """Has the one test that writes files into a folder of all users write them into its own."""
    script = folder / "testdir/T.overflow"
    script.write_text(script.read_text().replace("/tmp/awktestfoo", "awktestfoo"))


def check(tree: Tree, reference: Tree) -> None:
    assert tree.run("./maketab", "awkgram.tab.h") == (tree.directory / "proctab.c").read_text()
    for work in (tree, reference):
        work.run("cp", "awk", "a.out")
    fixed = tree.run("./REGRESS", folder="bugs-fixed")
    assert fixed.count("===") >= 24 and fixed == reference.run("./REGRESS", folder="bugs-fixed")

    scripts = sorted(path.name for path in tree.directory.glob("testdir/T.*"))
    for command in ("Compare.t t.*", "Compare.p p.? p.??*", *scripts):
        # Some scripts look at the clock, and at times find it one second on; what is wrong is so every time.
        tries = ((_bad(tree, reference, command), _bad(reference, reference, command)) for _ in range(TRIES))
        said = next(((found, expected) for found, expected in tries if found == expected), None)
        assert said is not None, f"{command}: {_bad(tree, reference, command)}"


def _bad(tree: Tree, older: Tree, command: str) -> list[str]:
    """What a script of the tests says of an awk in comparison with another one."""
    words = f"PATH=.:$PATH oldawk={older.directory / 'awk'} awk=../a.out ./{command} 2>&1 || true"
    said = tree.shell(words, folder="testdir")
    assert "not found" not in said, said
    return re.findall(".*(?:BAD|fail|Error).*", said)


PROJECT = Project(
    package="original-awk",
    tools=("bison",),
    flags=(),
    library=(),
    programs={
        "awk": ("awkgram.tab.c", "b.c", "lex.c", "lib.c", "main.c", "parse.c", "proctab.c", "run.c", "tran.c"),
    },
    each=("*.c", "testdir/*.c"),
    link_flags=("-lm",),
    generate=generate,
    generate_tests=generate_tests,
    check=check,
)
