"""The C file of a module: declarations in definition-needs order, then its functions.

In comes a module without errors; out goes self-contained preprocessed C. Own variables and types come where the
order of needs puts them, functions follow in source order. Language reference, section 7, says which symbols get
internal linkage.
"""

from __future__ import annotations

from collections.abc import Iterator

from modcore.diagnostics import Diagnostic, Note, Problem, in_order
from modcore.emit.declarations import Declarations, renames
from modcore.emit.inlines import Inline
from modcore.emit.lines import indented, marker, under
from modcore.emit.names import Names
from modcore.emit.order import Order
from modcore.emit.statics import Static
from modcore.entities import Entity
from modcore.finder import Module
from modcore.knowledge import Knowledge
from modcore.stage1_names import OwnStatement, Unit
from modcore.stage2_scopes import entity_of
from modcore.stage3_bind.definitions import bind_assertion
from modcore.syntax import parse_statement
from modcore.syntax.tree import Assembly, Assertion, Enumeration

_MEASURES = frozenset("sizeof _Alignof alignof __alignof__ __alignof __builtin_offsetof".split())


def emit_module(program: Knowledge, module: Module) -> str:
    """The text of a module's C file."""
    spell = Declarations(program, Names(program))
    order = Order(program, module, spell)
    text = _text(program, module, order)
    while not order.is_settled:
        order = order.again()
        text = _text(program, module, order)
    return text


def _text(program: Knowledge, module: Module, order: Order) -> str:
    unit, spell = program.unit(module), order.spell
    names = spell.names
    order.header_statements(module, sorted(unit.kept))
    functions: list[Entity] = []
    for symbol in unit.names.values():
        entity = entity_of(unit, symbol)
        if symbol.kind == "function":
            if unit.statements[symbol.statement].body >= 0:
                functions.append(entity)
            continue
        if symbol.kind != "enumerator":
            order.complete(entity)
        if entity in order.by_value:
            order.values(entity)
    for entity in functions:
        if not names.is_internal(entity) and entity.name != "main":
            order.declare(entity)
        order.body(program.body(module, program.symbol(entity).statement), entity)
    others = [_nameless(program, unit, statement, names, order) for statement in unit.statements]
    inlines = [foreign_inline(program, spell, inline) for inline in order.inlines()]
    refuse_mismatches(program, order)
    held = _held_values(program, unit, order)
    definitions = [_function(program, unit, spell, entity) for entity in functions]
    return marker(module.file, 1) + "".join([*order.out, *inlines, *others, *order.held(), *held, *definitions])


def foreign_inline(program: Knowledge, spell: Declarations, inline: Inline) -> str:
    """An inline function of another module, behind its static objects, without a line of its owner.

    Compilers keep quiet about it, because its owner has been told already.
    """
    owner = program.owner(inline.entity)
    state = program.unit(owner).statements[program.symbol(inline.entity).statement].state
    parts = [spell.static_objects(inline.entity, one, False) for one in inline.statics]
    parts.append(spell.inline_definition(inline))
    return under(state, "".join(f"{marker(owner.file, 1, True)}{part}\n" for part in parts))


def refuse_mismatches(program: Knowledge, order: Order) -> None:
    """Raises Problem when two modules saw different things under one header name (section 9)."""
    found = []
    for one, other, first, second in order.mismatches():
        places = sorted((program.owner(entity).name, program.place(entity), entity) for entity in (first, second))
        place = places[1][1]
        if place is None:
            continue
        message = (
            f"'{other.name}' from a header is not the '{one.name}' that '{places[0][2].name}' needs;"
            " give both modules the same headers and macros"
        )
        notes = (
            Note(f"one '{one.name}' is declared here", program.place(one)),
            Note(f"the other '{other.name}' is declared here", program.place(other)),
        )
        found.append(Diagnostic("header-mismatch", message, place, notes))
    if found:
        raise Problem(*in_order(found)[:1] if len({d.position for d in found}) == 1 else in_order(found))


def _function(program: Knowledge, unit: Unit, spell: Declarations, entity: Entity) -> str:
    symbol = program.symbol(entity)
    statement = unit.statements[symbol.statement]
    inline = spell.names.inlines.shared(entity)
    body = program.body(unit.module, symbol.statement)
    text = at_line(unit, statement, spell.function_definition(entity, body, inline))
    statics = [_static(unit, statement, spell, inline, one) for one in inline.statics] if inline is not None else ()
    return "".join([*statics, text])


def _static(unit: Unit, statement: OwnStatement, spell: Declarations, inline: Inline, static: Static) -> str:
    """Static objects of an own inline function, at their line."""
    assert unit.lines is not None
    file, line = unit.lines.line(statement.start + inline.body.tokens.offsets()[static.low])
    return under(statement.state, marker(file, line) + spell.static_objects(inline.entity, static, True) + "\n")


def _nameless(program: Knowledge, unit: Unit, statement: OwnStatement, names: Names, order: Order) -> str:
    """A statement that defines no name: an assertion, or assembly."""
    parsed = parse_statement(statement.head, statement.body >= 0)
    if isinstance(parsed.tree, Assembly):
        return at_line(unit, statement, statement.text)
    if not isinstance(parsed.tree, Assertion):
        return ""
    body = bind_assertion(statement, program.scope(unit.module).find)
    order.body(body)
    replaced = renames(names, body.uses, parsed.tokens.words, True)
    return at_line(unit, statement, parsed.tokens.text(0, len(parsed.tokens.words), replaced))


def _held_values(program: Knowledge, unit: Unit, order: Order) -> Iterator[str]:
    """Assertions for values and lengths that other files get as literals, where they rest on sizes or on counting.

    Should this compiler lay a type out differently than modcore believes, the owner does not compile.
    """
    spell = order.spell
    for symbol in unit.names.values():
        entity = entity_of(unit, symbol)
        if symbol.kind == "variable":
            claims = [("value", _held_constant(program, spell, entity)), ("length", _held_length(program, spell, entity))]
        elif symbol.kind == "enumerator":
            claims = [("value", _held_enumerator(program, order, entity))]
        else:
            continue
        for what, claim in claims:
            if claim is not None:
                says = f"the {what} of '{symbol.name}' differs between modcore and this compiler"
                text = f'__extension__ _Static_assert({claim}, "{says}");'
                yield at_line(unit, unit.statements[symbol.statement], text)


def _held_constant(program: Knowledge, spell: Declarations, entity: Entity) -> str | None:
    constant = spell.names.constant(entity, enumerators=False)
    initializer = program.initializer(entity) if constant is not None else None
    declarator = program.bound(entity).entry.declarator if initializer is not None else None
    if initializer is None or declarator is None or declarator.initializer is None:
        return None
    low, high = declarator.initializer.low, declarator.initializer.high
    words = initializer.tokens.words
    if _MEASURES.isdisjoint(words[low:high]) or any(
        use.entity.kind == "variable" and use.entity.origin == "header" for use in initializer.uses
    ):
        return None  # no sizes in it, or a header's `const int`, which C takes for no constant
    text = initializer.tokens.spelling(low, high, renames(spell.names, initializer.uses, words, True))
    return f"({text}) == {constant}"


def _held_enumerator(program: Knowledge, order: Order, entity: Entity) -> str | None:
    bound, names = program.bound(entity), order.spell.names
    node, words = bound.entry.type, bound.tokens.words
    if not isinstance(node, Enumeration):
        return None
    enum = bound.use_at(node.low)
    value = next(one.value for one in node.enumerators or () if one.name.text == entity.name)
    if enum is not None and enum in order.by_value and value is not None:
        replaced = renames(names, program.bound(enum).uses, words, True)
        return f"{names.of(entity)} == ({bound.tokens.spelling(value.low, value.high, replaced)})"
    if _MEASURES.isdisjoint(words[node.low : node.high]):
        return None
    return f"{names.of(entity)} == {names.constant(entity, enumerators=True)}"


def _held_length(program: Knowledge, spell: Declarations, entity: Entity) -> str | None:
    length, name = spell.length(program.bound(entity)), spell.names.of(entity)
    return f"sizeof({name}) == {length} * sizeof({name}[0])" if length is not None else None


def at_line(unit: Unit, statement: OwnStatement, text: str) -> str:
    """`text` where the statement stands in the user's file."""
    assert unit.lines is not None
    file, line = unit.lines.line(statement.start)
    column = statement.start - unit.text.rfind("\n", 0, statement.start) - 1
    return under(statement.state, marker(file, line) + indented(text, column) + "\n")
