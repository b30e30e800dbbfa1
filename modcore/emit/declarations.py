"""One declaration as C text: of a type, a typedef, a function, a variable, in its owner or in an importer.

In comes a bound definition; out goes text in which every file-scope name is the emitted one. A type defined inside
another declaration is printed apart, and only named where it stood. Importers get declarations on one line, spelled
by rule, so that an owner's layout, comments and parameter names leave them unchanged; an owner's own definitions keep
their text, line by line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from modcore.ctype import Builtin, Enum, Record, RecordRef
from modcore.emit.inlines import Inline, attribute_tokens, is_inline
from modcore.emit.names import Names
from modcore.emit.shapes import Shape, enum_shape, record_shape
from modcore.emit.statics import Static
from modcore.entities import Entity, Use
from modcore.knowledge import Knowledge
from modcore.stage3_bind.definitions import Bound, BoundBody
from modcore.stage3_complete.demand import DEFECTS
from modcore.syntax.classify import after_attributes, closing
from modcore.syntax.declared import INLINE_WORDS, ORDINARY, TAG, given_name, parameter_names, type_attributes
from modcore.syntax.tree import (
    Aggregate,
    Array,
    Declaration,
    Declarator,
    Enumeration,
    Function,
    FunctionDefinition,
    Range,
    Specifiers,
    Typeof,
)  # fmt: skip
from modcore.target.layout import Layout

_LINKAGE_WORDS = frozenset(("static", "extern", "register", "auto"))
_BODY_ATTRIBUTES = frozenset(("always_inline", "gnu_inline"))

OWN_INLINE = "__inline__ __attribute__((__gnu_inline__))"
"""Defines a function, and lets it be inlined, whatever `-std` says of inline functions."""
FOREIGN_INLINE = "extern __attribute__((__gnu_inline__)) __inline__"
"""Gives a function's body to the optimizer and never defines it; `lines.without_bodies` knows it by the spelling."""


def renames(names: Names, uses: Iterable[Use], words: list[str], fold_enumerators: bool) -> dict[int, str]:
    """Tokens to what replaces them: emitted names, literals for constants, nothing for a module's qualifier."""
    replaced: dict[int, str] = {}
    for use in uses:
        constant = names.folded(use, fold_enumerators)
        name = constant if constant is not None else names.of(use.entity)
        replaced[use.at] = f'"{name}"' if words[use.at][0] == '"' else name  # attributes name symbols in strings
        for qualifier in range(use.low, use.at):
            replaced[qualifier] = ""
    return replaced


def captives(names: Names, body: BoundBody) -> dict[int, str]:
    """The local names of a body that would be taken for C names which the same body means by `::`."""
    return {
        capture.at: names.local(entity)
        for capture in body.captures
        for entity in capture.entities
        if names.of(entity) == body.tokens.words[capture.at]
    }


class Declarations:
    """Spells the declarations of one program's entities."""

    def __init__(self, program: Knowledge, names: Names) -> None:
        self._program = program
        self.names = names

    def type_definition(self, entity: Entity, keep_layout: bool, by_value: bool) -> str:
        """The definition of a module's struct, union or enum; `by_value`, of an enum with numbers for expressions."""
        bound = self._program.bound(entity)
        type_ = bound.entry.type
        assert type_ is not None
        replaced = renames(self.names, bound.uses, bound.tokens.words, True)
        self._name_inner_types(bound, type_, replaced, top=True)
        keyword = type_.low
        if type_.name is not None:
            for at in range(type_.name.low, type_.name.at):
                replaced[at] = ""
            replaced[type_.name.at] = self.names.of(entity)
        else:
            last = after_attributes(bound.tokens.words, keyword + 1) - 1  # a tag stands behind them
            replaced[last] = f"{bound.tokens.words[last]} {self.names.of(entity)}"
        if isinstance(type_, Enumeration):
            for enumerator in type_.enumerators or ():
                symbol = Entity("module", entity.file, ORDINARY, enumerator.name.text, "enumerator")
                replaced[enumerator.name.at] = self.names.of(symbol)
                constant = self.names.constant(symbol, enumerators=True) if by_value else None
                if enumerator.value is not None and constant is not None:
                    replaced.update(dict.fromkeys(range(enumerator.value.low, enumerator.value.high), ""))
                    replaced[enumerator.value.low] = constant
        text = self._text(bound, type_.low, type_.high, replaced, keep_layout)
        for attribute in _outer_attributes(bound, type_, bound.entry.specifiers):
            said = bound.tokens.spelling(attribute.low, attribute.high, replaced)
            text = f"{said} {text}" if attribute.low < type_.low else f"{text} {said}"
        return text + ";"

    def shape(self, entity: Entity) -> Shape | None:
        """The shape of a module's struct, union or enum; None when it has none."""
        types = self._program.types
        try:
            type = types.type_of(entity)
        except DEFECTS:
            return None
        if isinstance(type, Record):
            return record_shape(self.names.tag(entity), type, lambda one: self._named(one, entity), self._spelled)
        if not isinstance(type, Enum):
            return None
        node = self._program.bound(entity).entry.type
        fixed = isinstance(node, Enumeration) and node.underlying is not None
        return enum_shape(self.names.tag(entity), self.names.of(entity), type, fixed, types.definitions.facts())

    def held_layout(self, entity: Entity, layout: Layout, offsets: bool) -> str:
        """An assertion of the layout that modcore counts with for a module's type.

        Should this compiler lay the type out differently, or have read another definition of it, nothing compiles.
        """
        tag = self.names.tag(entity)
        claims = [f"sizeof({tag}) == {layout.size}", f"_Alignof({tag}) == {layout.align}"]
        for member in layout.members if offsets else ():
            if member.name is not None and member.bit_width is None:
                claims.append(f"__builtin_offsetof({tag}, {member.name}) == {member.offset}")
        shown = f"{entity.kind} {entity.name.strip('{}')}" if entity.name[0] != "{" else entity.name.strip("{}")
        says = f"the layout of '{shown}' differs between modcore and this compiler"
        return f'__extension__ _Static_assert({" && ".join(claims)}, "{says}");'

    def _named(self, type: Enum | Record | RecordRef | Builtin, holder: Entity) -> Entity | None:
        """What a type held by `holder` is called; one of a header is that of the holder's own headers."""
        own = self._program.unit(self._program.owner(holder)).headers
        if isinstance(type, Builtin):
            return Entity("header", holder.file, ORDINARY, type.kind, "typedef") if own.is_declared(ORDINARY, type.kind) else None
        found = self._program.types.entity_of(type)
        if found is not None and found.origin == "header":
            if own.is_declared(found.space, found.name):
                return Entity("header", holder.file, found.space, found.name, found.kind)
        return found

    def _spelled(self, entity: Entity) -> str:
        """A type as a specifier."""
        return self.names.of(entity) if entity.kind == "typedef" else self.names.tag(entity)

    def forward(self, entity: Entity) -> str:
        return self.names.tag(entity) + ";"

    def typedef(self, entity: Entity) -> str:
        bound = self._program.bound(entity)
        return self._declaration(bound, storage="typedef") + ";"

    def function(self, entity: Entity, internal: bool) -> str:
        """The prototype of a function."""
        bound = self._program.bound(entity)
        statement_tree = bound.statement.body >= 0
        old_style = (
            statement_tree and isinstance(self._tree(bound), FunctionDefinition) and bool(self._tree(bound).old_style)
        )
        storage = "static" if internal else ""
        if internal and is_inline(bound):
            storage = "static __inline__"
        return self._declaration(bound, storage, prototype=True, old_style=old_style) + ";"

    def variable(self, entity: Entity, storage: str) -> str:
        """A variable's declaration without its initializer."""
        bound = self._program.bound(entity)
        return self._declaration(bound, storage, length=self.length(bound)) + ";"

    def variable_definition(self, entity: Entity, storage: str, initializer: BoundBody | None) -> str:
        """A variable's definition in its owner; the declarator and the initializer keep their layout."""
        bound = self._program.bound(entity)
        declarator = bound.entry.declarator
        assert declarator is not None
        replaced = self._declarator_renames(bound)
        high = declarator.high
        if initializer is not None and declarator.initializer is not None:
            replaced.update(renames(self.names, initializer.uses, bound.tokens.words, False))
            replaced.update(dict.fromkeys(self._program.zeroed(entity), "{0"))
            high = declarator.initializer.high
        specifiers = self.specifiers(bound, storage, replaced)
        if storage == "static" and self.names.constant(entity, enumerators=False) is not None:
            # Its uses are literals, so compilers would call it unused.
            specifiers += " __attribute__((unused))"
        return f"{specifiers} {bound.tokens.text(declarator.low, high, replaced)};"

    def function_definition(self, entity: Entity, body: BoundBody, inline: Inline | None) -> str:
        """A function's definition in its owner, with its layout; `inline` is what other files see of it."""
        replaced = self._definition(entity, body, inline, self._storage(entity))
        return body.tokens.text(0, len(body.tokens.words), replaced)

    def inline_definition(self, inline: Inline) -> str:
        """A function's definition in a file of importers."""
        tokens = inline.body.tokens
        replaced = self._definition(inline.entity, inline.body, inline, FOREIGN_INLINE)
        return tokens.lines(0, len(tokens.words), replaced)

    def _storage(self, function: Entity) -> str:
        """The storage class of a function's definition in its owner."""
        inline = function.name != "main" and is_inline(self._program.bound(function))
        if self.names.is_internal(function):
            return "static __inline__" if inline else "static"
        return OWN_INLINE if inline else ""

    def _definition(self, entity: Entity, body: BoundBody, inline: Inline | None, storage: str) -> dict[int, str]:
        """What changes in a function's definition."""
        bound = self._program.bound(entity)
        declarator, specifiers = bound.entry.declarator, bound.entry.specifiers
        assert declarator is not None and declarator.name is not None and specifiers is not None
        tokens = body.tokens
        replaced = {**renames(self.names, body.uses, tokens.words, False), **captives(self.names, body)}
        replaced.update(dict.fromkeys(self._program.zeroed(entity), "{0"))
        name = self.names.of(entity)
        replaced[declarator.name.at] = name
        written = [
            at for at in range(specifiers.low, specifiers.high) if tokens.words[at] in _LINKAGE_WORDS | INLINE_WORDS
        ]
        for at in written:
            replaced[at] = ""
        if written:  # in the place of what the user wrote, so that the line keeps its columns
            replaced[written[0]], storage = storage, ""
        self._name_type_of(bound, specifiers, replaced)
        if self._program.unit(self._program.owner(entity)).is_module:
            self.empty_parameters(declarator, replaced)
        if body.function_names and name != entity.name:
            # As C17 6.4.2.2 has it, with the name that the user gave the function.
            for at in body.function_names:
                replaced[at] = f"{name}_name"
            brace = len(bound.tokens.words)
            replaced[brace] = f'{{ static const char {name}_name[] = "{entity.name}";'
        for at, word in enumerate(tokens.words):
            if word == "constexpr":
                replaced[at] = "const"
        if storage:
            first = _after_attributes(tokens.words)
            replaced[first] = f"{storage} {replaced.get(first, tokens.words[first])}"
        if inline is not None:
            replaced.update(inline.names)
            for static in inline.statics:
                replaced.update(dict.fromkeys(range(static.low, static.high), ""))
        return replaced

    def static_objects(self, function: Entity, static: Static, defines: bool) -> str:
        """Static objects of an inline function: defined by their owner, declared in importers."""
        words = static.tokens.words
        replaced = renames(self.names, static.uses, words, True)
        replaced.update((at, "const") for at, word in enumerate(words) if word == "constexpr")
        replaced[words.index("static")] = "" if defines else "extern"
        if defines:
            there = (at - static.low for at in self._program.zeroed(function) if static.low <= at < static.high)
            replaced.update(dict.fromkeys(there, "{0"))
        else:
            replaced.update(static.lengths)
            for low, high in static.initializers:
                replaced.update(dict.fromkeys(range(low, high), ""))
        return static.tokens.spelling(0, len(words), replaced)

    def specifiers(self, bound: Bound, storage: str, replaced: dict[int, str]) -> str:
        """The specifiers of a definition on one line, with `storage` in the place of its linkage words."""
        specifiers = bound.entry.specifiers
        assert specifiers is not None
        drop = dict(replaced)
        words = bound.tokens.words
        inner = specifiers.type
        skipped = range(inner.low, inner.high) if isinstance(inner, (Aggregate, Enumeration)) else range(0)
        for at in range(specifiers.low, specifiers.high):
            if at in skipped:
                continue
            word = words[at]
            if word in _LINKAGE_WORDS or word in ("typedef", "__extension__") or word in INLINE_WORDS:
                drop[at] = ""
            elif word == "constexpr":
                drop[at] = "const"
        self._name_type_of(bound, specifiers, drop)
        if "__extension__" in specifiers.storage:
            storage = f"__extension__ {storage}"
        first = _after_attributes(words, specifiers.low)
        attributes = bound.tokens.spelling(specifiers.low, first, drop)
        text = bound.tokens.lines(first, specifiers.high, drop)
        implied = "int" if specifiers.type is None else ""
        return " ".join(part for part in (attributes, storage.strip(), text, implied) if part)

    def _declaration(
        self, bound: Bound, storage: str, prototype: bool = False, old_style: bool = False, length: str | None = None
    ) -> str:
        declarator = bound.entry.declarator
        assert declarator is not None
        words = bound.tokens.words
        replaced = self._declarator_renames(bound)
        if length is not None:
            first = declarator.derivations[0]
            assert isinstance(first, Array)
            replaced[first.low] = f"[{length}"
        if prototype:
            first = declarator.derivations[0]
            assert isinstance(first, Function)
            if old_style:
                for at in range(first.low + 1, first.high - 1):
                    replaced[at] = ""
                replaced[first.high - 1] = ")"
            else:
                others = {use.at for use in bound.uses}
                replaced.update(dict.fromkeys(parameter_names(first, words, others), ""))
            replaced.update(dict.fromkeys(_about_bodies(bound), ""))
        text = bound.tokens.spelling(declarator.low, declarator.high, replaced)
        return self.specifiers(bound, storage, replaced) + " " + text

    def _declarator_renames(self, bound: Bound) -> dict[int, str]:
        """What changes in a declaration of an ordinary name: the names in it, its own, and `()` of a module."""
        declarator = bound.entry.declarator
        assert declarator is not None and declarator.name is not None
        replaced = renames(self.names, bound.uses, bound.tokens.words, True)
        replaced[declarator.name.at] = self.names.of(bound.entity)
        if self._program.unit(self._program.owner(bound.entity)).is_module:
            self.empty_parameters(declarator, replaced)
        return replaced

    def empty_parameters(self, declarator: Declarator, replaced: dict[int, str]) -> None:
        """`f()` in a module means `f(void)` (language reference, section 4)."""
        for derivation in declarator.derivations:
            if isinstance(derivation, Function):
                if derivation.empty:
                    replaced[derivation.high - 1] = "void)"
                for parameter in derivation.parameters:
                    if parameter.declarator is not None:
                        self.empty_parameters(parameter.declarator, replaced)

    def length(self, bound: Bound) -> str | None:
        """The length that a variable's initializer gives its array of unknown bound."""
        declarator = bound.entry.declarator
        if declarator is None or not declarator.derivations or declarator.initializer is None:
            return None
        first = declarator.derivations[0]
        if not isinstance(first, Array) or first.high - first.low > 2:
            return None
        length = self._program.constants.array_length(bound)
        return str(length) if length is not None else None

    def _tree(self, bound: Bound) -> FunctionDefinition:
        from modcore.syntax import parse_statement

        tree = parse_statement(bound.statement.head, bound.statement.body >= 0).tree
        assert isinstance(tree, FunctionDefinition)
        return tree

    def _text(self, bound: Bound, low: int, high: int, replaced: dict[int, str], keep_layout: bool) -> str:
        write: Callable[..., str] = bound.tokens.text if keep_layout else bound.tokens.lines
        return write(low, high, replaced)

    def _name_type_of(self, bound: Bound, specifiers: Specifiers, replaced: dict[int, str]) -> None:
        """Puts the name of a type into the place of its definition."""
        type_ = specifiers.type
        if (
            isinstance(type_, Aggregate)
            and type_.members is not None
            or isinstance(type_, Enumeration)
            and type_.enumerators is not None
        ):
            self._name_instead(bound, type_, specifiers, replaced)
        elif isinstance(type_, Typeof):
            return

    def _name_instead(
        self, bound: Bound, type_: Aggregate | Enumeration, specifiers: Specifiers, replaced: dict[int, str]
    ) -> None:
        entity = bound.use_at(type_.low)
        assert entity is not None
        replaced[type_.low] = self.names.tag(entity)
        for at in range(type_.low + 1, type_.high):
            replaced[at] = ""
        for attribute in _outer_attributes(bound, type_, specifiers):
            replaced.update(dict.fromkeys(range(attribute.low, attribute.high), ""))

    def _name_inner_types(
        self, bound: Bound, type_: Aggregate | Enumeration, replaced: dict[int, str], top: bool
    ) -> None:
        """Types that are defined among the members and visible outside are named there only."""
        if isinstance(type_, Enumeration):
            return
        for member in type_.members or ():
            if not isinstance(member, Declaration):
                continue
            for declarator in member.declarators:
                self.empty_parameters(declarator, replaced)
            inner = member.specifiers.type
            if isinstance(inner, Enumeration) and inner.enumerators is not None:
                self._name_instead(bound, inner, member.specifiers, replaced)
            elif isinstance(inner, Aggregate) and inner.members is not None:
                if inner.name is not None:
                    self._name_instead(bound, inner, member.specifiers, replaced)
                else:
                    self._name_inner_types(bound, inner, replaced, top=False)


def _outer_attributes(bound: Bound, type_: Aggregate | Enumeration, specifiers: Specifiers | None) -> list[Range]:
    """The attributes of a type that is defined here which stand before or behind it."""
    found = type_attributes(bound.tokens.words, type_, specifiers)
    return [one for one in found if one.high <= type_.low or one.low >= type_.high]


def _about_bodies(bound: Bound) -> Iterator[int]:
    """The tokens of attributes that say how to treat a body; compilers refuse calls of a function that lacks it."""
    words = bound.tokens.words
    for at in attribute_tokens(bound):
        if words[at].strip("_") in _BODY_ATTRIBUTES:
            yield from range(at - 2 if words[at - 1] == "::" else at, at + 1)


def _after_attributes(words: list[str], at: int = 0) -> int:
    """The token after the `[[…]]` that begin a declaration; no storage class may stand before them."""
    while words[at : at + 2] == ["[", "["]:
        at = closing(words, at)
    return at


__all__ = ["TAG", "Declarations", "given_name", "renames"]
