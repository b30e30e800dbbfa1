"""One source in several objects of one folder, each with settings of its own."""

from __future__ import annotations

import pytest
from scons_tree import Tree

SOURCES = {
    "main.cm": """
        module;
        #include <stdio.h>
        import part/box;
        int main(void) { struct Box box = make(); printf("%d %d\\n", (int)sizeof box, last(&box)); return 0; }
        """,
    "part/box.cm": """
        module;
        import fill;
        #ifdef WIDE
        enum { LENGTH = 9 };
        #else
        enum { LENGTH = 2 };
        #endif
        export struct Box { char bytes[LENGTH]; };
        export struct Box make(void) { struct Box box; fill(&box); return box; }
        export int last(struct Box *box) { return box->bytes[LENGTH - 1]; }
        """,
    "part/fill.cm": """
        module;
        import box;
        export void fill(struct Box *box) { for (unsigned i = 0; i < sizeof *box; i++) box->bytes[i] = i; }
        """,
}
FILES = "['main.cm', 'part/box.cm', 'part/fill.cm']"
NARROW, WIDE = "2 1\n", "9 8\n"


def builds_both(tree: Tree, narrow: str = "narrow", wide: str = "wide") -> set[str]:
    """Builds two programs, edits what differs, and returns the files that were made."""
    before = tree.files()
    tree.built("-j2")
    assert (tree.run(narrow), tree.run(wide)) == (NARROW, WIDE)
    made = tree.files() - before
    assert tree.scons().did_nothing
    assert tree.files() - before == made
    tree.edit("part/box.cm", "LENGTH = 9", "LENGTH = 10")
    run = tree.built("-j2")
    assert (tree.run(narrow), tree.run(wide)) == (NARROW, "10 9\n")
    assert len(run.compiled) == 3, run.out  # the others' C is as it was
    assert tree.scons().did_nothing
    tree.built("-c")
    assert tree.files() == before
    return made


@pytest.mark.parametrize("builder", ["Program", "CModuleProgram"])
@pytest.mark.parametrize("names", ["OBJPREFIX='w-'", "OBJSUFFIX='.wide.o'"])
def test_objects_named_by_their_environment(tree: Tree, builder: str, names: str) -> None:
    files = FILES if builder == "Program" else "'main.cm'"
    tree.write(SOURCES | {"SConstruct": f"""
        env.{builder}('narrow', {files})
        env.Clone(CPPDEFINES=['WIDE'], {names}).{builder}('wide', {files})
        """})
    made = builds_both(tree)
    wide = {"part/w-box.o", "part/w-box.cm.c", "part/w-box.cmn", "part/w-box.cm.i"}
    assert {"part/box.o", "part/box.cm.c", "part/box.cmn", "part/box.cm.i"} <= made
    assert wide <= made or {name.replace("w-box", "box.wide") for name in wide} <= made


@pytest.mark.parametrize("wide_first", [False, True])
def test_objects_named_one_by_one(tree: Tree, wide_first: bool) -> None:
    asked = [
        f"env.Program('narrow', {FILES})",
        "wide = env.Clone(CPPDEFINES=['WIDE'])\n"
        f"wide.Program('wide', [wide.Object(f[:-3] + '_wide', f) for f in {FILES}])",
    ]
    tree.write(SOURCES | {"SConstruct": "\n".join(reversed(asked) if wide_first else asked) + "\n"})
    assert {"main.cm.c", "part/box.cmn", "part/box_wide.cmn", "part/box_wide.cm.c"} <= builds_both(tree)


def test_objects_in_folders_of_their_own(tree: Tree) -> None:
    """Without variant folders: all that is made stands beside the object."""
    tree.write(SOURCES | {"SConstruct": f"""
        for name, defines in (('narrow', []), ('wide', ['WIDE'])):
            one = env.Clone(CPPDEFINES=defines)
            one.Program(f'out/{{name}}/app', [one.CModule(f'out/{{name}}/{{f[:-3]}}', f) for f in {FILES}])
        """})
    made = builds_both(tree, "out/narrow/app", "out/wide/app")
    assert all(name.startswith("out/") for name in made)
    assert {"out/wide/part/box.cmn", "out/narrow/part/box.cm.c"} <= made


def test_static_and_shared_objects(tree: Tree) -> None:
    """They share the C, unless their settings differ."""
    tree.write({
        "both.cm": "module;\nexport int both(void) { return 1; }\n",
        "way.cm": """
            module;
            #ifdef SHARED
            export int way(void) { return 2; }
            #else
            export int way(void) { return 1; }
            #endif
            """,
        "main.cm": "module;\nimport way;\nint main(void) { return way() - EXPECTED; }\n",
        "SConstruct": """
            env.StaticLibrary('static', ['both.cm', 'way.cm'])
            env.SharedLibrary('shared', ['both.cm', env.SharedObject('way.cm', CPPDEFINES='SHARED')])
            for kind, expected in (('static', 1), ('shared', 2)):
                main = env.Object('main-' + kind, 'main.cm', CPPDEFINES={'EXPECTED': expected})
                env.Program(kind, main, LIBS=kind, LIBPATH='.', RPATH=[env.Literal('\\\\$$ORIGIN')])
            """,
    })
    run = tree.built("-j2")
    assert run.compiled == ["both.o", "both.os", "main-shared.o", "main-static.o", "way.o", "way.os"]
    assert {"both.cm.c", "way.cm.c", "way.os.cm.c"} <= tree.files() and "both.os.cm.c" not in tree.files()
    tree.run("static")
    tree.run("shared")
    assert tree.scons().did_nothing


@pytest.mark.parametrize(
    ("objects", "size"),
    [
        ("env.Object('part/box.cm')\nwide.Object('part/wide', 'part/box.cm')", 2),
        ("wide.Object('part/wide', 'part/box.cm')", 9),
        ("wide.Object('part/box.cm')\nenv.Object('part/narrow', 'part/box.cm')", 9),
        ("wide.Object('part/wide', 'part/box.cm')\nenv.Object('part/narrow', 'part/box.cm')", 9),
    ],
    ids=["beside the source", "as the first", "beside the source, wide", "as the first of two"],
)  # fmt: skip
def test_which_one_an_importer_with_other_settings_sees(tree: Tree, objects: str, size: int) -> None:
    asked = f"wide = env.Clone(CPPDEFINES=['WIDE'])\n{objects}\nenv.Object('user.cm', CCFLAGS='-O3')\n"
    user = f'module;\nimport part/box;\n_Static_assert(sizeof(struct Box) == {size}, "");\n'
    tree.write(SOURCES | {"SConstruct": asked, "user.cm": user})
    tree.built("-j2")
    assert tree.scons().did_nothing


def test_interfaces(tree: Tree) -> None:
    tree.write(SOURCES | {"SConstruct": """
        env.Library('box', ['part/box.cm', 'part/fill.cm'])
        env.CModuleInterface('part/box.cm')
        env.CModuleInterface('wide/box', 'part/box.cm', CPPDEFINES='WIDE')
        """})
    before = tree.files()
    run = tree.built("-j2")
    assert '"size": 2,' in (tree.root / "part/box.cmi").read_text()
    assert '"size": 9,' in (tree.root / "wide/box.cmi").read_text()
    assert run.preprocessed == ["part/box.cm", "part/box.cm", "part/fill.cm"]
    assert tree.scons().did_nothing
    tree.built("-c")
    assert tree.files() == before


def test_a_module_whose_name_another_object_has(tree: Tree) -> None:
    """An import is read from the module's own names file, whatever other objects are called."""
    tree.write({
        "main.cm": "module;\nimport a;\nint main(void) { return a(); }\n",
        "a.cm": "module;\nexport int a(void) { return 0; }\n",
        "SConstruct": "env.CModuleProgram('app', [env.CModule('a', 'main.cm')])\n",
    })
    tree.built("-j2")
    tree.run("app")
    assert {"a.o", "a.cm.o"} <= tree.files()
    assert tree.scons().did_nothing


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("env.Object('part/box.cm', CFLAGS='-DWIDE')", "part/box.o"),
        ("env.Program('wide', ['part/box.cm'], CPPDEFINES=['WIDE'])", "part/box.o"),
        ("env.CModuleProgram('wide', 'main.cm', CPPDEFINES=['WIDE'])", "main.o"),
        ("env.Library('wide', ['main.cm', 'part/box.cm'], CMODINTERNAL='off')", "main.o"),
        ("env.CModuleInterface('part/box.cm', CPPDEFINES=['WIDE'])", "part/box.cmi"),
    ],
    ids=["object", "program", "modules", "library", "interface"],
)  # fmt: skip
def test_one_object_with_two_settings_is_refused(tree: Tree, line: str, target: str) -> None:
    asked = "env.CModuleProgram('app', ['main.cm', 'part/box.cm'])\nenv.CModuleInterface('part/box.cm')\n"
    tree.write(SOURCES | {"SConstruct": f"{asked}def again():\n    {line}\nagain()\n"})
    run = tree.scons()
    assert run.status == 2 and not run.preprocessed
    number = 1 + (tree.root / "SConstruct").read_text().splitlines().index(f"    {line}")
    source = target.rpartition(".")[0] + ".cm"
    assert run.err == (
        f"\nscons: *** {target} is made from {source} already, with other settings; name the second one differently"
        " (by a target of its own, OBJPREFIX or OBJSUFFIX), or build each in a folder of its own (variant_dir)\n"
        f'File "{tree.root / "SConstruct"}", line {number}, in again\n'
    )


@pytest.mark.parametrize("order", [1, -1])
def test_modules_that_nobody_asks_for_have_the_settings_of_the_program(tree: Tree, order: int) -> None:
    """And not those of an importer that has its own, whichever is read first."""
    tree.write(SOURCES | {"main.cm": SOURCES["main.cm"].replace("import part/box;", "import part/box; import fast;")})
    tree.write({"fast.cm": "module;\nimport part/box;\nexport int fast(void) { return sizeof(struct Box); }\n"})
    asked = "env.CModuleProgram('app', ['main.cm', env.Object('fast.cm', CCFLAGS='-O3')][::ORDER])\n"
    tree.write({"SConstruct": asked.replace("ORDER", str(order))})
    run = tree.built("-j2")
    assert tree.run("app") == NARROW
    (line,) = [line for line in run.out.splitlines() if "-o part/box.o" in line]
    assert "-O3" not in line
    assert tree.scons().did_nothing


def test_programs_with_other_settings_for_a_module_that_nobody_asks_for(tree: Tree) -> None:
    tree.write(SOURCES | {"SConstruct": """
        env.CModuleProgram('narrow', 'main.cm')
        wide = env.Clone(CPPDEFINES=['WIDE'])
        main = wide.Object('main_wide', 'main.cm')
        wide.CModuleProgram('wide', main)
        """})
    run = tree.scons("-k")
    assert run.status == 2 and run.linked == ["narrow"]
    said = "it would get part/box.cm as part/box.o, which has the settings of narrow;"
    assert f"cmodule: wide cannot be linked: {said}" in run.err
    asked = "[main, wide.Object('part/box_wide', 'part/box.cm'), wide.Object('part/fill_wide', 'part/fill.cm')]"
    tree.edit("SConstruct", "'wide', main", f"'wide', {asked}")
    tree.built("-j2")
    assert (tree.run("narrow"), tree.run("wide")) == (NARROW, WIDE)
    assert tree.scons().did_nothing


@pytest.mark.parametrize("first", ["main.cm", "other.c"])
def test_one_object_of_two_sources_is_refused(tree: Tree, first: str) -> None:
    tree.write(SOURCES | {"other.c": "int other;\n"})
    tree.write({"SConstruct": f"env.Object('main', '{first}')\nenv.Object('main', 'part/box.cm')\n"})
    run = tree.scons()
    assert run.status == 2
    assert f"main.o is made from {first} already, so part/box.cm needs a target of another name" in run.err
    assert "SConstruct\", line" in run.err and ".cm.c" not in run.err
