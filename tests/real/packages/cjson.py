"""cJSON: two units, and test programs that include `cJSON.c` for its static functions."""

from __future__ import annotations

from tests.real.project import Project, Tree


def check(tree: Tree, reference: Tree) -> None:
    programs = [name for name in tree.units.programs if name.startswith("tests/")]
    assert len(programs) >= 19
    for program in programs:
        said = tree.run(f"../{program}", folder="tests")
        assert " 0 Failures" in said and said.rstrip().endswith("OK"), said
    assert tree.run("./test") == reference.run("./test")


PROJECT = Project(
    package="cjson",
    flags=(),
    library=("cJSON.c", "cJSON_Utils.c"),
    helpers=("tests/unity/src/unity.c", "tests/unity_setup.c"),
    each=("test.c", "tests/*.c"),
    others=("fuzzing/*.c",),
    excluded={f"tests/unity/{folder}/*": "tests of the framework" for folder in ("examples", "extras", "test")},
    link_flags=("-lm",),
    check=check,
    laid_out_by_macros=("tests/unity/src/unity.c",),
)
