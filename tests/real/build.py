"""The tree of a project, as SCons builds it through modcore, or as the compiler alone does.

In comes a project's source; each `X.c` gets a copy `X.cm` beside it. SCons builds everything of the `.cm`
files. The compiler alone gets the very same files as the C that they are (`-x c`), so that also what names
the file, like `assert`, is equal. The plain files stay for those that include them. `expect_same_code`
compares two such trees.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from tests.real import objects
from tests.real.project import CC, Project, matches
from tests.real.workbench import Workbench

LEVELS = ("-O0", "-O2")
_SCONSTRUCT = """\
env = Environment(
    tools=['default', 'cmodule'], toolpath=[PyPackageDir('modcore.scons')],
    CC={cc!r}, LIBPATH=['.'],
)
env.MergeFlags({flags!r})
libraries = {libraries!r}
for library, sources in libraries.items():
    env.Library(library, sources)
env.Object({others!r})
for program, sources in {programs!r}.items():
    env.Program(program, sources, LIBS=[*libraries, *env.get('LIBS', [])])
"""


class ProjectTree(Workbench):
    """A copy of a project's unpacked source, with a `.cm` file beside each of its units."""

    def __init__(self, directory: Path, project: Project, unpacked: Path, level: str) -> None:
        super().__init__(directory, (*project.flags, level))
        shutil.copytree(unpacked, directory, symlinks=True)
        self.project = project
        self.level = level
        self.units = project.units(directory)
        for unit in self.units.all():
            shutil.copy(directory / unit, directory / f"{unit}m")

    def libraries(self) -> dict[str, tuple[str, ...]]:
        """The static libraries in the order in which programs are linked with them, with their units."""
        named = {"helpers": self.units.helpers, "project": self.units.library}
        return {name: units for name, units in named.items() if units}

    def build_with_scons(self, modules: Sequence[str] = ()) -> None:
        """Build everything of the `.cm` files, with further modules in each program."""
        libraries = {name: _modules(units) for name, units in self.libraries().items()}
        if modules:
            libraries["project"] = [*libraries.get("project", ()), *modules]
        text = _SCONSTRUCT.format(
            cc=CC, flags=[*self.flags, *self.project.link_flags], libraries=libraries,
            others=_modules(self.units.others),
            programs={program: _modules(units) for program, units in self.units.programs.items()},
        )  # fmt: skip
        self.write({"SConstruct": text})
        self.scons("-Q", "-s")

    def build_with_compiler(self, objects: Sequence[str] = ()) -> None:
        """Build everything of the `.cm` files as plain C, with further objects in each program."""
        for unit in self.units.all():
            self.compile_as_c(f"{unit}m", object_of(unit))
        for name, units in self.libraries().items():
            self.run("ar", "rc", f"lib{name}.a", *map(object_of, units))
        libraries = [f"lib{name}.a" for name in self.libraries()]
        for program, units in self.units.programs.items():
            words = [*map(object_of, units), *libraries, *objects, *self.project.link_flags]
            self.run(CC, *words, "-o", program)

    def compile_as_c(self, source: str, target: str) -> None:
        self.run(CC, *self.flags, "-w", "-x", "c", "-c", source, "-o", target)

    def compile_expanded(self, source: str, target: str) -> None:
        """Compile what the compiler's own preprocessor prints."""
        expanded = f"{source}.i"
        self.run(CC, *self.flags, "-E", "-x", "c", source, "-o", expanded)
        self.compile_emitted(expanded, target)


def expect_same_code(tree: ProjectTree, reference: ProjectTree) -> None:
    """Fail unless each unit's object in `tree` is the same code as the compiler's own in `reference`.

    Where the compiler itself comes to another code by way of its own `-E`, the unit has to be listed by its
    project, and is compared with that.
    """
    found = []
    for unit in tree.units.all():
        ours, theirs = (objects.read(one.directory / object_of(unit)) for one in (tree, reference))
        different = objects.differences(ours, theirs)
        if different and matches(unit, tree.project.laid_out_by_macros) and tree.level == "-O0":
            reference.compile_expanded(f"{unit}m", f"{unit}.expanded.o")
            different = objects.differences(ours, objects.read(reference.directory / f"{unit}.expanded.o"))
        if different:
            found.append(f"{unit}: {', '.join(different[:5])}")
    if found:
        text = "\n".join(found)
        pytest.fail(f"{tree.directory}: not the compiler's own code at {tree.level}:\n{text}", pytrace=False)


def expect_same_text(tree: ProjectTree) -> None:
    """Fail unless the command line makes the C of each unit that SCons has compiled."""
    for unit in tree.units.all():
        emitted = tree.read(tree.emit(f"{unit}m", "emitted.c"))
        assert emitted == tree.read(f"{unit}m.c"), f"{tree.directory}: modcore emit {unit}m: not what SCons got"


def object_of(unit: str) -> str:
    """The object file that is made of a unit `X.c` in either tree."""
    return f"{unit.removesuffix('.c')}.o"


def _modules(units: Iterable[str]) -> list[str]:
    return [f"{unit}m" for unit in units]
