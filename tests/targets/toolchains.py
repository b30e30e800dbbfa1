"""The toolchains that tests use, as a table: how each is called and told, and what runs its programs, if anything.

A line says the target's name, the compiler's words as a user sets `CC`, the flags that programs for it are compiled
and linked with beside the test's own, and the runner: `()` where the host itself runs them, None where nothing does.
`HOSTED` are those whose programs can be run. Debian packages: see `packages` in .ci/run.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest


class Toolchain(NamedTuple):
    """A compiler for one target: `cc` are its words, `link` is added where a program is linked, None: objects only."""

    name: str
    cc: tuple[str, ...]
    flags: tuple[str, ...] = ()
    link: tuple[str, ...] | None = ()
    runner: tuple[str, ...] | None = None

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs that have to be there to compile, link and run."""
        return (self.cc[0], *(self.runner or ())[:1])


_STATIC = ("-static",)
_KERNEL = ("-idirafter", "/usr/include/x86_64-linux-gnu")
"""Where `asm/` is for -m32 too; Debian's package that links it in place excludes all cross compilers."""
_CORTEX_M = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")
_WITHOUT_SYSTEM = ("--specs=nosys.specs",)
_EABIHF = ("-march=armv7-a", "-mfpu=vfpv3-d16")
"""What Debian's armhf compiler takes for granted and clang does not."""


def _qemu(machine: str) -> tuple[str, ...]:
    return (f"qemu-{machine}",)


def _clang(target: str) -> tuple[str, ...]:
    return ("clang-14", f"--target={target}")


GCC = (
    Toolchain("x86-64", ("gcc",), runner=()),
    Toolchain("i386", ("gcc", "-m32"), _KERNEL, runner=()),
    Toolchain("aarch64", ("aarch64-linux-gnu-gcc",), (), _STATIC, _qemu("aarch64")),
    Toolchain("armhf", ("arm-linux-gnueabihf-gcc",), (), _STATIC, _qemu("arm")),
    Toolchain("riscv64", ("riscv64-linux-gnu-gcc",), (), _STATIC, _qemu("riscv64")),
    Toolchain("ppc64el", ("powerpc64le-linux-gnu-gcc",), (), _STATIC, _qemu("ppc64le")),
    Toolchain("s390x", ("s390x-linux-gnu-gcc",), (), _STATIC, _qemu("s390x")),
    Toolchain("mips", ("mips-linux-gnu-gcc",), (), _STATIC, _qemu("mips")),
    Toolchain("mingw-i686", ("i686-w64-mingw32-gcc",), (), _STATIC),
    Toolchain("mingw-x86-64", ("x86_64-w64-mingw32-gcc",), (), _STATIC),
    Toolchain("cortex-m", ("arm-none-eabi-gcc",), _CORTEX_M, _WITHOUT_SYSTEM),
)
CLANG = (
    Toolchain("clang-x86-64", ("clang-14",), runner=()),
    Toolchain("clang-i386", ("clang-14", "-m32"), _KERNEL, runner=()),
    Toolchain("clang-aarch64", _clang("aarch64-linux-gnu"), (), _STATIC, _qemu("aarch64")),
    Toolchain("clang-armhf", _clang("arm-linux-gnueabihf"), _EABIHF, _STATIC, _qemu("arm")),
    Toolchain("clang-riscv64", _clang("riscv64-linux-gnu"), (), _STATIC, _qemu("riscv64")),
    Toolchain("clang-ppc64el", _clang("powerpc64le-linux-gnu"), (), _STATIC, _qemu("ppc64le")),
    Toolchain("clang-s390x", _clang("s390x-linux-gnu"), (), _STATIC, _qemu("s390x")),
    Toolchain("clang-mips", _clang("mips-linux-gnu"), (), _STATIC, _qemu("mips")),
    Toolchain("clang-mingw-i686", _clang("i686-w64-mingw32"), (), None),
    Toolchain("clang-mingw-x86-64", _clang("x86_64-w64-mingw32"), (), None),
    Toolchain("clang-cortex-m", _clang("arm-none-eabi"), _CORTEX_M, None),
    Toolchain("clang-darwin", _clang("x86_64-apple-darwin"), (), None),
)
"""For Darwin, and for clang's Windows and Cortex-M, no linker or no C library is there: they make objects only."""

TOOLCHAINS = (*GCC, *CLANG)
HOSTED = tuple(one for one in TOOLCHAINS if one.runner is not None)


def parameters(toolchains: tuple[Toolchain, ...] = TOOLCHAINS) -> list[object]:
    """The toolchains as parameters of a test that is in need of their programs."""
    return [pytest.param(one, id=one.name, marks=pytest.mark.needs(*one.programs)) for one in toolchains]
