"""Exported inline functions in object code: one definition whatever the standard says, and really inlined.

What their bodies mean is the matter of `tests/cases/inline`; here compilers are asked what they made of them.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from modcore.preprocess import Toolchain
from modcore.program import Options, Program

COMPILERS = (os.environ.get("CC", "gcc"), os.environ.get("CLANG", "clang-14"))
EACH_COMPILER = [pytest.param(compiler, marks=pytest.mark.needs(compiler)) for compiler in COMPILERS]
STANDARDS = "c89 gnu89 c99 gnu99 c11 gnu11 c17 gnu17 c2x gnu2x".split()
STRICT = ("-Wall", "-Wextra", "-pedantic-errors", "-Werror")

OWNER = """\
module;
static int state = 1;
static int helper(int x) { return x + state; }
static __inline__ int reached(int x) { return helper(x) * 2; }
static __inline__ __attribute__((unused)) int unreached(int x) { return x; }
export __inline__ int calls(int x) { static int calls; return reached(x) + ++calls; }
export __inline int simple(int x) { return x * 3 + 1; }
export __inline__ __attribute__((always_inline)) int always(int x) { return simple(x) - 1; }
export extern "C" __inline__ int c_name(int x) { return x ^ 5; }
export __inline__ __attribute__((noinline)) int never(int x) { return x + 1; }
export __inline__ const char *own_name() { return __extension__ __func__; }
"""
USER = """\
module;
import owner;
export int user(int x) { return simple(x) + always(x) + c_name(x); }
export int (*address(void))(int) { return calls; }
export int calling(int x) { return calls(x) + never(x) + own_name()[0]; }
"""
MAIN = """\
module;
import owner;
import user;
int main(void)
{
    return !(user(2) == 20 && address() == calls && calls(1) == 5 && calling(1) == 6 + 2 + 'o');
}
"""
DEFINED_BY_OWNER = {
    "_ZN5owner6helperE": "T", "_ZN5owner7reachedE": "T", "_ZN5owner5callsE": "T", "_ZN5owner14calls_x2EcallsE": "B",
    "_ZN5owner6simpleE": "T", "_ZN5owner6alwaysE": "T", "c_name": "T",
    "_ZN5owner5neverE": "T", "_ZN5owner8own_nameE": "T",
}  # fmt: skip


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write({"owner.cm": OWNER, "user.cm": USER, "main.cm": MAIN})
    return tmp_path


def write(files: dict[str, str]) -> None:
    for name, text in files.items():
        Path(name).write_text(text)


def emitted(*names: str, flags: tuple[str, ...] = ()) -> dict[str, str]:
    """The C of modules, which is also left beside them."""
    program = Program(Options(Toolchain((COMPILERS[0],), flags)))
    out = {name: program.emit(program.module(f"{name}.cm")) for name in names}
    write({f"{name}.c": text for name, text in out.items()})
    return out


def compiled(compiler: str, name: str, *flags: str) -> str:
    run(compiler, *flags, "-x", "cpp-output", "-c", f"{name}.c", "-o", f"{name}.o")
    return f"{name}.o"


def defined(file: str) -> dict[str, str]:
    """The global symbols that an object file defines, with their letters."""
    lines = run("nm", "-P", "-g", "--defined-only", file).splitlines()
    return {line.split()[0]: line.split()[1] for line in lines}


@pytest.mark.parametrize("standard", STANDARDS)
@pytest.mark.parametrize("compiler", EACH_COMPILER)
def test_every_standard_has_one_definition(compiler: str, standard: str, place: Path) -> None:
    """Compilers are as strict as they can be; the program works with and without inlining."""
    emitted("owner", "user", "main")
    for level in (("-O0",), ("-O2",), ("-O2", "-fPIC"), ("-O1", "-fgnu89-inline")):
        flags = (f"-std={standard}", *level, *STRICT)
        objects = [compiled(compiler, name, *flags) for name in ("owner", "user", "main")]
        assert defined("owner.o") == DEFINED_BY_OWNER
        assert set(defined("user.o")) == {"_ZN4user4userE", "_ZN4user7addressE", "_ZN4user7callingE"}
        assert set(defined("main.o")) == {"main"}
        run(compiler, *objects, "-o", "program")
        run("./program")


@pytest.mark.parametrize("compiler", EACH_COMPILER)
def test_calls_are_inlined(compiler: str, place: Path) -> None:
    emitted("user")
    code = run("objdump", "-dr", "--no-show-raw-insn", compiled(compiler, "user", "-O2"))
    functions = dict(re.findall(r"<(\w+)>:\n((?:.+\n)+)", code))
    assert not re.search(r"\b(call|jmp)\b.*", functions["_ZN4user4userE"])
    called = set(re.findall(r"R_\w+\s+(\w+)", functions["_ZN4user7callingE"]))
    assert called >= {"_ZN5owner6helperE", "_ZN5owner5neverE", "_ZN5owner14calls_x2EcallsE"}
    assert not called & {"_ZN5owner5callsE", "_ZN5owner7reachedE"}


@pytest.mark.parametrize("compiler", EACH_COMPILER)
def test_a_shared_library_gives_what_bodies_name(compiler: str, place: Path) -> None:
    emitted("owner", "user", "main")
    run(compiler, "-shared", compiled(compiler, "owner", "-O2", "-fPIC"), "-o", "libowner.so")
    objects = [compiled(compiler, name, "-O2", "-fPIE") for name in ("user", "main")]
    run(compiler, "-pie", *objects, "-L.", "-lowner", "-Wl,-rpath,$ORIGIN", "-o", "program")
    run("./program")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("module;\n", "module;\n\n/* about this module */\n"),
        ("export __inline__ int calls(int x) {", "export /* the\n first */ __inline__\nint calls(int x)\n{ /* is */\n"),
        ("static int state = 1;", "static int state = 7, other = 8;"),
        ("{ return x + state; }", "{ return state + x; }"),
        ("static int calls;", "static int calls = 3;"),
        ("unreached(int x) { return x; }", "unreached(long y) { return y + 1; }"),
        ("{ return x + 1; }", "{ return 1 + x; }"),
    ],
    ids=["lines", "layout", "private value", "private body", "static local's value", "unreached", "not to be inlined"],
)  # fmt: skip
def test_what_changes_nothing_in_importers(old: str, new: str, place: Path) -> None:
    before = emitted("user")
    assert old in OWNER
    write({"owner.cm": OWNER.replace(old, new)})
    assert emitted("user") == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x * 3 + 1", "x * 4 + 1"),
        ("helper(x) * 2", "helper(x) * 3"),
        ("static int calls;", "static long calls;"),
        ("__inline int simple(int x)", "__inline int simple(long x)"),
    ],
    ids=["body", "body of a private one", "type of a static local", "parameter"],
)
def test_what_changes_importers_that_use_it(old: str, new: str, place: Path) -> None:
    before = emitted("user", "main")
    assert old in OWNER
    write({"owner.cm": OWNER.replace(old, new)})
    after = emitted("user", "main")
    assert after["user"] != before["user"]
    assert (after["main"] != before["main"]) == ("simple" not in old and "x * 3" not in old)


@pytest.mark.needs("gdb")
def test_debuggers_stop_in_importers_as_before(place: Path) -> None:
    """Where a body was brought along, the lines of importers and of the owner are still theirs."""
    emitted("owner", "user", "main")
    objects = [compiled(COMPILERS[0], name, "-g", "-O0") for name in ("owner", "user", "main")]
    run(COMPILERS[0], *objects, "-o", "program")
    commands = ["break user::user", "break owner::simple", "run", "continue", "bt", "finish", "info line"]
    said = run("gdb", "-nx", "-batch", *(word for one in commands for word in ("-ex", one)), "./program")
    assert "_ZN4user4userE (x=2) at user.cm:3" in said and "export int user(int x)" in said
    assert re.search(r"#0 .*_ZN5owner6simpleE \(x=2\) at owner.cm:7\n#1 .*user.cm:3\n#2 .*main.cm:6\n", said), said
    assert 'Line 3 of "user.cm"' in said and "Value returned is $1 = 7" in said
