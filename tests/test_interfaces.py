"""Interface files: what is in them, that they stand for their module's source, and whom they refuse."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from modcore.cli import main
from modcore.diagnostics import Problem, has_errors
from modcore.interface import TargetEntry, encoded, read_interface, target_of
from modcore.interface.making import interface_of
from modcore.interface.target import difference
from modcore.names_file import write_names
from modcore.preprocess import Toolchain
from modcore.program import Options, Program

CASES = Path(__file__).parent / "cases"
CC = os.environ.get("CC", "gcc")

BASE = "module;\nexport struct Point { float x, y; };\nexport enum Axis { ACROSS, UP = 7 };\n"
SHAPES = """\
module;
#include <stddef.h>
import base;
struct Hidden { char tag; double value; };
export struct Shape { struct Point corner; struct Hidden *hidden; enum Axis axis; unsigned bits : 3; size_t size; };
export struct Shape shape(float x) { return (struct Shape){{x, x}, 0, UP, 2, 4}; }
export inline int weight(struct Shape s) { static int calls; return secret(s.size) + ++calls; }
int secret(int x) { return x * 3; }
int unused(void) { return 1; }
"""
USER = """\
module;
#include <stdio.h>
import shapes;
int main(void)
{
    struct Shape s = shape(1.5f);
    int first = weight(s);
    printf("%d %d %zu\\n", first, weight(s), sizeof s.corner);
    return 0;
}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sources in one folder, room for interfaces in another, and a user of the library."""
    monkeypatch.chdir(tmp_path)
    for folder in ("sources", "interfaces"):
        Path(folder).mkdir()
    Path("sources/base.cm").write_text(BASE)
    Path("sources/shapes.cm").write_text(SHAPES)
    Path("user.cm").write_text(USER)
    return tmp_path


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def write_interfaces(*flags: str) -> None:
    for name in ("base", "shapes"):
        made = ["interface", f"sources/{name}.cm", "-o", f"interfaces/{name}.cmi", "--root", "sources", "--cc", CC]
        assert main([*made, "--", *flags]) == 0


def check(*flags: str) -> list[dict]:
    """What `check` says of the user of the interfaces."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        main(["check", "user.cm", "--path", "interfaces", "--diagnostics=json", "--cc", CC, "--", *flags])
    return json.loads(out.getvalue())["diagnostics"]


def test_says_what_there_is(project: Path) -> None:
    write_interfaces()
    interface = json.loads(Path("interfaces/shapes.cmi").read_text())
    symbols = {one["name"]: one for one in interface["symbols"]}
    shape = symbols["Shape"]
    assert interface["module"] == "shapes" and interface["target"]["machine"] == run(CC, "-dumpmachine").strip()
    assert (shape["kind"], shape["export"], shape["size"], shape["align"]) == ("struct", True, 32, 8)
    assert shape["declaration"].startswith("struct Shape { struct Point corner;")
    assert shape["needs_definition"] == ["base::enum Axis", "base::struct Point", "size_t"]
    assert shape["needs_declaration"] == ["shapes::struct Hidden"]
    places = {one["name"]: (one["offset"], one.get("bit_offset"), one.get("bit_width")) for one in shape["members"]}
    assert places == {
        "corner": (0, None, None), "hidden": (8, None, None), "axis": (16, None, None), "bits": (20, 0, 3),
        "size": (24, None, None),
    }  # fmt: skip
    assert "void *" in shape["shape"] and "corner" not in shape["shape"]
    assert symbols["Hidden"]["export"] is False and "declaration" in symbols["Hidden"]
    assert "declaration" not in symbols["unused"] and "body" in symbols["weight"]
    assert len({one["hash"] for one in symbols.values() if "hash" in one}) == sum("hash" in one for one in symbols.values())


def test_same_bytes_whatever_the_place(project: Path) -> None:
    write_interfaces()
    before = Path("interfaces/shapes.cmi").read_bytes()
    Path("elsewhere/deep").mkdir(parents=True)
    for name in ("base", "shapes"):
        text = Path(f"sources/{name}.cm").read_text().replace("module;\n", "module;\n\n// moved\n")
        Path(f"elsewhere/deep/{name}.cm").write_text(text)
    assert main(["interface", "elsewhere/deep/shapes.cm", "-o", "moved.cmi", "--root", "elsewhere/deep", "--cc", CC]) == 0
    assert Path("moved.cmi").read_bytes() == before
    assert os.fsencode(project) not in before


def test_library_without_its_sources(project: Path) -> None:
    """Interfaces and an archive are enough; importers become the same object as with the sources."""
    write_interfaces("-O1")
    for name in ("base", "shapes"):
        assert main(["emit", f"sources/{name}.cm", "-o", f"{name}.c", "--root", "sources", "--cc", CC]) == 0
        run(CC, "-O1", "-x", "cpp-output", "-c", f"{name}.c", "-o", f"{name}.o")
    run("ar", "rcs", "libshapes.a", "base.o", "shapes.o")
    for library in ("sources", "interfaces"):
        assert main(["emit", "user.cm", "-o", f"{library}.c", "--path", library, "--cc", CC]) == 0
        run(CC, "-O1", "-x", "cpp-output", "-c", f"{library}.c", "-o", f"{library}.o")
    assert Path("sources.o").read_bytes() == Path("interfaces.o").read_bytes()
    run(CC, "interfaces.o", "libshapes.a", "-o", "program")
    assert run("./program") == "13 14 8\n"


def test_same_target_by_other_words(project: Path) -> None:
    write_interfaces("-std=gnu11", "-O2", "-g", "-mtune=generic", "-fsanitize=address")
    assert check("-std=gnu17", "-O0") == []


@pytest.mark.parametrize("flags", [
    ("-fshort-enums",), ("-fpack-struct=2",), ("-mno-red-zone",), ("-funsigned-char",), ("-fpcc-struct-return",),
    ("-fno-reg-struct-return",), ("-fsingle-precision-constant",), ("-fsso-struct=big-endian",), ("-fleading-underscore",),
])
def test_other_flags_are_refused(flags: tuple[str, ...], project: Path) -> None:
    write_interfaces(*flags)
    found = check()
    assert [(one["code"], one["file"]) for one in found] == [("wrong-interface", "interfaces/shapes.cmi")]
    assert flags[0] in found[0]["message"]
    assert check(*flags) == []


@pytest.mark.parametrize("flag", [
    "-fsigned-char", "-fsigned-bitfields", "-fno-short-enums", "-fno-short-wchar", "-fno-pack-struct", "-m64",
    "-mlong-double-80", "-m128bit-long-double", "-malign-double",
])
def test_a_flag_that_states_the_default_changes_nothing(flag: str, project: Path) -> None:
    write_interfaces(flag)
    assert check() == [] == check(flag)
    write_interfaces()
    assert check(flag) == []


def test_what_the_facts_do_not_show_counts_as_it_is_written(project: Path) -> None:
    for flag in ("-mregparm=3", "-fpack-struct=16", "-mno-ms-bitfields", "-fexec-charset=UTF-8"):
        write_interfaces("-fsigned-char", flag)
        [one] = check()
        assert f"was made with '-fsigned-char {flag}', and this build has no flags" in one["message"]
        assert check(flag) == []


def test_other_machine_or_version_is_refused(project: Path) -> None:
    write_interfaces()
    file = Path("interfaces/shapes.cmi")
    good = file.read_text()
    target = msgspec.json.decode(good.encode())["target"]["machine"]
    for old, new, code in (
        (f'"{target}"', '"pdp11-dec-unix"', "unreadable-file"),  # changed by hand
        ('"modcore_interface": 3', '"modcore_interface": 999', "wrong-interface"),
        (good[200:], "", "unreadable-file"),
        ('"shapes"', '"other"', "unreadable-file"),
        (good, "", "unreadable-file"),
        (good, "\0\xff", "unreadable-file"),
    ):
        assert old in good
        file.write_text(good.replace(old, new, 1), encoding="latin-1")
        assert [one["code"] for one in check()] == [code], new
    file.write_text(good)
    assert check() == []
    program = Program(Options(Toolchain((CC,), ()), ("sources",)))
    module = program.module("sources/shapes.cm")
    ours = target_of(program.facts(), (CC,), ())
    theirs = msgspec.structs.replace(ours, machine="pdp11-dec-unix")
    with pytest.raises(Problem) as refused:
        read_interface(encoded(interface_of(program, module, theirs)), module, "shapes.cmi", ours)
    assert refused.value.diagnostics[0].code == "wrong-interface"


def test_what_an_interface_imports_has_to_be_there(project: Path) -> None:
    write_interfaces()
    Path("interfaces/base.cmi").unlink()
    found = check()
    assert [(one["code"], one["file"]) for one in found] == [("unknown-module", "interfaces/shapes.cmi")]
    assert "'base'" in found[0]["message"]


def test_a_plain_importer_has_no_interface(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("plain.cm").write_text("import shapes;\nint seven(void) { return 7; }\n")
    assert main(["interface", "plain.cm", "--path", "sources", "-o", "plain.cmi", "--cc", CC]) == 1
    said = capsys.readouterr()
    assert said.out == "" and not Path("plain.cmi").exists()
    assert said.err.startswith("plain.cm:1:1: error: 'plain' is a plain importer and exports nothing;")
    assert "[not-a-module]" in said.err
    Path("plain.cm").write_text("module;\n" + Path("plain.cm").read_text())
    assert main(["interface", "plain.cm", "--path", "sources", "-o", "plain.cmi", "--cc", CC]) == 0


def modules_of_cases() -> Iterator[tuple[str, str]]:
    """The modules of all cases that are built as they stand."""
    for expected in sorted(CASES.glob("*/*/stdout")):
        case = expected.parent
        if not (case / "options").exists():
            yield from ((case.relative_to(CASES).as_posix(), one.relative_to(case).as_posix()) for one in case.rglob("*.cm"))


def test_flags_count_wherever_they_stand() -> None:
    """Among the words of CC or behind them; of those that contradict each other the last."""

    def target(cc: tuple[str, ...], flags: tuple[str, ...]) -> TargetEntry:
        return target_of(Program(Options(Toolchain(cc, flags))).facts(), cc, flags)

    same = target((CC,), ("-fshort-enums", "-fno-pack-struct"))
    for cc, flags in (
        ((CC, "-fshort-enums", "-fno-pack-struct"), ()),
        ((CC, "-fshort-enums"), ("-O2", "-fno-pack-struct")),
        (("env", CC, "-fno-short-enums", "-fpack-struct"), ("-fshort-enums", "-fno-pack-struct")),
    ):
        assert target(cc, flags) == same
    other = target((CC, "-fshort-enums"), ("-fno-short-enums", "-fno-pack-struct"))
    assert difference(same, other) and difference(same, target((CC,), ()))
    assert difference(other, target((CC,), ())) is None


@pytest.mark.parametrize("case", sorted({case for case, _ in modules_of_cases()}))
def test_importers_cannot_tell(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The names file that an interface stands for is that of the source."""
    monkeypatch.chdir(CASES / case)
    flags = tuple(Path("flags").read_text().split()) if Path("flags").exists() else ()
    for file in sorted(file for known, file in modules_of_cases() if known == case):
        program = Program(Options(Toolchain((CC,), (*flags, "-I.")), (".", "lib")))
        module = program.module(file)
        assert not has_errors(program.check_emission(module))
        if program.unit(module).is_module:
            target = target_of(program.facts(), (CC,), flags)
            written = encoded(interface_of(program, module, target))
            assert read_interface(written, module, "m.cmi", target).names() == write_names(program.unit(module))


@pytest.mark.needs("clang-14")
@pytest.mark.parametrize("text, taken", [
    ("struct T { char c; long l; unsigned b : 3; _Atomic long a; enum { ONE, TWO } e; };", True),
    ("struct T { struct { char c[3]; } s; union { int i; float f; } u; long double d; _Bool b : 1; };", True),
    ("struct T { _Atomic struct { char c[3]; } a; };", False),
    ("struct T { long a : 3; long b : 58 __attribute__((aligned(1))); };", False),
    ("struct T { int v __attribute__((vector_size(64))); };", False),
])
@pytest.mark.parametrize("maker, user", [("gcc", "clang-14"), ("clang-14", "gcc")])
def test_compilers_of_one_machine(text: str, taken: bool, maker: str, user: str, project: Path) -> None:
    """An interface is for all compilers that lay its types out alike."""
    Path("sources/base.cm").write_text(f"module;\nexport {text}\n")
    Path("user.cm").write_text("module;\nimport base;\nexport struct T t;\n")
    assert main(["interface", "sources/base.cm", "--root", "sources", "--cc", maker, "-o", "interfaces/base.cmi"]) == 0
    status = {cc: main(["check", "user.cm", "--path", "interfaces", "--cc", cc]) for cc in (maker, user)}
    assert status == {maker: 0, user: 0 if taken else 1}


VECTOR = "typedef float Eight __attribute__((vector_size(32)));"


@pytest.mark.needs("clang-14")
@pytest.mark.parametrize("header, text, says", [
    (VECTOR, "export Eight twice(Eight v) { return v + v; }", True),
    (VECTOR, "export struct Two { Eight v[2]; };", True),
    (VECTOR, "struct Two { Eight v; };\nexport void set(void (*one)(struct Two)) { one((struct Two){0}); }", True),
    ("typedef float Mode __attribute__((mode(V8SF)));", "export Mode same(Mode v) { return v; }", True),
    (VECTOR, "export double first(Eight *v) { return (*v)[0]; }", False),
    ("", "export double first(double *v) { return *v; }", False),
])
def test_registers_count_for_vectors(header: str, text: str, says: bool, project: Path) -> None:
    """What `-march=` says about vectors matters to interfaces that have some."""
    Path("vectors.h").write_text(header)
    Path("sources/base.cm").write_text(f'module;\n#include "../vectors.h"\n{text}\n')
    made = ["interface", "sources/base.cm", "--root", "sources", "--cc", "clang-14", "-o", "interfaces/base.cmi"]
    assert main([*made, "--", "-march=haswell"]) == 0
    Path("user.cm").write_text("module;\nimport base;\n")
    found = []
    for flags in ((), ("-march=haswell",), ("-march=skylake",)):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            main(["check", "user.cm", "--path", "interfaces", "--diagnostics=json", "--cc", "clang-14", "--", *flags])
        found.append([one["message"] for one in json.loads(out.getvalue())["diagnostics"]])
    assert found[1:] == [[], []] and len(found[0]) == says
    assert not says or "passes vectors otherwise, because of '-march='" in found[0][0] and "'__AVX__'" in found[0][0]


@pytest.mark.needs("clang-14")
def test_registers_count_for_floats(project: Path) -> None:
    def target(*flags: str) -> TargetEntry:
        cc = ("clang-14", "--target=riscv64-linux-gnu")
        return target_of(Program(Options(Toolchain(cc, flags))).facts(), cc, flags)

    assert "'__riscv_float_abi_soft', and" in (difference(target("-march=rv64imac"), target()) or "")
    assert difference(target("-march=rv64gc"), target()) is None
