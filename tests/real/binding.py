"""What the binder says of a plain importer, turned into C that is only right if all of it is.

In comes one unit; out goes its text with every name that the file itself defines spelled anew, wherever the
binder says that the name is meant, and with those header statements alone that declare what the binder says
is used, or that such statements need. A name that is bound wrongly, or not at all, leaves text that does not
compile, or that compiles to other code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from modcore.entities import Entity, Missing, Resolve, Use
from modcore.finder import Module
from modcore.program import Program
from modcore.stage1_names import OwnStatement, Symbol, Unit
from modcore.stage3_bind.definitions import Bound, BoundBody, bind_body, bind_declaration, bind_initializer
from modcore.syntax import Tokens
from tests.real.objects import Object

SUFFIX = "__anew"
_FUNCTION_NAME = re.compile(r"\b__(?:func|FUNCTION|PRETTY_FUNCTION)__\b")
_ASSEMBLY = ("asm", "__asm__", "__asm", "_Static_assert")


class Renamed(msgspec.Struct, frozen=True, gc=False):
    """The text, how many names and uses in it are spelled anew, and how many uses are of header names."""

    text: str
    names: int
    uses: int
    header_uses: int


class UnboundNames(Exception):
    """Identifiers that mean nothing to the binder."""


def renamed(program: Program, module: Module) -> Renamed:
    """The unit's text, spelled anew. Raises UnboundNames."""
    unit = program.unit(module)
    names = _renamable(unit)
    statements: dict[int, str] = {}
    needed = set(unit.kept)
    spelled = of_headers = 0
    for number, statement in enumerate(unit.statements):
        uses = list(_uses(statement, module, program.scope(module).find))
        words = Tokens(statement.text).words
        anew: dict[int, str] = {}
        used = [(use.at, use.entity.space, use.entity.name) for use in uses]
        for at, space, name in [*_declared(statement), *used]:
            if (space, name) in names and words[at] == name:
                anew[at] = name + SUFFIX
            needed.update(unit.headers.declaring(space, name))
        statements[number] = Tokens(statement.text).text(0, len(words), anew)
        spelled += len(anew)
        of_headers += sum(use.entity.origin == "header" for use in uses)
    kept = set(unit.headers.needed(needed))
    out = []
    for kind, number in unit.order:
        if kind == "own":
            out.append(statements[number])
        elif number in kept:
            out.append(unit.headers.statements[number].text)
    return Renamed("\n".join([*out, ""]), len(names), spelled, of_headers)


def without_suffix(code: Object) -> Object:
    """An object file made of such text, with the names as they were."""
    symbols = (symbol._replace(name=symbol.name.replace(SUFFIX, "")) for symbol in code.symbols)
    return code._replace(symbols=tuple(symbols))


def _renamable(unit: Unit) -> set[tuple[str, str]]:
    """What the file defines and only its own text names: no header, no string with a function's name."""
    words = set(re.findall(r"\w+", "\n".join(statement.text for statement in unit.headers.statements)))

    def may(symbol: Symbol) -> bool:
        statement = unit.statements[symbol.statement]
        shows_itself = symbol.kind == "function" and _FUNCTION_NAME.search(statement.text)
        return symbol.defines and symbol.name not in words and symbol.name != "main" and not shows_itself

    return {key for key, symbol in unit.names.items() if symbol.name[0] != "{" and may(symbol)}


def _declared(statement: OwnStatement) -> Iterator[tuple[int, str, str]]:
    """The tokens that declare the names of a statement."""
    for entry in statement.names():
        if entry.at >= 0:
            yield entry.at, entry.space, entry.name


def _uses(statement: OwnStatement, module: Module, resolve: Resolve) -> Iterator[Use]:
    """All uses of file-scope names in a statement. Raises UnboundNames."""
    if statement.text.startswith(_ASSEMBLY):
        return
    parts: list[Bound | BoundBody] = []
    if statement.body >= 0:
        parts.append(bind_body(statement, resolve, True))
    else:
        for entry in statement.names():
            entity = Entity("module", module.file, entry.space, entry.name, entry.kind)
            bound = bind_declaration(entity, statement, resolve, True)
            initializer = bind_initializer(bound, resolve, True)
            parts += [bound, initializer] if initializer is not None else [bound]
    for part in parts:
        if part.problem is not None:
            raise part.problem
        missing: list[Missing] = [entry for entry in part.missing if not entry.name.startswith("__builtin_")]
        if missing or part.unsupported:
            raise UnboundNames(f"{missing} {part.unsupported} in {statement.text[:400]}")
        yield from part.uses
