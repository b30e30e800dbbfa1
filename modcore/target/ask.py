"""Asking the compiler for integer constants without running what it makes.

In go a compiler with its flags, a preamble of declarations and integer constant expressions; out come their
values. All of them are compiled into one array of bytes, between two markers and the most significant byte
first, and read out of the object file as bytes; so neither the object format nor the byte order matters, and
one compiler run answers any number of questions. Used by the probe, and for layouts that `layout` cannot
vouch for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

import msgspec

from modcore import compiler
from modcore.target.flags import relevant_flags

_BYTES = 9
_MARKER = bytes.fromhex("6dc30ae19d54f817b23e8166db05a97c")
_END = _MARKER[::-1]
_QUESTIONS = "modcore-questions"


class ProbeError(Exception):
    """The compiler is missing, rejects what it is asked, or makes an object that does not hold the answers.

    `message` is a sentence for the user; `output` is what the compiler said, `rejected` the numbers (from 0)
    of the expressions that it complained about.
    """

    def __init__(self, message: str, output: str = "", rejected: frozenset[int] = frozenset()) -> None:
        super().__init__(message)
        self.message = message
        self.output = output
        self.rejected = rejected


class Question(msgspec.Struct, frozen=True, gc=False):
    """Expressions that belong together, with the declarations that only they need."""

    preamble: str
    expressions: tuple[str, ...]


def ask(cc: Sequence[str], flags: Sequence[str], expressions: Sequence[str], preamble: str = "") -> list[int]:
    """The values of integer constant expressions, each from -2**63 to 2**64 - 1; raises `ProbeError`.

    The preamble is C that is already preprocessed: of the flags only those that describe the target are used.
    """
    return ask_aloud(cc, flags, expressions, preamble, ())[0] if expressions else []


def ask_aloud(cc: Sequence[str], flags: Sequence[str], expressions: Sequence[str], preamble: str,
              aloud: Sequence[str]) -> tuple[list[int], str]:
    """The same values, and what a compiler printed that was given the flags `aloud` as well."""
    table = ",\n".join((_bytes_of(_MARKER), f'\n#line 1 "{_QUESTIONS}"\n' + ",\n".join(
        f"modcore_value({expression})" for expression in expressions), _bytes_of(_END)))
    source = f"{preamble}\n{_MACROS}unsigned char modcore_answers[] __attribute__((used)) = {{\n{table}}};\n"
    compiled = compile_object(cc, flags, source, aloud)
    return _decode(compiled.image, len(expressions), cc), compiled.output


def ask_each(cc: Sequence[str], flags: Sequence[str],
             questions: Sequence[Question]) -> list[list[int] | None]:
    """The answers to each question, or None for one that the compiler rejects, in as few runs as that allows.

    A preamble that several questions share, letter by letter, is compiled once.
    """
    preamble = "\n".join(dict.fromkeys(question.preamble for question in questions))
    try:
        values = iter(ask(cc, flags, [text for one in questions for text in one.expressions], preamble))
    except ProbeError as error:
        if len(questions) > 1:
            half = len(questions) // 2
            return ask_each(cc, flags, questions[:half]) + ask_each(cc, flags, questions[half:])
        if not error.output:
            raise
        return [None]
    return [[next(values) for _ in question.expressions] for question in questions]


_MACROS = (
    "#define modcore_byte(e, n) (unsigned char)((unsigned long long)(e) >> n)\n"
    "#define modcore_value(e) (unsigned char)((e) < 0), "
    + ", ".join(f"modcore_byte((e), {shift})" for shift in range(56, -8, -8)) + "\n"
)


def _bytes_of(text: bytes) -> str:
    return ", ".join(map(str, text))


class Compiled(msgspec.Struct, frozen=True, gc=False):
    """An object file, as bytes, and what the compiler printed about it."""

    image: bytes
    output: str


def compile_object(cc: Sequence[str], flags: Sequence[str], source: str, aloud: Sequence[str] = ()) -> Compiled:
    """What the compiler makes of preprocessed C; raises `ProbeError`. `aloud` are flags that have it say more."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="modcore-") as folder:
        path, target = os.path.join(folder, "question.c"), os.path.join(folder, "question.o")
        with open(path, "w", encoding="utf-8") as file:
            file.write(source)
        command = [*cc, *relevant_flags(flags), *aloud, "-fno-lto", "-w", "-c", "-o", target, path]
        try:
            run = compiler.run(command)
        except OSError as error:
            raise ProbeError(compiler.not_started(cc, error)) from error
        output = (run.stderr + run.stdout).decode("utf-8", "replace").rstrip()
        if run.returncode != 0 or not os.path.exists(target):
            rejected = frozenset(int(line) - 1 for line in re.findall(rf"{_QUESTIONS}:(\d+)", output))
            raise ProbeError(f"the compiler '{' '.join(cc)}' rejects a question about its types: "
                             f"{_first_error(output)}", output or "no output", rejected)
        with open(target, "rb") as file:
            return Compiled(file.read(), output)


def _first_error(output: str) -> str:
    """What a compiler complains about first, without the place in a file that users do not have."""
    lines = output.splitlines() or ["it says nothing"]
    said = next((line for line in lines if "error: " in line), lines[-1])
    return re.sub(r"^\S*:\d+:(?:\d+:)? *(?:fatal )?(?:error: *)?", "", said)


def _decode(image: bytes, count: int, cc: Sequence[str]) -> list[int]:
    """The values between the first two markers that stand at the right distance in an object file."""
    start = image.find(_MARKER)
    while start >= 0:
        first = start + len(_MARKER)
        last = first + count * _BYTES
        if image[last:last + len(_END)] == _END:
            return [int.from_bytes(image[at + 1:at + _BYTES], "big") - (image[at] << 64)
                    for at in range(first, last, _BYTES)]
        start = image.find(_MARKER, start + 1)
    raise ProbeError(f"the object file that '{' '.join(cc)}' makes does not hold the answers as bytes")
