"""The comparison of object files tells what is different code from what is the same."""

from __future__ import annotations

from pathlib import Path

from tests.real import objects
from tests.real.workbench import Workbench

SOURCE = """\
static int kept(int x) { return x + 1; }
extern int far(int);
int near(int x) { return far(kept(x)); }
char text[] = "abc";
"""
CHANGES = {
    "x + 1": "x + 2", "far": "fur", "abc": "abd", "static ": "", '"abc"': '"abcd"', "text": "const text",
}  # fmt: skip


def compiled(directory: Path, file: str, text: str) -> objects.Object:
    work = Workbench(directory)
    work.write({file: text})
    return objects.read(directory / work.compile(file, f"{file}.o"))


def test_name_of_the_source_does_not_count(tmp_path: Path) -> None:
    one = compiled(tmp_path, "a.c", SOURCE)
    assert objects.differences(one, compiled(tmp_path, "another.c", SOURCE)) == []
    assert {"kept", "far", "near", "text"} <= {symbol.name for symbol in one.symbols}


def test_all_else_counts(tmp_path: Path) -> None:
    one = compiled(tmp_path, "a.c", SOURCE)
    for old, new in CHANGES.items():
        assert objects.differences(one, compiled(tmp_path, "b.c", SOURCE.replace(old, new))), (old, new)
