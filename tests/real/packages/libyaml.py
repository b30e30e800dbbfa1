"""libyaml: the library, two test programs, and the `run-` and `example-` programs, run on its example files."""

from __future__ import annotations

from pathlib import Path

from tests.real.project import Project, Tree

CONFIG = """\
#define YAML_VERSION_MAJOR 0
#define YAML_VERSION_MINOR 2
#define YAML_VERSION_PATCH 5
#define YAML_VERSION_STRING "0.2.5"
"""


def generate(folder: Path) -> None:
    """The header that `configure` writes."""
    (folder / "include/config.h").write_text(CONFIG)


def check(tree: Tree, reference: Tree) -> None:
    files = sorted(f"examples/{path.name}" for path in tree.directory.glob("examples/*.yaml"))
    assert len(files) >= 9
    tree.run("tests/test-version")
    tree.run("tests/test-reader")
    for program in ("run-scanner", "run-parser", "run-loader", "run-emitter", "run-dumper"):
        said = tree.run(f"tests/{program}", *files)
        assert said.count("SUCCESS") + said.count("PASSED") == len(files), said
    for file in files:
        events = f"tests/run-parser-test-suite --flow keep {file}"
        assert tree.shell(events) == reference.shell(events)
        again = f"{events} | tests/run-emitter-test-suite --flow keep | tests/run-parser-test-suite --flow keep"
        assert tree.shell(again) == reference.shell(again)
        for program in ("example-reformatter", "example-reformatter-alt", "example-deconstructor-alt"):
            command = f"tests/{program} < {file}"
            assert tree.shell(command) == reference.shell(command)


PROJECT = Project(
    package="libyaml",
    flags=("-DHAVE_CONFIG_H", "-DYAML_DECLARE_STATIC", "-Iinclude"),
    library=("src/*.c",),
    each=("tests/*.c",),
    generate=generate,
    check=check,
    laid_out_by_macros=("src/emitter.c", "src/scanner.c"),
)
