"""The C file of a plain importer: its own text in its own order, without the header text that nothing needs.

In comes a `.cm` file without a module declaration; out goes C that compiles to the object code of the same file as
`.c`. Header statements stay when a word of the file, or of another header statement that stays, names them, and when
they define something by themselves. Names that imports brought are replaced by their link names, and declared before
the first statement that uses one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from modcore.emit.declarations import Declarations, captives, renames
from modcore.emit.lines import apart, indented, marker
from modcore.emit.modules import foreign_inline, refuse_mismatches
from modcore.emit.names import Names
from modcore.emit.order import Order
from modcore.entities import EXPRESSION, SIGNATURE, VALUE, Entity, Use
from modcore.finder import Module
from modcore.headers import HeaderStatement, canonical
from modcore.knowledge import Knowledge
from modcore.stage1_names import OwnStatement, Unit
from modcore.stage2_scopes import TYPES, entity_of
from modcore.stage3_bind.definitions import BoundBody
from modcore.stage3_bind.plain import bind_plain, is_foreign
from modcore.syntax import Tokens
from modcore.syntax.declared import ORDINARY

_SEEN_BY_COMPILERS = ("stpcpy",)
"""Functions that gcc calls of its own accord (for strcpy and strcat) once it has seen them declared."""

_CLOSE = re.compile(r"[ \t]*(?:\n[ \t]*){0,8}")


def emit_plain(program: Knowledge, module: Module) -> str:
    """The text of a plain importer's C file."""
    spell = Declarations(program, Names(program))
    order = Order(program, module, spell)
    text = _text(program, module, order)
    while not order.is_settled:
        order = order.again()
        text = _text(program, module, order)
    return text


def _text(program: Knowledge, module: Module, order: Order) -> str:
    unit = program.unit(module)
    index = unit.headers
    # The words alone tell what is needed, those behind `::` like the others.
    own = "\n".join(statement.text for statement in unit.statements).replace("::", " ")
    seen = [number for name in _SEEN_BY_COMPILERS for number in index.declaring(ORDINARY, name)]
    needed = set(index.needed([*unit.kept, *seen, *index.words_needed(own)]))
    names = order.spell.names
    imports = bool(program.foreign_words(module))
    if imports:
        order.keep_headers(needed)
    own_headers: set[str] = set()
    held: dict[Entity, Use] = {}  # the imported types of own declarations, whose contents any later body may need
    out = [marker(module.file, 1)]
    end = -1
    for kind, number in unit.order:
        statement: HeaderStatement | OwnStatement
        if kind == "header":
            statement = index.statements[number]
            if number not in needed:
                continue
            if imports:
                spelled = canonical(statement)
                if spelled not in own_headers and not order.claim_header(spelled):
                    continue  # an import has brought it
                own_headers.add(spelled)
            text = statement.text
        else:
            statement = unit.statements[number]
            body = bind_plain(program, module, number, anyway=bool(held))
            if body is not None:
                foreign = tuple(use for use in body.uses if is_foreign(use, module))
                held.update((use.entity, use) for use in _held(statement, foreign))
                order.body(msgspec.structs.replace(body, uses=(*foreign, *held.values())))
                inlines = [foreign_inline(program, order.spell, inline) for inline in order.inlines()]
                if order.out or inlines:
                    out += ["\n", apart(statement.state, "".join([*order.out, *inlines]))]
                    order.out.clear()
                    end = -1
            text = _rewritten(statement, body, names, _zeroed(program, unit, number) if body is not None else ())
        out.append(_joined(unit, end, statement.start) + text)
        end = statement.start + len(statement.text)
    refuse_mismatches(program, order)
    out += ["\n", *order.held()]
    return "".join(out)


def _zeroed(program: Knowledge, unit: Unit, number: int) -> Iterator[int]:
    """The tokens of a statement at which `{}` opens for an opaque scalar."""
    for symbol in unit.names.values():
        if symbol.statement == number and symbol.kind in ("function", "variable"):
            yield from program.zeroed(entity_of(unit, symbol))


def _held(statement: OwnStatement, foreign: Iterable[Use]) -> Iterator[Use]:
    """The imported types in a declaration of the file, or in the head of a function; what is passed has to be complete."""
    head = len(Tokens(statement.head).words)
    for use in foreign:
        if use.at < head and use.mode != EXPRESSION and use.entity.kind in TYPES:
            yield msgspec.structs.replace(use, mode=VALUE) if use.mode == SIGNATURE else use


def _rewritten(statement: OwnStatement, body: BoundBody | None, names: Names, zeroed: Iterable[int]) -> str:
    if body is None or not body.uses:
        return statement.text
    words = body.tokens.words
    replaced = {**renames(names, body.uses, words, False), **captives(names, body), **dict.fromkeys(zeroed, "{0")}
    return body.tokens.text(0, len(words), replaced)


def _joined(unit: Unit, end: int, start: int) -> str:
    """What stands between two statements: the same white space where little does, else a line marker."""
    if end >= 0 and _CLOSE.fullmatch(unit.text, end, start):
        return unit.text[end:start]
    assert unit.lines is not None
    file, line = unit.lines.line(start)
    found = unit.lines.marker(start)
    column = start - unit.text.rfind("\n", 0, start) - 1
    return "\n" + marker(file, line, found is not None and found.system) + indented("", max(column, 0))
