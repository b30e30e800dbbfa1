"""What the compiler sees of a project's units, statement by statement, without what is in the system's headers.

In comes the tree of a project; for each unit come out the feature macros and system headers that bring the
rest, as preprocessor lines, and the statements of the project's own files, expanded, each with its file and
the names that it declares. Each statement does one thing: it defines all of its names, or only declares them.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator

import msgspec

from modcore.preprocess import Toolchain
from modcore.program import Options, Program
from modcore.stage1_names import Unit
from modcore.syntax.declared import ORDINARY, TAG, Declared
from tests.real.build import ProjectTree
from tests.real.project import CC

_MARKER = re.compile(r'^# \d+ ".*\n?', re.M)
_TAG = re.compile(r"\b(?:struct|union|enum)\s+(\w+)")
_BLOCK_EXTERN = re.compile(r"\bextern\b([^;{}]*);")
_FEATURE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(_\w+_SOURCE|_FILE_OFFSET_BITS)\b", re.M)
_SEARCHED = re.compile(r"/usr/(?:lib/gcc/[^/]+/[^/]+/include|local/include|include/\w+-linux-gnu|include)/")

Name = tuple[str, str]
"""Name space and name."""


class Statement(msgspec.Struct, frozen=True, gc=False):
    """One top-level statement, or a pragma, and its file; it `defines` what it declares, or not."""

    file: str
    text: str
    entries: tuple[Declared, ...]
    has_body: bool
    defines: bool

    @property
    def is_static(self) -> bool:
        storages = (entry.specifiers.storage for entry in self.entries if entry.specifiers is not None)
        return any("static" in storage for storage in storages)

    @property
    def is_data(self) -> bool:
        return self.defines and any(entry.kind == "variable" for entry in self.entries)

    def names(self) -> list[Name]:
        return [(entry.space, entry.name) for entry in self.entries]

    def mentioned(self) -> list[Name]:
        """Tags, and what declarations in blocks mean outside: they may be defined in another file."""
        tags = [(TAG, tag) for tag in _TAG.findall(self.text)]
        blocks = _BLOCK_EXTERN.findall(self.text) if self.has_body else []
        return [*tags, *((ORDINARY, word) for block in blocks for word in re.findall(r"\w+", block))]


class Source(msgspec.Struct, frozen=True, gc=False):
    """What the compiler sees of one unit."""

    unit: str
    preamble: tuple[str, ...]
    statements: tuple[Statement, ...]

    def headers(self) -> set[str]:
        return {statement.file for statement in self.statements if statement.file != self.unit}


def read_sources(tree: ProjectTree) -> dict[str, Source]:
    """All units of a tree, by their `.c` files."""
    read = [_read(tree, unit) for unit in tree.units.all()]
    functions = {name for source in read for one in source.statements if one.has_body for name in one.names()}
    return {source.unit: _settled(source, functions) for source in read}


def _read(tree: ProjectTree, name: str) -> Source:
    """Stage 1 of a unit as the plain importer that it is."""
    with contextlib.chdir(tree.directory):
        program = Program(Options(Toolchain((CC,), tuple(tree.flags))))
        unit = program.unit(program.module(f"{name}m"))
    assert unit.lines is not None
    statements = []
    for kind, number in unit.order:
        statement = unit.statements[number] if kind == "own" else unit.headers.statements[number]
        file = os.path.normpath(unit.lines.line(statement.start)[0]) if kind == "header" else name
        if not file.startswith("/"):
            is_pragma = statement.text.startswith("#")
            entries = [] if is_pragma else unit.headers.names(number) if kind == "header" else statement.names()
            text = _MARKER.sub("", statement.text)
            statements.append(Statement(file, text, tuple(entries), statement.body >= 0, True))
    return Source(name, tuple(_preamble(tree, name, unit)), tuple(statements))


def _preamble(tree: ProjectTree, name: str, unit: Unit) -> Iterator[str]:
    """The feature macros that the project's files set, and the system headers that they include."""
    assert unit.lines is not None
    entered = dict.fromkeys(marker.file for marker in unit.lines.markers)
    # Not absolute, and not only named by a `#line`.
    own = "\n".join(tree.read(file) for file in entered if file[0] != "/" and (tree.directory / file).is_file())
    defined = tree.run(CC, *tree.flags, "-E", "-dM", "-x", "c", f"{name}m")
    for macro in dict.fromkeys(_FEATURE.findall(own)):
        if value := re.search(rf"^#define {macro}\b.*", defined, re.M):
            yield f"#undef {macro}"
            yield value[0]
    before = ""
    for marker in unit.lines.markers:
        if marker.file[0] == "/" and marker.line == 1 and before and before[0] not in "/<":
            yield f"#include <{_SEARCHED.sub('', marker.file)}>"
        before = marker.file
    # Macros that stand in their own values would be expanded once more.
    for macro, value in re.findall(r"^#define (\w+) (.*)", defined, re.M):
        if value != macro and re.search(rf"\b{macro}\b", value):
            yield f"#undef {macro}"


def _settled(source: Source, functions: set[Name]) -> Source:
    """The source with statements that do one thing each.

    A variable without initializer beside one with it, and a function through a typedef, are only declared; a
    type and a declaration with it become two statements, the second without text.
    """
    entries = (entry for statement in source.statements for entry in statement.entries)
    initialized = {_name(entry) for entry in entries if _has_value(entry)}

    def defines(entry: Declared) -> bool:
        is_announced = _name(entry) in functions or _name(entry) in initialized and not _has_value(entry)
        return entry.defines and not is_announced

    statements = []
    for statement in source.statements:
        types = tuple(entry for entry in statement.entries if statement.has_body or defines(entry))
        others = tuple(entry for entry in statement.entries if entry not in types)
        if types and others:
            text = statement.text[: statement.text.rindex("}") + 1].replace("extern ", "") + ";"
            statements.append(Statement(statement.file, text, types, False, True))
            statements.append(Statement(statement.file, "", others, False, False))
        else:
            statements.append(msgspec.structs.replace(statement, defines=not others))
    return msgspec.structs.replace(source, statements=tuple(statements))


def _name(entry: Declared) -> Name:
    return entry.space, entry.name


def _has_value(entry: Declared) -> bool:
    return entry.declarator is not None and entry.declarator.initializer is not None
