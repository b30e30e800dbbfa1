"""Forms whose layout is the compiler's own affair: pragmas, enums, tagged anonymous members, storage order.

What `modcore layout` says of a module's types is held against the target's compiler, which reads the same text as C: each
size, alignment, offset, and the sign of each enum.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from modcore.cli import main
from modcore.target.ask import ask

TYPES = """\
struct Within {
    char c;
#pragma pack(push, 1)
    struct { char a; int b; } inner;
    struct Tagged { char a; short s; long long b; } tagged;
#pragma pack(2)
    union { char u; double d; } either[2];
#pragma pack(pop)
    int d;
};
struct Ends { char c; int i;
#pragma pack(1)
};
struct Behind { char c; int i; };
#pragma pack()
struct Normal { char c; int i; };
int with_a_pragma(void) {
#pragma pack(push, 2)
    struct Local { char c; int i; };
#pragma pack(pop)
    return sizeof(struct Local);
}
struct Again { char c; long long i; };
struct Outer {
    char c;
    struct Lifted { char d;
#pragma pack(push, 1)
    int y;
    struct Deep { char e; long long z; } deep;
#pragma pack(pop)
    } lifted; double d;
};
union Either { double d;
#pragma pack(push, 1)
    struct { char c; int i; } s; };
#pragma pack(pop)
typedef struct { char c;
#pragma pack(push, 2)
    double d; } __attribute__((aligned(4))) Nameless;
#pragma pack(pop)
enum Small { SMALL };
enum __attribute__((packed)) Packed { PACKED, PACKED_300 = 300 };
enum Unsigned { UNSIGNED = 0xffffffffu };
enum Large { LARGE = 0x7fffffffffffLL, LARGER };
enum Both { MINUS = -1, PLUS = 0xffffffffu };
enum Byte { BYTE = 1 } __attribute__((mode(QI)));
enum Word { WORD = 1 } __attribute__((mode(HI)));
enum Long { LONG = 1 } __attribute__((mode(DI)));
typedef enum Small SmallLong __attribute__((mode(DI)));
typedef int Half __attribute__((mode(HI)));
typedef unsigned Whole __attribute__((mode(SI)));
struct Enums {
    char c0; enum Small small; char c1; enum Packed packed; char c2; enum Unsigned unsigned_; char c3; enum Large large;
    char c4; enum Both both; char c5; enum Byte byte; char c6; enum Word word; char c7; enum Long long_; char c8;
    SmallLong small_long; char c9; Half half; char c10; Whole whole;
    char by_value[(LARGE == -1) + 2 * (LARGER == 0) + 4 * (PLUS == -1) + 8];
    char by_sign[((enum Byte)-1 < 0) + 2 * ((enum Small)-1 < 0) + 4 * ((enum Both)-1 < 0) + 8];
};
struct Base { int a; char b; };
struct Other { int p; char q; };
typedef union { int u; char v; } Alternative;
struct Maybe { char c; struct Base; Alternative; union { const struct Other; char w; }; };
"""
ATTRIBUTED = """\
typedef int Sixteen __attribute__((aligned(16)));
typedef int Word __attribute__((mode(word)));
typedef unsigned Unwind __attribute__((mode(unwind_word)));
typedef int Address __attribute__((mode(pointer)));
typedef float Single __attribute__((mode(SF)));
typedef _Complex float Pair __attribute__((mode(SC)));
struct Modes { char c0; Word word; char c1; Unwind unwind; char c2; Address address; char c3; Single single;
    char c4; Pair pair; char by_sign[((Word)-1 < 0) + 2 * ((Unwind)-1 < 0) + 4 * sizeof(Word)]; };
enum { STEP = 8 };
struct Starred { char c; int *__attribute__((aligned(4 * STEP))) one;
    char d; int **__attribute__((aligned(16))) const two; };
typedef int *__attribute__((aligned(16))) Starred_t;
struct Holds { char c; Starred_t starred; };
struct Ignored { char c; char align __attribute__((align(8)));
    char d; char both __attribute__((__align__(8), aligned(2))); };
enum Aligned { ALIGNED = 1 } __attribute__((aligned(8)));
enum __attribute__((aligned(2))) Lowered { LOWERED = 70000 };
struct Enums { char c; enum Aligned aligned; char d; enum Lowered lowered; };
struct Cast { char c; __typeof__((Sixteen)0) cast; char d; __typeof__(((Sixteen)1)) again; };
struct Named { char c; __typeof__(int __attribute__((aligned(16)))) named; };
struct Plain { char c; int i; };
typedef struct Plain Loose __attribute__((aligned(2)));
struct Loosely { char c; Loose loose; };
struct Space { int __attribute__((address_space(270))) *pointer; int *__attribute__((address_space(270))) *outer; };
"""
FLOATING = """\
typedef float Quadruple __attribute__((mode(TF)));
typedef _Complex float Complex __attribute__((mode(TC)));
typedef int Vector __attribute__((mode(V4SI)));
struct Floating { char c0; Quadruple one; char c1; Complex complex; char c2; Vector vector; Quadruple several[3]; };
"""
ROUNDED = """\
typedef char Four __attribute__((aligned(4)));
struct Rounded { Four array[1]; char c; };
"""
MATRIX = """\
typedef float Matrix __attribute__((matrix_type(3, 2 + 1)));
struct Matrices { char c; Matrix matrix; float f; };
"""
DECLSPEC = """\
__declspec(align(16)) struct Before { char c; };
struct After { char c; } __declspec(align(16));
typedef __declspec(align(16)) struct { char c; } Nameless;
struct Inner { char c; __declspec(align(16)) struct Within { char d; } within; };
struct Unnamed { char c; __declspec(align(16)) struct { char d; }; };
const __declspec(align(2 * 8)) union Either { char c; short s; };
__declspec(align(16)) enum Constants { CONSTANT };
struct Member { char c; __declspec(align(16)) char d; __declspec(aligned(16)) char e; struct Before b; };
"""
STORED = """\
struct __attribute__((scalar_storage_order("big-endian"))) Big {
    unsigned a : 3; unsigned b : 13; unsigned short c : 5; int d; struct { unsigned x : 7; unsigned y : 9; };
};
struct __attribute__((scalar_storage_order("little-endian"))) Little { unsigned a : 3; unsigned b : 13; int d; };
"""
PACKS = """\
(push, 1)|(pop)
(push, 0x2)|(pop)
(2u)|()
(push, r, 4L)|(pop, r)
(2)|(show)|(pop)|()
(push, 2)|(show)|(pop)
(3)|(push, 5)|(pop)
(push, 2)|(0)|(pop)
(push, a, 1)|(push, b, 2)|(push, c, 4)|(pop, b)|(pop)
(push)|(1)|(pop)
(push, NUMBER)|(pop)
(push, SAME)|(pop)|(push, name, SAME)|(pop, name)
(NUMBER)|()
 1|(2)|()
(push, 1)|(push)|(pop)|(pop)
(unknown, 2)|(push, 4)|(unknown, 1)|(pop)
""".splitlines()
"""Pragmas one behind the other, without `#pragma pack`; a struct follows each."""

HIDDEN_ENUMS = """\
module;
enum Kind { DATA, BIG = 70000 };
enum Sign { MINUS = -40000, PLUS };
enum __attribute__((packed)) Byte { BYTE, FEW };
export struct Fields { enum Kind kind : 18; enum Sign sign : 18; enum Byte byte : 7; int n; };
export struct Plain { enum Kind kind; enum Sign sign; enum Byte byte; };
export struct Fields fields() { return (struct Fields){BIG, PLUS, FEW, 3}; }
export struct Plain plain() { return (struct Plain){BIG, PLUS, FEW}; }
"""

ENUMS = "Small Packed Unsigned Large Both Byte Word Long".split()

GCC = ("gcc", "gcc -m32", "gcc -fms-extensions", "gcc -m32 -fplan9-extensions", "gcc -fpack-struct=4", "gcc -fshort-enums",
       "avr-gcc", "arm-none-eabi-gcc", "mips-linux-gnu-gcc", "s390x-linux-gnu-gcc", "i686-w64-mingw32-gcc",
       "x86_64-w64-mingw32-gcc")  # fmt: skip
CLANG = tuple(f"clang-14 {flags}".strip() for flags in (
    "", "-m32 -fms-extensions", "-fms-compatibility", "-fpack-struct=2", "-fshort-enums",
    *(f"--target={target}" for target in (
        "x86_64-pc-windows-msvc", "i686-pc-windows-msvc", "aarch64-pc-windows-msvc", "x86_64-w64-windows-gnu", "avr",
        "msp430", "arm-none-eabi", "x86_64-apple-darwin", "powerpc64-linux-gnu"))))  # fmt: skip


def compilers(several: tuple[str, ...]) -> list[object]:
    return [pytest.param(cc, id=cc, marks=pytest.mark.needs(cc.split()[0])) for cc in several]


def said_of(text: str, cc: str, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """What modcore says of the types of a module."""
    Path("m.cm").write_text(f"module;\n{text}")
    assert main(["layout", "--json", "--cc", cc, "m.cm"]) == 0
    return json.loads(capsys.readouterr().out)["types"]


@pytest.mark.parametrize("cc", compilers((*GCC, *CLANG)))
def test_layouts(cc: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    compare(TYPES, said_of(TYPES, cc, capsys), cc)


OTHERS = [(cc, text) for several, text in (
    (("gcc", "gcc -mx32", "gcc -m32", "avr-gcc", "arm-none-eabi-gcc", "x86_64-w64-mingw32-gcc", "clang-14", "clang-14 -mx32",
      "clang-14 --target=x86_64-pc-windows-msvc"), ATTRIBUTED),
    (("gcc", "gcc -m32", "clang-14"), FLOATING),
    (("clang-14",), ROUNDED),
    (("clang-14 -fenable-matrix",), MATRIX),
    (("clang-14 -fms-extensions", "clang-14 --target=x86_64-pc-windows-msvc"), DECLSPEC),
) for cc in several]  # fmt: skip


@pytest.mark.parametrize(("cc", "text"), [
    pytest.param(cc, text, id=f"{cc} {number}", marks=pytest.mark.needs(cc.split()[0]))
    for number, (cc, text) in enumerate(OTHERS)])
def test_attributes(cc: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    compare(text, said_of(text, cc, capsys), cc)
    check_exported(text, cc, capsys)
    check_hidden(text, re.findall(r"^(?:\w* ?__declspec\(.*?\)+ )?((?:struct|union) [A-Z]\w+)", text, re.M), cc, capsys)


@pytest.mark.parametrize("cc", compilers(tuple(cc for cc in GCC if cc != "avr-gcc")))  # which takes no notice of them
def test_storage_orders(cc: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    said = said_of(STORED, cc, capsys)
    compare(STORED, said, cc)
    fields = said["struct Big"]["members"]
    assert [fields[name]["bit_offset"] for name in ("a", "b", "x", "y")] == [0, 3, 0, 7]
    big = any(machine in cc for machine in ("mips", "s390x"))
    orders = {name: one.get("storage_order") for name, one in said.items()}
    assert orders == {"struct Big": None if big else "big-endian", "struct Little": "little-endian" if big else None}


@pytest.mark.parametrize("cc, before, order", [
    ("gcc -fsso-struct=big-endian", "", "big-endian"),
    ("gcc", "#pragma scalar_storage_order big-endian", "big-endian"),
    ("gcc -fsso-struct=big-endian", "#pragma scalar_storage_order little-endian", None),
    ("gcc -fsso-struct=little-endian", "#pragma scalar_storage_order default", None),
    pytest.param("clang-14", "#pragma scalar_storage_order big-endian", None, marks=pytest.mark.needs("clang-14")),
])  # fmt: skip
def test_storage_orders_by_flag_and_pragma(
    cc: str, before: str, order: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = f"{before}\nstruct S {{ unsigned a : 3; unsigned b : 13; int c; }};\n"
    said = said_of(text, cc, capsys)
    compare(text, said, cc)
    assert said["struct S"].get("storage_order") == order
    assert [said["struct S"]["members"][name]["bit_offset"] for name in "ab"] == [0, 3]


@pytest.mark.parametrize("cc", compilers((*GCC, *CLANG)))
def test_importers_see_the_same(cc: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What the compiler says of the types as C is what it says of them, exported, in a module that imports them."""
    monkeypatch.chdir(tmp_path)
    check_exported(TYPES, cc, capsys)


@pytest.mark.parametrize("cc", compilers(("gcc", "gcc -m32", "clang-14", "clang-14 --target=x86_64-pc-windows-msvc")))
@pytest.mark.parametrize("pragmas", PACKS)
def test_pack(pragmas: str, cc: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    text = "#define NUMBER 2\n#define OTHER 1\n#define SAME OTHER\n"
    for number, pragma in enumerate(("()", *pragmas.split("|"))):
        text += f"#pragma pack{pragma}\nstruct S{number} {{ char c; double d; }};\n"
    Path("plain.c").write_text(text)
    said = said_of(text, cc, capsys)
    compare('#include "plain.c"\n', said, f"{cc} -I{tmp_path}")


ALIGNS = ("#pragma options align=packed", "#pragma pack(2)", "#pragma align = natural", '_Pragma("options align=reset")',
          "#pragma options align=power", "#pragma options align=reset", "#pragma align=reset")  # fmt: skip


@pytest.mark.parametrize("cc", compilers(("gcc", "clang-14", "clang-14 --target=i386-apple-darwin")))
def test_aligns(cc: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    text = "".join(f"{pragma}\nstruct S{number} {{ char c; double d; }};\n" for number, pragma in enumerate(ALIGNS))
    compare(text, said_of(text, cc, capsys), cc)


@pytest.mark.parametrize("cc, line, says", [
    ("clang-14 --target=i386-apple-darwin", "#pragma options align=mac68k", "say with '#pragma pack'"),
    ("clang-14 --target=powerpc-ibm-aix", "#pragma align(packed)", "say with '#pragma pack'"),
    ("clang-14 -fapple-pragma-pack", "#pragma pack(2)", "'-fapple-pragma-pack' gives this another meaning"),
    ("clang-14 -fxl-pragma-pack", "#pragma pack(2)", "'-fxl-pragma-pack' gives this another meaning"),
])  # fmt: skip
@pytest.mark.needs("clang-14")
def test_what_cannot_be_followed(
    cc: str, line: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.cm").write_text(f"module;\n{line}\nstruct S {{ char c; int i; }};\n")
    assert main(["layout", "--cc", cc, "m.cm"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("m.cm:2:1: error: ") and says in said


def check_exported(text: str, cc: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails where the types of a text, exported, are something else in a module that needs the last of them first."""
    claims = list(reversed(claims_of(said_of(text, cc, capsys))))
    values = zip(claims, ask(cc.split(), (), claims, text), strict=True)
    Path("owner.cm").write_text("module;\n" + re.sub(r"^(?=\w+.* \{|typedef)", "export ", text, flags=re.M))
    asserted = "".join(f'_Static_assert({claim} == {value}, "{claim}");\n' for claim, value in values)
    Path("main.cm").write_text(f"module;\nimport owner;\n{asserted}")
    for file in ("owner.cm", "main.cm"):
        assert main(["emit", "--cc", cc, file]) == 0
        ask(cc.split(), (), ["1"], capsys.readouterr().out)


def check_hidden(text: str, tags: list[str], cc: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails where a module cannot hand on values of the types of a text, which it does not see."""
    functions = "".join(f"export {tag} give{number}({tag} x) {{ return x; }}\nexport {tag} at{number};\n"
                        for number, tag in enumerate(tags))
    Path("owner.cm").write_text(f"module;\n{text}{functions}")
    uses = "".join(f"export void use{number}(void) {{ at{number} = give{number}(at{number}); }}\n" for number in range(len(tags)))
    sizes = " + ".join(f"sizeof at{number}" for number in range(len(tags)))
    Path("main.cm").write_text(f"module;\nimport owner;\n{uses}export char folded[{sizes}];\n")
    for file in ("owner.cm", "main.cm"):
        assert main(["emit", "--cc", cc, file]) == 0
        ask(cc.split(), (), ["1"], capsys.readouterr().out)


def compare(text: str, said: dict[str, object], cc: str) -> None:
    """Fails where the compiler says something else of the types in a text."""
    claims = claims_of(said)
    assert len(claims) > len(said) > 0
    assert dict(zip(claims, ask(cc.split(), (), list(claims), text), strict=True)) == claims


def claims_of(said: dict[str, object]) -> dict[str, int]:
    """Constant expressions in C, with the values that they have by what modcore says."""
    claims: dict[str, int] = {}
    for name, one in said.items():
        claims |= {f"sizeof({name})": one["size"], f"_Alignof({name})": one["align"]}
        for member, place in one.get("members", {}).items():
            if place["bit_width"] is None and member.isidentifier():
                claims[f"__builtin_offsetof({name}, {member})"] = place["offset"]
    return claims


@pytest.mark.parametrize("cc", compilers((*GCC, *CLANG)))
def test_importers_compile(cc: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The shapes of all of them, where none is exported, with what is claimed of them."""
    monkeypatch.chdir(tmp_path)
    tags = [f"enum {name}" for name in ENUMS] + [f"struct {name}" for name in "Within Ends Behind Normal Again Outer Enums Maybe".split()]
    check_hidden(TYPES, tags, cc, capsys)


@pytest.mark.parametrize("cc", compilers(("gcc", "gcc -fshort-enums", "arm-none-eabi-gcc", "clang-14 -fshort-enums")))
def test_importers_have_no_warnings_from_shapes(
    cc: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The shape of an enum needs no more bits than the enum, and its value is an `int` where the enum's are."""
    monkeypatch.chdir(tmp_path)
    Path("kinds.cm").write_text(HIDDEN_ENUMS)
    Path("main.cm").write_text("module;\nimport kinds;\nexport int get() { return plain(), fields().n; }\n")
    for file in ("kinds.cm", "main.cm"):
        assert main(["emit", "--cc", cc, file]) == 0
        text = capsys.readouterr().out
        assert file == "kinds.cm" or "_value = " in text
        Path("emitted.i").write_text(text)
        words = [*cc.split(), "-Werror", "-Wpedantic", "-c", "emitted.i", "-o", "emitted.o"]
        ran = subprocess.run(words, capture_output=True, text=True, check=False)
        assert not ran.returncode, ran.stderr
