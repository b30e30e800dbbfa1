"""What a compiler sees of one unit of a project, statement by statement, without what the system's headers hold.

In comes a unit; out go the feature macros and system headers that bring the rest, as preprocessor lines, and the
statements of the project's own files, expanded, each with its file and the names that it declares.
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
_STATIC = re.compile(r"\bstatic\b\s*")
_TAG = re.compile(r"\b(?:struct|union|enum)\s+(\w+)")
_BLOCK_EXTERN = re.compile(r"\bextern\b([^;{}]*);")
_FEATURE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(_\w+_SOURCE|_FILE_OFFSET_BITS)\b", re.M)
_SEARCHED = re.compile(r"/usr/(?:lib/gcc/[^/]+/[^/]+/include|local/include|include/\w+-linux-gnu|include)/")

Name = tuple[str, str]
"""Name space and name."""


class Statement(msgspec.Struct, frozen=True, gc=False):
    """One top-level statement of the project's own text, or a pragma, and the file that it stands in."""

    file: str
    text: str
    entries: tuple[Declared, ...]
    has_body: bool

    @property
    def is_static(self) -> bool:
        return any(entry.specifiers is not None and "static" in entry.specifiers.storage for entry in self.entries)

    @property
    def defines(self) -> bool:
        """Whether it is more than a declaration of what is defined elsewhere."""
        return not self.entries or any(entry.defines for entry in self.entries)

    @property
    def is_data(self) -> bool:
        return any(entry.kind == "variable" and entry.defines for entry in self.entries)

    def names(self) -> list[Name]:
        return [(entry.space, entry.name) for entry in self.entries]

    def mentioned(self) -> list[Name]:
        """Tags, and what declarations in blocks mean outside: it may be defined in another file."""
        tags = [(TAG, tag) for tag in _TAG.findall(self.text)]
        blocks = _BLOCK_EXTERN.findall(self.text) if self.has_body else []
        return [*tags, *((ORDINARY, word) for block in blocks for word in re.findall(r"\w+", block))]


class Source(msgspec.Struct, frozen=True, gc=False):
    """What the compiler sees of one unit: system headers, and the statements of the project's own files, in order."""

    unit: str
    preamble: tuple[str, ...]
    statements: tuple[Statement, ...]

    def headers(self) -> set[str]:
        return {statement.file for statement in self.statements if statement.file != self.unit}


def read_source(tree: ProjectTree, name: str) -> Source:
    """Stage 1 of a unit as the plain importer that it is, without what the system's headers declare."""
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
            statements.append(Statement(file, text, tuple(entries), statement.body >= 0))
    return Source(name, tuple(_preamble(tree, name, unit)), tuple(statements))


def _preamble(tree: ProjectTree, name: str, unit: Unit) -> Iterator[str]:
    """The feature macros that the project's files set, and the system headers that they include."""
    assert unit.lines is not None
    entered = dict.fromkeys(marker.file for marker in unit.lines.markers)
    own = "\n".join(tree.read(file) for file in entered if file[0] not in "/<")
    defined = tree.run(CC, *tree.flags, "-E", "-dM", "-x", "c", f"{name}m")
    for macro in dict.fromkeys(_FEATURE.findall(own)):
        if value := re.search(rf"^#define {macro}\b.*", defined, re.M):
            yield f"#undef {macro}"
            yield value[0]
    yield from _included(unit)
    # These would be expanded once more.
    for macro, value in re.findall(r"^#define (\w+) (.*)", defined, re.M):
        if value != macro and re.search(rf"\b{macro}\b", value):
            yield f"#undef {macro}"


def _included(unit: Unit) -> Iterator[str]:
    """An `#include` for each of the system's headers that the project's own text includes."""
    assert unit.lines is not None
    before = ""
    for marker in unit.lines.markers:
        if marker.file[0] == "/" and marker.line == 1 and before and before[0] not in "/<":
            yield f"#include <{_SEARCHED.sub('', marker.file)}>"
        before = marker.file
