"""Libraries as archives and interfaces: made in one build, used in another or in the same, without the sources."""

from __future__ import annotations

import pytest
from scons_tree import Tree, errors

SHAPES = {
    "lib/shapes.cm": """
        module;
        import detail/parts;
        struct Hidden { int x; };
        export struct Shape { struct Part parts[2]; struct Hidden *hidden; };
        export struct Shape shape(int x) { return (struct Shape){{part(x), part(x + 1)}, 0}; }
        export int total(struct Shape s) { return weigh(s.parts[0]) + weigh(s.parts[1]); }
        export inline int twice(int x) { return 2 * once(x); }
        int once(int x) { return x; }
        """,
    "lib/detail/parts.cm": """
        module;
        export struct Part { float weight; int size; };
        export struct Part part(int x) { return (struct Part){x, x}; }
        export int weigh(struct Part p) { return (int)p.weight + p.size; }
        """,
}
LIBRARY = """
    library = env.Library('shapes', ['shapes.cm', 'detail/parts.cm'])
    env.Install(target, library)
    env.Install(target, env.CModuleInterface('shapes.cm'))
    env.Install(target + '/detail', env.CModuleInterface('detail/parts.cm'))
    """
MAIN = """
    module;
    #include <stdio.h>
    import shapes;
    struct Shape kept;
    int main(void) { kept = shape(3); typeof(kept.parts[0]) part = kept.parts[1]; printf("%d %d %zu\\n", total(kept), twice(4), sizeof part); return 0; }
    """


@pytest.fixture
def two(tree: Tree) -> Tree:
    """A library that installs itself, and a program that knows what was installed alone."""
    tree.write({
        **SHAPES, "lib/SConscript": "Import('env')\ntarget = '#installed'\n" + LIBRARY.replace("\n    ", "\n"),
        "library.py": HEAD_OF_LIBRARY, "app/main.cm": MAIN,
        "SConstruct": """
            SConscript('app/SConscript', exports='env', variant_dir='out')
            """,
        "app/SConscript": """
            Import('env')
            env.CModuleProgram('app', 'main.cm', CMODPATH='#installed', LIBS='shapes', LIBPATH='#installed')
            """,
    })  # fmt: skip
    make_library(tree)
    for file in SHAPES:
        (tree.root / file).rename(tree.root / (file + ".away"))
    return tree


HEAD_OF_LIBRARY = """
    import os
    from SCons.Script import PyPackageDir
    env = Environment(
        tools=['default', 'cmodule'], toolpath=[PyPackageDir('modcore.scons')], ENV=os.environ,
        CC=os.environ['COUNTING_CC'], CCFLAGS=ARGUMENTS.get('flags', '').split(), CMODROOT='lib',
    )
    SConscript('lib/SConscript', exports='env', variant_dir='built', duplicate=0)
    Default('installed')
    """


def make_library(tree: Tree, *arguments: str) -> None:
    for file in SHAPES:
        away = tree.root / (file + ".away")
        if away.exists():
            away.rename(tree.root / file)
    tree.built("-f", "library.py", *arguments)


def hide_sources(tree: Tree) -> None:
    for file in SHAPES:
        (tree.root / file).rename(tree.root / (file + ".away"))


def test_interfaces_and_the_archive_are_enough(two: Tree) -> None:
    run = two.built("-j2")
    assert run.compiled == ["out/main.o"] and run.linked == ["out/app"]
    assert two.run("out/app") == "14 8 8\n"
    assert "m0" in (two.root / "out/main.cm.c").read_text()
    assert two.scons().did_nothing


@pytest.mark.parametrize(
    ("file", "old", "new", "compiled", "prints"),
    [
        ("lib/shapes.cm", "return weigh(s.parts[0])", "return 1 + weigh(s.parts[0])", [], "15 8 8\n"),
        ("lib/shapes.cm", "module;", "/* about */ module;", [], "14 8 8\n"),
        ("lib/shapes.cm", "struct Hidden { int x; }", "struct Hidden { double x; }", [], "14 8 8\n"),
        ("lib/detail/parts.cm", "float weight; int size;", "float mass; int size;", [], "14 8 8\n"),
        ("lib/detail/parts.cm", "float weight; int size;", "double weight; int size;", ["out/main.o"], "14 8 16\n"),
        ("lib/shapes.cm", "return 2 * once(x)", "return 3 * once(x)", ["out/main.o"], "14 12 8\n"),
    ],
    ids=["body", "comment", "behind a pointer", "hidden name", "hidden type", "inline body"],
)
def test_a_new_library_compiles_who_sees_the_change(
    two: Tree, file: str, old: str, new: str, compiled: list[str], prints: str
) -> None:
    two.built()
    source = two.root / (file + ".away")
    text = source.read_text()
    assert old in text
    text = text.replace(old, new).replace("p.weight", "p.mass" if "mass" in new else "p.weight")
    source.write_text(text)
    make_library(two)
    hide_sources(two)
    run = two.built("-j2")
    assert run.compiled == compiled, run.out
    assert two.run("out/app") == prints
    assert two.scons().did_nothing


def test_another_target_is_refused(two: Tree) -> None:
    make_library(two, "flags=-fshort-enums")
    hide_sources(two)
    run = two.scons("-k")
    assert run.status == 2 and [place for place, _ in errors(run.err)] == ["installed/shapes.cmi:1"]
    assert "[wrong-interface]" in run.err and not run.compiled
    make_library(two, "flags=-O2")
    hide_sources(two)
    two.built()
    assert two.run("out/app") == "14 8 8\n"


def test_a_plain_importer_has_no_interface(tree: Tree) -> None:
    tree.write({"SConstruct": "env.CModuleInterface('plain.cm')\n", "plain.cm": "int seven(void) { return 7; }\n"})
    run = tree.scons()
    assert run.status == 2 and [place for place, _ in errors(run.err)] == ["plain.cm:1"], run.err
    assert "[not-a-module]" in run.err and not (tree.root / "plain.cmi").exists()


def test_within_one_build(tree: Tree) -> None:
    """Installed by the build that imports it, a module is known by its interface."""
    tree.write({
        **{file.replace("lib/", "far/lib/"): text for file, text in SHAPES.items()},
        "SConstruct": """
            target = '#installed'
            library = env.Clone(CMODROOT='far/lib')
            SConscript('far/lib/SConscript', exports={'env': library, 'target': target})
            env.CModuleProgram('app', 'main.cm', CMODPATH='installed', LIBS='shapes', LIBPATH='installed')
            """,
        "far/lib/SConscript": "Import('env', 'target')\n" + LIBRARY.replace("\n    ", "\n"), "main.cm": MAIN,
    })  # fmt: skip
    run = tree.built("-j2")
    assert run.compiled == ["far/lib/detail/parts.o", "far/lib/shapes.o", "main.o"], run.out
    assert tree.run("app") == "14 8 8\n"
    assert tree.scons().did_nothing
    tree.edit("far/lib/detail/parts.cm", "float weight", "double weight")
    assert "main.o" in tree.built("-j2").compiled
    assert tree.run("app") == "14 8 16\n"
    assert tree.scons().did_nothing
    tree.built("-c")
    assert not {name for name in tree.files() if name.endswith((".cmi", ".cmn", ".o", ".a", ".c"))}


@pytest.mark.parametrize("duplicate", [0, 1])
@pytest.mark.parametrize("what", ["env.CModuleInterface(source)", "source"], ids=["interfaces", "sources"])
def test_installed_by_variants_of_the_whole_project(tree: Tree, duplicate: int, what: str) -> None:
    """What one build installs is found where it was installed by the next as well, in no copy of a variant."""
    tree.write({
        **SHAPES, "app/main.cm": MAIN,
        "SConstruct": f"""
            for arch in ('arm', 'intel'):
                one = env.Clone(ARCH=arch, CMODPATH=['dist/' + arch], LIBPATH=['#dist/' + arch], LIBS=['shapes'])
                one.SConscript('SConscript', variant_dir='build/' + arch, duplicate={duplicate}, exports={{'env': one}})
            """,
        "SConscript": f"""
            Import('env')
            lib = env.Clone(CMODROOT='lib', CPPDEFINES=[env['ARCH']])
            files = ['lib/shapes.cm', 'lib/detail/parts.cm']
            lib.Install('#dist/' + env['ARCH'], lib.Library('shapes', files))
            for source, folder in zip(files, ('', '/detail')):
                lib.Install('#dist/' + env['ARCH'] + folder, {what.replace('env', 'lib')})
            env.Program('app/app', 'app/main.cm')
            """,
    })  # fmt: skip
    tree.built("-j2")
    assert tree.run("build/arm/app/app") == tree.run("build/intel/app/app") == "14 8 8\n"
    assert "build/arm/_modules/dist/arm/shapes.cmn" in tree.files()
    before = tree.files()
    assert tree.scons().did_nothing
    assert tree.files() == before
    tree.edit("lib/detail/parts.cm", "float weight", "double weight")
    tree.built("-j2")
    assert tree.run("build/arm/app/app") == tree.run("build/intel/app/app") == "14 8 16\n"
    assert tree.scons().did_nothing


@pytest.mark.parametrize("place", ["vendor", "../vendor"], ids=["in the project", "outside it"])
def test_importers_are_the_same_either_way(tree: Tree, place: str) -> None:
    """With a module's source in a root and with its interface there: one object, debug information included."""
    tree.write({
        **{file.replace("lib/", "vendor/"): text for file, text in SHAPES.items()}, "main.cm": MAIN,
        "SConstruct": f"env.Append(CCFLAGS=['-g', '-O2'])\nenv.Object('main.cm', CMODPATH='{place}')\n",
        "interfaces.py": """
            import os
            from SCons.Script import PyPackageDir
            env = Environment(tools=['default', 'cmodule'], toolpath=[PyPackageDir('modcore.scons')], ENV=os.environ,
                              CC=os.environ['COUNTING_CC'], CMODROOT='vendor')
            for name in ('shapes', 'detail/parts'):
                env.CModuleInterface(f'vendor/{name}.cm')
            """,
    })  # fmt: skip
    vendor = tree.root / "vendor"
    if place != "vendor":
        vendor.rename(tree.root / place)
        vendor.symlink_to(tree.root / place)
    tree.built("main.o")
    objects = [(tree.root / "main.o").read_bytes()]
    emitted = [(tree.root / "main.cm.c").read_text()]
    tree.built("-f", "interfaces.py")
    for source in ("shapes.cm", "detail/parts.cm"):
        (vendor / source).unlink()
    tree.built("main.o")
    objects.append((tree.root / "main.o").read_bytes())
    emitted.append((tree.root / "main.cm.c").read_text())
    assert emitted[0] == emitted[1] and str(tree.root) not in emitted[1]
    assert objects[0] == objects[1]
