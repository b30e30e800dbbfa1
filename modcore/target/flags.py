"""Which of a build's compiler flags can change a layout, a call, a constant's value or the target itself.

In goes the command line as SCons has it, out come the flags that the probe and questions to the compiler are
run with, in their order, those of response files among them. Everything else (optimisation,
debug information, warnings, sanitizers, LTO, include
paths, macros, output files) is left out, so that it neither disturbs a probe nor splits the cache.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Sequence

_WITH_ARGUMENT = frozenset(("-target", "-arch", "-B", "-specs", "--specs", "-mllvm", "-Xclang", "--target",
                            "--sysroot", "-isysroot", "--config"))
_SKIPPED_WITH_ARGUMENT = frozenset((
    "-D", "-U", "-I", "-include", "-imacros", "-isystem", "-idirafter", "-iquote", "-iprefix", "-iwithprefix",
    "-iwithprefixbefore", "-MF", "-MT", "-MQ", "-o", "-x", "-L", "-l", "-T", "-u", "-z", "-e", "-Xlinker",
    "-Xassembler", "-Xpreprocessor", "--param", "-aux-info", "-dumpbase", "-wrapper"))
_EXACT = frozenset(("-ansi", "-EB", "-EL"))
_PREFIXES = ("-m", "-std=", "--std=", "--target=", "--sysroot=", "-specs=", "--specs=", "--gcc-toolchain=",
             "--config", "-B", "-fcall-used-", "-fcall-saved-", "-ffixed-")
_EITHER_WAY = ("ms-extensions", "plan9-extensions", "ms-compatibility", "signed-char", "signed-bitfields",
               "unsigned-char", "unsigned-bitfields", "short-", "pack-struct", "xl-pragma-pack", "apple-pragma-pack",
               "max-type-align", "reg-struct-return", "pcc-struct-return", "sso-struct", "clang-abi-compat=",
               "exec-charset=", "wide-exec-charset=", "single-precision-constant", "zvector", "leading-underscore",
               "fixed-point", "padding-on-unsigned-fixed-point", "ptrauth-")
"""How flags begin that may have a `no-` in them, behind `-f`."""
_SHOWN = re.compile(r"-f(?:no-)?(?:un)?signed-(?:char|bitfields)|-f(?:no-)?short-(?:enums|wchar)"
                    r"|-f(?:no-)?pack-struct(?:=[1248])?|-m(?:32|64|x32)|-mlong-double-(?:64|80|128)"
                    r"|-m(?:96|128)bit-long-double|-m(?:no-)?align-double")
_RELEVANT = (*_PREFIXES, *(f"-f{no}{what}" for what in _EITHER_WAY for no in ("", "no-")))
_OPPOSITES = {"-freg-struct-return": "-fpcc-struct-return"}
_DEEPEST = 16
WIDTH = re.compile(r"-m(?:16|32|64|x32)")
"""Flags that contradict each other: how wide the machine's code is."""


def relevant_flags(flags: Sequence[str]) -> tuple[str, ...]:
    """The flags that say which target it is, in their order, with their arguments."""
    kept: list[str] = []
    words = _spread(flags)
    for word in words:
        if word in _SKIPPED_WITH_ARGUMENT:
            next(words, None)
        elif word in _WITH_ARGUMENT:
            kept += [word, *([argument] if (argument := next(words, None)) is not None else [])]
        elif word in _EXACT or word.startswith(_RELEVANT):
            kept.append(word)
    return tuple(kept)


def effective_flags(cc: Sequence[str], flags: Sequence[str]) -> tuple[str, ...]:
    """The relevant flags of a compiler's own words and of a build: of those that contradict each other the last."""
    chosen: dict[str, str] = {}
    for flag in relevant_flags((*cc, *flags)):
        subject = WIDTH.sub("-m32", re.sub(r"^-([mf])(?:no-|un(?=signed-))", r"-\1", flag.partition("=")[0]))
        subject = _OPPOSITES.get(subject, subject)
        chosen.pop(subject, None)
        chosen[subject] = flag
    return tuple(chosen.values())


def storage_order(cc: Sequence[str], flags: Sequence[str]) -> str:
    """How `-fsso-struct=` has structs stored: `big-endian`, say; "" for the target's own order."""
    said = (flag.partition("=")[2] for flag in effective_flags(cc, flags) if flag.startswith("-fsso-struct="))
    return next((order for order in said if order != "native"), "")


def is_shown(flag: str) -> bool:
    """Whether a target's facts show all that a flag does, so that builds can be told apart by those.

    Of other flags nobody knows what they leave as it is: `-mregparm=3` changes calls alone, `-fpack-struct=16` only
    types that the facts have no sample of, and `-mms-bitfields` does not show where structs are packed.
    """
    return _SHOWN.fullmatch(flag) is not None


def _spread(flags: Sequence[str], depth: int = 0) -> Iterator[str]:
    """The words of a command line with those of response files (`@file`) in their place, as compilers read them."""
    for word in flags:
        inner = _content(word[1:]) if word.startswith("@") and depth < _DEEPEST else None
        if inner is None:
            yield word
        else:
            yield from _spread(inner, depth + 1)


def _content(file: str) -> list[str] | None:
    """The words of a response file; None if it is none, which leaves it to the compiler."""
    if not os.path.isfile(file):
        return None
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as stream:
            return shlex.split(stream.read())
    except (OSError, ValueError):
        return None
