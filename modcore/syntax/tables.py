"""The LALR tables behind PLY, kept between runs where building them takes longer than reading them.

In goes a grammar, out comes PLY's parser of it. The tables of a large grammar are remembered in the user's cache
folder as JSON, under a key made of its rules and of PLY's version; a file that is damaged, foreign or out of date is
written again, and where nothing can be written the tables are built each time. No Python is generated or loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from modcore import cache

if TYPE_CHECKING:
    from pathlib import Path

_VERSION = 1


class _Tables(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A cache file: per state, terminal to action and nonterminal to state, and the productions with their methods."""

    version: int
    rules: list[str]
    action: list[dict[str, int]]
    goto: list[dict[str, int]]
    productions: list[tuple[str, str, int, str | None]]


def build(grammar: Any) -> Any:
    """PLY's parser of a grammar, its tables built now."""
    from ply import yacc

    return yacc.yacc(module=grammar, debug=False, write_tables=False, errorlog=yacc.NullLogger())


def cached(grammar: Any, folder: Path | None = None) -> Any:
    """PLY's parser of a grammar, its tables read from the cache; they are built and written when that fails."""
    rules = rules_of(grammar)
    file = cache_file(rules, folder)
    tables = cache.read(file, _Tables)
    if tables is not None and tables.version == _VERSION and tables.rules == rules:
        return _parser(tables, grammar)
    parser = build(grammar)
    cache.write(file, _tables_of(parser, rules))
    return parser


def rules_of(grammar: Any) -> list[str]:
    """All that the tables of a grammar depend on, as texts."""
    from ply import yacc

    names = sorted(name for name in dir(grammar) if name.startswith("p_") and name != "p_error")
    return [
        yacc.__version__, grammar.start, " ".join(grammar.tokens), repr(getattr(grammar, "precedence", ())),
        *(f"{name} {' '.join(getattr(grammar, name).__doc__.split())}" for name in names),
    ]  # fmt: skip


def cache_file(rules: list[str], folder: Path | None = None) -> Path:
    """The file in which the tables for these rules are remembered."""
    return cache.cache_file("grammars", rules, folder)


def expected(parser: Any) -> set[str]:
    """The terminals that a parser which stopped at an error could have taken instead."""
    stack = list(parser.statestack)
    return {terminal for terminal in parser.action[stack[-1]] if _after(parser, stack, terminal) is not None}


def missing(parser: Any, found: str) -> set[str]:
    """Those of the expected terminals after which the one that was found could stand."""
    after = ((terminal, _after(parser, list(parser.statestack), terminal)) for terminal in expected(parser))
    return {terminal for terminal, stack in after if stack and _after(parser, stack, found) is not None}


def _after(parser: Any, stack: list[int], terminal: str) -> list[int] | None:
    """The states after a terminal and the reductions that it brings about; None if it cannot stand there.

    The row of a state alone admits too much: a lookahead may belong to another place with the same state.
    """
    stack = list(stack)
    while True:
        action = parser.action[stack[-1]].get(terminal)
        if action is None:
            return None
        if action >= 0:
            return [*stack, action] if action else []
        production = parser.productions[-action]
        del stack[len(stack) - production.len :]
        stack.append(parser.goto[stack[-1]][production.name])


def _tables_of(parser: Any, rules: list[str]) -> _Tables:
    states = range(len(parser.action))
    productions = [(p.str, p.name, p.len, p.func) for p in parser.productions]
    action, goto = [parser.action[state] for state in states], [parser.goto[state] for state in states]
    return _Tables(_VERSION, rules, action, goto, productions)


def _parser(tables: _Tables, grammar: Any) -> Any:
    from ply import yacc

    table = yacc.LRTable()
    table.lr_action = dict(enumerate(tables.action))
    table.lr_goto = dict(enumerate(tables.goto))
    table.lr_productions = [yacc.MiniProduction(*production, "", 0) for production in tables.productions]
    table.bind_callables({p.func: getattr(grammar, p.func) for p in table.lr_productions if p.func})
    return yacc.LRParser(table, grammar.p_error)
