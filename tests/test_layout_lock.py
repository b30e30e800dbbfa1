"""The layout lock: what is kept for each target, and what is told when a layout is another one."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from pathlib import Path

import pytest

from modcore.cli import main
from modcore.interface.target import same_titles

CC = os.environ.get("CC", "gcc")
EXAMPLE = Path(__file__).parents[1] / "example_project"
FILES = {
    "inner.cm": "module;\nexport struct Inner { char c; int x; };\nexport enum Kind { SMALL };\nstruct Private { int x; };\n",
    "outer.cm": "module;\nimport inner;\nexport struct Outer { struct Inner in; unsigned low : 3, high : 4; };\n"
    "export typedef struct Inner *Link;\nexport struct Outer outer(void) { return (struct Outer){0}; }\n",
    "holder.cm": "module;\nimport outer;\nexport unsigned long held(void) { struct Outer o = outer(); return sizeof o; }\n",
    "other.cm": "module;\nimport inner;\nexport int other(struct Inner *p) { return p != 0; }\n",
    "main.cm": "import holder;\nint main(void) { return held() == 0; }\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text)
    assert main(["layout", "--lock", "lock.json", "--cc", CC]) == 0
    return tmp_path


def check(*flags: str, cc: str = CC) -> list[dict]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = main(["layout", "--check", "lock.json", "--cc", cc, "--diagnostics=json", "--", *flags])
    found = json.loads(out.getvalue())["diagnostics"]
    assert status == bool(found)
    return found


def test_the_whole_project_is_kept(project: Path) -> None:
    (types,) = json.loads(Path("lock.json").read_text())["targets"].values()
    assert list(types) == ["inner::enum Kind", "inner::struct Inner", "outer::Link", "outer::struct Outer"]
    assert types["outer::struct Outer"] == {
        "size": 12, "align": 4,
        "members": {
            "in": {"offset": 0, "size": 8},
            "low": {"offset": 8, "size": 4, "bit_offset": 0, "bit_width": 3},
            "high": {"offset": 8, "size": 4, "bit_offset": 3, "bit_width": 4},
        },
    }  # fmt: skip
    assert check() == []


@pytest.mark.parametrize(
    ("old", "new", "says", "touched"),
    [
        ("int x; };\nexport enum", "double x; };\nexport enum", "its size was 8 and is 16", "holder, inner, outer"),
        ("char c; int x; };\nexport", "int x; char c; };\nexport", "member 'c' was at byte 0 and is at byte 4", "holder, inner, outer"),
        ("int x; };\nexport enum", "unsigned x : 5; };\nexport enum", "member 'x' was at byte 4 and is at byte", "holder, inner, outer"),
    ],
)
def test_a_change_names_type_and_modules(project: Path, old: str, new: str, says: str, touched: str) -> None:
    text = FILES["inner.cm"]
    assert old in text
    Path("inner.cm").write_text(text.replace(old, new, 1))
    found = {re.search("'([^']*)'", one["message"])[1]: one for one in check()}
    inner = found["inner::struct Inner"]
    assert (inner["code"], inner["file"], inner["line"]) == ("changed-layout", "inner.cm", 2)
    assert says in inner["message"] and f"this touches {touched};" in inner["message"]
    assert "inner::enum Kind" not in found


def test_another_storage_order_is_a_change(project: Path) -> None:
    Path("inner.cm").write_text(FILES["inner.cm"].replace("module;\n", "module;\n#pragma scalar_storage_order big-endian\n"))
    said = {re.search("'([^']*)'", one["message"])[1]: one["message"] for one in check(cc="gcc")}
    assert "it was stored as the target does and is stored big-endian; this touches" in said["inner::struct Inner"]
    Path("holding.cm").write_text(
        'module;\nstruct __attribute__((scalar_storage_order("big-endian"))) Own { int x; };\n'
        "export struct Holding { struct Own own[2]; };\n")
    assert main(["layout", "--lock", "lock.json", "--cc", "gcc"]) == 0
    Path("holding.cm").write_text(Path("holding.cm").read_text().replace("big", "little"))
    [one] = check(cc="gcc")
    assert "member 'own' was stored big-endian and is stored as the target does" in one["message"]


def test_types_that_come_and_go(project: Path) -> None:
    Path("other.cm").write_text(FILES["other.cm"] + "export struct New { int x; };\n")
    Path("inner.cm").write_text(FILES["inner.cm"].replace("enum Kind", "enum Other"))
    assert [(one["file"], one["message"].split(";")[0]) for one in check()] == [
        ("inner.cm", "the layout of 'inner::enum Other' is new: it is not in the layout lock"),
        ("lock.json", "'inner::enum Kind' is in the layout lock, and nothing exports it any more"),
        ("other.cm", "the layout of 'other::struct New' is new: it is not in the layout lock"),
    ]
    assert main(["layout", "--lock", "lock.json", "--cc", CC]) == 0
    assert check() == []


def test_names_of_members_and_bodies_may_change(project: Path) -> None:
    Path("outer.cm").write_text(FILES["outer.cm"].replace("return (struct Outer){0};", "struct Outer o = {0}; return o;"))
    assert check() == []


def test_each_target_has_its_own(project: Path) -> None:
    before = Path("lock.json").read_bytes()
    assert [one["code"] for one in check("-fshort-enums")] == ["changed-layout"]
    assert main(["layout", "--lock", "lock.json", "--cc", CC, "--", "-fshort-enums"]) == 0
    host, short = json.loads(Path("lock.json").read_text())["targets"].items()
    assert host[1]["inner::enum Kind"]["size"] == 4 and short[1]["inner::enum Kind"]["size"] == 1
    assert check() == [] == check("-fshort-enums", "-O2")
    Path("again.json").write_bytes(before)
    assert main(["layout", "--lock", "again.json", "--cc", CC]) == 0
    assert Path("again.json").read_bytes() == before


@pytest.mark.needs("clang-14")
def test_compilers_of_one_machine_share_an_entry(project: Path) -> None:
    assert check(cc="clang-14") == [] == check("-m64", cc="clang-14")
    assert ["has no layouts for" in one["message"] for one in check("-m32", cc="clang-14")] == [True]
    Path("inner.cm").write_text(FILES["inner.cm"].replace("int x; };\nexport", "double x; };\nexport"))
    assert check(cc="clang-14") == check() != []
    before = json.loads(Path("lock.json").read_text())["targets"]
    assert main(["layout", "--lock", "lock.json", "--cc", "clang-14"]) == 0
    after = json.loads(Path("lock.json").read_text())["targets"]
    assert before.items() < after.items() and len(after) == 2
    assert check(cc="clang-14") == [] != check()


@pytest.mark.parametrize(("one", "other", "same"), [
    ("x86_64-linux-gnu", "x86_64-pc-linux-gnu", True),
    ("x86_64-linux-gnu -m32", "i386-pc-linux-gnu -m32", True),
    ("x86_64-linux-gnu -m32", "i686-linux-gnu", True),
    ("x86_64-linux-gnu", "x86_64-linux-gnu -m64", True),
    ("x86_64-w64-mingw32 -fshort-enums", "x86_64-w64-windows-gnu -fshort-enums", True),
    ("x86_64-linux-gnu", "i686-linux-gnu", False),
    ("x86_64-linux-gnu", "x86_64-linux-gnu -m32", False),
    ("x86_64-linux-gnu -m32", "x86_64-linux-gnu -mx32", False),
    ("x86_64-linux-gnu", "x86_64-linux-gnu -fshort-enums", False),
    ("x86_64-linux-gnu", "x86_64-linux-musl", False),
    ("x86_64-linux-gnu", "aarch64-linux-gnu", False),
    ("powerpc64-linux-gnu", "powerpc64-linux-gnu -m32", False),
])
def test_names_of_one_target(one: str, other: str, same: bool) -> None:
    assert same_titles(one, other) == same_titles(other, one) == same


def test_types_without_a_name_that_others_can_use_are_locked_with_those_that_hold_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (
        "module;\nstruct Private { short a, b; };\nexport struct Shown { short p, q; };\nexport struct Holder {\n"
        " union { struct { short x, y; }; int w; };\n struct { short c; int d; } places[2];\n"
        " struct Private inner; struct Shown shown; };\n"
    )
    Path("m.cm").write_text(text)
    assert main(["layout", "--lock", "lock.json", "--cc", CC]) == 0
    for old, new, says in (
        ("x, y", "y, x", "'m::struct Holder' has changed: member 'x' was at byte 0 and is at byte 2"),
        ("short c; int d", "int d; short c", "'m::struct Holder' has changed: member 'places[].c' was at byte 4 and is at byte 8"),
        ("a, b", "b, a", "'m::struct Holder' has changed: member 'inner.a' was at byte"),
        ("p, q", "q, p", "'m::struct Shown' has changed: member 'p' was at byte 0 and is at byte 2"),
    ):
        Path("m.cm").write_text(text.replace(old, new))
        [one] = check()
        assert says in one["message"]


def test_flags_among_the_words_of_the_compiler_are_flags(project: Path) -> None:
    for arguments in (["--cc", f"{CC} -fshort-enums"], ["--cc", f"{CC} -fno-short-enums", "--", "-fshort-enums"]):
        Path("lock.json").unlink(missing_ok=True)
        assert main(["layout", "--lock", "lock.json", *arguments]) == 0
        [title] = json.loads(Path("lock.json").read_text())["targets"]
        assert title.endswith(" -fshort-enums")


def test_an_exported_type_without_a_layout_is_an_error(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("lock.json").read_bytes()
    Path("odd.cm").write_text(
        "module;\n#include <stdio.h>\nstruct __dirstream;\nmodule odd;\nexport struct Wide { int x : 40; };\n"
        "export typedef int Three __attribute__((vector_size(12)));\nstruct Hidden { int x : 40; };\n"
        "export typedef int Call(int);\nexport typedef void Nothing;\nexport typedef int Many[];\n"
        "export typedef struct __dirstream Stream;\n"
    )
    for action in ("--lock", "--check"):
        assert main(["layout", action, "lock.json", "--cc", CC]) == 1
        told = [line for line in capsys.readouterr().err.splitlines() if " error: " in line]
        assert [line.partition(": error: ")[0] for line in told] == ["odd.cm:5:15", "odd.cm:6:20"]
        assert "'odd::struct Wide' has no layout that a lock could keep: a bit-field is wider than its type" in told[0]
        assert "'odd::Three' has no layout that a lock could keep: the compiler rejects the type" in told[1]
    assert Path("lock.json").read_bytes() == before
    Path("odd.cm").write_text(Path("odd.cm").read_text().replace("40", "30").replace("12", "16"))
    assert main(["layout", "--lock", "lock.json", "--cc", CC]) == 0
    [types] = json.loads(Path("lock.json").read_text())["targets"].values()
    assert [title for title in types if title.startswith("odd::")] == ["odd::Three", "odd::struct Wide"]


def test_a_type_that_cannot_be_worked_out_is_an_error(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where the mistake is in a module that the lock is not about."""
    Path("inner.cm").write_text(FILES["inner.cm"].replace("int x; };", "int x[LENGTH]; };", 1))
    before = Path("lock.json").read_bytes()
    for action in ("--lock", "--check"):
        assert main(["layout", "outer.cm", action, "lock.json", "--cc", CC]) == 1
        assert capsys.readouterr().err.startswith("inner.cm:2:37: error: nothing visible is called 'LENGTH'")
    assert Path("lock.json").read_bytes() == before


@pytest.mark.parametrize("text", ["", "{}", '{"modcore_layouts": 99, "targets": {}}', "\0"])
def test_a_damaged_lock_is_an_error(project: Path, text: str) -> None:
    Path("lock.json").write_text(text)
    assert [(one["code"], one["file"]) for one in check()] == [("unreadable-file", "lock.json")]


@pytest.mark.parametrize("text", ["{", '{"modcore_layouts": 1, "targets": {}}'])
def test_a_damaged_lock_is_mended_as_the_error_says(project: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    lock = Path("lock.json")
    lock.write_text(text)
    for action in ("--lock", "--check"):
        assert main(["layout", action, "lock.json", "--cc", CC]) == 1
        assert "is no layout lock of this version; remove the file, then write it anew with --lock" in capsys.readouterr().err
    assert lock.read_text() == text
    lock.unlink()
    assert main(["layout", "--lock", "lock.json", "--cc", CC]) == 0
    assert check() == []


def test_of_a_damaged_lock_in_one_line_only_a_part_is_shown(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("lock.json").write_text(f"[{'1, ' * 9999}]")
    assert main(["layout", "--check", "lock.json", "--cc", CC]) == 1
    _, excerpt, caret = capsys.readouterr().err.splitlines()
    assert excerpt.startswith("    1 | [1, 1, ") and excerpt.endswith(" ...") and len(excerpt) < 140
    assert caret == "      | ^"


def test_the_example_keeps_its_layouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLE)
    assert main(["layout", "--check", "layouts.json", "--cc", "gcc", "--root", "src", "--path", "vendor", "-I", "legacy"]) == 0
