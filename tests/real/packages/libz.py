"""zlib: the library, the programs of its tests, of which one reaches into its internals, the examples, minizip."""

from __future__ import annotations

from tests.real.project import Project, Tree


def check(tree: Tree, reference: Tree) -> None:
    assert tree.shell("echo hello world | test/minigzip | test/minigzip -d") == "hello world\n"
    assert "hello, hello" in tree.run("test/example", "example.gz")
    tree.run("test/infcover")
    tree.shell("examples/zpipe < deflate.c | examples/zpipe -d | cmp - deflate.c")
    tree.shell("cp deflate.c d && test/minigzip d && examples/gun < d.gz | cmp - deflate.c")
    tree.shell("examples/gzappend d.gz trees.c && cat deflate.c trees.c > both")
    tree.shell("test/minigzip -d < d.gz | cmp - both")
    tree.shell("contrib/minizip/minizip -o all.zip *.h && mkdir all && contrib/minizip/miniunz all.zip -d all")
    tree.shell("for header in *.h; do cmp $header all/$header || exit 1; done")
    assert tree.run("examples/enough") == reference.run("examples/enough")


PROJECT = Project(
    package="zlib",
    flags=("-D_LARGEFILE64_SOURCE=1", "-DHAVE_HIDDEN", "-DHAVE_UNISTD_H=1", "-DHAVE_STDARG_H=1", "-I."),
    library=("*.c",),
    helpers=tuple(f"contrib/minizip/{name}.c" for name in ("ioapi", "mztools", "unzip", "zip")),
    each=("test/*.c", "examples/*.c", "contrib/minizip/mini*.c"),
    excluded={"contrib/minizip/iowin32.c": "for Windows"},
    others=("examples/gzlog.c", "examples/zran.c"),
    check=check,
    laid_out_by_macros=("inflate.c", "examples/gun.c"),
)
