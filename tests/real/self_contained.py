"""One file of a project as a module, the way a hand would do it: in its own text, with its macros and includes.

In comes a unit that needs little of the rest of its project; out goes a module. The text of the project's own
headers is put in the place of the `#include` lines. `module;` stands in front, and `export` before what those
headers define and before the functions and variables that they declare. Prototypes and other declarations
without a definition vanish, and types that stay incomplete; those that the file uses though it does not
define them are written behind `extern "C"`, for plain C has them.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator

import msgspec

from modcore.preprocess import Toolchain
from modcore.program import Options, Program
from modcore.stage1_names import OwnStatement, Unit
from modcore.syntax.declared import TAG
from tests.real.build import ProjectTree
from tests.real.expanded import Name
from tests.real.project import CC

Place = tuple[int, int]
"""Line and column, from 0."""
_ANNOUNCED = re.compile(r"typedef\s+(?:struct|union)\s+(\w+)\s+\w+\s*;")
_INCLUDE = re.compile(r'[ \t]*#[ \t]*include[ \t]*"([^"]+)"')


def write_module(tree: ProjectTree, unit: str, file: str) -> None:
    """Write `unit` as the module `file`, at the top of the tree."""
    flat = list(_flat(tree, unit, ()))
    text = [line for line, _ in flat]
    tree.write({file: "\n".join(text)})
    with contextlib.chdir(tree.directory):
        program = Program(Options(Toolchain((CC,), tuple(tree.flags))))
        read = program.unit(program.module(file))
    statements = [_placed(read, one, text) for one in read.statements]
    promised = {name for one in statements if flat[one.begin[0]][1] != unit for name in one.declared}
    defined = {name for one in statements for name in one.defined}
    used = {word for one in statements if not one.declared for word in re.findall(r"\w+", one.text)}
    for one in reversed(statements):
        is_in_header = flat[one.begin[0]][1] != unit
        if one.declared:
            is_asked_for = any(name not in defined and name[1] in used for name in one.declared)
            _insert(text, one.begin, 'extern "C" ') if is_asked_for else _blank(text, one.begin, one.end)
        elif (announced := _ANNOUNCED.match(one.text)) and (TAG, announced[1]) not in defined:
            _blank(text, one.begin, one.end)
        elif not one.is_static and (is_in_header and one.defined or not promised.isdisjoint(one.defined)):
            _insert(text, one.begin, "export ")
    tree.write({file: "\n".join(["module;", *text])})


class _Placed(msgspec.Struct, frozen=True, gc=False):
    """A statement, where it stands, and what it defines or only declares: one of the two is empty."""

    text: str
    begin: Place
    end: Place
    defined: tuple[Name, ...]
    declared: tuple[Name, ...]
    is_static: bool


def _placed(unit: Unit, statement: OwnStatement, lines: list[str]) -> _Placed:
    entries = statement.names()
    names = tuple((entry.space, entry.name) for entry in entries)
    defines = not entries or any(entry.defines for entry in entries)
    is_static = any(entry.specifiers is not None and "static" in entry.specifiers.storage for entry in entries)
    place = _range(unit, statement, lines)
    return _Placed(statement.text, *place, names if defines else (), () if defines else names, is_static)


def _flat(tree: ProjectTree, file: str, within: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The lines of a file with those of the project's headers that it includes, each with its own file."""
    folders = [os.path.dirname(file), *(flag[2:] for flag in tree.flags if flag.startswith("-I"))]
    for line in tree.read(file).split("\n"):
        include = _INCLUDE.match(line)
        paths = [os.path.normpath(os.path.join(folder, include[1])) for folder in folders] if include else []
        header = next((path for path in paths if (tree.directory / path).is_file()), None)
        if header is None:
            yield line, file
        elif header not in within:
            yield from _flat(tree, header, (*within, header))


def _range(unit: Unit, statement: OwnStatement, lines: list[str]) -> tuple[Place, Place]:
    """Where a statement begins and ends in the file."""
    first = unit.position(statement.start, statement.start + 1, lambda file: lines)
    after = statement.start + len(statement.text)
    last = unit.position(after - 1, after, lambda file: lines)
    before = lines[first.line - 1][: first.column - 1]
    # A macro that stands before a type, with the type as its argument, is a part of the statement.
    column = first.column - 1 if re.search("[;}]", before) else len(before) - len(before.lstrip())
    return (first.line - 1, column), (last.line - 1, last.column)


def _insert(lines: list[str], place: Place, text: str) -> None:
    line, column = place
    lines[line] = lines[line][:column] + text + lines[line][column:]


def _blank(lines: list[str], begin: Place, end: Place) -> None:
    """Take a range out of the text; the lines stay."""
    last = lines[end[0]][end[1] :]
    if begin[0] == end[0]:
        last = lines[begin[0]][: begin[1]] + last
    else:
        lines[begin[0]] = lines[begin[0]][: begin[1]]
        lines[begin[0] + 1 : end[0]] = [""] * (end[0] - begin[0] - 1)
    lines[end[0]] = last
