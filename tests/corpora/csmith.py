"""Random C programs by csmith, and what they become as modules.

In come seeds; out go programs that print a checksum of what they computed; one that does not within a
second, or prints another without optimization, is passed over. Csmith's output has fixed parts (types,
variables, prototypes, functions, `main`), so it is turned into modules mechanically: prototypes go, `static`
stays or becomes `export`, bodies are left alone.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

INCLUDES = "/usr/include/csmith"
_PARTS = ("GLOBAL VARIABLES", "FORWARD DECLARATIONS", "FUNCTIONS")
_RULE = "/* ------------------------------------------ */\n"
_MAIN = "int main ("
_TYPE = re.compile(r"^(?=(?:struct|union) \w+ \{)", re.MULTILINE)
_SIZES = (
    ("--max-funcs", "3"),
    ("--max-funcs", "5", "--max-block-depth", "3"),
    ("--max-funcs", "8", "--max-block-depth", "3", "--max-expr-complexity", "6"),
)
_FORMS = (
    (),
    ("--inline-function",),
    ("--builtins", "--disable-builtin-kinds", "x86", "--float"),
    ("--inline-function", "--max-struct-fields", "4", "--max-pointer-depth", "3"),
)
_SECONDS = 1


class Program(msgspec.Struct, frozen=True, gc=False):
    """A program in its parts; joined they are csmith's text, but for comments that mark them."""

    seed: int
    head: str  # includes and types
    variables: str
    prototypes: str
    functions: tuple[str, ...]
    main: str

    @property
    def text(self) -> str:
        """Csmith's own order: plain C."""
        return self.head + self.variables + self.prototypes + "".join(self.functions) + self.main

    def as_module(self) -> dict[str, str]:
        """The program as one module, by file; `main` stands in front of what it uses."""
        functions = "".join(self.functions[::-1])
        return {"main.cm": f"module;\n{self.head}{self.main}{functions}{self.variables}"}

    def as_modules(self) -> dict[str, str]:
        """The program as modules, by file: the data, functions in two that import each other, `main`."""
        includes, types = self._separate()
        exported = [_exported(function) for function in self.functions]
        return {
            "data.cm": f"module;\n{includes}{_TYPE.sub('export ', types)}{_exported(self.variables)}",
            "even.cm": f"module;\nimport data;\nimport odd;\n{includes}" + "".join(exported[::2]),
            "odd.cm": f"module;\nimport even;\nimport data;\n{includes}" + "".join(exported[1::2]),
            "main.cm": f"module;\nimport odd;\nimport even;\nimport data;\n{includes}{self.main}",
        }

    def _separate(self) -> tuple[str, str]:
        """The includes, and the types with the pragmas around them."""
        at = self.head.index("/* --- Struct/Union Declarations --- */")
        return self.head[:at], self.head[at:]


def _exported(definitions: str) -> str:
    """Definitions at the left margin, exported instead of static."""
    return re.sub(r"^(?:inline )?static ", _export, definitions, flags=re.MULTILINE)


def _export(match: re.Match[str]) -> str:
    return "export inline " if match[0].startswith("inline") else "export "


def program_of(seed: int) -> Program:
    """The program of a seed; its size and the forms in it depend on the seed."""
    options = [*_SIZES[seed % len(_SIZES)], *_FORMS[seed % len(_FORMS)]]
    command = ["csmith", "--seed", str(seed), "--no-argc", *options]
    with tempfile.TemporaryDirectory() as folder:  # csmith writes what it knows of the machine where it stands
        text = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=True).stdout
    parts = [text]
    for title in _PARTS:
        first, mark, rest = parts.pop().partition(f"/* --- {title} --- */\n")
        if not mark:
            raise ValueError(f"seed {seed}: csmith's output has no part '{title}'")
        parts += [first, rest]
    head, variables, prototypes, rest = parts
    functions, begin, main = rest.partition(_MAIN)
    return Program(seed, head, variables, prototypes, tuple(functions.split(_RULE)[1:]), begin + main)


def programs(seeds: Iterable[int], compiler: str, flags: Sequence[str]) -> Iterator[tuple[Program, str]]:
    """The programs of the seeds that end in time, with what each prints when the compiler alone makes it.

    A program has to print the same without optimization: a loop without end and without effects is one that
    clang may take to end (C11 6.8.5p6), and then everything goes.
    """
    for seed in seeds:
        program = program_of(seed)
        printed = _printed(program, compiler, flags)
        if printed and printed == _printed(program, compiler, (*flags, "-O0")):
            yield program, printed


def _printed(program: Program, compiler: str, flags: Sequence[str]) -> str | None:
    """What a program prints that the compiler alone makes; None when it does not end in time or fails."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "program"
        command = [compiler, *flags, "-x", "c", "-", "-o", str(file)]
        subprocess.run(command, input=program.text, text=True, check=True)
        return run(file, _SECONDS)


def run(file: Path, seconds: int) -> str | None:
    """What a program prints; None when it does not end in time or fails."""
    try:
        done = subprocess.run([str(file)], capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return None
    return done.stdout if done.returncode == 0 else None
