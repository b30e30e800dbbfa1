"""zlib, unmodified, as plain importers: the same object code as of the `.c`, and its own tests pass.

Its own tests are what `make test` runs, `minigzip` there and back and `example`, and beside them
`infcover`, which reaches into the library's internals.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from workbench import CC, LEVELS, Workbench

FLAGS = ("-D_LARGEFILE64_SOURCE=1", "-DHAVE_HIDDEN", "-DHAVE_UNISTD_H=1", "-DHAVE_STDARG_H=1")
"""What zlib's `configure` finds out on Linux, and would write into zconf.h and the Makefile."""
PROGRAMS = ("example", "minigzip", "infcover")

COUNT = """\
module;
unsigned long bytes;
export void count_call(unsigned long by) { bytes += by; }
export unsigned long counted() { return bytes; }
"""
ASKS = """\
import count;
#include "zlib.h"
int main(void)
{
    unsigned long sum = adler32(1, (const Bytef *)"Wikipedia", 9);
    return sum == 0x11E60398 && counted() == 9 ? 0 : 1;
}
"""


class Zlib(Workbench):
    """The library's files, and beside each `.c` the same file as `.cm`."""

    def __init__(self, directory: Path, package: Path) -> None:
        super().__init__(directory, FLAGS)
        self.copy(package, "*.[ch]", "test/*.c")
        self.units = sorted(path.name for path in directory.glob("*.c"))
        self.modules = self.rename(*self.units)
        self.copy(package, "*.c")

    def run_tests(self, programs: dict[str, str], library: str) -> None:
        """Link the test programs' objects with a library, and run what `make test` does."""
        for name, main in programs.items():
            self.run(CC, main, library, "-o", name)
        packed = "./minigzip | ./minigzip -d"
        assert self.run("sh", "-c", packed, given="hello world\n") == "hello world\n"
        assert "hello, hello" in self.run("./example", "example.gz")
        self.run("./infcover")


@pytest.fixture
def work(tmp_path: Path, zlib: Path) -> Zlib:
    return Zlib(tmp_path, zlib)


@pytest.mark.parametrize("level", LEVELS)
def test_same_object_code(work: Zlib, level: str) -> None:
    for file in work.units:
        work.expect_same_code(work.compile_module(f"{file}m", level), file, level)


@pytest.mark.parametrize("level", LEVELS)
def test_same_object_code_by_scons(work: Zlib, level: str) -> None:
    work.library_by_scons("z", work.modules, level)
    for file in work.units:
        work.expect_same_code(file.replace(".c", ".o"), file, level)


def test_own_programs(work: Zlib) -> None:
    library = work.library_by_scons("z", work.modules)
    work.run_tests({name: work.compile(f"test/{name}.c", f"{name}.o", "-I.") for name in PROGRAMS}, library)


def test_own_programs_as_plain_importers(work: Zlib) -> None:
    library = work.library_by_scons("z", work.modules)
    modules = {name: f"{name}.cm" for name in PROGRAMS}
    for name, module in modules.items():
        (work.directory / "test" / f"{name}.c").rename(work.directory / module)
    work.run_tests({name: work.compile_module(module, "-I.") for name, module in modules.items()}, library)


def test_own_programs_with_an_import(work: Zlib) -> None:
    """The checksum of each stream is counted by a module; all else goes on as before."""
    include, call = '#include "zutil.h"\n', "    return adler32_z(adler, buf, len);\n"
    work.edit("adler32.cm", (include, f"{include}import count;\n"), (call, f"    count_call(len);\n{call}"))
    work.write({"count.cm": COUNT, "asks.cm": ASKS})
    library = work.library_by_scons("z", [*work.modules, "count.cm"])
    work.run(CC, work.compile_module("asks.cm"), library, "-o", "asks")
    work.run("./asks")
    work.run_tests({name: work.compile(f"test/{name}.c", f"{name}.o", "-I.") for name in PROGRAMS}, library)
