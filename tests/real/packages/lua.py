"""Lua: the library, the interpreter and the compiler. Its test suite is no part of the package.

What is run instead are the scripts in `lua_scripts/`, which judge themselves, from source and precompiled.
"""

from __future__ import annotations

from pathlib import Path

from tests.real.project import Project, Tree

SCRIPTS = sorted(Path(__file__).with_name("lua_scripts").glob("*.lua"))


def check(tree: Tree, reference: Tree) -> None:
    assert len(SCRIPTS) >= 4
    for script in SCRIPTS:
        said = tree.run("./lua", str(script))
        assert said.endswith("fine\n") and said == reference.run("./lua", str(script))
        for work in (tree, reference):
            work.run("./luac", "-o", f"{script.stem}.out", str(script))
        compiled = [(work.directory / f"{script.stem}.out").read_bytes() for work in (tree, reference)]
        assert compiled[0] == compiled[1]
        assert tree.run("./lua", f"{script.stem}.out") == said
    assert tree.shell("echo 'print(1 // 0.0, -7 // 2, 7 % -3)' | ./lua -") == "inf\t-4\t-2\n"
    failed = "./lua -e 'error(\"no\", 0)' 2>&1 || echo status $?"
    assert "./lua: no\nstack traceback" in tree.shell(failed) and tree.shell(failed) == reference.shell(failed)


PROJECT = Project(
    package="lua5.4",
    flags=("-std=gnu99", "-DLUA_COMPAT_5_3", "-DLUA_USE_LINUX"),
    library=("src/*.c",),
    programs={"lua": ("src/lua.c",), "luac": ("src/luac.c",)},
    link_flags=("-Wl,-E", "-ldl", "-lm"),
    check=check,
    laid_out_by_macros=tuple(
        f"src/{name}.c"
        for name in (
            "lauxlib", "lbaselib", "lcorolib", "ldblib", "liolib", "lmathlib",
            "loadlib", "loslib", "lstrlib", "ltablib", "lutf8lib", "lvm",
        )
    ),
)  # fmt: skip
