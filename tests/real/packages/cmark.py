"""cmark: the library, its program, and its tests: those of the interface in C, those of the language in Python.

What CMake would write is written here. One file of the tests is C++; the same test is put beside it in C.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.real.project import Project, Tree

IN_PLACE_OF_CPLUSPLUS = """\
#include <stdlib.h>
#include "cmark.h"
#include "cplusplus.h"

void test_cplusplus(test_batch_runner *runner) {
    char *html = cmark_markdown_to_html("paragraph\\n", 10, CMARK_OPT_DEFAULT);
    STR_EQ(runner, html, "<p>paragraph</p>\\n", "libcmark works");
    free(html);
}
"""


def generate(folder: Path) -> None:
    """What CMake makes of its templates where it finds all that it asks for, and a static library."""
    lists = (folder / "CMakeLists.txt").read_text()
    version = re.search(r"project\(cmark VERSION (\d+)\.(\d+)\.(\d+)\)", lists)
    assert version
    config = (folder / "src/config.h.in").read_text()
    (folder / "src/config.h").write_text(re.sub("#cmakedefine (.*)", r"#define \1", config))
    text = (folder / "src/cmark_version.h.in").read_text()
    for part, number in zip(("MAJOR", "MINOR", "PATCH"), version.groups()):
        text = text.replace(f"@PROJECT_VERSION_{part}@", number)
    (folder / "src/cmark_version.h").write_text(text)
    (folder / "src/cmark_export.h").write_text("#define CMARK_EXPORT\n")
    (folder / "api_test/cplusplus.c").write_text(IN_PLACE_OF_CPLUSPLUS)


def check(tree: Tree, reference: Tree) -> None:
    assert ", 0 failed" in tree.shell("./api_test/api_test 2>&1")
    program = (sys.executable, "spec_tests.py", "--no-normalize")
    for spec, options in (("spec.txt", ""), ("smart_punct.txt", " --smart"), ("regression.txt", "")):
        said = tree.run(*program, "--spec", spec, "--program", f"../cmark{options}", folder="test")
        assert re.search(r"^[1-9]\d* passed, 0 failed, 0 errored", said, re.M), said
    hard = (sys.executable, "pathological_tests.py", "--program", "../cmark")
    assert "0 failed, 0 errored" in tree.run(*hard, folder="test")
    for form in ("html", "xml", "man", "latex", "commonmark"):
        command = f"./cmark -t {form} test/spec.txt"
        assert tree.shell(command) == reference.shell(command)


PROJECT = Project(
    package="cmark",
    flags=("-std=c99", "-DCMARK_STATIC_DEFINE", "-Isrc"),
    library=("src/*.c",),
    programs={"cmark": ("src/main.c",), "api_test/api_test": ("api_test/*.c",)},
    others=("test/cmark-fuzz.c",),
    generate=generate,
    check=check,
)
