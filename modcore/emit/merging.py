"""Header text of several units in one file: what another unit's text has defined already is not defined again.

Units may have seen one thing in different words (`program.same` decides that it is one). Functions, variables and
typedefs can be declared as often as one likes; a struct, a union, an enum and its constants can be defined once.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from modcore.finder import Module
from modcore.headers import HeaderStatement
from modcore.knowledge import Knowledge
from modcore.stage1_names import Unit
from modcore.syntax import Tokens
from modcore.syntax.declared import TAG, Declared
from modcore.syntax.tree import Aggregate, Enumeration

_TYPES = frozenset(("typedef", "struct", "union", "enum", "enumerator"))


def left_of(
    program: Knowledge, known: Mapping[Module, Container[int]], own: Unit, module: Module, number: int
) -> HeaderStatement | None:
    """Statement `number` of another unit's headers without the types that the file has already; None: nothing is left.

    It has those in the `known` statements of other units, and those that it defines itself under their plain C names.
    """
    statement = program.unit(module).headers.statements[number]
    others = {other: numbers for other, numbers in known.items() if other.file != module.file}
    if statement.body >= 0 or statement.text[0] == "#":
        return statement
    names = [entry for entry in program.unit(module).headers.names(number) if entry.at >= 0]
    given = [
        entry for entry in names
        if entry.kind in _TYPES and entry.defines and (_is_given(program, others, entry) or is_own(own, entry))
    ]  # fmt: skip
    if not given:
        return statement
    if len(given) == len(names):
        return None
    tokens = Tokens(statement.text)
    dropped = {at: "" for entry in given for at in _contents(entry, tokens.words)}
    return HeaderStatement(tokens.lines(0, len(tokens.words), dropped), -1, -1, statement.state)


def is_own(own: Unit, entry: Declared) -> bool:
    """Whether a file defines a type of a header itself, with plain C's name for it; a typedef may be repeated."""
    symbol = own.names.get((entry.space, entry.name))
    return symbol is not None and symbol.c_linkage and symbol.defines and entry.kind != "typedef"


def _is_given(program: Knowledge, others: Mapping[Module, Container[int]], entry: Declared) -> bool:
    """Whether a statement that has come out for another unit defines the same name."""
    for other, numbers in others.items():
        index = program.unit(other).headers
        if entry.space == TAG and not index.defines_tag(entry.name):
            continue
        if any(number in numbers for number in index.declaring(entry.space, entry.name)):
            return True
    return False


def _contents(entry: Declared, words: list[str]) -> range:
    """The tokens between the braces of a tag's definition, and the braces."""
    type_ = entry.type
    if entry.space != TAG or not isinstance(type_, (Aggregate, Enumeration)) or type_.name is None:
        return range(0)
    low = words.index("{", type_.name.at)
    return range(low, type_.high)
