"""Errors under SCons: shown once, exit status 2, nothing half written, and the next build works."""

from __future__ import annotations

import os
import re
import signal
import time

import pytest
from scons_tree import Tree, errors

GOOD = {
    "main.cm": "module;\nimport a;\nimport b;\nint main(void) { return a() + b(); }\n",
    "a.cm": "module;\nimport b;\nexport int a(void) { return -b(); }\n",
    "b.cm": "module;\nexport int b(void) { return 7; }\n",
    "SConstruct": "env.Program('app', ['main.cm', 'a.cm', 'b.cm'])\n",
}


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("return 7;", "return seven;", ["b.cm:2: nothing visible is called 'seven'"]),
        ("return 7; }", "return 7;", ["b.cm:2: this '{' is never closed"]),
        ("module;", "module;\n#error no", None),
        ("module;", "module;\n#include <no/such/file.h>", None),
        ("module;", "module;\nimport c;", ["b.cm:2: there is no module 'c'"]),
        ("return 7;", "int seven = 7 return seven;", None),
    ],
    ids=["name", "syntax", "error", "include", "import", "body"],
)  # fmt: skip
def test_an_error_is_shown_once_and_mended(tree: Tree, old: str, new: str, found: list[str] | None) -> None:
    tree.write(GOOD)
    tree.edit("b.cm", old, new)
    for options in (["-j2"], ["-k"]):
        run = tree.scons(*options)
        assert run.status == 2
        shown = errors(run.err)
        assert len(shown) == 1, run.text
        if found is not None:
            assert [f"{place}: {text}".startswith(one) for (place, text), one in zip(shown, found)] == [True], shown
        assert not {"b.o", "app"} & tree.files()
        assert not [name for name in tree.files() if "modcore-" in name]
    tree.edit("b.cm", new, old)
    tree.built()
    assert tree.scons().did_nothing
    tree.run("app")


def test_keep_going_builds_the_rest(tree: Tree) -> None:
    tree.write(GOOD | {"c.cm": "module;\nint c(void) { return d; }\n", "SConstruct": GOOD["SConstruct"] + "env.Object('c.cm')\n"})
    tree.edit("a.cm", "-b()", "-b() + no")
    run = tree.scons("-k")
    assert run.status == 2
    assert sorted(place for place, _ in errors(run.err)) == ["a.cm:3", "c.cm:2"]
    assert run.compiled == ["b.o", "main.o"]


def test_what_two_modules_run_into_is_shown_once(tree: Tree) -> None:
    tree.write({
        "x.cm": "module;\nimport y;\nexport struct X { struct Y y; };\n",
        "y.cm": "module;\nimport x;\nexport struct Y { struct X x; };\n",
        "SConstruct": "env.Object('x.cm')\nenv.Object('y.cm')\n",
    })
    run = tree.scons("-k")
    assert run.status == 2
    assert [place for place, text in errors(run.err) if "[infinite-size]" in text] == ["x.cm:3"], run.err
    assert len(errors(run.err)) == 1
    assert "y.cm:3:" in run.err


def test_hidden_names_are_explained_with_their_place(tree: Tree) -> None:
    tree.write(GOOD)
    tree.edit("b.cm", "export int b", "int unused(void) { return 1; }\n\n\nint b")
    run = tree.scons("-k")
    assert run.status == 2
    assert {text[-14:] for _, text in errors(run.err)} == {"[not-exported]"}
    assert "b.cm:5:5: note:" in run.err


def test_warnings_are_shown_when_their_file_is_translated(tree: Tree) -> None:
    tree.write({
        "main.cm": "module;\n#include <stdlib.h>\nimport a;\nint main(void) { return a() - abs(-2); }\n",
        "a.cm": "module;\n#include <stdlib.h>\nint abs(int n) { return n; }\nexport int a(void) { return abs(2); }\n",
        "SConstruct": "env.Program('app', ['main.cm', 'a.cm'])\n",
    })
    run = tree.built()
    assert run.err.count("[shadows-header]") == 1
    assert "a.cm:3:5: warning:" in run.err
    tree.run("app")
    assert tree.built().err == ""


def test_compilers_name_the_files_and_names_of_users(tree: Tree) -> None:
    tree.write({
        "deep/main.cm": """
            module;
            import a;
            static int secret(void) { return 1; }
            int main(void) { char *text = a(3); return *text; }
            """,
        "deep/a.cm": "module;\nexport int a(int n) { return n; }\n",
        "SConstruct": "env.Program('app', ['deep/main.cm', 'deep/a.cm'])\n",
    })
    run = tree.built()
    assert "deep/main.cm:3:12: warning:" in run.err and "'secret' defined but not used" in run.err
    assert "deep/main.cm:4:" in run.err
    assert "_ZN" not in run.text and ".cm.c:" not in run.text
    tree.edit("deep/main.cm", "return *text", "return **text")
    run = tree.scons()
    assert run.status == 2
    assert "deep/main.cm:4:" in run.err and "_ZN" not in run.err


def test_no_compiler(tree: Tree) -> None:
    tree.write(GOOD | {"SConstruct": "env.Replace(CC='')\n" + GOOD["SConstruct"]})
    run = tree.scons()
    assert run.status == 2
    assert "CC is empty" in run.err
    tree.write({"SConstruct": "env.Replace(CC='no-such-compiler')\n" + GOOD["SConstruct"]})
    run = tree.scons()
    assert run.status == 2
    assert "'no-such-compiler' cannot be run" in run.err


def test_ninja_is_refused(tree: Tree) -> None:
    tree.write(GOOD | {"SConstruct": "env['BUILDERS']['Ninja'] = Builder(action='')\n" + GOOD["SConstruct"]})
    run = tree.scons()
    assert run.status == 2
    assert "ninja" in run.err and "build modules with scons itself" in run.err


@pytest.mark.parametrize("content", [b"", b"{}", b"garbage\n\xff\x00", None], ids=["empty", "json", "bytes", "cut"])
def test_a_damaged_names_file_is_made_again(tree: Tree, content: bytes | None) -> None:
    tree.write(GOOD)
    tree.built()
    names = tree.root / "b.cmn"
    whole = names.read_bytes()
    names.write_bytes(whole[:-9] if content is None else content)
    tree.edit("a.cm", "-b()", "-b() - 0")
    run = tree.built("-j2")
    assert run.compiled == ["a.o"]
    assert names.read_bytes() == whole
    tree.run("app")
    assert tree.scons().did_nothing


def test_a_names_file_of_another_module_is_refused(tree: Tree) -> None:
    tree.write(GOOD)
    tree.built()
    (tree.root / "b.cmn").write_bytes((tree.root / "a.cmn").read_bytes())
    run = tree.scons()
    assert run.status == 2
    assert "'b.cmn' does not hold the names of module 'b'" in run.err
    tree.built()
    tree.run("app")


def test_a_missing_or_damaged_preprocessed_text_is_made_again(tree: Tree) -> None:
    tree.write(GOOD)
    tree.built()
    texts = [tree.root / f"{name}.cm.i" for name in ("main", "a", "b")]
    texts[0].unlink()
    texts[1].write_bytes(b"{}\n")
    texts[2].write_bytes(texts[0].read_bytes() if texts[0].exists() else b"\xff")
    assert tree.scons().did_nothing
    for name in ("main", "a", "b"):
        (tree.root / f"{name}.cm.c").unlink()
    assert tree.built().compiled == []
    tree.run("app")


def test_a_killed_build_is_taken_up_again(tree: Tree) -> None:
    modules = [f"m{n}" for n in range(12)]
    tree.write({f"{name}.cm": f"module;\nimport m{(n + 1) % 12};\nexport int {name}(int d) {{ return d ? m{(n + 1) % 12}(d - 1) : {n}; }}\n" for n, name in enumerate(modules)})
    tree.write({"main.cm": "module;\nimport m0;\nint main(void) { return m0(5) - 5; }\n", "SConstruct": "env.CModuleProgram('app', 'main.cm')\n"})
    for delay in (0.4, 0.7, 1.0, 1.3):
        process = tree.start("-j2")
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    tree.built("-j2")
    tree.run("app")
    assert tree.scons().did_nothing
    assert not [name for name in tree.files() if "modcore-" in name]


@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=["interrupt", "terminate", "kill"])
def test_no_worker_is_left(tree: Tree, kill: signal.Signals) -> None:
    tree.write(GOOD | {"slow.cm": "module;\n#include <stdio.h>\nint slow(void) { return 1; }\n"})
    tree.write({"SConstruct": GOOD["SConstruct"] + "env.Command('slow', 'app', 'sleep 8')\n"})
    process = tree.start("-j2")
    for _ in range(100):
        time.sleep(0.1)
        if tree.workers() and "app" in tree.files():
            break
    assert tree.workers()
    if kill is signal.SIGKILL:
        process.kill()
    else:
        os.killpg(process.pid, kill)
    process.communicate()
    for _ in range(50):
        if not tree.workers():
            break
        time.sleep(0.1)
    assert tree.workers() == []


def test_a_worker_that_dies_is_told_about(tree: Tree) -> None:
    tree.write(GOOD | {"cc": "#!/bin/sh\nkill -9 $PPID\n", "SConstruct": "env.Replace(CC='./cc')\n" + GOOD["SConstruct"]})
    (tree.root / "cc").chmod(0o755)
    run = tree.scons("-j2", "-k")
    assert run.status == 2
    assert "the worker process ended while it was at work on 'a.cm' (killed by signal 9)" in run.err
    assert "Error 70" in run.text


@pytest.mark.parametrize("line", [
    "env.Object('m_test', 'm.cm', CPPDEFINES=['TEST'])",
    "env.Clone(CCFLAGS=['-O2']).CModule('m.cm')",
    "env.Clone(CPPDEFINES=['TEST']).CModuleProgram('test', ['main.cm', 'm.cm'])",
])  # fmt: skip
def test_one_module_with_two_settings_in_a_folder(tree: Tree, line: str) -> None:
    """Told at the line that asks for the second one, with what to do; a folder of its own is what helps."""
    tree.write({
        "main.cm": "module;\nimport m;\nint main(void) { return m(); }\n",
        "m.cm": "module;\nexport int m(void) { return 0; }\n",
        "SConstruct": f"env.CModule('m.cm')\n{line}\n",
    })
    run = tree.scons()
    assert run.status == 2 and run.compiled == []
    assert "scons: *** m.cm is built with other settings in this folder already" in run.err
    assert re.search(r'File ".*SConstruct", line 5, in <module>', run.err) and "builders.py" not in run.err
    tree.write({
        "SConstruct": "env.CModule('m.cm')\nSConscript('sub', variant_dir='b', exports='env')\n",
        "sub": f"Import('env')\n{line}\n",
    })
    tree.built()
