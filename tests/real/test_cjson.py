"""cJSON, unmodified: as old C beneath modules, and its own files as plain importers.

A `.c` file that is renamed `.cm` comes out as the same object code (language reference, section 1), however
it is built, and cJSON's own test programs pass with it. With an import put in, the rest of the file still
means what it did.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from workbench import CC, LEVELS, Workbench

MIXED = Path(__file__).parent / "cjson_mixed"
LIBRARY = ("cJSON.c", "cJSON_Utils.c")

COUNT = """\
module;
int calls;
export void count_call(int by) { calls += by; }
export int counted() { return calls; }
"""
ASKS = """\
import count;
#include "cJSON.h"
int main(void)
{
    cJSON_Version();
    return cJSON_Version()[0] && counted() == 2 ? 0 : 1;
}
"""


@pytest.fixture
def work(tmp_path: Path, cjson: Path) -> Workbench:
    """The library's files, and beside each `.c` the same file as `.cm`."""
    work = Workbench(tmp_path)
    work.copy(cjson, "cJSON*.[ch]")
    work.rename(*LIBRARY)
    work.copy(cjson, *LIBRARY)
    return work


def test_beneath_modules(tmp_path: Path, cjson: Path) -> None:
    """Modules include the header of a library that stays plain C, and give it functions to call."""
    work = Workbench(tmp_path)
    work.copy(MIXED, "*")
    work.directory.joinpath("legacy").mkdir()
    Workbench(tmp_path / "legacy").copy(cjson, "cJSON.[ch]")
    work.scons(f"CC={CC}")
    version = work.run("sed", "-n", "s/#define CJSON_VERSION_[A-Z]* //p", "legacy/cJSON.h").split()
    assert work.run("./orders") == (
        " 40 bolt                  25\n"
        "  3 hinge                750\n"
        "  1 a name that is     10000\n"
        '{"sum":132.5,"lines":3}\n'
        f"0 blocks left, cJSON {'.'.join(version)}\n"
    )
    assert "is up to date" in work.scons(f"CC={CC}")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("file", LIBRARY)
def test_same_object_code(work: Workbench, file: str, level: str) -> None:
    work.expect_same_code(work.compile_module(f"{file}m", level), file, level)


@pytest.mark.parametrize("level", LEVELS)
def test_same_object_code_by_scons(work: Workbench, level: str) -> None:
    work.library_by_scons("cjson", [f"{file}m" for file in LIBRARY], level)
    for file in LIBRARY:
        work.expect_same_code(file.replace(".c", ".o"), file, level)


def test_own_programs(work: Workbench, cjson: Path) -> None:
    """cJSON's test programs pass, linked with the library that SCons built of modules."""
    library = work.library_by_scons("cjson", [f"{file}m" for file in LIBRARY])
    assert run_programs(work, cjson, library) >= 20


def test_own_programs_as_plain_importers(work: Workbench, cjson: Path) -> None:
    """The test programs pass when they and their framework are plain importers themselves."""
    work.copy(cjson, "tests")
    objects = {}
    for source in [*work.directory.glob("tests/*.c"), work.directory / "tests/unity/src/unity.c"]:
        module = source.rename(f"{source}m").relative_to(work.directory).as_posix()
        objects[source.stem] = work.compile_module(module)
    library = [work.compile_module(f"{file}m") for file in LIBRARY]
    common = [objects.pop("unity"), objects.pop("unity_setup"), *library]
    assert len(objects) >= 20
    for program, main in objects.items():
        # They include cJSON.c, for its static functions.
        linked = [main, *common, "-Wl,--allow-multiple-definition", "-lm"]
        work.run(CC, *linked, "-o", f"tests/{program}")
        work.run(f"./{program}", folder="tests")


def test_own_programs_with_an_import(work: Workbench, cjson: Path) -> None:
    """A function of a module is called from the library; all else goes on as before."""
    include, version = '#include "cJSON.h"\n', "CJSON_PUBLIC(const char*) cJSON_Version(void)\n{\n"
    work.edit("cJSON.cm", (include, f"{include}import count;\n"), (version, f"{version}    count_call(1);\n"))
    work.write({"count.cm": COUNT, "asks.cm": ASKS})
    modules = ["cJSON.cm", "cJSON_Utils.cm", "count.cm"]
    library = work.library_by_scons("cjson", modules)
    work.run(CC, work.compile_module("asks.cm"), library, "-lm", "-o", "asks")
    work.run("./asks")
    assert run_programs(work, cjson, library) >= 20


def run_programs(work: Workbench, cjson: Path, library: str) -> int:
    """Compile cJSON's test programs as plain C, link each with the library and run it; how many there are."""
    work.copy(cjson, "tests")
    framework = {"unity": "tests/unity/src/unity.c", "unity_setup": "tests/unity_setup.c"}
    common = [work.compile(source, f"{name}.o") for name, source in framework.items()]
    programs = [path.stem for path in work.directory.glob("tests/*.c") if path.stem != "unity_setup"]
    for program in programs:
        main = work.compile(f"tests/{program}.c", f"{program}.o")
        work.run(CC, main, *common, library, "-lm", "-o", f"tests/{program}")
        work.run(f"./{program}", folder="tests")
    return len(programs)
