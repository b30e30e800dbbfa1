"""Types that only one compiler or one machine has: vectors of NEON, AltiVec and the like, 24 bits, other address spaces.

A module that owns such types, one that passes them on and one that has imported only the second are compiled for the
machine. The assertions in their C hold the sizes that modcore works with, and `modcore layout` knows them.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from modcore.cli import main

SVE = "-march=armv8-a+sve -msve-vector-bits=256"
CORTEX_M55 = "-mcpu=cortex-m55 -mfloat-abi=hard"
ALTIVEC = "-maltivec -mvsx"
TYPES = (  # compiler, flags, header, type, its size
    ("gcc", "-mavx512f", "immintrin.h", "__m512i", 64),
    ("gcc", "", "stdarg.h", "__builtin_ms_va_list", 8),
    ("clang-14", "-mavx", "immintrin.h", "__m256d", 32),
    ("clang-14", "", "stdarg.h", "float __attribute__((ext_vector_type(3)))", 16),
    ("aarch64-linux-gnu-gcc", "", "arm_neon.h", "float32x4_t", 16),
    ("aarch64-linux-gnu-gcc", "", "arm_neon.h", "uint8x16x3_t", 48),
    ("aarch64-linux-gnu-gcc", "-march=armv8.2-a+fp16", "arm_fp16.h", "float16_t", 2),
    ("aarch64-linux-gnu-gcc", SVE, "arm_sve.h", "svfloat64_t __attribute__((arm_sve_vector_bits(256)))", 32),
    ("aarch64-linux-gnu-gcc", SVE, "arm_sve.h", "svbool_t __attribute__((arm_sve_vector_bits(256)))", 4),
    ("clang-14 --target=aarch64-linux-gnu", SVE, "arm_sve.h", "svint8_t __attribute__((arm_sve_vector_bits(256)))", 32),
    ("clang-14 --target=aarch64-linux-gnu", "", "arm_neon.h", "poly8x8_t", 8),
    ("clang-14 --target=aarch64-linux-gnu", "", "arm_neon.h", "int16x4x2_t", 16),
    ("arm-linux-gnueabihf-gcc", "-mfpu=neon", "arm_neon.h", "int32x4_t", 16),
    ("arm-linux-gnueabihf-gcc", "-mfpu=neon", "arm_neon.h", "float32x2x4_t", 32),
    ("arm-none-eabi-gcc", CORTEX_M55, "arm_mve.h", "uint16x8_t", 16),
    ("arm-none-eabi-gcc", CORTEX_M55, "arm_mve.h", "uint16x8x2_t", 32),
    ("powerpc64le-linux-gnu-gcc", ALTIVEC, "altivec.h", "vector unsigned int", 16),
    ("powerpc64le-linux-gnu-gcc", ALTIVEC, "altivec.h", "vector bool short", 16),
    ("powerpc64le-linux-gnu-gcc", "-mabi=ieeelongdouble", "float.h", "__ibm128", 16),
    ("clang-14 --target=powerpc64le-linux-gnu", ALTIVEC, "altivec.h", "vector bool char", 16),
    ("clang-14 --target=powerpc64le-linux-gnu", ALTIVEC, "altivec.h", "__vector double", 16),
    ("s390x-linux-gnu-gcc", "-march=z13 -mzvector", "vecintrin.h", "vector signed char", 16),
    ("clang-14 --target=s390x-linux-gnu", "-march=z13 -mzvector", "vecintrin.h", "vector long long", 16),
    ("mips-linux-gnu-gcc", "-mmsa -mhard-float -mfp64 -mnan=2008", "msa.h", "v4f32", 16),
    ("avr-gcc", "-mmcu=atmega328p", "avr/io.h", "__uint24", 3),
    ("avr-gcc", "-mmcu=atmega328p", "avr/pgmspace.h", "const __memx char *", 3),
    ("avr-gcc", "-mmcu=atmega328p", "stdint.h", "unsigned long _Accum", 8),
    ("i686-w64-mingw32-gcc", "", "windows.h", "CONTEXT", 716),
    ("x86_64-w64-mingw32-gcc", "", "windows.h", "LARGE_INTEGER", 8),
    ("gcc", "", "stdint.h", "const __seg_gs int *", 8),
)


@pytest.mark.parametrize("cc, flags, header, type, size", [
    pytest.param(*row, id=f"{row[0]} {row[3]}", marks=pytest.mark.needs(row[0].split()[0])) for row in TYPES])
def test_type(cc: str, flags: str, header: str, type: str, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
              capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    options = ("--cc", cc, "--", *flags.split())
    Path("owner.cm").write_text(
        f"#include <{header}>\nmodule;\nexport struct Held {{ char c; Same v; }};\n"
        f"export struct Row {{ Same v[2]; }};\nexport typedef {type} Same;\n")
    Path("middle.cm").write_text(
        "module;\nimport owner;\n"
        "export struct Held make(char c) { struct Held one; __builtin_memset(&one, c, sizeof one); return one; }\n"
        "export struct Row rows[2];\nexport Same kept;\n")
    Path("user.cm").write_text(
        "module;\nimport middle;\nexport struct Held held; Same mine;\n"
        "export unsigned use(void) { struct Held one = make(3); held = one; rows[0] = rows[1]; mine = kept;\n"
        "    return sizeof one + sizeof(struct Row) + sizeof mine; }\n"
        "export char room[sizeof(struct Held) + sizeof(Same)];\n")
    for module in ("owner", "middle", "user"):
        assert main(["emit", f"{module}.cm", "-o", f"{module}.i", *options]) == 0, capsys.readouterr().err
        command = [*cc.split(), *flags.split(), "-Wno-psabi", "-w", "-x", "cpp-output", "-c", f"{module}.i"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert main(["layout", "owner.cm", "--json", *options]) == 0
    types = json.loads(capsys.readouterr().out)["types"]
    assert (types["Same"]["size"], types["struct Row"]["size"]) == (size, 2 * size)
    emitted = Path("user.i").read_text()
    assert "struct _ZN5owner4HeldE { char m0; " in emitted and "Static_assert(sizeof(struct _ZN5owner4HeldE)" in emitted


BODIES = """\
#include <altivec.h>
module;
struct Both { vector unsigned int v; vector bool int b; };
export vector float kept;
export vector unsigned int chosen(vector unsigned int a)
{
    vector unsigned int b = a + a;
    struct Both both = {b, vec_cmpgt(a, b)};
    for (vector signed char i = {0}; i[0] < 3; i[0]++)
        b = vec_add(b, (vector unsigned int){1, 2, 3, 4});
    return vec_sel(both.v, b, both.b);
}
export char room[sizeof(vector float) + sizeof(kept)];
"""
ORDINARY = """\
module;
typedef int vector;
vector bool;
vector same(vector vector) { return vector + bool; }
extern "C" int put(int count, const int *__vector);
export int use(void) { vector bool = 3; vector pixel = bool; { vector *bool = &pixel; return same(*bool); } }
"""


@pytest.mark.parametrize("cc, text", [
    pytest.param("powerpc64le-linux-gnu-gcc", BODIES, marks=pytest.mark.needs("powerpc64le-linux-gnu-gcc")),
    pytest.param("clang-14 --target=powerpc64le-linux-gnu", BODIES, marks=pytest.mark.needs("clang-14")),
    pytest.param("clang-14 --target=powerpc64le-linux-gnu", ORDINARY, marks=pytest.mark.needs("clang-14")),
], ids=["gcc", "clang", "names"])
def test_vector_words(cc: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                      capsys: pytest.CaptureFixture[str]) -> None:
    """`vector` and `bool` are words of AltiVec where they can be nothing else."""
    monkeypatch.chdir(tmp_path)
    Path("m.cm").write_text(text)
    options = ("--cc", cc, "--", *ALTIVEC.split())
    assert main(["check", "m.cm", *options]) == 0, capsys.readouterr().err
    assert main(["emit", "m.cm", "-o", "m.i", *options]) == 0
    command = [*cc.split(), *ALTIVEC.split(), "-w", "-x", "cpp-output", "-c", "m.i"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


SCALABLE = """\
#include <arm_sve.h>
module;
import sv;
typedef svint32_t Fixed __attribute__((arm_sve_vector_bits(256)));
struct Held { char c; Fixed v; };
export svint32_t twice(svint32_t x, svbool_t p) { return svadd_s32_m(p, x, x); }
export svint32x2_t two(int x) { return svcreate2(svdup_s32(x), svdup_s32(svmine(x))); }
export inline int words(void) { return (int)svcntw() + (int)svcntw_pat(SV_VL4); }
"""
SCALABLE_USER = """\
#include <arm_sve.h>
module;
import vectors;
export int all(svint32_t x, svbool_t p) { return svaddv(p, twice(x, p)) + words(); }
"""


@pytest.mark.needs("aarch64-linux-gnu-gcc")
def test_scalable_vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What gcc declares of SVE itself, because a header asks it to; a module may have names that look the same."""
    monkeypatch.chdir(tmp_path)
    Path("vectors.cm").write_text(SCALABLE)
    Path("sv.cm").write_text("module;\nexport int svmine(int sv) { return sv; }\n")
    Path("user.cm").write_text(SCALABLE_USER)
    compiler = "aarch64-linux-gnu-gcc"
    options = ("--cc", compiler, "--", *SVE.split())
    assert main(["check", "user.cm", *options]) == 0, capsys.readouterr().err
    for module in ("vectors", "user"):
        assert main(["emit", f"{module}.cm", "-o", f"{module}.i", *options]) == 0, capsys.readouterr().err
        command = [compiler, *SVE.split(), "-Wall", "-Werror", "-x", "cpp-output", "-c", f"{module}.i"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    Path("wrong.cm").write_text("#include <arm_sve.h>\nmodule;\nexport int f(void) { return svcntw() + words(); }\n")
    assert main(["check", "wrong.cm", *options]) == 1
    assert [line for line in capsys.readouterr().err.splitlines() if ": error: " in line] == [
        "wrong.cm:3:40: error: 'words' is exported by module 'vectors', which is not imported; "
        "add 'import vectors;' [not-imported]"
    ]
