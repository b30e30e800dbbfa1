"""Random programs full of inline functions do what their translation to plain C in one file does.

A program has a few modules that import each other; their functions, exported or private, inline or not, call each
other and use private and exported variables, constants, types and static locals of several kinds, under names that
repeat in every module. Each module is also emitted from the names files of the others, with the same result.
MODCORE_FUZZ sets the number of programs (default: 6).
"""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from test_importers import NamesOnly

from modcore.preprocess import Toolchain
from modcore.program import Options, Program

CC = os.environ.get("CC", "gcc")
ROUNDS = int(os.environ.get("MODCORE_FUZZ", "6"))
LOCALS = ["a", "b", "n", "x", "y", "a1", "n2"]
ATTRIBUTES = ["", "", "", "__attribute__((always_inline)) ", "__attribute__((noinline)) ", "__attribute__((flatten)) "]
CALLS = ["%s(%s)", "(*&%s)(%s)", "({ int (*call)(int) = %s; call(%s); })"]


class Symbol(NamedTuple):
    """Something that a module defines; private names are the same in all modules, exported ones in none."""

    module: str
    kind: str
    number: int
    exported: bool
    value: int
    words: str = ""
    old_style: bool = False

    @property
    def name(self) -> str:
        return f"{self.module if self.exported else ''}{self.kind}{self.number}"

    @property
    def plain(self) -> str:
        return f"{self.module}_{self.name}"

    @property
    def prefix(self) -> str:
        return "export " if self.exported else "static " if self.value % 2 and self.kind != "S" else ""


class Code(NamedTuple):
    """The same C with the names of modules, and with those of the translation."""

    text: str
    plain: str

    def __mod__(self, others: tuple[Code, ...]) -> Code:  # type: ignore[override]
        return Code(self.text % tuple(one.text for one in others), self.plain % tuple(one.plain for one in others))


def same(text: str) -> Code:
    return Code(text, text)


def name_of(symbol: Symbol) -> Code:
    return Code(symbol.name, symbol.plain)


class Writer:
    """Writes the functions of one program; a function calls only those that come before it in `order`."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        dice = self.dice
        self.modules = [f"m{n}" for n in range(dice.randint(2, 4))]
        self.symbols = [
            Symbol(module, kind, number, number == 0, dice.randint(1, 9))
            for module in self.modules
            for kind, count in {"v": 3, "C": 3, "E": 3, "S": 2}.items()
            for number in range(count)
        ]
        self.order = [
            Symbol(
                module, "f", number, dice.random() < 0.5, dice.randint(1, 9),
                "inline " + dice.choice(ATTRIBUTES) if dice.random() < 0.65 else "", dice.random() < 0.15,
            )
            for module in self.modules
            for number in range(6)
        ]  # fmt: skip
        dice.shuffle(self.order)
        self.fresh = 0

    def new(self) -> int:
        self.fresh += 1
        return self.fresh

    def visible(self, module: str, kind: str) -> Code:
        return name_of(
            self.dice.choice([s for s in self.symbols if s.kind == kind and (s.exported or s.module == module)])
        )

    def value(self, function: Symbol, names: set[str], depth: int = 0) -> Code:
        """An expression of type int, with its parts in a fixed order."""
        dice, module = self.dice, function.module
        choice = dice.choice(["number", "local", "v", "C", "&C", "E", "S", "call", "call", "sum", "sum"])
        if choice == "local" and names:
            return same(dice.choice(sorted(names)))
        if choice in ("v", "C", "E"):
            return self.visible(module, choice)
        if choice in ("&C", "S"):
            return same("*&%s" if choice == "&C" else "(int)sizeof(struct %s)") % (self.visible(module, choice[-1]),)
        called = [one for one in self.order[: self.order.index(function)] if one.exported or one.module == module]
        if choice == "call" and called and depth < 3:
            argument = self.value(function, names, depth + 1)
            return same(dice.choice(CALLS)) % (name_of(dice.choice(called)), argument)
        if choice == "sum" and depth < 3:
            parts = self.value(function, names, depth + 1), self.value(function, names, depth + 1)
            first = f"t{self.new()}"
            return same(f"({{ int {first} = %s; {first} {dice.choice('+-*^&')} (%s); }})") % parts
        return same(str(dice.randint(0, 20)))

    def static(self, function: Symbol, name: str) -> Code:
        """A local `name` that rests on a static object, which may have to stay in its function."""
        start, bound = self.dice.randint(0, 5), self.visible(function.module, "E")
        return self.dice.choice([
            same(f"static int {name} = {start} + %s;\n"),
            same(f"static int {name}s[] = {{{start}, [%s] = 4}}; int {name} = {name}s[1]++ + (int)sizeof {name}s;\n"),
            same(f"static int {name}s[%s], *{name}p = &{name}s[0]; int {name} = ++*{name}p;\n"),
            same(f"struct L{name} {{ int i; }}; static struct L{name} {name}s; int {name} = ++{name}s.i + %s;\n"),
        ]) % (bound,)  # fmt: skip

    def block(self, function: Symbol, names: set[str], depth: int = 0) -> tuple[Code, set[str]]:
        """Statements, and the names that are known behind them."""
        dice, module = self.dice, function.module
        out, names, own = same(""), set(names), {"x"} if depth == 0 else set()
        for _ in range(dice.randint(1, 4)):
            choice, name = dice.choice(["local", "static", "v", "if", "S", "assign"]), dice.choice(LOCALS)
            if choice in ("local", "static") and name in own:
                continue
            if choice == "local":
                code = same(f"int {name} = %s;\n") % (self.value(function, names - {name}),)
            elif choice == "static":
                code = self.static(function, name)
            elif choice == "v":
                code = same("{ int t = %s; %s += t; }\n") % (self.value(function, names), self.visible(module, "v"))
            elif choice == "if" and depth < 2:
                inner, _ = self.block(function, names, depth + 1)
                code = same("if (%s) {\n%s}\n") % (self.value(function, names), inner)
            elif choice == "S":
                name = f"s{self.new()}"
                value = self.value(function, names)
                code = same(f"struct %s {name} = {{%s}}, *p{name} = &{name}; p{name}->i++;\n")
                code %= (self.visible(module, "S"), value)
                names |= {f"{name}.i", f"p{name}->i"}
            elif choice == "assign" and depth == 0:
                code = same(f"{dice.choice(sorted(names))} = %s;\n") % (self.value(function, names),)
            else:
                continue
            if choice in ("local", "static"):
                own.add(name)
                names.add(name)
            out = Code(out.text + code.text, out.plain + code.plain)
        return out, names

    def function(self, function: Symbol) -> Code:
        body, names = self.block(function, {"x"})
        who = Code("__func__[0]", f"'{function.name[0]}'")
        result = self.value(function, names)
        head = "(x) int x;" if function.old_style else "(int x)"
        code = same("%s" + head + "\n{\n%sreturn (%s + %s) & 0xffff;\n}\n")
        begin = Code(f"{function.prefix}{function.words}int {function.name}", f"static int {function.plain}")
        return code % (begin, body, result, who if self.dice.random() < 0.2 else same("0"))

    def symbol(self, symbol: Symbol) -> Code:
        shape = {
            "v": "int %s = {};\n", "C": "const int %s = {};\n", "E": "enum {{ %s = {} }};\n",
            "S": "struct %s {{ int i; char c[{}]; }};\n",
        }[symbol.kind].format(symbol.value)  # fmt: skip
        words = symbol.prefix if symbol.kind in "vC" or symbol.exported else ""
        return Code(words + shape % symbol.name, ("static " if symbol.kind in "vC" else "") + shape % symbol.plain)

    def program(self) -> tuple[dict[str, str], str]:
        """The files of the modules, and the translation."""
        functions = {one: self.function(one) for one in self.order}
        others = {one: self.symbol(one) for one in self.symbols}
        files = {}
        for module in self.modules:
            parts = [code.text for table in (others, functions) for one, code in table.items() if one.module == module]
            self.dice.shuffle(parts)
            imports = "".join(f"import {other};\n" for other in self.modules if other != module)
            files[module] = "module;\n" + imports + "".join(parts)
        exported = [one for one in self.order if one.exported] or [self.order[0]]
        calls = [same(f"%s({self.dice.randint(0, 30)})") % (name_of(one),) for one in exported * 2 if one.exported]
        values = [name_of(one) for one in self.symbols if one.exported and one.kind == "v"]
        prints = [same('printf("%%d\\n", %s);\n') % (code,) for code in calls + values]
        files["main"] = (
            self.dice.choice(["module;\n", ""]) + "#include <stdio.h>\n"
            + "".join(f"import {module};\n" for module in self.modules)
            + "static int v1 = 3, f1; struct S1 { double d; };\n"
            + f"int main(void)\n{{\n{''.join(code.text for code in prints)}return f1 * v1;\n}}\n"
        )  # fmt: skip
        plain = ["#include <stdio.h>\n", *(code.plain for code in others.values())]
        plain += [f"static int {one.plain}(int);\n" for one in self.order]
        plain += [code.plain for code in functions.values()]
        plain.append(f"int main(void)\n{{\n{''.join(code.plain for code in prints)}return 0;\n}}\n")
        return files, "".join(plain)


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_program_does_what_its_translation_does(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files, plain = Writer(seed).program()
    for name, text in files.items():
        Path(f"{name}.cm").write_text(text)
    Path("plain.c").write_text(plain)
    run(CC, "-w", "-fwrapv", "plain.c", "-o", "plain")
    options = Options(Toolchain((CC,)))
    program = Program(options)
    assert not program.check([program.module(f"{name}.cm") for name in files])
    for name in files:
        module = program.module(f"{name}.cm")
        emitted = program.emit(module)
        assert Program(options, NamesOnly(options, module)).emit(module) == emitted
        Path(f"{name}.c").write_text(emitted)
    for level in ("-O0", "-O2"):
        for name in files:
            strict = ("-w", "-Werror=implicit-function-declaration", "-fwrapv")
            run(CC, level, *strict, "-x", "cpp-output", "-c", f"{name}.c", "-o", f"{name}.o")
        run(CC, *(f"{name}.o" for name in files), "-o", "program")
        assert run("./program") == run("./plain")
