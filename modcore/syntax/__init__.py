"""Text to statements, statements to trees: the doors of the syntax.

`split` cuts preprocessed text into top-level statements, `parse_statement` parses one of them. Both know nothing of
modules, imports or scopes. What a text parses to is remembered by the text, so a header statement that many units
need is parsed once a process.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from modcore.syntax.classify import SyntaxProblem, Terminal, classify
from modcore.syntax.split import Piece, split, without_digraphs
from modcore.syntax.tokens import Tokens
from modcore.syntax.tree import Statement

__all__ = ["Parsed", "Piece", "SyntaxProblem", "Tokens", "parse_statement", "split", "without_digraphs"]


class Parsed(msgspec.Struct, frozen=True, gc=False):
    """One statement's tokens (of its head, when it has a body) and its tree."""

    tokens: Tokens
    tree: Statement


@lru_cache(maxsize=20000)
def parse_statement(head: str, has_body: bool) -> Parsed:
    """The tree of one top-level statement; of a function definition only what stands before its body is given.

    Raises SyntaxProblem with the tokens at fault.
    """
    tokens = Tokens(head)
    terminals = classify(tokens, has_body)
    grammar, parser = _declaration_parser()
    grammar.words = tokens.words
    return Parsed(tokens, parser.parse(lexer=_Feed(terminals)))


class _Feed:
    """A list of terminals as the lexer that PLY asks."""

    __slots__ = ("token",)

    def __init__(self, terminals: list[Terminal]) -> None:
        following = iter(terminals)
        self.token = lambda: next(following, None)


@lru_cache(maxsize=1)
def _declaration_parser() -> tuple[Any, Any]:
    """The grammar and PLY's parser of it, built in a few milliseconds at first use; nothing is written to disk."""
    from ply import yacc

    from modcore.syntax.grammar import DeclarationGrammar

    grammar = DeclarationGrammar()
    return grammar, yacc.yacc(module=grammar, debug=False, write_tables=False, errorlog=yacc.NullLogger())
