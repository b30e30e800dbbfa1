"""Exported inline functions in builds: importers compile what the bodies that they use say, and nothing else."""

from __future__ import annotations

import pytest
from scons_tree import Tree, errors

FILES = {
    "main.cm": """
        module;
        #include <stdio.h>
        import user;
        import shape/area;
        int main(void) { printf("%d %d\\n", user(2), area((struct Box){2, 3})); return 0; }
        """,
    "user.cm": """
        module;
        import shape/scale;
        export int user(int x) { return scaled(x); }
        """,
    "other.cm": """
        module;
        import shape/scale;
        export int other(void) { return unused() + 1; }
        """,
    "shape/scale.cm": """
        module;
        import limits;
        import area;
        export inline int scaled(int x) { counter++; return box(x) * FACTOR + remember(x); }
        export int unused(void) { return counter; }
        static int box(int x) { struct Box b = {x, x}; return area(b); }
        static int counter;
        inline int remember(int x) { static int last = 5; int before = last; last = x; return before; }
        """,
    "shape/area.cm": """
        module;
        import limits;
        import scale;
        export struct Box { int width, height; };
        export inline int area(struct Box b) { number n = b.width * b.height; return n + (n > 1000 ? scaled(n) : 0); }
        """,
    "shape/limits.cm": """
        module;
        import deep/more;
        export enum { FACTOR = BASE + 1 };
        export typedef int number;
        """,
    "shape/deep/more.cm": """
        module;
        export const int BASE = 9, SPARE = 1;
        export int never_needed(void) { return 0; }
        """,
    "SConstruct": """
        env.CModuleProgram('app', ['main.cm', 'other.cm'])
        """,
}
IMPORTERS = ["main.o", "shape/scale.o", "user.o"]


def project(tree: Tree) -> Tree:
    tree.write(FILES)
    tree.built("-j2")
    assert tree.run("app") == "45 6\n"
    return tree


def test_a_build_is_complete_at_once(tree: Tree) -> None:
    project(tree)
    assert tree.scons().did_nothing
    assert "return _ZN5shape5scale3boxE(x)" in (tree.root / "user.cm.c").read_text()
    assert "scaled" not in (tree.root / "other.cm.c").read_text()


@pytest.mark.parametrize(
    ("file", "old", "new", "compiled", "prints"),
    [
        ("shape/scale.cm", "return box(x)", "return 1 + box(x)", ["main.o", "shape/area.o", "shape/scale.o", "user.o"], "46 6\n"),
        ("shape/area.cm", "b.width * b.height", "b.width + b.height", ["main.o", "shape/area.o", "shape/scale.o"], "45 5\n"),
        ("shape/scale.cm", "int last = 5", "int last = 6", ["shape/scale.o"], "46 6\n"),
        ("shape/scale.cm", "before = last", "before = -last", ["main.o", "shape/area.o", "shape/scale.o", "user.o"], "35 6\n"),
        ("shape/scale.cm", "{ struct Box b = {x, x};", "{ struct Box b = {x, x + 1};", ["shape/scale.o"], "65 6\n"),
        ("shape/scale.cm", "export inline int scaled", "/* grows */\\n\\nexport inline\\nint scaled", ["shape/scale.o"], "45 6\n"),
        ("shape/scale.cm", "static int counter;", "static int counter = 3, more;", ["shape/scale.o"], "45 6\n"),
        ("shape/deep/more.cm", "BASE = 9", "BASE = 8", ["main.o", "shape/area.o", "shape/deep/more.o", "shape/limits.o", "shape/scale.o", "user.o"], "41 6\n"),
        ("shape/deep/more.cm", "SPARE = 1", "SPARE = 2", ["shape/deep/more.o"], "45 6\n"),
        ("shape/limits.cm", "typedef int number", "typedef long number", ["main.o", "shape/area.o", "shape/limits.o", "shape/scale.o"], "45 6\n"),
    ],
    ids=["body", "body of another", "static local", "private inline", "private function", "layout", "private value", "constant", "other constant", "type"],
)  # fmt: skip
def test_an_edit_compiles_who_uses_it(tree: Tree, file: str, old: str, new: str, compiled: list[str], prints: str) -> None:
    project(tree)
    tree.edit(file, old, new.replace("\\n", "\n"))
    run = tree.built("-j2")
    assert run.compiled == compiled, run.out
    assert tree.run("app") == prints
    assert tree.scons().did_nothing


def test_inline_comes_and_goes(tree: Tree) -> None:
    project(tree)
    tree.edit("shape/scale.cm", "export inline int scaled", "export int scaled")
    assert {"shape/scale.o", "user.o"} <= set(tree.built().compiled)
    assert "FACTOR" not in (tree.root / "user.cm.c").read_text()
    tree.edit("shape/scale.cm", "export int scaled", "export inline int scaled")
    assert {"shape/scale.o", "user.o"} <= set(tree.built().compiled)
    assert tree.run("app") == "45 6\n"
    assert tree.scons().did_nothing


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("counter++;", "counter++; nowhere++;", "unknown-name"),
        ("return box(x)", "return hidden(x) + box(x)", "not-exported"),
        ("* FACTOR", "* limits::FACTORS", "unknown-name"),
        ("counter++;", "struct Nothing n; counter++;", "unknown-name"),
    ],
)
def test_an_error_in_a_body_is_told_once_by_its_owner(tree: Tree, old: str, new: str, code: str) -> None:
    project(tree)
    tree.edit("shape/limits.cm", "export typedef", "static int hidden(int x) { return x; }\nexport typedef")
    tree.edit("shape/scale.cm", old, new)
    run = tree.scons("-k", "-j2")
    assert run.status == 2
    assert [place for place, _ in errors(run.err)] == ["shape/scale.cm:4"], run.err
    assert f"[{code}]" in run.err
    tree.edit("shape/scale.cm", new, old)
    tree.built()
    assert tree.run("app") == "45 6\n"


def test_a_plain_importer_gets_bodies(tree: Tree) -> None:
    tree.write(FILES | {
        "plain.cm": """
            #include <stdio.h>
            import shape/scale;
            static int counter = 50;
            int main(void) { printf("%d %d\\n", scaled(2), counter); return 0; }
            """,
        "SConstruct": "env.CModuleProgram('app', 'plain.cm')\n",
    })
    tree.built()
    assert tree.run("app") == "45 50\n"
    tree.edit("shape/scale.cm", "return box(x)", "return 1 + box(x)")
    assert "plain.o" in tree.built().compiled
    assert tree.run("app") == "46 50\n"
    assert tree.scons().did_nothing


@pytest.mark.parametrize(
    ("old", "new"),
    [("counter++;", "counter.n++;"), ("return box(x)", "return box(x, x)"), ("counter++;", "counter++")],
    ids=["type", "arguments", "syntax"],
)
def test_what_the_compiler_says_of_a_body_is_told_of_its_owner(tree: Tree, old: str, new: str) -> None:
    project(tree)
    tree.edit("shape/scale.cm", old, new)
    run = tree.scons("-k", "-j2")
    assert run.status == 2
    assert {place for place, _ in errors(run.err)} == {"shape/scale.cm:4"}, run.err
    assert "main.cm" not in run.err and "area.cm" not in run.err, run.err
    tree.edit("shape/scale.cm", new, old)
    tree.built()
    assert tree.run("app") == "45 6\n"
