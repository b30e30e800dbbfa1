"""The grammars behind PLY: free of conflicts, and their tables the same whether built or read from the cache."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from ply import yacc

from modcore import cache
from modcore.syntax import tables
from modcore.syntax.body_grammar import BodyGrammar
from modcore.syntax.classify import Terminal
from modcore.syntax.grammar import DeclarationGrammar
from modcore.syntax.tree import Range

GRAMMARS = (DeclarationGrammar, BodyGrammar)
OPERATORS = {
    "EQUALS", "ASSIGN", "QUESTION", "OR", "AND", "INCLUSIVE_OR", "EXCLUSIVE_OR", "AMPERSAND", "EQUALITY", "RELATIONAL",
    "SHIFT", "ADDITIVE", "STAR", "MULTIPLICATIVE",
}  # fmt: skip


def debug_build(grammar: Any) -> tuple[str, str]:
    """What PLY notes and what it complains about while it builds a grammar in debug mode."""
    notes, complaints = io.StringIO(), io.StringIO()
    yacc.yacc(
        module=grammar, debug=True, write_tables=False,
        debuglog=yacc.PlyLogger(notes), errorlog=yacc.PlyLogger(complaints),
    )  # fmt: skip
    return notes.getvalue(), complaints.getvalue()


@pytest.mark.parametrize("grammar", GRAMMARS)
def test_no_conflicts_and_no_warnings(grammar: type) -> None:
    notes, complaints = debug_build(grammar())
    assert complaints.replace("Generating LALR tables", "").strip() == ""
    assert "conflict" not in notes.lower()


def test_precedence_decides_operators_and_else_only() -> None:
    """Without precedence the body grammar is ambiguous where C's operators are, and nowhere else."""

    class Bare(BodyGrammar):
        precedence = ()

        def __getattribute__(self, name: str) -> Any:
            value = super().__getattribute__(name)
            if name.startswith("p_") and "%prec" in (value.__doc__ or ""):
                return _without_precedence(value)
            return value

    notes, _ = debug_build(Bare())
    conflicts = [line for line in notes.splitlines() if line.startswith("WARNING: ")]
    assert conflicts and not [line for line in conflicts if "reduce/reduce" in line]
    undecided = {line.split(" conflict for ")[1].split()[0] for line in conflicts if "shift/reduce" in line}
    assert undecided == OPERATORS | {"ELSE"}


def _without_precedence(method: Any) -> Any:
    import types

    plain = method.__func__
    copy = types.FunctionType(plain.__code__, plain.__globals__, plain.__name__, plain.__defaults__, plain.__closure__)
    copy.__doc__ = "\n".join(line.split("%prec")[0] for line in plain.__doc__.splitlines())
    return types.MethodType(copy, method.__self__)


class Feed:
    def __init__(self, *types: str) -> None:
        self.following = iter([Terminal(type, Range(at, at + 1), at) for at, type in enumerate(types)])

    def token(self) -> Terminal | None:
        return next(self.following, None)


def parsed(parser: Any, grammar: Any) -> object:
    grammar.begin(["", "1", "+", "2"], 4)
    return parser.parse(lexer=Feed("VALUE", "CONSTANT", "ADDITIVE", "CONSTANT"))


def test_cached_tables_are_the_built_ones(tmp_path: Path) -> None:
    grammar = BodyGrammar()
    built = tables.cached(grammar, tmp_path)
    (file,) = tmp_path.iterdir()
    before = file.read_bytes()
    read = tables.cached(grammar, tmp_path)
    assert read.action == built.action
    assert read.goto == built.goto
    assert parsed(read, grammar) == parsed(built, grammar)
    assert file.read_bytes() == before


@pytest.mark.parametrize("content", (b"", b"{", b"[]", b'{"version": 0}', b"\xff\x00", None))
def test_a_damaged_cache_is_written_again(tmp_path: Path, content: bytes | None) -> None:
    grammar = BodyGrammar()
    tables.cached(grammar, tmp_path)
    (file,) = tmp_path.iterdir()
    good = file.read_bytes()
    file.write_bytes(good[: len(good) // 2] if content is None else content)
    assert parsed(tables.cached(grammar, tmp_path), grammar) is not None
    assert file.read_bytes() == good


def test_a_foreign_cache_is_not_used(tmp_path: Path) -> None:
    """A file under the right name whose rules are others, as after a collision of keys."""
    grammar = BodyGrammar()
    tables.cached(grammar, tmp_path)
    (file,) = tmp_path.iterdir()
    good = file.read_bytes()
    content = cache.read(file, dict)
    assert content is not None
    content["rules"][0] = "another version of PLY"
    cache.write(file, content)
    assert file.read_bytes() != good
    tables.cached(grammar, tmp_path)
    assert file.read_bytes() == good


def test_a_folder_that_cannot_be_written_to_is_no_hindrance(tmp_path: Path) -> None:
    obstacle = tmp_path / "file"
    obstacle.write_text("")
    grammar = BodyGrammar()
    assert parsed(tables.cached(grammar, obstacle / "below"), grammar) is not None


def test_nothing_is_written_into_the_package() -> None:
    import modcore

    package = Path(modcore.__file__).parent
    stray = [
        f for folder, _, files in os.walk(package) for f in files if f in ("parsetab.py", "parser.out", "lextab.py")
    ]
    assert stray == []
