"""A whole program: files of C with modules, and one file of plain C that does the same.

In come choices; out goes a `Program`: what to write to disk for modcore, what for the compiler alone. Modules import
each other at random, in cycles too, and some declare a part of plain C in their global fragments. A mistake can be
ordered, of which there is one then.
"""

from __future__ import annotations

from dataclasses import dataclass

from scopes.choices import Choices
from scopes.mistakes import Mistake
from scopes.pairs import Text, text
from scopes.planning import Definition, Planner
from scopes.statements import Statements
from scopes.toplevel import FunctionHead, TopLevel, write_body
from scopes.world import INT, ORDINARY, Basic, Entity, File, Function, Pointer, World

NAMES = ("a", "b", "T", "S", "c", "index", "abs", "y0", "import", "module", "ordered", "export", "i", "x")
MODULES = ("a", "m", "d/c", "T", "d/e/n")
STANDARDS = ("gnu17", "gnu17", "gnu11", "gnu2x")
LIBRARY_HEADERS = {"stdlib.h": "abs", "strings.h": "index", "math.h": "y0"}
LIBRARY_TYPES = {
    "abs": Function(INT, (INT,)),
    "index": Function(Pointer(Basic("char")), (Pointer(Basic("const char")), INT)),
    "y0": Function(Basic("double"), (Basic("double"),)),
}
CHECK = "void check_(int where, long value);\n"
MAIN = """#include <stdio.h>
void check_(int where, long value) { printf("%d %ld\\n", where, value); }
"""


@dataclass(frozen=True)
class Program:
    """`files` are for modcore and the compiler, `plain` is the translation; both are C of a `standard`."""

    files: dict[str, str]
    plain: str
    standard: str

    @property
    def modules(self) -> list[str]:
        return [name for name in self.files if name.endswith(".cm")]


class Builder:
    """Makes one program up."""

    def __init__(self, choices: Choices, mistake: Mistake | None = None) -> None:
        self.choices = choices
        self.mistake = mistake
        self.world = World()
        self.planner = Planner(self.world, choices)
        self.writers: dict[str, TopLevel] = {}
        self.plain: list[str] = []
        self.bodies: dict[str, list[Text]] = {}

    def program(self) -> Program:
        world, choices = self.world, self.choices
        world.pool = choices.shuffled(NAMES)[: 5 + choices.below(3)]
        self._files()
        plans: list[Definition] = []
        for file in world.files.values():
            self.writers[file.name] = TopLevel(world, choices, file)
            if file.name in LIBRARY_HEADERS:
                continue
            definitions = self.planner.plan(file, 35 if file.is_header else 45)
            if file.is_header:
                for definition in definitions:
                    self._define(definition)
            else:
                plans += definitions
        for definition in choices.shuffled(plans):
            self._define(definition)
        world.leaks_known = True
        functions = [function for writer in self.writers.values() for function in writer.functions]
        for function in sorted(functions, key=lambda one: one.entity.number):
            self._body(function)
        self._drivers()
        return Program(self._written(), self._translation(), choices.pick(STANDARDS))

    # shape

    def _files(self) -> None:
        """Headers before modules, so that names with C linkage are the headers' first."""
        world, choices = self.world, self.choices
        for header, name in LIBRARY_HEADERS.items():
            file = world.files[header] = File(header, is_header=True, is_module=False)
            entity = Entity(-world.number(), ORDINARY, name, "function", header)
            world.types[entity] = LIBRARY_TYPES[name]
            world.ready.add(entity)
            if name == "abs":
                world.callable[entity] = 1
            file.names[entity.key] = entity
        for number in range(choices.below(3)):
            header = File(f"h{number}.h", is_header=True, is_module=False)
            if number and choices.chance(40):
                header.includes.append("h0.h")
            world.files[header.name] = header
        headers = list(world.files)
        modules = choices.shuffled(MODULES)[: 2 + choices.below(3)]
        files = [File(name) for name in modules]
        crowded = choices.pick((50, 25, 80))
        for number, file in enumerate(files):
            file.imports = choices.some([other for other in modules if other != file.name], crowded)
            file.exported_imports = set(choices.some(file.imports, 25))
            file.includes = choices.some(headers, 45)
            if choices.chance(15):
                fragment = File(f"fragment{number}.h", is_header=True, is_module=False, includes=list(file.includes))
                file.includes.append(fragment.name)
                world.files[fragment.name] = fragment
        world.files.update((file.name, file) for file in files)
        main = File("main", imports=list(modules), includes=choices.some(headers, 50))
        main.is_module = choices.chance(60)
        world.files["main"] = main

    def _define(self, definition: Definition) -> None:
        writer = self.writers[definition.file.name]
        before = len(writer.plain)
        writer.define(definition)
        self.plain += writer.plain[before:]

    def _body(self, function: FunctionHead) -> None:
        body = write_body(self.world, self.choices, function, self.mistake)
        self.bodies.setdefault(function.file.name, []).append(text(Text(function.prefix, ""), body))
        self.plain.append(body.plain)

    def _drivers(self) -> None:
        """In each file a function that uses what it can see; `main` calls them all."""
        calls: list[str] = []
        for file in list(self.world.files.values()):
            if file.is_header:
                continue
            name = "main" if file.name == "main" else "run_" + file.name.replace("/", "_")
            writer = Statements(self.world, self.choices, file)
            writer.mistake = self.mistake
            with writer.scope():
                lines = writer.body(3) + self._everything(writer)
            bodies = self.bodies.setdefault(file.name, [])
            if self.mistake is not None and file.is_module:
                bodies += self.mistake.last(writer)
            if name == "main":
                lines = [*(text(f"{call}();") for call in calls), *lines]
            calls.append(name)
            body = text(f"int {name}(void) {{\n", *(text(line, "\n") for line in lines), "return 0;\n}")
            bodies.append(text(Text("export " if file.is_module and name != "main" else "", ""), body))
            self.plain.append(body.plain)

    def _everything(self, writer: Statements) -> list[Text]:
        """A use of all that has a name in the outermost block of a function, and of all that `::` reaches."""
        lines = []
        for entity, name in [*writer.reachable(writer.is_usable), *writer.qualified()]:
            if writer.is_usable(entity):
                writer.calls_left, writer.steps = 1, 0
                lines.append(writer.checked(writer.use(entity, name)))
        return lines

    # text

    def _written(self) -> dict[str, str]:
        files = {"check.h": CHECK, "check.c": MAIN}
        legacy = [_included("check.h")]
        for file in self.world.files.values():
            if file.name in LIBRARY_HEADERS:
                continue
            if file.is_header:
                guard = file.name.split(".")[0].upper()
                files[file.name] = f"#ifndef {guard}\n#define {guard}\n{self._header_text(file)}#endif\n"
                legacy.append(_included(file.name))
            else:
                files[f"{file.name}.cm"] = self._module_text(file)
        legacy += [f"{line.module}\n" for writer in self.writers.values() for line in writer.legacy]
        return {**files, "legacy.c": "".join(legacy)}

    def _header_text(self, file: File) -> str:
        included = [_included(name) for name in ("check.h", *file.includes)]
        lines = [f"{line.module}\n" for line in self.writers[file.name].lines]
        return "".join([*included, *_announced(file, plain=False), *lines])

    def _module_text(self, file: File) -> str:
        fragments = [name for name in file.includes if name.startswith("fragment")]
        included = [_included(name) for name in ("check.h", *file.includes) if name not in fragments]
        imports = [
            f"{'export ' if name in file.exported_imports else ''}import {name};\n"
            for name in self.choices.shuffled(file.imports)
        ]
        lines = [f"{line.module}\n" for line in (*self.writers[file.name].lines, *self.bodies[file.name])]
        if not file.is_module:
            return "".join([*included, *imports, *_announced(file, plain=False), *lines])
        begin = "module;\n"
        for fragment in fragments:
            begin += self._header_text(self.world.files[fragment])
        if fragments:
            begin += f"module {file.name.rsplit('/', 1)[-1]};\n"
        return "".join([begin, *included, *imports, *self.choices.shuffled(lines)])

    def _translation(self) -> str:
        included = [_included(name) for name in LIBRARY_HEADERS]
        tags = [line for file in self.world.files.values() for line in _announced(file, plain=True)]
        return "".join([*included, CHECK, *tags, "\n".join(self.plain), "\n"])


def _included(name: str) -> str:
    return f"#include <{name}>\n" if name in LIBRARY_HEADERS else f'#include "{name}"\n'


def _announced(file: File, plain: bool) -> list[str]:
    """Forward declarations of the structs and unions of a file, as plain C wants them."""
    tags = [entity for entity in file.names.values() if entity.kind in ("struct", "union")]
    return [f"{entity.kind} {entity.plain if plain else entity.name};\n" for entity in tags]


def make(choices: Choices, mistake: Mistake | None = None) -> Program:
    """One program."""
    return Builder(choices, mistake).program()
