"""What importers may need of a unit: the content of its names file, and the unit made of it again.

Kept are the exported declarations and what these reach in the same file, each on one line, spelled by rule;
the header statements that they name; and of all other symbols the bare fact that they exist, because a
message may have to say that a name is hidden. A function is kept as a prototype, an inline function with its
body. A variable keeps its initializer when it may be a constant integer, or when its array's bound comes from
it. The names in what is kept that are neither the file's own nor its headers' are what it wants from other
modules; when there are none, only exported imports matter to importers.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from modcore.entities import Entity
from modcore.finder import Module
from modcore.headers import HeaderIndex, HeaderStatement
from modcore.pragmas import PragmaState
from modcore.stage1_names import Import, OwnStatement, Symbol, Unit
from modcore.stage2_scopes import entity_of
from modcore.stage3_bind.definitions import bind_body, bind_declaration, bind_initializer
from modcore.syntax import Tokens, parse_statement
from modcore.syntax.declared import INLINE_WORDS, ORDINARY, TAG, parameter_names
from modcore.syntax.forms import ImportForm
from modcore.syntax.tree import (
    Aggregate,
    Array,
    Basic,
    Declaration,
    Declarator,
    Enumeration,
    Function,
    FunctionDefinition,
    Pointer,
    Specifiers,
    Statement,
)  # fmt: skip

_BUILTINS = ("__builtin_", "__sync_", "__atomic_")  # what compilers know without a declaration
_FLOATING = frozenset(("float", "double", "_Complex", "__complex__", "__float128", "__float80", "_Float128"))


class StatementEntry(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An own statement, with the pragmas in force at it; `body` is where the body opens of an inline function, or
    of one in the old style, -1: none."""

    text: str
    body: int
    exported: bool
    tags: tuple[str, ...]
    c_linkage: bool
    state: PragmaState


class SymbolEntry(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An own symbol; `statement` is -1 for one that only its existence is known of."""

    space: str
    name: str
    kind: str
    exported: bool
    tags: tuple[str, ...]
    statement: int
    c_linkage: bool
    defines: bool


class HeaderEntry(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A header statement, with the pragmas in force at it."""

    text: str
    body: int
    state: PragmaState


class Content(msgspec.Struct, frozen=True, gc=False):
    """The body of a names file."""

    module: str
    is_module: bool
    imports: tuple[ImportForm, ...]
    statements: tuple[StatementEntry, ...]
    names: tuple[SymbolEntry, ...]
    headers: tuple[HeaderEntry, ...]


def content_of(unit: Unit) -> tuple[Content, frozenset[str]]:
    """The part of a unit that importers may need, and the names that it wants from other modules.

    Of a plain importer, which nobody can import, that is nothing.
    """
    if not unit.is_module:
        return Content(unit.module.name, False, (), (), (), ()), frozenset()
    reach = _Reach(unit)
    reach.follow()
    # Statements stand in the order of their first names.
    in_order = [symbol for _, symbol in sorted(unit.names.items())]
    order = list(dict.fromkeys(one.statement for one in in_order if one.statement in reach.statements))
    place = {number: at for at, number in enumerate(order)}
    symbols = tuple(
        SymbolEntry(
            one.space, one.name, one.kind, one.exported, one.tags, place.get(one.statement, -1),
            one.c_linkage, one.defines,
        )
        for one in in_order
    )  # fmt: skip
    forms = imports_in_order(one.form for one in unit.imports if reach.wants or one.form.export)
    statements = tuple(_reduced(unit.statements[number]) for number in order)
    headers = tuple(_header_entry(unit.headers.statements[number]) for number in sorted(reach.headers))
    content = Content(unit.module.name, True, forms, statements, symbols, headers)
    return content, frozenset(reach.wants)


def imports_in_order(forms: Iterable[ImportForm]) -> tuple[ImportForm, ...]:
    """Imports, each once, in an order of their own."""
    return tuple(sorted(set(forms), key=_form_key))


def unit_of(content: Content, module: Module) -> Unit:
    """The unit that a content stands for; it has no text, no lines and no diagnostics."""
    statements = [
        OwnStatement(
            one.text, -1, one.body, one.exported, one.tags, one.c_linkage, state=one.state
        )
        for one in content.statements
    ]  # fmt: skip
    hidden = len(statements)
    statements.append(OwnStatement(";", -1, -1, False, (), False))
    names = {
        (one.space, one.name): Symbol(
            one.space, one.name, one.kind, one.exported, one.tags,
            one.statement if one.statement >= 0 else hidden, one.c_linkage, one.defines,
        )
        for one in content.names
    }  # fmt: skip
    headers = HeaderIndex(HeaderStatement(one.text, -1, one.body, one.state) for one in content.headers)
    imports = tuple(Import(form, 0, -1, -1) for form in content.imports)
    return Unit(
        module, content.is_module, imports, tuple(statements), names, headers,
        (), frozenset(), (), True, "", None,
    )  # fmt: skip


class _Reach:
    """Follows what the exported declarations of one unit name, inside the unit."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.statements: set[int] = set()
        self.headers: set[int] = set()
        self.wants: set[str] = set()
        self._pending: list[int] = []

    def follow(self) -> None:
        by_statement: dict[int, list[Symbol]] = {}
        for symbol in self.unit.names.values():
            by_statement.setdefault(symbol.statement, []).append(symbol)
            if symbol.exported:
                self._statement(symbol.statement)
        while self._pending:
            number = self._pending.pop()
            for symbol in by_statement[number]:
                self._symbol(symbol)
        self.headers = _closed(self.unit.headers, self.headers)

    def _statement(self, number: int) -> None:
        if number not in self.statements:
            self.statements.add(number)
            self._pending.append(number)

    def _symbol(self, symbol: Symbol) -> None:
        """Everything that one declaration names, as it will be kept, and the pragmas about it."""
        if symbol.kind in ("function", "variable"):
            self.headers.update(self.unit.headers.attached(symbol.name))
        statement = self.unit.statements[symbol.statement]
        before = len(self.wants)
        bound = bind_declaration(entity_of(self.unit, symbol), statement, self._resolve, lenient=True)
        inside = None
        declarator, specifiers = bound.entry.declarator, bound.entry.specifiers
        if declarator and specifiers and _keeps_initializer(specifiers, declarator, bound.tokens.words):
            inside = bind_initializer(bound, self._resolve, lenient=True)
        elif specifiers and statement.body >= 0 and _is_inline(specifiers):
            inside = bind_body(statement, self._resolve, lenient=False)
        if bound.problem is not None or inside is not None and inside.problem is not None:
            self.wants.add("")  # some name that is not known to be a type; no module gives a name like this
        words = Tokens(_reduced(statement).text).words
        if len(self.wants) > before or not self.wants.isdisjoint(words):
            self._all_words(words)

    def _resolve(self, space: str, name: str, path: str | None) -> Entity | None:
        """The unit's own scope; what it finds is kept, what it does not find belongs to another module."""
        symbol = self.unit.names.get((space, name)) if path is None or path == "" else None
        if symbol is not None and (path is None or symbol.c_linkage):
            self._statement(symbol.statement)
            return entity_of(self.unit, symbol)
        headers = self.unit.headers
        kind = headers.kind(space, name) if not path else None
        if kind is None:
            if not name.startswith(_BUILTINS):
                self.wants.add(name)
            return None
        self.headers.update(headers.declaring(space, name))
        return Entity("header", self.unit.module.file, space, name, kind)

    def _all_words(self, words: list[str]) -> None:
        """Keeps whatever the words of a statement may mean, because foreign types hide how it reads."""
        for word in words:
            for space in (TAG, ORDINARY):
                symbol = self.unit.names.get((space, word))
                if symbol is not None:
                    self._statement(symbol.statement)
                elif self.unit.headers.has_word(word) or space == TAG and self.unit.headers.defines_tag(word):
                    self.headers.update(self.unit.headers.declaring(space, word))


def _closed(index: HeaderIndex, numbers: Iterable[int]) -> set[int]:
    """Header statements with all that they need, tags that are only ever mentioned included."""
    done = set(index.needed(numbers))
    pending = sorted(done)
    while pending:
        words = Tokens(index.statements[pending.pop()].text).words
        for before, word in zip(words, words[1:]):
            if before in ("struct", "union", "enum") and not index.defines_tag(word):
                for number in index.needed(index.declaring(TAG, word)):
                    if number not in done:
                        done.add(number)
                        pending.append(number)
    return done


def _form_key(form: ImportForm) -> tuple[object, ...]:
    kind = (form.header, form.export, form.tagged, form.untagged, form.ordered)
    return (form.path, kind, form.tags, form.alias or "")


def _header_entry(statement: HeaderStatement) -> HeaderEntry:
    text, body = _spelled(statement.head, statement.text)
    return HeaderEntry(text, body if statement.body >= 0 else -1, _kept_state(statement.state))


def _kept_state(state: PragmaState) -> PragmaState:
    """Importers' compilers are silent about what is not theirs."""
    return msgspec.structs.replace(state, diagnostics=())


def _spelled(head: str, text: str) -> tuple[str, int]:
    """`text` on one line (but for pragmas), and where what follows its `head` begins there."""
    if text[0] == "#":
        return text.strip(), -1  # the compiler's preprocessor has spaced it
    tokens = Tokens(text)
    spelled = tokens.lines(0, len(tokens.words))
    rest = tokens.lines(len(Tokens(head).words), len(tokens.words))
    return spelled, len(spelled) - len(rest)


def _reduced(statement: OwnStatement) -> StatementEntry:
    """A statement on one line (but for pragmas) without what importers do not need."""
    parsed = parse_statement(statement.head, statement.body >= 0)
    words = parsed.tokens.words
    if isinstance(parsed.tree, FunctionDefinition) and _is_inline(parsed.tree.specifiers):
        text, body = _spelled(statement.head, statement.text)
    else:
        spelled = parsed.tokens.lines if "#pragma" in statement.head else parsed.tokens.spelling
        text, body = spelled(0, len(words), _dropped(parsed.tree, words)), -1
        if isinstance(parsed.tree, FunctionDefinition):
            if parsed.tree.old_style:
                text, body = text + " {}", len(text) + 1
            else:
                text += ";"
    state = _kept_state(statement.state)
    return StatementEntry(text, body, statement.exported, statement.tags, statement.c_linkage, state)


def _dropped(tree: Statement, words: list[str]) -> dict[int, str]:
    """The tokens that importers do not need, each with nothing in its place."""
    dropped: dict[int, str] = {}
    if isinstance(tree, FunctionDefinition) and not tree.old_style:
        _drop_parameter_names(tree.declarator, words, dropped)
    elif isinstance(tree, Declaration):
        for declarator in tree.declarators:
            initializer = declarator.initializer
            if initializer is not None and not _keeps_initializer(tree.specifiers, declarator, words):
                dropped.update(dict.fromkeys(range(initializer.low - 1, initializer.high), ""))
            _drop_parameter_names(declarator, words, dropped)
    return dropped


def _drop_parameter_names(declarator: Declarator, words: list[str], dropped: dict[int, str]) -> None:
    for function in declarator.derivations[:1]:
        if isinstance(function, Function):
            dropped.update(dict.fromkeys(parameter_names(function, words), ""))


def _keeps_initializer(specifiers: Specifiers, declarator: Declarator, words: list[str]) -> bool:
    """Whether importers may need a variable's initializer: as a constant, or for its array's bound."""
    initializer = declarator.initializer
    if initializer is None or "typedef" in specifiers.storage:
        return False
    first = declarator.derivations[0] if declarator.derivations else None
    if isinstance(first, Array):
        return first.high - first.low == 2
    type_ = specifiers.type
    if isinstance(first, (Pointer, Function)) or isinstance(type_, Aggregate):
        return False
    inside = words[initializer.low + 1 : initializer.high - 1]
    if words[initializer.low] == "{" and not {",", ".", "[", "{"}.isdisjoint(inside):
        return False  # of more than one value
    if "constexpr" in specifiers.storage:
        return True
    if isinstance(type_, Basic):
        return not _FLOATING.intersection(type_.words) and _is_const(specifiers)
    if isinstance(type_, Enumeration):
        return _is_const(specifiers)
    return True  # a typedef may say const


def _is_inline(specifiers: Specifiers) -> bool:
    return not INLINE_WORDS.isdisjoint(specifiers.storage)


def _is_const(specifiers: Specifiers) -> bool:
    return any(word in ("const", "__const", "__const__") for word in specifiers.qualifiers)
