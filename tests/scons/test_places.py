"""Where things are built: variant folders, generated modules, library roots, SConscript files."""

from __future__ import annotations

import pytest
from scons_tree import Tree, errors

SOURCES = {
    "src/main.cm": "module;\n#include <stdio.h>\nimport graph/node;\nint main(void) { printf(\"%d\\n\", node()); return 0; }\n",
    "src/graph/node.cm": "module;\nimport edge;\nexport int node(void) { return edge() + VALUE; }\n",
    "src/graph/edge.cm": "module;\nimport node;\n#include \"edge.h\"\nexport int edge(void) { return EDGE; }\n",
    "src/graph/edge.h": "#define EDGE 30\n",
}


@pytest.mark.parametrize("duplicate", [0, 1])
@pytest.mark.parametrize("root", ["src", "build"])
def test_variant_folder(tree: Tree, duplicate: int, root: str) -> None:
    tree.write(SOURCES | {"SConstruct": f"""
        env.Append(CPPDEFINES={{'VALUE': 4}}, CMODROOT={root!r})
        VariantDir('build', 'src', duplicate={duplicate})
        env.Program('build/app', ['build/main.cm', 'build/graph/node.cm', 'build/graph/edge.cm'])
        """})
    before = tree.files()
    tree.built("-j2")
    assert tree.run("build/app") == "34\n"
    assert all(name.startswith("build/") for name in tree.files() - before)
    assert tree.scons().did_nothing
    tree.edit("src/graph/edge.h", "30", "31")
    assert tree.built().compiled == ["build/graph/edge.o"]
    tree.edit("src/graph/edge.cm", "EDGE;", "EDGY;")
    run = tree.scons()
    assert run.status == 2
    assert [place for place, _ in errors(run.err)] == ["src/graph/edge.cm:4"]
    assert "build/graph/edge.cm:" not in run.err
    tree.edit("src/graph/edge.cm", "EDGY;", "EDGE;")
    tree.built()
    tree.built("-c")
    assert {name for name in tree.files() if not name.endswith((".cm", ".h"))} == {"SConstruct"}


@pytest.mark.parametrize("duplicate", [0, 1])
def test_sconscript_in_a_variant_folder(tree: Tree, duplicate: int) -> None:
    tree.write(SOURCES | {
        "SConstruct": f"""
            env.Append(CPPDEFINES={{'VALUE': 5}}, CMODROOT='src')
            SConscript('src/SConscript', variant_dir='build/deep', duplicate={duplicate}, exports='env')
            """,
        "src/SConscript": "Import('env')\nenv.CModuleProgram('app', 'main.cm')\n",
    })
    tree.built()
    assert tree.run("build/deep/app") == "35\n"
    assert "build/deep/graph/edge.cm.c" in tree.files()
    assert tree.scons().did_nothing


@pytest.mark.parametrize("duplicate", [0, 1])
def test_two_variants_in_one_build(tree: Tree, duplicate: int) -> None:
    tree.write(SOURCES | {"lib/util/more.cm": "module;\nexport int more(void) { return VALUE; }\n", "SConstruct": f"""
        for value in (1, 2):
            one = env.Clone(CPPDEFINES={{'VALUE': value}}, CMODROOT='src', CMODPATH=['lib'])
            one.VariantDir(f'build/{{value}}', 'src', duplicate={duplicate})
            one.CModuleProgram(f'build/{{value}}/app', f'build/{{value}}/main.cm')
        """})
    tree.edit("src/graph/node.cm", "edge() + VALUE", "edge() + 100 * more()")
    tree.edit("src/graph/node.cm", "import edge;", "import edge; import util/more;")
    before = tree.files()
    tree.built("-j2")
    assert tree.run("build/1/app") == "130\n"
    assert tree.run("build/2/app") == "230\n"
    made = tree.files() - before
    assert all(name.startswith(("build/1/", "build/2/")) for name in made), made
    assert {"build/1/_modules/lib/util/more.o", "build/2/_modules/lib/util/more.o"} <= made
    assert tree.scons().did_nothing


SIZED = {
    "lib/buf.cm": "module;\nexport struct Buf { int data[CAP]; };\nexport int size(void) { return sizeof(struct Buf); }\n",
    "app/main.cm": """\
        #include <stdio.h>
        module;
        import buf;
        int main(void) { printf("%d %d\\n", (int)sizeof(struct Buf), size()); return 0; }
        """,
}


@pytest.mark.parametrize("duplicate", [0, 1])
@pytest.mark.parametrize("of_library, of_program, listed", [
    ("build/lib/{0}", "build/app/{0}", "CCFLAGS=[]"),
    ("build/lib/{0}", "build/app/{0}", ""),
    ("lib-{0}", "app-{0}", "CCFLAGS=['-Wextra', '-Wall']"),
    ("{0}/lib", "{0}/app", "CPPDEFINES={{'CAP': cap, 'MINE': 1}}"),
    ("lib-{0}", "app-{0}", "CPPDEFINES={{'CAP': cap, 'MINE': 1}}"),
])
def test_variants_of_a_library_and_of_its_users(
    tree: Tree, duplicate: int, of_library: str, of_program: str, listed: str
) -> None:
    """An import means the variant with the importer's settings, else the nearest, else it is an error."""
    library, program = of_library.format("' + name + '"), of_program.format("' + name + '")
    tree.write(SIZED | {"SConstruct": f"""
        for name, cap in ('small', 4), ('large', 64):
            one = env.Clone(CPPDEFINES={{'CAP': cap}}, CMODROOT='app', CMODPATH=['lib'])
            one.VariantDir('{library}', 'lib', duplicate={duplicate})
            one.VariantDir('{program}', 'app', duplicate={duplicate})
            libraries = {f"[one.Clone({listed.format()}).Library('{library}/buf', '{library}/buf.cm')]" if listed else "[]"}
            one.CModuleProgram('{program}/app', ['{program}/main.cm', *libraries])
        """})
    if "MINE" in listed and not of_library.startswith("{"):
        run = tree.scons("-k", "-j2")
        assert run.status == 2
        assert run.err.count("[duplicate-module]") == 1  # each message is printed once
        assert [place for place, _ in errors(run.err)] == ["app/main.cm:3"]
        assert "'lib-large/buf.cm' and 'lib-small/buf.cm'" in run.err
        return
    tree.built("-j2")
    assert [tree.run(of_program.format(name) + "/app") for name in ("small", "large")] == ["16 16\n", "256 256\n"]
    assert tree.scons().did_nothing


@pytest.mark.needs("arm-linux-gnueabihf-gcc")
def test_module_of_another_target_in_one_folder(tree: Tree) -> None:
    tree.write({
        "word.cm": "module;\nexport int word(void) { return sizeof(long); }\n",
        "here.cm": "module;\nimport word;\nexport int here(void) { return word(); }\n",
        "there.cm": "module;\nimport word;\nexport int there(void) { return word(); }\n",
        "SConstruct": """
            other = env.Clone(CC='arm-linux-gnueabihf-gcc')
            env.Object(['word.cm', 'here.cm'], CCFLAGS='-O1')
            other.Object('there.cm')
            """,
    })
    run = tree.scons("-k")
    assert [place for place, _ in errors(run.err)] == ["there.cm:2"]
    assert "module 'word' was made for 'x86_64-linux-gnu', and this build is for 'arm-linux-gnueabihf'" in run.err
    tree.edit("SConstruct", "arm-linux-gnueabihf-gcc", "gcc")
    tree.built()


@pytest.mark.parametrize("duplicate", [0, 1])
def test_generated_modules(tree: Tree, duplicate: int) -> None:
    tree.write({
        "src/main.cm": "module;\nimport sub/user;\nint main(void) { return user() - 5; }\n",
        "src/sub/user.cm": "module;\nimport made;\nexport int user(void) { return made(); }\n",
        "src/sub/made.in": "module;\\nimport user;\\nexport int made(void) { return 5; }\\n",
        "SConstruct": f"""
            env.Append(CMODROOT='src')
            VariantDir('build', 'src', duplicate={duplicate})
            env.Command('build/sub/made.cm', 'build/sub/made.in', 'printf "$$(cat $SOURCE)" > $TARGET')
            env.CModuleProgram('build/app', 'build/main.cm')
            """,
    })
    tree.built("-j2")
    tree.run("build/app")
    assert tree.scons().did_nothing
    assert '"build/sub/made.cm"' in (tree.root / "build/sub/made.cm.c").read_text()
    tree.edit("src/sub/made.in", "return 5", "return five")
    run = tree.scons()
    assert [place for place, _ in errors(run.err)] == ["build/sub/made.cm:3"]
    tree.edit("src/sub/made.in", "return five", "return 1 + 4")
    tree.built()
    tree.run("build/app")


def test_generated_headers_beside_the_source(tree: Tree) -> None:
    tree.write({
        "src/main.cm": "module;\n#include \"made.h\"\nint main(void) { return MADE; }\n",
        "SConstruct": """
            VariantDir('build', 'src')
            env.Command('build/made.h', [], 'echo "#define MADE 0" > $TARGET')
            env.Program('build/app', 'build/main.cm')
            """,
    })
    tree.built("-j2")
    tree.run("build/app")
    assert tree.scons().did_nothing


def test_library_roots_inside_and_outside_the_project(tree: Tree) -> None:
    tree.write({
        "../outside/geo/point.cm": "module;\nimport vector;\nexport struct Point { struct Vector at; };\nexport int point(void) { return vector(); }\n",
        "../outside/geo/vector.cm": "module;\nimport point;\nexport struct Vector { int x, y; };\nexport int vector(void) { return 3; }\n",
        "vendor/term/screen.cm": "module;\nimport geo/point;\nexport struct Screen { struct Point corner; };\nexport int screen(void) { return point(); }\n",
        "src/main.cm": """
            module;
            import term/screen;
            struct Screen all;
            int main(void) { return screen() - 3 + (sizeof all != 2 * sizeof(int)); }
            """,
        "SConstruct": """
            env.Append(CMODROOT='src', CMODPATH=['vendor', '../outside'])
            variant = ARGUMENTS.get('variant')
            if variant:
                VariantDir(variant, 'src', duplicate=0)
            folder = variant or 'src'
            env.CModuleProgram(folder + '/app', folder + '/main.cm')
            """,
    })
    before = tree.files()
    tree.built("-j2", "variant=build")
    tree.run("build/app")
    assert all(name.startswith("build/") for name in tree.files() - before)
    assert "build/_modules/vendor/term/screen.o" in tree.files()
    assert tree.scons("variant=build").did_nothing
    tree.built("variant=build", "-c")
    assert tree.files() == before
    tree.built()
    tree.run("src/app")
    assert "vendor/term/screen.o" in tree.files()
    outside = sorted(file.name for file in (tree.root / "../outside/geo").iterdir())
    assert outside == ["point.cm", "vector.cm"]
    tree.edit("../outside/geo/vector.cm", "return 3", "return nothing")
    run = tree.scons()
    assert run.status == 2
    assert "../outside/geo/vector.cm:4" in [place for place, _ in errors(run.err)], run.err


def test_a_variant_of_the_whole_project_with_a_library_root_in_it(tree: Tree) -> None:
    tree.write({
        "src/main.cm": "module;\nimport term/screen;\nint main(void) { return screen(); }\n",
        "vendor/term/screen.cm": "module;\nimport canvas;\nexport int screen(void) { return canvas(); }\n",
        "vendor/term/canvas.cm": "module;\nexport int canvas(void) { return 0; }\n",
        "SConstruct": """
            env.Append(CMODROOT='build/src', CMODPATH=['build/vendor'])
            env.VariantDir('build', '.', duplicate=0)
            env.CModuleProgram('build/app', 'build/src/main.cm')
            """,
    })
    tree.built()
    tree.run("build/app")
    assert "build/vendor/term/canvas.o" in tree.files()
    assert tree.scons().did_nothing


def test_a_library_given_to_a_program_is_not_linked_twice(tree: Tree) -> None:
    tree.write({
        "main.cm": "module;\nimport a;\nint main(void) { return a() + *counter() - 2; }\n",
        "a.cm": "module;\nimport b;\nexport int a(void) { return b(); }\nstatic int n;\nexport int *counter(void) { n++; return &n; }\n",
        "b.cm": "module;\nexport int b(void) { return 1; }\n",
        "SConstruct": """
            shared = env.SharedLibrary('a', 'a.cm')
            env.CModuleProgram('app', 'main.cm', LIBS=[shared], RPATH=[env.Literal('\\\\$$ORIGIN')])
            """,
    })
    run = tree.built()
    assert "a.o" not in tree.files()
    assert "b.o" in tree.files(), run.out
    tree.run("app")


def test_a_new_file_nearer_than_the_old_one_is_taken(tree: Tree) -> None:
    tree.write({
        "main.cm": "module;\n#include <stdio.h>\nimport sub/user;\nint main(void) { printf(\"%d\\n\", user()); return 0; }\n",
        "sub/user.cm": "module;\nimport value;\nexport int user(void) { return value(); }\n",
        "value.cm": "module;\nexport int value(void) { return 1; }\n",
        "SConstruct": "env.CModuleProgram('app', 'main.cm')\n",
    })
    tree.built()
    assert tree.run("app") == "1\n"
    tree.write({"sub/value.cm": "module;\nexport int value(void) { return 2; }\n"})
    tree.built()
    assert tree.run("app") == "2\n"
    assert tree.scons().did_nothing
    (tree.root / "sub/value.cm").unlink()
    tree.built()
    assert tree.run("app") == "1\n"
