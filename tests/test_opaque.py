"""Opaque types through random expressions: the same text with and without the import that shows a type.

An expression of type `struct Inner`, `struct Inner *` or the like is built out of everything that an expression can be
made of. With `import inner;` a member of it can be used, and the compiler accepts the C. Without the import it is one
`opaque-type` error at the member, while copying the value is fine.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modcore.cli import main

CC = os.environ.get("CC", "gcc")
INNER = """\
module;
export struct Inner { int a; struct Inner *link; struct Inner (*again)(struct Inner *); };
"""
OUTER = """\
module;
import inner;
export struct Outer {
    int n;
    struct Inner in, list[3], *at;
    union { struct Inner first; int second; };
    struct { struct Inner deep[2]; } sub;
    struct Inner (*give)(int);
    struct Inner *(*table[2])(struct Inner);
};
export struct Outer all, *some = &all, many[4];
export struct Inner give(int n) { return all.list[n]; }
export struct Inner *seek(struct Inner in) { return &all.in; }
export struct Outer copy(struct Outer *p) { return *p; }
export struct Inner (*choose(int n))(int) { return give; }
"""

OUTERS = st.deferred(lambda: st.one_of(
    st.sampled_from(("all", "many[1]", "*some", "(&all)[0]", "copy(some)", "(struct Outer){0}")),
    st.builds("({{ struct Outer t = {}; t; }})".format, OUTERS),
    st.builds("(0, {})".format, OUTERS),
    st.builds("(n ? {} : all)".format, OUTERS),
    st.builds("*({{ __typeof__({}) *q = some; q + 1; }})".format, OUTERS),
    st.builds("copy((struct Outer *)(void *)(char *)({{ (__typeof__({}) *)0; }}))".format, OUTERS),
))  # fmt: skip
POINTERS = st.deferred(lambda: st.one_of(
    st.builds("({}).at".format, OUTERS),
    st.builds("({}).table[1]({})".format, OUTERS, INNERS),
    st.builds("seek({})".format, INNERS),
    st.builds("({} + 1)".format, POINTERS),
    st.builds("(n && n == 2 ? {} : {})".format, POINTERS, POINTERS),
    st.builds("({{ __auto_type p = {}; p; }})".format, POINTERS),
    st.builds("(1 - 1 + {})".format, POINTERS),
    st.sampled_from(("all.list", "(all.sub.deep)", "&all.in", "&some[n].list[1]", "(struct Inner *)0")),
))  # fmt: skip
INNERS = st.deferred(lambda: st.one_of(
    st.builds("({}).{}".format, OUTERS, st.sampled_from(("in", "list[1]", "first", "sub.deep[n]", "give(1)"))),
    st.builds("(*{})".format, POINTERS),
    st.builds("{}[n]".format, st.builds("({})".format, POINTERS)),
    st.builds("choose(n)({})".format, st.integers(0, 2)),
    st.builds("_Generic({}, struct Inner: {}, default: 0)".format, INNERS, INNERS),
    st.builds("__builtin_choose_expr(1, {}, 0)".format, INNERS),
    st.builds("({{ int in = 1; struct Inner t[2] = {{ {} }}, list = t[in]; list; }})".format, INNERS),
    st.builds("({{ typedef __typeof__({}) T; T t = {}; t; }})".format, INNERS, INNERS),
    st.builds("(n, {})".format, INNERS),
    st.builds("(n ? {} : {})".format, INNERS, INNERS),
    st.builds("({{ struct Inner t; t = {}; }})".format, INNERS),
    st.sampled_from(("give(2)", "(struct Inner){}", "(struct Inner){0}", "all.in", "n[all.list]")),
))  # fmt: skip
ACCESSES = st.one_of(st.builds("({}).".format, INNERS), st.builds("({})->".format, POINTERS))


def checked(program: str) -> list[tuple[str, int, int]]:
    """What `check` says of a module, as (code, line, column); a fine one is also compiled."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for file, text in (("inner.cm", INNER), ("outer.cm", OUTER), ("use.cm", program)):
            Path(file).write_text(text)
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            main(["check", "use.cm", "--diagnostics=json", "--cc", CC])
        found = json.loads(out.getvalue())["diagnostics"]
        if not found:
            assert main(["emit", "use.cm", "-o", "use.c", "--cc", CC]) == 0
            subprocess.run([CC, "-w", "-x", "cpp-output", "-fsyntax-only", "use.c"], check=True)
        return [(one["code"], one["line"], one["column"]) for one in found]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(access=ACCESSES)
def test_members_of_anything(access: str) -> None:
    """Whatever an expression is made of, its type is known where a member of it is named."""
    head = "int use(int n)\n{\n    return "
    with_import = checked(f"module;\nimport outer; import inner;\n{head}{access}a;\n}}\n")
    assert with_import == []
    found = checked(f"module;\nimport outer;\n{head}{access}a;\n}}\n")
    assert found == [("opaque-type", 5, len("    return ") + len(access) + 1)]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(value=INNERS, pointer=POINTERS)
def test_copies_of_anything(value: str, pointer: str) -> None:
    """Copying, passing, returning and measuring need no import."""
    text = (
        "module;\nimport outer;\n"
        f"struct Inner use(int n)\n{{\n    struct Inner one = {value}, more[2] = {{ one, {value} }};\n"
        f"    struct Outer o = {{ 1, {value}, {{ {value} }}, {pointer} }};\n"
        f"    more[sizeof({value}) - sizeof one] = *{pointer};\n    return o.at ? more[1] : {value};\n}}\n"
    )
    assert checked(text) == []


def test_every_constant_of_an_enum_is_read(tmp_path: Path) -> None:
    (tmp_path / "o.cm").write_text("module;\nstruct H { int a; };\nexport struct H *h;\nexport typedef struct H T;\n")
    for count in (0, 1, 2, 10, 50, 100, 300):
        constants = "".join(f"E{number} = sizeof(T) + {number}, " for number in range(count))
        (tmp_path / "m.cm").write_text(f"module;\nimport o;\nenum {{ {constants}LAST = sizeof(h->a) }};\n")
        output = io.StringIO()
        with contextlib.chdir(tmp_path), contextlib.redirect_stderr(output):
            assert main(["check", "m.cm"]) == 1
        assert output.getvalue().count("error: ") == output.getvalue().count("[opaque-type]") == 1
