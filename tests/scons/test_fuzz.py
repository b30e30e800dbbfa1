"""Random projects, randomly edited: an incremental build makes exactly what a clean build makes.

After each edit the project is built where it is, and once more in a fresh copy; emitted C, names files and
what the program prints must be equal, and so must success. MODCORE_FUZZ sets the number of projects (default:
2).
"""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest
from scons_tree import Tree, errors

ROUNDS = int(os.environ.get("MODCORE_FUZZ", "2"))
EDITS = 7


class Project:
    """Modules with structs by value, constants as bounds, functions (inline or not), re-exports and cycles, to be
    changed at random."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.names = [f"{folder}m{n}" for n, folder in enumerate(("", "", "d/", "d/", "d/e/", "e/"))]
        self.imports = {name: set(self.dice.sample(self.names, self.dice.randint(1, 3))) - {name} for name in self.names}
        self.exported: dict[str, set[str]] = {name: set() for name in self.names}
        self.fields = {name: [f"int field{n};"] for n, name in enumerate(self.names)}
        self.constants = {name: self.dice.randint(1, 9) for name in self.names}
        self.bodies = dict.fromkeys(self.names, 0)
        self.extra = dict.fromkeys(self.names, "")
        self.inline = {name: self.dice.choice(["", "inline "]) for name in self.names}  # what `f` is
        self.hidden = {name: self.dice.choice(["", "inline "]) for name in self.names}  # what `f` calls
        self.home = {f"S{n}": name for n, name in enumerate(self.names)}  # where each struct is defined
        self.gives = {name: struct for struct, name in self.home.items()}  # the struct that each module's `give` points to
        self.header = 1
        for _ in range(6):
            self.change()

    def change(self) -> str:
        """One edit; what it was."""
        dice, name = self.dice, self.dice.choice(self.names)
        kind = dice.choice(["body", "constant", "field", "field", "import", "export", "extra", "move", "header", "drop", "give", "inline", "hidden"])
        if kind == "body":
            self.bodies[name] += 1
        elif kind == "constant":
            self.constants[name] += 1
        elif kind == "field" and self.imports[name]:
            number, other = len(self.fields[name]), dice.choice(sorted(self.imports[name]))
            struct, constant = self.struct_of(other), f"C{self.names.index(other)}"
            self.fields[name].append(
                dice.choice([f"struct {struct} *p{number};", f"struct {struct} v{number};", f"char a{number}[{constant}];"])
            )
        elif kind == "give":
            self.gives[name] = self.struct_of(dice.choice(sorted({name, *self.imports[name]})))
        elif kind == "import":
            self.imports[name] ^= {dice.choice([other for other in self.names if other != name])}
        elif kind == "export":
            if self.imports[name]:
                self.exported[name] ^= {dice.choice(sorted(self.imports[name]))}
        elif kind == "extra":
            self.extra[name] = dice.choice(["", f"export int extra{dice.randrange(2)};\n", "int hidden(void) { return 1; }\n"])
        elif kind == "move":
            one, other = dice.sample(sorted(self.home), 2)
            self.home[one], self.home[other] = self.home[other], self.home[one]
        elif kind == "header":
            self.header += 1
        elif kind in ("inline", "hidden"):
            words = self.inline if kind == "inline" else self.hidden
            words[name] = "" if words[name] else "inline "
        elif kind == "drop":
            del self.fields[name][1:]
            self.gives[name] = self.struct_of(name)
        return f"{kind} {name}"

    def struct_of(self, name: str) -> str:
        return next(struct for struct, home in self.home.items() if home == name)

    def write(self, root: Path) -> None:
        for name in self.names:
            number = self.names.index(name)
            imports = "".join(
                f"{'export ' if other in self.exported[name] else ''}import {other};\n"
                for other in sorted(self.imports[name])
            )
            struct = self.struct_of(name)
            others = sorted(self.names.index(other) for other in self.imports[name])
            calls = "".join(f" + (d ? f{other}(d - 1) : 0) + (int)sizeof *give{other}()" for other in others)
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            self.put(root / f"{name}.cm", (
                f"module;\n#include \"h.h\"\n{imports}{self.extra[name]}export struct {struct} {{ {' '.join(self.fields[name])} }};\n"
                f"export const int C{number} = {self.constants[name]};\n"
                f"export struct {self.gives[name]} *give{number}(void) {{ return 0; }}\n"
                f"{self.hidden[name]}int hidden{number}(int d) {{ static int n; n += d; return n + {self.bodies[name]} * H; }}\n"
                f"export {self.inline[name]}int f{number}(int d) {{ return (int)sizeof(struct {struct}) + hidden{number}(d){calls}; }}\n"
            ))  # fmt: skip
        self.put(root / "h.h", f"#define H {self.header}\n")
        self.put(root / "main.cm", "module;\n#include <stdio.h>\n" + "".join(f"import {name};\n" for name in self.names[:4]) + (
            "int main(void) { printf(\"" + "%d " * 4 + "\\n\", " + ", ".join(f"f{n}(2)" for n in range(4))
            + "); return 0; }\n"
        ))  # fmt: skip

    @staticmethod
    def put(file: Path, text: str) -> None:
        """Writes a file unless it is as it should be."""
        if not file.exists() or file.read_text() != text:
            file.write_text(text)


def made(tree: Tree) -> dict[str, str]:
    return {name: (tree.root / name).read_text() for name in sorted(tree.files()) if name.endswith((".cmn", ".cm.c"))}


VARIANTS = ["", "VariantDir('build', '.', duplicate=0)\n", "VariantDir('build', '.', duplicate=1)\n"]


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_incremental_and_clean_builds_are_equal(tmp_path: Path, seed: int) -> None:
    project = Project(seed)
    (tmp_path / "one").mkdir()
    tree = Tree(tmp_path / "one")
    variant = VARIANTS[seed % 3]
    below = "build/" if variant else ""
    options = ["-j2", *(["--implicit-cache"] if seed % 4 == 3 else [])]
    tree.write({"SConstruct": f"env.Append(CPPPATH=['{below or '.'}', '.'])\n{variant}env.CModuleProgram('{below}app', '{below}main.cm')\n"})
    history = []
    for number in range(EDITS):
        project.write(tree.root)
        run = tree.scons(*options)
        folder = tmp_path / f"clean{number}"
        folder.mkdir()
        clean = Tree(folder)
        clean.environment["COUNTING_CC"] = tree.environment["COUNTING_CC"]
        for name in tree.files():
            if not name.startswith("build/") and not name.endswith((".cmn", ".c", ".i", ".o", "app")):
                (clean.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(tree.root / name, clean.root / name)
        other = clean.scons("-k")
        assert (run.status == 0) == (other.status == 0), (history, run.text, other.text)
        if run.status == 0:
            assert tree.run(f"{below}app") == clean.run(f"{below}app"), history
            left, right = made(tree), made(clean)
            assert {name: left.get(name) for name in right} == right, history
            again = tree.scons(*options, "--debug=explain")
            assert again.did_nothing, (history, again.text)
        else:
            # Where the main module itself fails, a first run does not know yet what else to build.
            told = other.err + clean.scons("-k").err
            assert set(errors(run.err)) <= set(errors(told)), (history, run.text, told)
        shutil.rmtree(folder)
        history.append(project.change())
