"""Properties that hold for any input: nothing is lost, nothing crashes, names map one to one."""

from __future__ import annotations

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from modcore.finder import Finder, Miss, Module
from modcore.linknames import demangle, link_name, user_name
from modcore.source import lines_of
from modcore.stage1_names import names_of
from modcore.stage3_bind import Binder
from modcore.syntax import SyntaxProblem, Tokens, parse_statement, split

WORDS = st.sampled_from(
    """module import export extern "C" static inline const struct union enum typedef int unsigned char void S T x y z
    main 1 0x2u 'a' "s" ( ) { } [ ] ; ; , . -> * & + = : :: ? ... sizeof if else for while do switch case default
    return goto break asm __attribute__ _Static_assert typeof _Generic __extension__ ~ ! && ||""".split()
)
TEXTS = st.lists(WORDS, max_size=60).map(" ".join)
COMPONENT = st.text(string.ascii_letters + string.digits + "_ -.é", min_size=1, max_size=8)
NAME = st.text(string.ascii_letters + "_", min_size=1, max_size=6)


@given(st.one_of(TEXTS, st.text(max_size=200)))
def test_tokens_give_the_text_back(text: str) -> None:
    assert "".join(Tokens(text).parts) == text


@given(TEXTS)
def test_statements_lie_in_order_and_lose_nothing(text: str) -> None:
    end = 0
    for piece in split(text):
        assert end <= piece.start < piece.end <= len(text)
        assert not text[end : piece.start].strip(" ;\n")
        end = piece.end
    assert not text[end:].strip(" ;\n")


@given(TEXTS)
@settings(max_examples=400)
def test_any_text_is_read_or_refused_with_a_position(text: str) -> None:
    marked = f'# 1 "m.cm"\n{text}\n'
    unit = names_of(Module("m", "m.cm"), marked, lines_of({"m.cm": text + "\n"}.get))
    for diagnostic in unit.diagnostics:
        assert diagnostic.position.file == "m.cm" and diagnostic.position.line >= 1


@given(TEXTS)
@settings(max_examples=400)
def test_any_body_is_bound_or_refused(text: str) -> None:
    tokens = Tokens("int f ( int x ) { " + text + " }")
    binder = Binder(tokens, lambda space, name, path: None)
    try:
        binder.function(6)
    except SyntaxProblem as problem:
        assert 0 <= problem.low <= len(tokens.words)


@given(TEXTS)
def test_one_statement_parses_or_is_refused(text: str) -> None:
    try:
        parse_statement(text, False)
    except SyntaxProblem as problem:
        assert problem.message


@given(st.lists(COMPONENT, min_size=1, max_size=3), NAME, st.lists(COMPONENT, min_size=1, max_size=3), NAME)
def test_link_names_are_one_to_one(one: list[str], name: str, other: list[str], second: str) -> None:
    first, again = link_name("/".join(one), name), link_name("/".join(other), second)
    assert (first == again) == ((one, name) == (other, second))
    assert first.isidentifier() and first.isascii()
    assert user_name(first) == "/".join(one) + "::" + name
    assert demangle(f"in '{first}':") == f"in '{'/'.join(one)}::{name}':"


@given(st.lists(st.sampled_from(["..", ".", "a", "b", "lib"]), min_size=1, max_size=5).map("/".join))
def test_no_import_leaves_the_roots(path: str) -> None:
    asked: list[str] = []

    def exists(file: str) -> bool:
        asked.append(file)
        return False

    found = Finder(["src", "lib"], exists).find(path, Module("a/m", "src/a/m.cm"))
    assert isinstance(found, Miss)
    assert all(file.startswith(("src/", "lib/")) and ".." not in file for file in asked)
