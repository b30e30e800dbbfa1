"""The headers of glibc, musl, newlib and mingw-w64, as gcc and clang preprocess them: every statement is read.

A statement that occurs in many headers is read once. `header_sets` says how the headers come in batches; where
modcore has a complaint about one, it is a fault only if the compiler takes that header alone and the complaint is
there still. Each batch is also put into a plain importer and into a module, which go through `check` and `emit`.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from header_sets import SETS, Batch, Headers, includes

from modcore.cli import main
from modcore.entities import Entity
from modcore.finder import Module
from modcore.headers import HeaderIndex
from modcore.stage1_names import OwnStatement, names_of
from modcore.stage3_bind.definitions import bind_body
from modcore.syntax import Piece, SyntaxProblem, Tokens, parse_body, parse_statement, split, without_digraphs

STATEMENTS_READ: set[str] = set()
"""The texts of statements that were read without a complaint in this process."""


@pytest.mark.parametrize("name", SETS)
def test_every_statement_is_read(name: str, tmp_path: Path) -> None:
    headers = Headers(SETS[name], tmp_path)
    assert sum(len(batch.headers) for batch in headers.batches) >= SETS[name].at_least
    suspects = {header for batch in headers.batches for header, _ in complaints(batch)}
    found = []
    for header in sorted(suspects):
        if headers.is_c(header):
            batch, _ = headers.batch([header])
            found += [f"<{header}>: {said}" for _, said in complaints(batch)]
    assert not found, "\n".join(found)


def complaints(batch: Batch) -> Iterator[tuple[str, str]]:
    """What modcore says about the statements of a batch that it has not read before: header and message."""
    text = without_digraphs(batch.text)
    resolve = None
    for piece in split(text):
        statement = text[piece.start : piece.end]
        if piece.pragma or statement in STATEMENTS_READ:
            continue
        try:
            if not piece.complete:
                raise SyntaxProblem("this statement does not end", 0)
            parse_statement(text[piece.start : piece.body] if piece.body >= 0 else statement, piece.body >= 0)
            if piece.body >= 0:
                resolve = resolve or resolver(text)
                read_body(piece, statement, resolve)
            STATEMENTS_READ.add(statement)
        except SyntaxProblem as problem:
            yield batch.header_at(piece.start), f"{problem.message}: {statement[:300]!r}"


def read_body(piece: Piece, statement: str, resolve: Callable[[str, str, str | None], Entity | None]) -> None:
    """Reads an inline function with the grammar of bodies. Raises SyntaxProblem."""
    body = bind_body(OwnStatement(statement, 0, piece.body - piece.start, False, (), True), resolve, True)
    if body.problem is not None:
        raise body.problem
    head = len(Tokens(statement[: piece.body - piece.start]).words)
    parse_body(body.tokens, head, len(body.tokens.words), body.type_names)


def resolver(text: str) -> Callable[[str, str, str | None], Entity | None]:
    """File scope of a batch: what its headers declare."""
    index: HeaderIndex = names_of(Module("batch", "batch.cm"), text, lambda name: ()).headers

    def resolve(space: str, name: str, path: str | None) -> Entity | None:
        kind = index.kind(space, name)
        return Entity("header", "batch.cm", space, name, kind) if kind else None

    return resolve


def setup_module() -> None:
    sys.setrecursionlimit(20000)
