"""Stage 1: one file to its names and imports. No import is judged, no other file is read.

In comes the preprocessed text of one `.cm` file; out goes a `Unit`: whether it is a module, what it imports, its
top-level statements, the names that they define, and the header text as an index. Everything that is wrong with the
file taken alone is in the unit's diagnostics (language reference, sections 1 to 4). A unit is never written to.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

import msgspec

from modcore.diagnostics import TOO_DEEP, Diagnostic, Note
from modcore.finder import Module
from modcore.headers import HeaderIndex, HeaderStatement, must_stay
from modcore.pragmas import PragmaReader, PragmaState, declares_intrinsics
from modcore.source import LineMap, Position, ReadLines
from modcore.syntax import Piece, SyntaxProblem, Tokens, parse_statement, split, without_digraphs
from modcore.syntax.declared import ORDINARY, Declared, declared, declared_by
from modcore.syntax.forms import ImportForm, import_form, module_form, prefix, written_forms
from modcore.syntax.tree import Function, Named

_DEEPEST = 500
"""How deep blocks of `extern "C"` may be nested."""


class Import(msgspec.Struct, frozen=True, gc=False):
    """One import statement; `start` and `end` are offsets in the unit's text."""

    form: ImportForm
    line: int
    start: int
    end: int


class OwnStatement(msgspec.Struct, frozen=True, gc=False):
    """One statement that stands in the file itself, without its `export` or `extern "C"`.

    `start` is the offset of `text` in the unit's text (-1 when the unit came from a names file), `body` where the
    function body opens in `text` (-1: none). With `c_linkage` its names are plain C names; it `announces` them when
    `extern "C"` stands directly before it, which makes a variable without initializer a declaration. `state` are the
    pragmas in force.
    """

    text: str
    start: int
    body: int
    exported: bool
    tags: tuple[str, ...]
    c_linkage: bool
    announces: bool = False
    state: PragmaState = PragmaState()

    @property
    def head(self) -> str:
        return self.text if self.body < 0 else self.text[: self.body]

    def names(self) -> list[Declared]:
        return declared(parse_statement(self.head, self.body >= 0).tree)


class Symbol(msgspec.Struct, frozen=True, gc=False):
    """One name that the unit declares, with the number of its statement."""

    space: str
    name: str
    kind: str
    exported: bool
    tags: tuple[str, ...]
    statement: int
    c_linkage: bool
    defines: bool


class Unit(msgspec.Struct, frozen=True, gc=False):
    """What stage 1 knows of one file.

    `names` maps (name space, name) to the symbol. `order` lists what the file consists of in source order: ('own',
    number of a statement) and ('header', number of a header statement). `text` and `lines` are empty in a unit that
    came from a names file.
    """

    module: Module
    is_module: bool
    imports: tuple[Import, ...]
    statements: tuple[OwnStatement, ...]
    names: dict[tuple[str, str], Symbol]
    headers: HeaderIndex
    order: tuple[tuple[str, int], ...]
    kept: frozenset[int]
    diagnostics: tuple[Diagnostic, ...]
    readable: bool
    text: str
    lines: LineMap | None

    def definition(self, symbol: Symbol) -> Declared:
        """The nodes of a symbol's declaration."""
        statement = self.statements[symbol.statement]
        return declared_by(statement.head, statement.body >= 0)[symbol.space, symbol.name]

    def position(self, start: int, end: int, read_lines: ReadLines) -> Position:
        """The user's position of the unit's text[start:end]."""
        if self.lines is None:
            return Position(self.module.file, 1, 1, 1, 2)
        return self.lines.position(start, end, read_lines)


def names_of(module: Module, preprocessed: str, read_lines: ReadLines) -> Unit:
    """Stage 1 of one file, from what the preprocessor printed for it."""
    return _Reader(module, without_digraphs(preprocessed), read_lines).unit()


class _Reader:
    """Collects the parts of one unit while its statements go by."""

    def __init__(self, module: Module, text: str, read_lines: ReadLines) -> None:
        self.module = module
        self.text = text
        self.read_lines = read_lines
        self.lines = LineMap(text)
        self.diagnostics: list[Diagnostic] = []
        self.imports: list[Import] = []
        self.statements: list[OwnStatement] = []
        self.headers: list[HeaderStatement] = []
        self.order: list[tuple[str, int]] = []
        self.names: dict[tuple[str, str], Symbol] = {}
        self.kept: set[int] = set()
        self.forward: list[tuple[Declared, int, int]] = []
        self.written: dict[tuple[str, int], list[str]] = {}
        self.pieces: Sequence[Piece] = ()
        self.function_types: frozenset[str] = frozenset()
        self.word_types: dict[str, bool] = {}
        self.state = PragmaState()
        self.blocks = 0  # of `extern "C"` that are open
        self.is_module = False
        self.readable = True

    def unit(self) -> Unit:
        own, others = self._separate()
        self.pieces = own
        self.function_types = frozenset(
            entry.name
            for entry, _ in self._typedefs()
            if entry.declarator is not None
            and entry.declarator.derivations
            and isinstance(entry.declarator.derivations[0], Function)
        )
        self.pieces = others
        fragment_end = self._module_declaration(own)
        in_file = iter(own)
        own_starts = {piece.start for piece in own}
        pragmas = PragmaReader()
        lines = [found.start() for found in re.finditer("#pragma", self.text)]
        for piece in others:
            text = self.text[piece.start : piece.end]
            if piece.pragma:
                pragmas.read(text)
                keep = not self.is_module or declares_intrinsics(text)
                self._header(HeaderStatement(text, piece.start, -1, pragmas.state), keep)
            elif piece.start not in own_starts:
                self._header(self._as_header(piece, pragmas.state), keep=None)
            elif piece.start < fragment_end:
                next(in_file)
                if module_form(text) is None:
                    self._header(self._as_header(piece, pragmas.state), keep=None)
            else:
                next(in_file)
                self.state = pragmas.state
                self._own(piece)
            if not piece.pragma and bisect_left(lines, piece.start) < bisect_left(lines, piece.end):
                pragmas.read_inside(text)
        self._judge_forward_declarations()
        index = HeaderIndex(self.headers)
        return Unit(
            self.module, self.is_module, tuple(self.imports), tuple(self.statements), self.names, index,
            tuple(self.order), frozenset(self.kept), tuple(self.diagnostics), self.readable, self.text, self.lines,
        )  # fmt: skip

    def _separate(self) -> tuple[list[Piece], list[Piece]]:
        """The pieces that stand in the file itself, and all pieces."""
        pieces = split(self.text)
        markers = self.lines.markers
        own: list[Piece] = []
        at, included = 0, True
        for piece in pieces:
            while at < len(markers) and markers[at].offset <= piece.start:
                included = markers[at].included
                at += 1
            if not included and not piece.pragma:
                own.append(piece)
        return own, pieces

    def _module_declaration(self, own: Sequence[Piece]) -> int:
        """Finds and checks the module declarations; the offset at which the global fragment ends (0: there is none)."""
        found = []
        is_typedef = self._is_type("module")
        for number, piece in enumerate(own):
            form = None if is_typedef else module_form(self.text[piece.start : piece.end])
            if form is not None:
                raw = self._as_written(piece)
                found.append((number, piece, module_form(raw) or form if raw else form))
        if not found:
            return 0
        self.is_module = True
        first = found[0]
        fragment_end = 0
        for number, piece, form in found:
            if number > 0 and (piece is first[1]):
                self._report(
                    "module-position", "the module declaration must be the first declaration of the file; move it up",
                    piece.start, piece.end,
                )  # fmt: skip
            elif piece is not first[1]:
                if form.name is not None and first[2].name is None and not fragment_end:
                    fragment_end = piece.start + 1
                else:
                    self._report(
                        "module-position", "the file has its module declaration already; remove this one",
                        piece.start, piece.end, (Note("the first one is here", self._place(first[1].start, first[1].end)),),
                    )  # fmt: skip
            if form.name is not None and not _names(form.name, self.module.name):
                self._report(
                    "module-name",
                    f"this file is module '{self.module.name}', not '{form.name}'; write 'module;' or rename one of them",
                    piece.start, piece.end,
                )  # fmt: skip
        return fragment_end

    def _is_type(self, word: str) -> bool:
        """Whether `word` is a typedef's name in this file or its headers, which makes it an ordinary identifier."""
        if word not in self.word_types:
            mentioned = word in self.text and re.search(rf"\btypedef\b[^;]*\b{word}\b", self.text)
            self.word_types[word] = bool(mentioned) and any(entry.name == word for entry, _ in self._typedefs())
        return self.word_types[word]

    def _typedefs(self) -> Iterator[tuple[Declared, Piece]]:
        """The typedefs among all pieces; those that cannot be read are reported where they are needed."""
        for piece in self.pieces:
            text = self.text[piece.start : piece.end]
            bare = text[prefix(text).length :] if text.startswith("export") else text
            if bare.startswith("typedef"):
                try:
                    for entry in declared(parse_statement(bare, False).tree):
                        if entry.kind == "typedef":
                            yield entry, piece
                except SyntaxProblem:
                    continue

    def _is_function_type(self, entry: Declared) -> bool:
        """Whether a variable is in truth a function declared through a typedef of this file."""
        type_ = entry.specifiers.type if entry.specifiers is not None else None
        if entry.kind != "variable" or not isinstance(type_, Named) or type_.name.path is not None:
            return False
        if entry.declarator is None or entry.declarator.derivations or entry.declarator.initializer is not None:
            return False
        return type_.name.text in self.function_types

    def _as_header(self, piece: Piece, state: PragmaState) -> HeaderStatement:
        text = self.text[piece.start : piece.end]
        return HeaderStatement(text, piece.start, piece.body - piece.start if piece.body >= 0 else -1, state)

    def _header(self, statement: HeaderStatement, keep: bool | None) -> None:
        number = len(self.headers)
        self.headers.append(statement)
        self.order.append(("header", number))
        if keep is None:
            try:
                keep = must_stay(statement, not self.is_module)
            except SyntaxProblem:
                keep = False
        if keep:
            self.kept.add(number)

    def _own(self, piece: Piece) -> None:
        """One statement of the file, after the global fragment."""
        text = self.text[piece.start : piece.end]
        if not piece.complete:
            self.readable = False
            at = piece.open_brace if piece.open_brace >= 0 else piece.start
            what = "this '{' is never closed" if piece.open_brace >= 0 else "this statement has no ';' at its end"
            self._report("syntax", what, at, at + 1)
            return
        if text.startswith("module") and module_form(text) is not None and self.is_module:
            return
        if text.startswith(("import", "export")) and not self._is_word_type(text) and self._import(piece, text):
            return
        self._definitions(text, piece.start, piece.body, exported=False, tags=(), c_linkage=False)

    def _is_word_type(self, text: str) -> bool:
        """Whether the statement's first word is a type's name, and so no word of the module language."""
        return self._is_type(text[:6])

    def _import(self, piece: Piece, text: str) -> bool:
        form = import_form(text)
        if form is None:
            return False
        raw = self._as_written(piece)
        if raw is not None:
            form = import_form(raw) or form
        if form.fault is not None:
            self.readable = False
            self._report("syntax", form.fault, piece.start, piece.end)
            return True
        if form.export and not self.is_module:
            self._report(
                "not-a-module", "a plain importer cannot export; begin the file with 'module;'", piece.start, piece.end
            )
        self.imports.append(Import(form, self.lines.line(piece.start)[1], piece.start, piece.end))
        return True

    def _as_written(self, piece: Piece) -> str | None:
        """A module or import statement as its line has it, before macros; None when it does not stand there so."""
        file, line = place = self.lines.line(piece.start)
        if place not in self.written:
            lines = self.read_lines(file)
            self.written[place] = written_forms(lines[line - 1]) if 0 < line <= len(lines) else []
        forms = self.written[place]
        return forms.pop(0) if forms else None

    def _definitions(
        self, text: str, start: int, body: int, exported: bool, tags: tuple[str, ...], c_linkage: bool
    ) -> None:
        """A statement of the file with its prefixes, or the block of an `extern "C"`."""
        before = prefix(text)
        if before.fault:
            self.readable = False
            self._report("syntax", before.fault, start, start + before.length)
            return
        if before.exported and not self.is_module:
            self._report(
                "not-a-module", "a plain importer cannot export; begin the file with 'module;'", start, start + 6
            )
        if before.tagged and "private" in before.tags:
            self._report(
                "syntax",
                "'private' is the tag of what is not exported; choose another name",
                start,
                start + before.length,
            )
        exported = exported or before.exported
        tags = before.tags if before.tagged else tags
        c_linkage = c_linkage or before.linkage
        text, start = text[before.length :], start + before.length
        if before.linkage and body == start:
            self._block(text, start, exported, tags)
            return
        statement = OwnStatement(
            text, start, body - start if body >= 0 else -1, exported, tags, c_linkage, before.linkage,
            self.state,
        )  # fmt: skip
        try:
            parsed = parse_statement(statement.head, statement.body >= 0)
            entries = declared(parsed.tree)
        except SyntaxProblem as problem:
            self.readable = False
            self._report_syntax(statement, problem)
            return
        except RecursionError:
            self.readable = False
            self._report("not-supported", TOO_DEEP, start, start + 1)
            return
        number = len(self.statements)
        self.statements.append(statement)
        self.order.append(("own", number))
        offsets = parsed.tokens.offsets()
        if not entries and exported:
            self._report("syntax", "'export' stands before something that defines no name", start, start + 1)
        for entry in entries:
            at = start + (offsets[entry.at] if entry.at >= 0 else 0)
            self._declare(statement, number, entry, at)

    def _block(self, text: str, start: int, exported: bool, tags: tuple[str, ...]) -> None:
        """The statements in the block of an `extern "C"`, with the pragmas between them."""
        if self.blocks == _DEEPEST:
            self.readable = False
            self._report("syntax", f"braces are nested more than {_DEEPEST} deep here", start, start + 1)
            return
        self.blocks += 1
        stack: list[PragmaState] = []
        for piece in split(text[1:-1]):
            inner = text[1 + piece.start : 1 + piece.end]
            body = start + 1 + piece.body if piece.body >= 0 else -1
            if piece.pragma:
                self.state = self.state.after(inner, stack)
            else:
                self._definitions(inner, start + 1 + piece.start, body, exported, tags, True)
        self.blocks -= 1

    def _declare(self, statement: OwnStatement, number: int, entry: Declared, at: int) -> None:
        """Adds one name to the unit's tables, or says why it cannot be there."""
        announced = statement.announces and entry.kind == "variable"
        defines = entry.defines and not (
            announced and entry.declarator is not None and entry.declarator.initializer is None
        )
        symbol = Symbol(
            entry.space, entry.name, entry.kind, statement.exported, statement.tags, number,
            statement.c_linkage or not self.is_module, defines,
        )  # fmt: skip
        key = (entry.space, entry.name)
        end = at + len(entry.name)
        if self.is_module and not statement.c_linkage:
            if not entry.defines or self._is_function_type(entry):
                self.forward.append((entry, at, end))
                return
            storage = entry.specifiers.storage if entry.specifiers else ()
            if statement.exported and "static" in storage and entry.kind in ("function", "variable"):
                self._report(
                    "export-static",
                    f"'{entry.name}' is exported and static; remove one of the two words", at, end,
                )  # fmt: skip
            if entry.specifiers is not None and entry.specifiers.type is None:
                self.readable = False
                self._report("syntax", f"'{entry.name}' has no type; write the type that C89 would imply: int", at, end)
                return
            earlier = self.names.get(key)
            if earlier is not None and not earlier.c_linkage:
                self._report(
                    "duplicate-definition", f"'{entry.name}' is defined twice in this file", at, end,
                    (Note("the first definition is here", self._place_of(earlier)),),
                )  # fmt: skip
                return
        if key not in self.names or entry.defines and not self.names[key].defines:
            self.names[key] = symbol

    def _judge_forward_declarations(self) -> None:
        """Reports what was only declared, now that the definitions of the whole file are known."""
        for entry, at, end in self.forward:
            symbol = self.names.get((entry.space, entry.name))
            defined = self._place_of(symbol) if symbol is not None else None
            self.diagnostics.append(
                forward_declaration(entry.name, entry.space, entry.kind, self._place(at, end), defined)
            )

    def _place(self, start: int, end: int) -> Position:
        return self.lines.position(start, end, self.read_lines)

    def _place_of(self, symbol: Symbol) -> Position:
        statement = self.statements[symbol.statement]
        return self._place(*name_range(statement, symbol))

    def _report(self, code: str, message: str, start: int, end: int, notes: tuple[Note, ...] = ()) -> None:
        self.diagnostics.append(Diagnostic(code, message, self._place(start, end), notes))

    def _report_syntax(self, statement: OwnStatement, problem: SyntaxProblem) -> None:
        offsets = Tokens(statement.head).offsets()
        low = min(problem.low, len(offsets) - 1)
        start = statement.start + offsets[low]
        self._report("syntax", problem.message, start, start + 1)


def forward_declaration(name: str, space: str, kind: str, place: Position, defined: Position | None) -> Diagnostic:
    """The error for what is only declared; `defined` is where its definition stands in the same file."""
    what = name if space == ORDINARY else f"{kind} {name}"
    if defined == place:
        advice = "a macro declares and defines it; write 'extern \"C\" { … }' around that, and the name stays as it is"
    elif defined is not None:
        advice = "its definition is visible in the whole file; remove this declaration"
    elif space == ORDINARY:
        advice = "import the module that defines it, or write 'extern \"C\"' before it if plain C code does"
    else:
        advice = "define it here or import the module that does"
    notes = (Note(f"'{what}' is defined here", defined),) if defined is not None else ()
    return Diagnostic("forward-declaration", f"'{what}' is only declared here: {advice}", place, notes)


def name_range(statement: OwnStatement, symbol: Symbol) -> tuple[int, int]:
    """Where a symbol's name stands in the unit's text."""
    parsed = parse_statement(statement.head, statement.body >= 0)
    entry = declared_by(statement.head, statement.body >= 0).get((symbol.space, symbol.name))
    if entry is None:
        return statement.start, statement.start + 1
    low = max(entry.at, 0)
    start = statement.start + parsed.tokens.offsets()[low]
    return start, start + len(parsed.tokens.words[low])


def _names(written: str, module: str) -> bool:
    """Whether the name in a module declaration is the module's name or its trailing part."""
    return module == written or module.endswith("/" + written)
