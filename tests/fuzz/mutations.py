"""Programs that are nearly right: files of a corpus with a few changes that an editor, a script or a bad disk makes.

In comes a program (a folder of files) and mutations, which are numbers and a word; out goes the changed program. What
a mutation means depends on nothing else, so that hypothesis can make a failing list of them shorter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

Words = list[bytes]

_TOKEN = re.compile(rb'\s+|\w+|"(?:[^"\\\n]|\\.)*"|::|->|.', re.S)
_NAME = re.compile(rb"[A-Za-z_]")
_BRACKETS = b"(){}[]"

WORDS = [
    *b"""module import export module; import export( ordered as private inline static extern extern"C" typedef struct
    union enum const constexpr volatile register _Thread_local auto int void unsigned long double _Bool _Complex
    __int128 sizeof _Alignof typeof offsetof( _Generic( __builtin_va_arg( return if else while do for switch case
    default goto break continue asm __asm__( __attribute__(( __attribute__((packed)) __extension__ _Static_assert(
    _Alignas( [[x]]
    :: . -> ... ; , ( ) { } [ ] = == ? : * & && ~ ! # ## \\ \\\n ' " /* */ // @ ` $ main x a::b ::x "a/b"::x
    0 -1 1e999 0x 0b2 1'000 08 1.2.3 99999999999999999999999999999999999999 'ab' L'\\x' u8"x" "\\777" \\u00e9
    \x00 \xff \xc3\xa9 \xe2\x80\xa8 \x0c \x7f <: :> <% %> %: ??= ??/""".split(),
    *(b"1" * 5000, b"(" * 300, b"{" * 300, b"[" * 300, b"*" * 300, b"a::" * 100, b"int x; " * 100, b"\n" * 100),
    b" import x;", b" import x as y;", b" import multiple(-, t);", b" export import x;", b" module;\n",
    b" module x/y;\n", b' extern "C" {', b' export extern "C" int ', b"\n#pragma pack(push, 1)\n",
    b"\n#pragma pack(pop)\n", b"\n#pragma GCC diagnostic push\n", b'\n#line 7 "other.cm"\n', b"\n#line 0\n",
    b"\n#line 4294967296\n",
    b'\n# 3 "elsewhere.h" 1 3 4\n', b'\n# 1 "m.cm" 2\n', b"\n#define x y\n", b"\n#define int\n", b"\n#undef NULL\n",
    b"\n#include <stddef.h>\n", b'\n#include "nowhere.h"\n', b"\n#if 0\n", b"\n#endif\n", b"\n#error no\n",
    b"\n#ident \"x\"\n", b" _Pragma(\"pack(2)\") ",
]  # fmt: skip
"""What is put into files, at any place."""


class Mutation(NamedTuple):
    """A change: its kind, the file's number, two places in it, how much, and a word."""

    kind: str
    file: int
    at: int
    to: int
    length: int
    word: bytes


def mutated(files: dict[str, bytes], mutations: Sequence[Mutation], donors: Sequence[bytes]) -> dict[str, bytes]:
    """The files after one mutation after the other; `donors` are texts that parts may come from."""
    changed = dict(files)
    names = sorted(files)
    for one in mutations:
        name = names[one.file % len(names)]
        if one.kind in BYTES:
            changed[name] = BYTES[one.kind](changed[name], one)
        else:
            words = _TOKEN.findall(changed[name])
            changed[name] = b"".join(TOKENS[one.kind](words, one, donors[one.to % len(donors)]))
    return changed


def _flip(text: bytes, one: Mutation) -> bytes:
    at = one.at % (len(text) + 1)
    return text[:at] + bytes(byte ^ (one.to % 255 + 1) for byte in text[at : at + 1]) + text[at + 1 :]


def _delete_bytes(text: bytes, one: Mutation) -> bytes:
    at = one.at % (len(text) + 1)
    return text[:at] + text[at + one.length :]


def _insert_byte(text: bytes, one: Mutation) -> bytes:
    at = one.at % (len(text) + 1)
    return text[:at] + bytes([one.to % 256]) + text[at:]


def _truncate(text: bytes, one: Mutation) -> bytes:
    return text[: one.at % (len(text) + 1)]


def _delete(words: Words, one: Mutation, donor: bytes) -> Words:
    at = one.at % (len(words) + 1)
    return words[:at] + words[at + one.length :]


def _duplicate(words: Words, one: Mutation, donor: bytes) -> Words:
    at, to = one.at % (len(words) + 1), one.to % (len(words) + 1)
    return words[:to] + words[at : at + one.length] + words[to:]


def _repeat(words: Words, one: Mutation, donor: bytes) -> Words:
    at = one.at % (len(words) + 1)
    return words[:at] + words[at : at + one.length] * (one.to % 60) + words[at:]


def _swap(words: Words, one: Mutation, donor: bytes) -> Words:
    if words:
        at, to = one.at % len(words), one.to % len(words)
        words[at], words[to] = words[to], words[at]
    return words


def _insert(words: Words, one: Mutation, donor: bytes) -> Words:
    at = one.at % (len(words) + 1)
    return words[:at] + [one.word] + words[at:]


def _replace(words: Words, one: Mutation, donor: bytes) -> Words:
    at = one.at % (len(words) + 1)
    return words[:at] + [one.word] + words[at + 1 :]


def _splice(words: Words, one: Mutation, donor: bytes) -> Words:
    at, others = one.at % (len(words) + 1), _tokens(donor)
    begin = one.to % (len(others) + 1)
    return words[:at] + others[begin : begin + one.length * 3] + words[at:]


def _append(words: Words, one: Mutation, donor: bytes) -> Words:
    """Puts a whole file of another program behind this one."""
    return [*words, b"\n", *_tokens(donor)]


def _rename(words: Words, one: Mutation, donor: bytes) -> Words:
    """Makes one identifier another one of the same file."""
    names = [k for k, word in enumerate(words) if _NAME.match(word)]
    if names:
        words[names[one.at % len(names)]] = words[names[one.to % len(names)]]
    return words


def _unbalance(words: Words, one: Mutation, donor: bytes) -> Words:
    """Drops a bracket, or makes it another one."""
    brackets = [k for k, word in enumerate(words) if word in _BRACKETS]
    if brackets:
        other = one.to % (len(_BRACKETS) + 1)
        words[brackets[one.at % len(brackets)]] = _BRACKETS[other : other + 1]
    return words


@cache
def _tokens(text: bytes) -> Words:
    return _TOKEN.findall(text)


BYTES: dict[str, Callable[[bytes, Mutation], bytes]] = {
    "flip": _flip, "delete bytes": _delete_bytes, "insert a byte": _insert_byte, "truncate": _truncate,
}  # fmt: skip
TOKENS: dict[str, Callable[[Words, Mutation, bytes], Words]] = {
    "delete": _delete, "duplicate": _duplicate, "repeat": _repeat, "swap": _swap, "insert": _insert,
    "replace": _replace, "splice": _splice, "append": _append, "rename": _rename,
    "unbalance": _unbalance,
}  # fmt: skip
