"""What gets built, and when: cyclic imports, null builds, cutoffs, variants, cleaning, options of SCons."""

from __future__ import annotations

import pytest
from scons_tree import CHECKOUT, Tree

CYCLE = {
    "main.cm": """
        module;
        #include <stdio.h>
        import shape/box;
        import count;
        int main(void) {
            struct Box box = make(WIDTH);
            printf("%d %d\\n", area(&box), next());
            return 0;
        }
        """,
    "shape/box.cm": """
        module;
        import side;
        export enum { WIDTH = 6 };
        export struct Box { struct Side width, height; };
        export struct Box make(int width) {
            struct Box box = { side(width), side(twice(1)) };
            return box;
        }
        export int area(struct Box *box) { return product(box->width.length, box->height.length); }
        int product(int a, int b) { return a * b; }
        """,
    "shape/side.cm": """
        module;
        import box;
        export struct Side { int length; struct Box *owner; };
        export struct Side side(int length) { struct Side s = { length, 0 }; return s; }
        export int twice(int n) { return n * WIDTH / 3; }
        """,
    "count.cm": """
        module;
        static int counter = 41;
        export int next(void) { counter += 1; return counter; }
        """,
    "other.cm": """
        module;
        import count;
        export int other(void) { return next(); }
        """,
}
ALL = ["main.cm", "shape/box.cm", "shape/side.cm", "count.cm", "other.cm"]
SCONSTRUCT = {"SConstruct": f"env.Program('app', {ALL!r})\n"}


def test_a_cycle_builds_from_a_clean_tree_and_then_nothing_is_done(tree: Tree) -> None:
    tree.write(CYCLE | SCONSTRUCT)
    first = tree.built()
    assert tree.run("app") == "12 42\n"
    assert first.compiled == ["count.o", "main.o", "other.o", "shape/box.o", "shape/side.o"]
    assert len(first.preprocessed) == len(ALL)
    assert tree.scons().did_nothing


@pytest.mark.parametrize("options", [["-j2"], ["--random", "-j2"], ["--implicit-cache", "-j2"], ["--random"]])
def test_options_change_nothing(tree: Tree, options: list[str]) -> None:
    tree.write(CYCLE | SCONSTRUCT)
    tree.built(*options)
    assert tree.run("app") == "12 42\n"
    assert tree.scons(*options).did_nothing
    tree.edit("shape/side.cm", "n * WIDTH / 3", "n * WIDTH / 2")
    assert tree.built(*options).compiled == ["shape/side.o"]
    assert tree.run("app") == "18 42\n"
    assert tree.scons().did_nothing


@pytest.mark.parametrize("asked", [SCONSTRUCT["SConstruct"], "env.CModuleProgram('z', 'main.cm')\n"], ids=["all", "main"])
def test_clean_leaves_nothing(tree: Tree, asked: str) -> None:
    tree.write(CYCLE | {"SConstruct": asked})
    before = tree.files()
    tree.built()
    tree.built("-c")
    assert tree.files() == before


def test_a_dry_run_builds_nothing(tree: Tree) -> None:
    tree.write(CYCLE | SCONSTRUCT)
    before = tree.files()
    assert "main.cm" in tree.built("-n").out
    assert tree.files() == before


@pytest.mark.parametrize(
    ("file", "old", "new", "compiled"),
    [
        ("shape/box.cm", "return a * b;", "return b * a + 0;", ["shape/box.o"]),
        ("shape/box.cm", "int product(int a, int b)", "long product(int a, long b)", ["shape/box.o"]),
        ("count.cm", "counter = 41", "counter = 40", ["count.o"]),
        ("count.cm", "export int next", "/* the next one */ export int next", ["count.o"]),
        ("count.cm", "export int next(void)", "export int unused(void) { return 0; }\nexport int next(void)", ["count.o"]),
        ("shape/box.cm", "area(struct Box *box)", "area(struct Box *b)", None),
        ("count.cm", "static int counter", "static long counter", ["count.o"]),
        ("count.cm", "export int next", "export long next", ["count.o", "main.o", "other.o"]),
        ("shape/side.cm", "int length; struct", "int length, spare; struct", ["main.o", "shape/box.o", "shape/side.o"]),
    ],
    ids=["body", "private signature", "private value", "comment", "unused export", "parameter name", "private type", "type", "struct by value"],
)  # fmt: skip
def test_an_edit_compiles_what_it_changes(tree: Tree, file: str, old: str, new: str, compiled: list[str] | None) -> None:
    tree.write(CYCLE | SCONSTRUCT)
    tree.built()
    if compiled is None:
        tree.edit(file, "return product(box->width.length, box->height.length)", "return product(b->width.length, b->height.length)")
        compiled = [file.replace(".cm", ".o")]
    tree.edit(file, old, new)
    run = tree.built()
    assert run.compiled == compiled, run.out
    assert run.preprocessed == [file]
    assert tree.scons().did_nothing


def test_order_of_definitions_concerns_only_its_own_file(tree: Tree) -> None:
    tree.write(CYCLE | SCONSTRUCT)
    tree.built()
    text = (tree.root / "shape/side.cm").read_text().splitlines(keepends=True)
    (tree.root / "shape/side.cm").write_text("".join([*text[:2], *reversed(text[2:])]))
    run = tree.built()
    assert run.compiled == ["shape/side.o"]
    assert "main.cm" not in run.out


def test_a_comment_line_at_the_end_compiles_nothing(tree: Tree) -> None:
    tree.write(CYCLE | SCONSTRUCT)
    tree.built()
    (tree.root / "count.cm").write_text((tree.root / "count.cm").read_text() + "// the end\n")
    assert tree.built().compiled == []


def test_constants_reach_through_modules_that_only_pass_them_on(tree: Tree) -> None:
    tree.write({
        "main.cm": """
            module;
            #include <stdio.h>
            import facade;
            int main(void) { printf("%d %d\\n", (int)sizeof(struct Table), (int)sizeof get()->cells); return 0; }
            """,
        "facade.cm": "module;\nexport import table;\nexport struct Table *get(void) { return 0; }\n",
        "table.cm": "module;\nimport limits;\nexport struct Table { char cells[ROWS * COLUMNS]; };\n",
        "limits.cm": "module;\nimport more;\nexport const int ROWS = BASE + 1;\nexport enum { COLUMNS = 3 };\n",
        "more.cm": "module;\nimport limits;\nexport const int BASE = COLUMNS;\nexport int unrelated;\n",
        "SConstruct": "env.CModuleProgram('app', 'main.cm')\n",
    })
    tree.built()
    assert tree.run("app") == "12 12\n"
    assert tree.scons().did_nothing
    tree.edit("limits.cm", "COLUMNS = 3", "COLUMNS = 4")
    run = tree.built()
    assert "main.o" in run.compiled
    assert tree.run("app") == "20 20\n"
    tree.edit("more.cm", "int unrelated", "long unrelated")
    assert tree.built().compiled == ["more.o"]


def test_a_changed_header_reaches_those_that_include_it(tree: Tree) -> None:
    tree.write({
        "main.cm": "module;\n#include <stdio.h>\nimport a;\nint main(void) { printf(\"%d\\n\", a()); return 0; }\n",
        "a.cm": "module;\n#include \"inc/a.h\"\nexport int a(void) { return A; }\n",
        "inc/a.h": "#include \"b.h\"\n#define A (B + 1)\n",
        "inc/b.h": "#define B 1\n",
        "SConstruct": "env.Append(CPPPATH=['inc'])\nenv.Program('app', ['main.cm', 'a.cm'])\n",
    })
    tree.built()
    assert tree.run("app") == "2\n"
    tree.edit("inc/b.h", "B 1", "B 6")
    assert tree.built().compiled == ["a.o"]
    assert tree.run("app") == "7\n"


def test_changed_flags_reach_modules(tree: Tree) -> None:
    tree.write({
        "main.cm": "module;\nint main(void) { return VALUE; }\n",
        "SConstruct": "env.Append(CPPDEFINES={'VALUE': ARGUMENTS.get('value', '0')})\nenv.Program('app', 'main.cm')\n",
    })
    tree.built()
    assert tree.scons().did_nothing
    assert tree.built("value=0").did_nothing
    assert tree.built("value=0+0").compiled == ["main.o"]


def test_quoted_macros_mean_what_they_mean_for_plain_c(tree: Tree) -> None:
    tree.write({
        "main.cm": "module;\n#include <stdio.h>\nint main(void) { printf(\"%s %s %s\\n\", A, B, C); return 0; }\n",
        "SConstruct": """
            env.Append(CPPDEFINES={'A': r'\\"one two\\"', 'B': "'\\"three\\"'"}, CCFLAGS=['-DC="\\\\"`echo four`\\\\""'])
            env.Program('app', 'main.cm')
            """,
    })
    tree.built()
    assert tree.run("app") == "one two three four\n"


def test_libraries_shared_libraries_and_plain_c_together(tree: Tree) -> None:
    tree.write({
        "main.c": "int call(int);\nint later(void) { return 3; }\nint main(void) { return call(4) == 10 ? 0 : 1; }\n",
        "call.cm": "module;\nimport deep/one;\nextern \"C\" int later(void);\nexport extern \"C\" int call(int n) { return one(n) + later(); }\n",
        "deep/one.cm": "module;\nimport two;\nexport int one(int n) { return two(n) + 1; }\n",
        "deep/two.cm": "module;\nexport int two(int n) { return n + 2; }\n",
        "SConstruct": """
            deep = env.Library('deep', ['deep/one.cm', 'deep/two.cm'])
            env.Program('app', ['main.c', 'call.cm', deep])
            env.SharedLibrary('shared', ['deep/one.cm', 'deep/two.cm'])
            objects = env.CModule('call.cm') + env.SharedCModule('call.cm')
            print('objects', *objects)
            """,
    })
    run = tree.built()
    assert "objects call.o call.os" in run.out
    assert {"libdeep.a", "libshared.so", "deep/one.os"} <= tree.files()
    assert len(run.preprocessed) == 3
    tree.run("app")
    assert tree.scons().did_nothing


def test_plain_importers_and_a_twin_in_plain_c(tree: Tree) -> None:
    tree.write({
        "main.cm": "#include <stdio.h>\nimport a;\nint main(void) { printf(\"%d\\n\", a()); return 0; }\n",
        "a.cm": "module;\nimport b;\nexport int a(void) { return b() + 1; }\n",
        "b.cm": "module;\nextern \"C\" int twin(void);\nexport int b(void) { return twin(); }\n",
        "b.c": "int twin(void) { return 8; }\n",
        "SConstruct": "env.CModuleProgram('app', ['main.cm', 'b.c'])\n",
    })
    tree.built()
    assert tree.run("app") == "9\n"
    assert tree.scons().did_nothing


def test_modules_of_a_program_that_generates_a_source_are_not_given(tree: Tree) -> None:
    tree.write({
        "gen.cm": "#include <stdio.h>\nmodule;\nimport util;\nint main(void) { return printf(\"int table = %d;\", util()) < 0; }\n",
        "util.cm": "module;\nexport int util(void) { return 7; }\n",
        "main.cm": """
            #include <stdio.h>
            module;
            import util;
            extern "C" int table;
            int main(void) { printf("%d\\n", table + util()); return 0; }
            """,
        "SConstruct": """
            gen = env.CModuleProgram('gen', ['gen.cm', 'util.cm'])
            env.Command('table.c', gen, './$SOURCE > $TARGET')
            env.CModuleProgram('app', ['main.cm', env.Library('table', 'table.c')])
            """,
    })
    tree.built("-j2")
    assert tree.run("app") == "14\n"
    assert tree.scons().did_nothing


def test_other_suffix_flags_and_messages_of_the_tool(tree: Tree) -> None:
    tree.write({
        "main.mod": "module;\nimport a;\nint main(void) { return a() - VALUE; }\n",
        "a.mod": "module;\nexport int a(void) { return 4; }\n",
        "SConstruct": """
            env.Replace(CMODSUFFIX='.mod', CMODFLAGS=['-DVALUE=4'], CMODCOMSTR='C of $SOURCE', CMODNAMESCOMSTR='names of $SOURCE',
                        CCCOMSTR='object $TARGET')
            env.CModuleProgram('app', 'main.mod')
            """,
    })
    out = tree.built().out.splitlines()
    assert {"names of main.mod", "C of a.mod", "object a.o"} <= set(out)
    tree.run("app")


def test_cache_folder(tree: Tree) -> None:
    tree.write(CYCLE | {"SConstruct": "CacheDir('cache')\n" + SCONSTRUCT["SConstruct"]})
    tree.built()
    tree.built("-c")
    run = tree.built("-j2")
    assert run.compiled == [] and run.preprocessed == []
    assert tree.run("app") == "12 42\n"
    tree.edit("count.cm", "41", "50")
    assert tree.built().compiled == ["count.o"]
    tree.edit("count.cm", "50", "41")
    assert tree.built().compiled == []
    assert tree.run("app") == "12 42\n"


def test_the_tool_of_a_checkout_and_a_compilation_database(tree: Tree) -> None:
    tree.write({"main.cm": "module;\nstatic int used(void) { return 0; }\nint main(void) { return used(); }\n"})
    (tree.root / "SConstruct").write_text(
        "env = Environment(tools=['default', 'cmodule', 'compilation_db'], CMODINTERNAL='off')\n"
        "env.CompilationDatabase()\nenv.Program('app', 'main.cm')\n"
    )
    tree.built(f"--site-dir={CHECKOUT / 'site_scons'}")
    tree.run("app")
    assert "main.cm.c" in (tree.root / "compile_commands.json").read_text()
    assert "_ZN4main4usedE" in (tree.root / "main.cm.c").read_text()
    again = tree.built(f"--site-dir={CHECKOUT / 'site_scons'}")
    assert not (again.preprocessed or again.compiled or again.linked)


def test_forced_includes_and_dependency_flags(tree: Tree) -> None:
    tree.write({
        "forced.h": "enum { FORCED = 3 };\n",
        "main.cm": "module;\nint main(void) { return FORCED - 3; }\n",
        "SConstruct": "env.Append(CCFLAGS=['-include', 'forced.h', '-g3'])\nenv.Program('app', 'main.cm')\n",
    })
    tree.built()
    tree.run("app")
