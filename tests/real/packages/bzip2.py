"""bzip2: the library, and programs of one file each. Its own test packs and unpacks samples."""

from __future__ import annotations

from tests.real.project import Project, Tree

SAMPLES = ((1, "-d"), (2, "-d"), (3, "-ds"))


def check(tree: Tree, reference: Tree) -> None:
    for number, unpack in SAMPLES:
        tree.shell(f"./bzip2 -{number} < sample{number}.ref | cmp - sample{number}.bz2")
        tree.shell(f"./bzip2 {unpack} < sample{number}.bz2 | cmp - sample{number}.ref")
    tree.shell("cp sample2.bz2 b.bz2 && ./bzip2recover b.bz2 && ./bzip2 -dc rec*b.bz2 | cmp - sample2.ref")


PROJECT = Project(
    package="bzip2",
    flags=("-D_FILE_OFFSET_BITS=64",),
    library=("blocksort.c", "huffman.c", "crctable.c", "randtable.c", "compress.c", "decompress.c", "bzlib.c"),
    each=("*.c",),
    check=check,
    laid_out_by_macros=("decompress.c", "huffman.c"),
)
