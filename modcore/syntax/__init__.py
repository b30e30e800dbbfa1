"""Text to statements, statements to trees: the doors of the syntax.

`split` cuts preprocessed text into top-level statements, `parse_statement` parses one of them. Both know nothing of
modules, imports or scopes. What a text parses to is remembered by the text, so a header statement that many units
need is parsed once a process. `parse_body` and `parse_expression` read what statements leave as ranges of tokens;
they are told which identifiers name types, because by then the binder knows.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from modcore.syntax.body_tree import Block, Expression, TypeName
from modcore.syntax.classify import SyntaxProblem, Terminal, classify
from modcore.syntax.split import Piece, split, without_digraphs
from modcore.syntax.tokens import Tokens
from modcore.syntax.tree import Statement

__all__ = [
    "Parsed", "Piece", "SyntaxProblem", "Tokens", "parse_body", "parse_expression", "parse_operand",
    "parse_statement", "split", "without_digraphs",
]  # fmt: skip


class Parsed(msgspec.Struct, frozen=True, gc=False):
    """One statement's tokens (of its head, when it has a body) and its tree."""

    tokens: Tokens
    tree: Statement


@lru_cache(maxsize=1 << 14)
def parse_statement(head: str, has_body: bool) -> Parsed:
    """The tree of one top-level statement; of a function definition only what stands before its body is given.

    Raises SyntaxProblem with the tokens at fault.
    """
    tokens = Tokens(head)
    terminals = classify(tokens, has_body)
    grammar, parser = _declaration_parser()
    grammar.words, grammar.has_body = tokens.words, has_body
    return Parsed(tokens, parser.parse(lexer=_Feed(terminals)))


def parse_body(tokens: Tokens, low: int, high: int, type_names: frozenset[int]) -> Block:
    """The tree of the function body in tokens low..high-1, braces included. Raises SyntaxProblem."""
    block: Block = _parse(tokens, low, high, type_names, "BLOCK")
    return block


def parse_expression(tokens: Tokens, low: int, high: int, type_names: frozenset[int]) -> Expression:
    """The tree of the expression, or of the initializer in braces, in tokens low..high-1. Raises SyntaxProblem."""
    expression: Expression = _parse(tokens, low, high, type_names, "VALUE")
    return expression


def parse_operand(tokens: Tokens, low: int, high: int, type_names: frozenset[int]) -> Expression | TypeName:
    """The tree of the type name or the expression, whichever it is, in tokens low..high-1. Raises SyntaxProblem."""
    operand: Expression | TypeName = _parse(tokens, low, high, type_names, "OPERAND")
    return operand


def _parse(tokens: Tokens, low: int, high: int, type_names: frozenset[int], start: str) -> Any:
    from modcore.syntax.body_classify import classify_body

    terminals = classify_body(tokens, low, high, type_names, start)
    grammar, parser = _body_parser()
    grammar.begin(tokens.words, high)
    return parser.parse(lexer=_Feed(terminals))


class _Feed:
    """A list of terminals as the lexer that PLY asks."""

    __slots__ = ("token",)

    def __init__(self, terminals: list[Terminal]) -> None:
        following = iter(terminals)
        self.token = lambda: next(following, None)


@lru_cache(maxsize=1)
def _declaration_parser() -> tuple[Any, Any]:
    """The grammar and PLY's parser of it, built in a few milliseconds at first use; nothing is written to disk."""
    from modcore.syntax.grammar import DeclarationGrammar
    from modcore.syntax.tables import build

    grammar = DeclarationGrammar()
    parser = build(grammar)
    grammar.expects = lambda terminal: terminal in parser.action[parser.state]
    return grammar, parser


@lru_cache(maxsize=1)
def _body_parser() -> tuple[Any, Any]:
    """The grammar of bodies and PLY's parser of it, from remembered tables: building them takes a tenth of a second."""
    from modcore.syntax.body_grammar import BodyGrammar
    from modcore.syntax.tables import cached, expected, missing

    grammar = BodyGrammar()
    parser = cached(grammar)
    grammar.expect = lambda: expected(parser)
    grammar.lack = lambda found: missing(parser, found)
    return grammar, parser
