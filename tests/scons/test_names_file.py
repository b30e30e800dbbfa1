"""Names files: what they keep, what they leave out, and that a unit read back binds like the original."""

from __future__ import annotations

from textwrap import dedent

import pytest

from modcore.diagnostics import Problem
from modcore.finder import Module
from modcore.names_file import read_head, read_names, write_names
from modcore.stage1_names import Unit, names_of

MODULE = Module("a/b", "a/b.cm")
TEXT = """
    # 1 "a/b.cm"
    module;
    # 1 "/usr/include/h.h" 1 3
    typedef unsigned long size_t;
    struct file { int handle; };
    typedef struct file FILE;
    extern int puts(const char *text);
    struct unrelated { int x; };
    # 3 "a/b.cm" 2
    import other;
    export import again;
    export struct S { int a; struct T *next; FILE *f; char name[N + 2]; };
    struct T { size_t n; };
    const int N = M * 2;
    enum { M = 4 };
    export int add(int left, int right) { return left + right + secret(); }
    int secret(void) { return puts("x"); }
    export int table[] = { 1, 2, 3 }, other = 5;
    export struct S all = { 1 };
    static int hidden = 4;
    """


def unit(text: str) -> Unit:
    return names_of(MODULE, dedent(text).lstrip(), lambda file: ())


def content(text: str) -> str:
    return write_names(unit(text)).decode()


def test_what_is_kept() -> None:
    head = read_head(write_names(unit(TEXT)))
    assert head is not None
    assert (head.imports, head.exported, head.wants) == (("again", "other"), ("again",), frozenset())
    assert head.gives == {"S", "add", "table", "other", "all"}
    kept = content(TEXT)
    for part in ("int add(int, int);", "table[] = { 1, 2, 3 }, other;", "struct T { size_t n; };", "const int N = M", "struct S all;"):
        assert part in kept, kept
    for part in ("secret(void)", "hidden = 4", "unrelated", "puts(", "left"):
        assert part not in kept, kept


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return left + right", "return right + left"),
        ("int left, int right", "int l, int r"),
        ("return puts", "puts(0); return puts"),
        ("static int hidden = 4;", "static long hidden = 40;"),
        ("other = 5", "other = 6"),
        ("{ 1 };", "{ .a = 2 };"),
        ("module;", "\n\nmodule;"),
        ("int x;", "int x, y;"),
        ("const int N = M * 2;", "const   int N =\n M*2;"),
        ("int secret(void)", "long secret(int n)"),
    ],
)
def test_what_changes_nothing(old: str, new: str) -> None:
    assert old in TEXT
    assert content(dedent(TEXT).replace(old, new)) == content(TEXT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("int left", "long left"), ("M = 4", "M = 5"), ("{ 1, 2, 3 }", "{ 1, 2 }"), ("int handle", "long handle"), ("M * 2", "M * 3"),
        ("export int add", "int add"), ("size_t n;", "size_t n, m;"), ("import other", "import others"), ("int secret", "int secrets"),
    ],
)  # fmt: skip
def test_what_changes_something(old: str, new: str) -> None:
    assert old in TEXT
    assert content(TEXT.replace(old, new)) != content(TEXT)


def test_order_does_not_matter() -> None:
    lines = dedent(TEXT).strip().splitlines()
    assert content("\n".join([*lines[:9], *reversed(lines[9:])])) == content(TEXT)


def test_wants_are_names_of_other_modules() -> None:
    text = '# 1 "a/b.cm"\nmodule;\nimport x;\nexport struct S { struct Far far; char c[WIDE]; };\nexport void f(Handle, int (*)(Other));\nint g(Hidden h) { return 1; }\n'
    head = read_head(write_names(unit(text.replace("f(Handle, int (*)(Other));", "f(Handle h, int (*call)(Other)) {}"))))
    assert head is not None and head.wants == {"Far", "WIDE", "Handle", "Other"}


INLINES = """
    # 1 "a/b.cm"
    module;
    # 1 "/usr/include/h.h" 1 3
    extern int puts(const char *text);
    static inline int twice(int x) { return x + x; }
    struct unrelated { int x; };
    # 3 "a/b.cm" 2
    import other;
    export inline int shown(int x) { T t = far(x); struct P p = { .y = x }; return near(p) + t.z + twice(N); }
    struct P { int y; };
    inline int near(struct P p) { return plain(p.y) + state; }
    int plain(int x) { return x + quiet(x) + hidden; }
    int quiet(int x) { return x; }
    inline int unseen(int x) { return puts("x"); }
    static int state = 5, hidden = 6;
    enum { N = 4 };
    export int outside(int x) {
    return unseen(x);
    }
    export inline int ready(int x) {
    #pragma GCC unroll 2
    for (;;) x += __builtin_abs(x); }
    """


def test_inline_functions_keep_their_bodies_and_what_these_name() -> None:
    head = read_head(write_names(unit(INLINES)))
    assert head is not None and head.wants == {"T", "far"}
    kept = content(INLINES)
    for part in (
        "{ T t = far(x); struct P p =", "{ return plain(p .y) + state; }", "int plain(int);", "static int state, hidden;",
        "struct P { int y; };", "enum { N = 4 };", "{ return x + x; }", "{\\n#pragma GCC unroll 2\\nfor(;;)", "int outside(int);",
    ):  # fmt: skip
        assert part in kept, (part, kept)
    for part in ("puts", "unrelated", "quiet(x)", "int quiet", "unseen(int", "= 5", "return unseen"):
        assert part not in kept, (part, kept)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("x + quiet(x) + hidden", "0", True),
        ("puts(\"x\")", "0", True),
        ("state = 5", "state = 6", True),
        ("inline int unseen(int x)", "int unseen(int x)", True),
        ("{ T t = far(x);", "\n{\nT t = far( x );", True),
        ("t.z", "t.w", False),
        ("plain(p.y)", "plain(-p.y)", False),
        ("return x + x;", "return 2 * x;", False),
        ("unroll 2", "unroll 4", False),
        ("inline int near", "int near", False),
    ],
)
def test_what_changes_inline_functions(old: str, new: str, same: bool) -> None:
    text = dedent(INLINES)
    assert old in text
    assert (content(text.replace(old, new)) == content(text)) == same


def test_inline_functions_come_back() -> None:
    before = unit(INLINES)
    after = read_names(write_names(before), MODULE)
    assert write_names(after).partition(b"\n")[2] == write_names(before).partition(b"\n")[2]
    for name, inside in {"shown": True, "near": True, "plain": False, "outside": False, "ready": True}.items():
        statement = after.statements[after.names["name", name].statement]
        assert (statement.body >= 0) == inside
        assert statement.text[statement.body :].startswith("{") == inside


def test_a_unit_comes_back() -> None:
    before = unit(TEXT)
    after = read_names(write_names(before), MODULE)
    assert set(after.names) == set(before.names)
    for key, symbol in before.names.items():
        other = after.names[key]
        assert (symbol.kind, symbol.exported, symbol.defines, symbol.c_linkage) == (other.kind, other.exported, other.defines, other.c_linkage)
        if symbol.exported:
            assert after.definition(other).name == symbol.name
    assert [one.form.path for one in after.imports] == ["again"]
    assert write_names(after).partition(b"\n")[2] == write_names(before).partition(b"\n")[2]


def test_old_style_functions_come_back() -> None:
    before = unit('# 1 "a/b.cm"\nmodule;\nexport int old(a, b) int a; char *b; { return a; }\n')
    after = read_names(write_names(before), MODULE)
    assert after.statements[0].text.endswith("{}") and after.definition(after.names["name", "old"]).name == "old"


@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b[:-2], lambda b: b.replace(b"add", b"abb"), lambda b: b.replace(b'names":3', b'names":1')])
def test_damage_is_a_problem(damage) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Problem) as caught:
        read_names(damage(write_names(unit(TEXT))), MODULE, "a/b.cmn")
    assert caught.value.diagnostics[0].code == "unreadable-file"


def test_names_of_another_module_are_a_problem() -> None:
    with pytest.raises(Problem):
        read_names(write_names(unit(TEXT)), Module("b", "b.cm"))


def test_bytes_that_are_no_utf_8_come_back() -> None:
    """A string in Latin-1, say; the source was read with `surrogateescape`."""
    written = write_names(unit('# 1 "a/b.cm"\nmodule;\nexport inline const char *drink() { return "caf\udce9"; }\n'))
    assert '"caf\udce9"' in read_names(written, MODULE).statements[0].text
    assert read_head(written) is not None
