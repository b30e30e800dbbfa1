"""`modcore layout` as people read it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modcore.cli import main

TYPES = """\
module;
export struct Inner { float x, y; };
export struct Big {
    char c; double d; struct Inner in[3]; int (*call)(int, struct Inner *);
    unsigned low : 3, high : 7; union { int i; char bytes[4]; }; char name[50]; struct Big *next; int tail;
};
export union Either { int i; double d; };
export typedef int (*Callback)(int, char *);
export struct Full { int a, b; };
"""
BIG = """\
struct Big {
    char c;                                  /*     0        1 */
    /* a hole of 7 bytes */
    double d;                                /*     8        8 */
    struct Inner in[3];                      /*    16       24 */
    int (*call)(int, struct Inner *);        /*    40        8 */
    unsigned int low : 3;                    /*    48:0      4 */
    unsigned int high : 7;                   /*    48:3      4 */
    /* a hole of 2 bytes and 6 bits */
    union {...};                             /*    52        4 */
        int i;                               /*    52        4 */
        char bytes[4];                       /*    52        4 */
    char name[50];                           /*    56       50 */
    /* a hole of 6 bytes */
    /* --- cache line 1 began 48 bytes ago --- */
    struct Big *next;                        /*   112        8 */
    int tail;                                /*   120        4 */
    /* padding of 4 bytes */
    /* size 128, align 8, members 10, cache lines 2 */
    /* holes 3, in all 15 bytes and 6 bits */
};
"""
FULL = """\
struct Full {
    int a;                                   /*     0        4 */
    int b;                                   /*     4        4 */
    /* size 8, align 4, members 2, cache lines 1 */
};
"""
EITHER = """\
union Either {
    int i;                                   /*     0        4 */
    double d;                                /*     0        8 */
    /* size 8, align 8, members 2, cache lines 1 */
};
"""


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("struct Big", BIG), ("Full", FULL), ("union Either", EITHER),
        ("Callback", "int (*Callback)(int, char *);  /* size 8, align 8 */\n"),
    ],
)  # fmt: skip
def test_drawn(
    name: str, drawn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.cm").write_text(TYPES)
    assert main(["layout", "m.cm", name, "--cc", "gcc -m64"]) == 0
    assert capsys.readouterr().out == drawn


def test_another_storage_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.cm").write_text('module;\nstruct __attribute__((scalar_storage_order("big-endian"))) S { int a; };\n')
    assert main(["layout", "m.cm", "S", "--cc", "gcc -m64"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "struct S {  /* stored big-endian */"


def test_types_without_a_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A listing says so; whoever asks for one by name gets an error."""
    monkeypatch.chdir(tmp_path)
    Path("m.cm").write_text("#include <stdio.h>\nmodule;\ntypedef int F(int);\nstruct S { __no_such_type_t m; };\n")
    assert main(["layout", "m.cm"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "F;  /* no layout: a function has no size */", "struct S;  /* no layout: the compiler rejects the type */"]
    assert main(["layout", "m.cm", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["types"]["F"] == {"kind": "typedef", "size": None, "align": None, "members": {}}
    assert main(["layout", "m.cm", "F"]) == 1
    assert "'F' has no layout: a function has no size [incomplete-type]" in capsys.readouterr().err


def test_options_may_stand_between_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.cm").write_text(TYPES)
    shown = []
    for words in (
        ["m.cm", "struct Big", "Full", "--json", "-DX=1", "--cc", "gcc"],
        ["m.cm", "--json", "struct Big", "--cc", "gcc", "Full", "-DX=1"],
        ["--cc", "gcc", "m.cm", "struct Big", "-DX=1", "--json", "Full"],
    ):
        assert main(["layout", *words]) == 0
        shown.append(json.loads(capsys.readouterr().out))
    assert list(shown[0]["types"]) == ["struct Big", "struct Full"] and shown[0] == shown[1] == shown[2]
    Path("n.cm").write_text("module;\n")
    assert main(["check", "m.cm", "--cc", "gcc", "n.cm"]) == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["layout", "m.cm", "--no-such", "Full"], "modcore layout: error: unrecognized arguments: --no-such"),
        (["emit", "m.cm", "--cc", "gcc", "n.cm"], "modcore emit: error: unrecognized arguments: n.cm"),
        (["emit", "--cc", "gcc"], "modcore emit: error: the following arguments are required: FILE"),
        (["no-such"], "modcore: error: argument COMMAND: invalid choice: 'no-such'"),
        ([], "modcore: error: the following arguments are required: COMMAND"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_the_usage_of_the_command(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"usage: {says.partition(':')[0]} ") and says in said
