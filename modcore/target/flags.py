"""Which of a build's compiler flags can change a layout, a call, a constant's value or the target itself.

In goes the command line as SCons has it, out come the flags that the probe and questions to the compiler are
run with, in their order. Everything else (optimisation, debug information, warnings, sanitizers, LTO, include
paths, macros, output files) is left out, so that it neither disturbs a probe nor splits the cache.
"""

from __future__ import annotations

from collections.abc import Sequence

_WITH_ARGUMENT = frozenset(("-target", "-arch", "-B", "-specs", "--specs", "-mllvm", "-Xclang", "--target",
                            "--sysroot", "-isysroot"))
_SKIPPED_WITH_ARGUMENT = frozenset((
    "-D", "-U", "-I", "-include", "-imacros", "-isystem", "-idirafter", "-iquote", "-iprefix", "-iwithprefix",
    "-iwithprefixbefore", "-MF", "-MT", "-MQ", "-o", "-x", "-L", "-l", "-T", "-u", "-z", "-e", "-Xlinker",
    "-Xassembler", "-Xpreprocessor", "--param", "-aux-info", "-dumpbase", "-wrapper"))
_EXACT = frozenset(("-ansi", "-EB", "-EL", "-fms-extensions", "-fno-ms-extensions", *(
    f"-f{no}{sign}signed-{what}" for no in ("", "no-") for sign in ("", "un") for what in ("char", "bitfields"))))
_PREFIXES = ("-m", "-std=", "--std=", "--target=", "--sysroot=", "-specs=", "--specs=", "--gcc-toolchain=",
             "--config", "-B", "@", "-fpack-struct", "-fno-pack-struct", "-freg-struct-return", "-fpcc-struct-return",
             "-fshort-", "-fno-short-", "-fexec-charset=", "-fwide-exec-charset=", "-fms-compatibility",
             "-fmax-type-align", "-fxl-pragma-pack", "-fno-xl-pragma-pack")


def relevant_flags(flags: Sequence[str]) -> tuple[str, ...]:
    """The flags that say which target it is, in their order, with their arguments."""
    kept: list[str] = []
    words = iter(flags)
    for word in words:
        if word in _SKIPPED_WITH_ARGUMENT:
            next(words, None)
        elif word in _WITH_ARGUMENT:
            kept += [word, *([argument] if (argument := next(words, None)) is not None else [])]
        elif word in _EXACT or word.startswith(_PREFIXES):
            kept.append(word)
    return tuple(kept)
