"""The headers of glibc, musl, newlib and mingw-w64, as gcc and clang preprocess them: read, bound, carried along.

Every statement is read, function bodies too; one that occurs in many headers is read once (`header_sets` has the
batches). Where modcore has a complaint about a header, it is a fault only if the compiler takes that header alone and
the complaint is there still. Headers are also put into a plain importer, into a module that uses every name that they
declare, and behind a module that another one imports; what comes out compiles.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from header_sets import SETS, Batch, Headers, includes

from modcore.diagnostics import has_errors
from modcore.entities import Entity
from modcore.finder import Module
from modcore.headers import HeaderIndex
from modcore.preprocess import Toolchain
from modcore.program import Options, Program
from modcore.stage1_names import OwnStatement, names_of
from modcore.stage3_bind.definitions import bind_body
from modcore.syntax import Piece, SyntaxProblem, Tokens, parse_body, parse_statement, split, without_digraphs
from modcore.syntax.declared import TAG, Declared

EACH_SET = [pytest.param(name, marks=pytest.mark.needs(*chosen.programs)) for name, chosen in SETS.items()]
ONLY_CALLED = frozenset("_mm_clflush _mm_getcsr _mm_lfence _mm_mfence _mm_pause _mm_setcsr _mm_sfence".split())
"""Functions that headers for clang declare and clang has inside: it refuses to take their address."""
STATEMENTS_READ: set[str] = set()
"""The texts of statements that were read without a complaint in this process."""


@pytest.mark.parametrize("name", EACH_SET)
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
    index = index_of(text)

    def resolve(space: str, name: str, path: str | None) -> Entity | None:
        kind = index.kind(space, name)
        return Entity("header", "batch.cm", space, name, kind) if kind else None

    return resolve


def index_of(text: str) -> HeaderIndex:
    return names_of(Module("batch", "batch.cm"), text, lambda name: ()).headers


@pytest.mark.parametrize("name", EACH_SET)
def test_windows_or_all_compiled_headers_are_carried_along(name: str, tmp_path: Path) -> None:
    """All names of headers are used in a module and, as far as they are types, in an importer of that module."""
    headers = Headers(SETS[name], tmp_path)
    batches = [headers.batch(SETS[name].first)[0]] if SETS[name].first else headers.compiled
    for batch in batches:
        declared = [entry for entry in names_in(batch) if entry.name not in ONLY_CALLED]
        types = [entry for entry in declared if entry.space == TAG or entry.kind == "typedef"]
        members = [f"{spelled(entry)} *member_{number};" for number, entry in enumerate(types)]
        used = " + ".join(f"!holder->member_{number}" for number in range(len(types)))
        files = {
            "other.cm": "module;\nexport int other_function(int x) { return x; }\n",
            "plain.cm": f"{includes(batch.headers)}import other;\nint plain(void) {{ return other_function(3); }}\n",
            "uses.cm": "\n".join((
                "module;", includes(batch.headers), *(f"#undef {entry.name}" for entry in declared), "import other;",
                "export struct Holder_ {", *members, "};", "export int uses(struct Holder_ *holder)", "{",
                *(use(entry) for entry in declared), "return other_function(0);", "}", "",
            )),
            "client.cm": f"module;\nimport uses;\nexport int client(struct Holder_ *holder) {{ return 0 + {used or 0}; }}\n",
        }  # fmt: skip
        for file, text in files.items():
            (tmp_path / file).write_text(text, encoding="utf-8")
        for file in files:
            comes_through(file, SETS[name].compiler, tmp_path, compiles=True)


@pytest.mark.needs(*SETS["mingw-w64"].programs)
def test_all_headers_of_windows_come_through(tmp_path: Path) -> None:
    """Each batch, in a plain importer and in a module."""
    headers = Headers(SETS["mingw-w64"], tmp_path)
    (tmp_path / "other.cm").write_text("module;\nexport int other_function(int x) { return x; }\n")
    for batch in headers.batches:
        body = f"{includes([*batch.first, *batch.headers])}import other;\nint user(void) {{ return other_function(3); }}\n"
        for file, text in {"plain.cm": body, "module.cm": f"module;\n{body}"}.items():
            (tmp_path / file).write_text(text, encoding="utf-8")
            comes_through(file, SETS["mingw-w64"].compiler, tmp_path, compiles=False)


def names_in(batch: Batch) -> list[Declared]:
    """The names that the headers of a batch declare, each once; of several functions with one name, none."""
    index = index_of(batch.text)
    found: dict[tuple[str, str], Declared] = {}
    for number, statement in enumerate(index.statements):
        if not statement.text.startswith("#") and "__overloadable__" not in statement.text:
            for entry in index.names(number):
                if entry.at >= 0 and not entry.name.startswith("{"):
                    found.setdefault((entry.space, entry.name), entry)
    return [*found.values()]


def spelled(entry: Declared) -> str:
    """A type's name."""
    return f"{entry.kind} {entry.name}" if entry.space == TAG else entry.name


def use(entry: Declared) -> str:
    """A statement that uses a name."""
    if entry.space == TAG or entry.kind == "typedef":
        return f"(void)sizeof({spelled(entry)} *);"
    return f"(void){entry.name};" if entry.kind == "enumerator" else f"(void)&{entry.name};"


def comes_through(file: str, compiler: tuple[str, ...], directory: Path, compiles: bool) -> None:
    """Fails unless a file is checked and emitted without an error, and what comes out compiles."""
    with contextlib.chdir(directory):
        program = Program(Options(Toolchain((compiler[0],), compiler[1:])))
        module = program.module(file)
        found = program.check([module])
        assert not has_errors(found), program.render(found)[:3000]
        emitted = program.emit(module).encode("utf-8", "surrogateescape")
    if compiles:
        words = [*compiler, "-w", "-Werror=implicit-function-declaration", "-fsyntax-only", "-x", "cpp-output", "-"]
        done = subprocess.run(words, input=emitted, capture_output=True, env={**os.environ, "LC_ALL": "C"}, check=False)
        assert done.returncode == 0, f"{directory / file}: {done.stderr.decode(errors='replace')[:3000]}"


def setup_module() -> None:
    sys.setrecursionlimit(20000)
