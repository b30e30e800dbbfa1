"""Definition-needs order: what a module's C has to declare, each thing once, before it is needed.

By value a type's definition comes first, behind a pointer a forward declaration is enough. Starting from what the
module's own definitions use, needs are followed through any module; what nothing needs is never loaded. The order
depends on the needs alone, so permuting imports or modules changes no byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from itertools import islice

import msgspec

from modcore.emit.declarations import Declarations
from modcore.emit.foreign import needed, repeated
from modcore.emit.inlines import Inline
from modcore.emit.lines import marker, under
from modcore.emit.merging import is_own, left_of
from modcore.emit.shapes import Shape
from modcore.entities import EXPRESSION, POINTER, SIGNATURE, VALUE, Entity, Use
from modcore.finder import Module
from modcore.headers import HeaderStatement, canonical
from modcore.knowledge import Knowledge
from modcore.pragmas import PragmaState, pack_behind
from modcore.stage1_names import Symbol, Unit
from modcore.stage2_scopes import Scope, entity_of
from modcore.stage3_bind.definitions import Bound, BoundBody, uses_of_members
from modcore.stage3_complete.inspected import inspected
from modcore.syntax.declared import ORDINARY, TAG
from modcore.syntax.tree import Enumeration

_OF_WHOLE_TYPES = frozenset(("transparent_union", "aligned", "align"))


class Order:
    """Collects the declarations of one emitted file, in order.

    `own` is the module that the file is for: its types keep their layout and lines, its functions and variables get
    the linkage of a definition. Types that are hidden from it come out as their shape, but for the `opened` ones: what
    some text of another module, which sees them, looks into. Enums `by_value` come out with numbers for the expressions
    of their constants: what these need cannot come before them. Both are found out on the way, so whoever finds more of
    them in the end than at the beginning (`is_settled`) has to begin again with these (`again`).
    """

    def __init__(
        self,
        program: Knowledge,
        own: Module,
        declarations: Declarations,
        opened: Set[Entity] = frozenset(),
        by_value: Set[Entity] = frozenset(),
    ) -> None:
        self.program = program
        self.own = own
        self.spell = declarations
        self.opened = set(opened)
        self.by_value = set(by_value)
        self._given = frozenset(opened), frozenset(by_value)
        self._reader: tuple[Scope, BoundBody] | None = None  # a body of another module, and what it can see
        self.out: list[str] = []
        self._held: dict[Entity, bool] = {}  # types whose layouts are to be asserted, own ones with all offsets
        self._declared: set[Entity] = set()
        self._complete: set[Entity] = set()
        self._awaited: set[Entity] = set()  # own variables whose initializers are looked at
        self._headers: set[str] = set()
        self._brought: dict[tuple[Module, int], Entity | None] = {}  # header statements to what needed them first
        self._known: dict[Module, set[int]] = {}  # the same by module
        self._kept: Set[int] = frozenset()
        self._needing: list[Entity] = []  # the declarations that are underway, each needed by the one before
        self._body_of: Entity | None = None  # the function whose body needs the first of them
        self._header_names: dict[tuple[str, str], Entity] = {}  # declared by the first `_read` of `_brought`
        self._read = 0
        self._called: dict[Entity, None] = {}  # functions of other modules
        self._inlines: set[Entity] = set()

    # needs

    def declare(self, entity: Entity) -> None:
        """Makes a name known: a forward declaration, a typedef, a prototype, an `extern`."""
        if entity in self._declared:
            if entity in self._awaited:
                self._awaited.discard(entity)
                self._add(entity, self.spell.variable(entity, self._storage(entity)))
            elif entity.kind in ("typedef", "function", "variable"):
                self._come_back(entity)
            return
        if entity.origin == "header":
            self._declared.add(entity)
            self.header_names(entity)
            return
        if entity.kind == "enumerator":
            self._declared.add(entity)
            bound = self.program.bound(entity)
            for use in bound.uses:
                self._open(use.entity)
            self._uses(bound, complete=True)
            return
        if entity.kind == "enum":
            self.complete(entity)
            return
        self._declared.add(entity)
        if entity.kind in ("function", "variable"):
            self._pragmas(entity)
        if entity.kind in ("struct", "union"):
            if entity not in self._complete:
                self._add(entity, self.spell.forward(entity))
            return
        bound = self.program.bound(entity)
        names = self.spell.names
        if entity.kind == "typedef":
            is_name = bound.entry.declarator is None or not bound.entry.declarator.derivations
            self._uses(bound, complete=not is_name or _is_of_whole_type(bound))
            self._add(entity, self.spell.typedef(entity))
        elif entity.kind == "function":
            self._uses(bound, complete=True)
            self._add(entity, self.spell.function(entity, self._is_own(entity) and names.is_internal(entity)))
        elif self._is_own(entity) and self.program.symbol(entity).defines:
            self._define(entity)
        else:
            self._uses(bound, complete=True)
            self._add(entity, self.spell.variable(entity, "extern"))

    def _pragmas(self, entity: Entity) -> None:
        """The pragmas about a symbol, which come before its first declaration."""
        names, module = self.spell.names, self.program.owner(entity)
        index = self.program.unit(module).headers
        for number in index.attached(entity.name):
            if self.program.has_c_name(entity):
                self.header_statements(module, [number])
            elif not (self._is_own(entity) and names.is_internal(entity)):
                line = re.sub(rf"\b{re.escape(entity.name)}\b", names.of(entity), index.statements[number].text.strip())
                self.out.append(line + "\n")

    def _define(self, entity: Entity) -> None:
        """An own variable, after what its initializer needs; one that needs itself, by whatever way, is announced."""
        self._uses(self.program.bound(entity), complete=True)
        initializer = self.program.initializer(entity)
        if initializer is not None:
            self._awaited.add(entity)
            self.body(initializer)
            self._awaited.discard(entity)
        self._add(
            entity,
            self.spell.variable_definition(entity, self._storage(entity, defines=True), initializer),
            defines=True,
        )

    def complete(self, entity: Entity) -> None:
        """Makes a type complete, a function callable."""
        if self._reader is not None and not self._reader[0].hides(entity) and self._looks_into(entity, self._reader[1]):
            self._open(entity)
        if entity in self._complete:
            self._come_back(entity)
            return
        if entity.origin == "header" or entity.kind in ("enumerator", "variable"):
            self.declare(entity)
            return
        self._complete.add(entity)
        bound = self.program.bound(entity)
        shape = self._shape(entity)
        if shape is not None:
            for need in shape.needs:
                self.complete(need)
            self._declared.add(entity)
            self._add(entity, shape.text, shape=shape)
            self._held[entity] = False
        elif entity.kind == "typedef":
            self.declare(entity)
            self._uses(bound, complete=True)
        elif entity.kind == "function":
            self._needing.append(entity)
            for use in bound.uses:
                if use.mode in (SIGNATURE, VALUE):
                    self.complete(use.entity)
            self._needing.pop()
            self.declare(entity)
        else:
            by_value = entity in self.by_value
            self._uses(_without_values(bound) if by_value else bound, complete=True)
            self._declared.add(entity)
            own = self._is_own(entity)
            self._add(entity, self.spell.type_definition(entity, own, by_value), bound, defines=True)
            self._held[entity] = own

    # enums whose constants need what needs one of them

    def _come_back(self, entity: Entity) -> None:
        """A need of something that has been asked for before; while that is underway, it has led back to it.

        Then the enums on the way come out by value, and it leads nowhere. An enum underway that is asked for because
        of one of its constants (by an enumerator) may follow: in a declaration a literal stands for the constant.
        """
        if entity in self._needing and self._needing[-1].kind != "enumerator":
            way = self._needing[self._needing.index(entity) :]
            self.by_value.update(one for one in way if one.kind == "enum")

    def values(self, entity: Entity) -> None:
        """What the expressions of an enum by value need, for who asserts them where nothing is underway."""
        self._uses(self.program.bound(entity), complete=True)

    # what is found out on the way

    @property
    def is_settled(self) -> bool:
        """Whether it was known from the beginning which types are looked into, and which enums come out by value."""
        return (self.opened, self.by_value) == self._given

    def again(self) -> Order:
        """The same from the beginning, with what is known now."""
        return Order(self.program, self.own, self.spell, self.opened, self.by_value)

    # types that are hidden from the file

    def _open(self, entity: Entity) -> None:
        """Some text in the file says what only the contents of a type can tell."""
        if entity.origin == "module" and entity.space == TAG and self.program.scope(self.own).hides(entity):
            self.opened.add(entity)

    def _looks_into(self, entity: Entity, body: BoundBody) -> bool:
        """Whether a body may name or initialize what a type holds, besides handing its values on."""
        if entity.kind not in ("struct", "union") or body.initializes or "__builtin_offsetof" in body.tokens.words:
            return True
        return any(names.meet(body.members) for names, _ in uses_of_members(self.program.bound(entity)))

    def _shape(self, entity: Entity) -> Shape | None:
        """What stands for the definition of a type that is hidden from the file; None: the definition."""
        if entity.space != TAG or entity in self.opened or not self.program.scope(self.own).hides(entity):
            return None
        return self.spell.shape(entity)

    def body(self, body: BoundBody, of: Entity | None = None) -> None:
        """Everything that a body (`of` a function) or an initializer needs, but for inline functions (`inlines`)."""
        outer, self._body_of = self._body_of, of or self._body_of
        for use in body.uses:
            self._use(use, complete=True)
            if use.entity.kind == "enumerator" and use.entity.origin == "module":
                for enum in self.program.bound(use.entity).uses:
                    self.complete(enum.entity)  # before it, because no literal stands here
            if use.entity.kind == "function":
                self.complete(use.entity)
                if not self._is_own(use.entity):
                    self._called[use.entity] = None
        self._reached(body)
        self._body_of = outer

    def inlines(self) -> Iterator[Inline]:
        """The inline functions of other modules that bodies so far use, and those that they use, each once.

        Their needs are declared when all have been asked for.
        """
        while self._called:
            entity = next(iter(self._called))
            del self._called[entity]
            inline = self.spell.names.inlines.of(entity) if entity not in self._inlines else None
            if inline is not None and not self._clashes(inline):
                self._inlines.add(entity)
                self._reader = self.program.scope(self.program.owner(entity)), inline.body
                self.body(inline.body, entity)
                self._reader = None
                yield inline

    def _clashes(self, inline: Inline) -> bool:
        """Whether a plain C name that a body needs already means something else in this file.

        Importers then have the prototype alone, as if the body were not known.
        """
        alone = self.again()
        alone.body(inline.body)
        unit, scope, others = self.program.unit(self.own), self.program.scope(self.own), self._names_of_headers()
        for name in alone.plain_names():
            if name.file == self.own.file:
                continue
            key = (name.space, name.name)
            symbol = unit.names.get(key)
            if symbol is not None and symbol.c_linkage and _is_local(unit, symbol):
                return True
            own = scope.header(*key) if name.space != TAG or unit.headers.defines_tag(name.name) else None
            for other in (own, others.get(key)):
                if other is not None and not self.program.same(name, other):
                    return True
        return False

    def plain_names(self) -> Iterator[Entity]:
        """The names that are declared as they are written: those of headers, and those with C linkage."""
        yield from self._names_of_headers().values()
        for entity in sorted(self._declared | self._complete):
            if entity.origin == "module" and self.program.has_c_name(entity):
                yield entity

    def _names_of_headers(self) -> dict[tuple[str, str], Entity]:
        """The names that the header statements so far declare; only those that came since the last time are read."""
        for module, number in islice(self._brought, self._read, None):
            for entry in self.program.unit(module).headers.names(number):
                if entry.at >= 0:
                    name = Entity("header", module.file, entry.space, entry.name, entry.kind)
                    self._header_names.setdefault((entry.space, entry.name), name)
        self._read = len(self._brought)
        return self._header_names

    def _storage(self, entity: Entity, defines: bool = False) -> str:
        """The storage class of an own variable; `static` ahead of its definition needs a known size."""
        if self.spell.names.is_internal(entity):
            return "static"
        return "" if defines else "extern"

    def _uses(self, bound: Bound, complete: bool) -> None:
        self._needing.append(bound.entity)
        for use in bound.uses:
            self._use(use, complete)
        for entity in inspected(self.program.types.definitions, bound):
            if not self.program.scope(self.program.owner(bound.entity)).hides(entity):
                self._open(entity)
            self.complete(entity)
        self._needing.pop()

    def _use(self, use: Use, complete: bool) -> None:
        entity = use.entity
        if use.mode == EXPRESSION:
            if self.spell.names.folded(use) is None:
                self.declare(entity)
                if entity.kind == "function":
                    self.complete(entity)
                elif entity.kind == "variable" and entity.origin == "module":
                    self._uses(self.program.bound(entity), complete=True)
        elif use.mode == VALUE and complete:
            self.complete(entity)
        else:
            self.declare(entity)

    def _reached(self, body: BoundBody) -> None:
        """Types behind pointers that a body may look into: they have to be complete where it does.

        What an expression can reach starts at the names in the body and goes on through members named there, and
        through what functions return. A type reached is completed when the body names one of its members, or does
        something else that may need its size.
        """
        seen: set[Entity] = set()
        pending = [use.entity for use in body.uses]
        while pending:
            entity = pending.pop()
            if entity in seen or entity.origin == "header":
                continue
            seen.add(entity)
            bound = self.program.bound(entity) if entity.kind != "enumerator" else None
            if bound is None:
                continue
            if entity.kind in ("struct", "union"):
                named = [inside for names, inside in uses_of_members(bound) if names.meet(body.members)]
                if body.dereferences or named:
                    self.complete(entity)
                elif entity not in self._complete:
                    continue
                pending += [use.entity for inside in named for use in inside if use.mode != EXPRESSION]
            elif entity.kind == "function":
                declarator = bound.entry.declarator
                start = declarator.low if declarator is not None else 0
                pending += [use.entity for use in bound.uses if use.at < start]
            else:
                pending += [use.entity for use in bound.uses if use.mode != EXPRESSION]

    # headers

    def header_names(self, entity: Entity) -> None:
        """The header statements that declare a name, and those that they need, each once."""
        unit = self.program.unit(self.program.owner(entity))
        self.header_statements(unit.module, unit.headers.declaring(entity.space, entity.name))

    def header_statements(self, module: Module, numbers: Iterable[int]) -> None:
        unit = self.program.unit(module)
        index = unit.headers
        own = module.file == self.own.file
        known = self._known.setdefault(module, set())
        new = [number for number in numbers if number not in known]
        for number in index.needed(new, known) if own else needed(index, new, known):
            if number in known:
                continue
            known.add(number)
            self._brought.setdefault((module, number), self._needing[-1] if self._needing else self._body_of)
            self._own_names_in(module, index.statements[number])
            self._header(module, number)

    def claim_header(self, text: str) -> bool:
        """Whether a header statement (spelled by rule) has not come out yet; from now on it has."""
        if text in self._headers:
            return False
        self._headers.add(text)
        return True

    def _own_names_in(self, module: Module, statement: HeaderStatement) -> None:
        """Included templates may use names that the including module defines."""
        unit = self.program.unit(module)
        if not unit.names or module.file != self.own.file:
            return
        for (space, name), symbol in unit.names.items():
            if space == TAG and symbol.c_linkage and name in statement.text:
                self.complete(Entity("module", module.file, TAG, name, symbol.kind))

    def keep_headers(self, numbers: Set[int]) -> None:
        """The header statements that come out in any case, with the text of a plain importer."""
        self._kept = numbers

    def _header(self, module: Module, number: int) -> None:
        statement = self.program.unit(module).headers.statements[number]
        if not self.claim_header(canonical(statement)):
            return
        if module.file != self.own.file:
            left = self._left_of(module, number)
            if left is None:
                return
            statement = left
        lines = self.program.unit(module).lines
        if statement.start >= 0 and lines is not None and module.file == self.own.file:
            file, line = lines.line(statement.start)
            found = lines.marker(statement.start)
            start, body = marker(file, line, found is not None and found.system), statement.text
        else:
            start, body = marker(module.file, 1, True), repeated(statement)
        self.out.append(under(statement.state, start + body + "\n"))

    def _left_of(self, module: Module, number: int) -> HeaderStatement | None:
        """What is left to say of a header statement of another unit, after own types that it defines as well."""
        own = self.program.unit(self.own)
        known = {**self._known, self.own: self._kept or self._known.get(self.own, ())}
        for entry in self.program.unit(module).headers.names(number) if own.is_module and own.names else ():
            if is_own(own, entry):
                self.complete(entity_of(own, own.names[entry.space, entry.name]))
        return left_of(self.program, known, own, module, number)

    def mismatches(self) -> Iterator[tuple[Entity, Entity, Entity, Entity]]:
        """Header names that two units saw differently: the name in both, and what needed it in either."""
        own = self.program.unit(self.own)
        if not any(module.file != self.own.file for module, _ in self._brought):
            return
        seen: dict[tuple[str, str], tuple[Entity, Entity | None]] = {}
        for (module, number), needing in self._brought.items():
            for entry in self.program.unit(module).headers.names(number):
                if entry.at < 0:
                    continue
                name = Entity("header", module.file, entry.space, entry.name, entry.kind)
                key = (entry.space, entry.name)
                if key not in seen and not self._kept.isdisjoint(own.headers.declaring(*key)):
                    kind = own.headers.kind(*key) or entry.kind
                    seen[key] = Entity("header", self.own.file, *key, kind), None
                symbol = own.names.get(key)
                if key not in seen and symbol is not None and symbol.c_linkage and module.file != self.own.file:
                    seen[key] = entity_of(own, symbol), entity_of(own, symbol)
                before, first = seen.setdefault(key, (name, needing))
                if before.file == module.file or self.program.same(before, name):
                    continue
                if first is None and self._kept and before.file == self.own.file:
                    first = self._first_need(own, *key)
                if first is not None and needing is not None:
                    yield before, name, first, needing

    @staticmethod
    def _first_need(own: Unit, space: str, name: str) -> Entity | None:
        """What the first statement of a plain importer defines that needs a header name."""
        wanted = set(own.headers.declaring(space, name))
        for number, statement in enumerate(own.statements):
            if not wanted.isdisjoint(own.headers.needed(own.headers.words_needed(statement.text))):
                return next((entity_of(own, one) for one in own.names.values() if one.statement == number), None)
        return None

    # output

    def _is_own(self, entity: Entity) -> bool:
        return entity.file == self.own.file

    def held(self) -> Iterator[str]:
        """Assertions of the layouts that modcore counts with, for behind all declarations."""
        for entity, layout in self.program.types.layouts_of(self._held).items():
            text = self.spell.held_layout(entity, layout, self._held[entity])
            yield marker(self.program.owner(entity).file, self._line(entity, None)) + text + "\n"

    def _add(
        self, entity: Entity, text: str, layout: Bound | None = None, defines: bool = False, shape: Shape | None = None
    ) -> None:
        """One declaration: an own one at its line, everything else without a line of its owner.

        What `defines` something, or is its shape, depends on the pragmas in force where it was written.
        """
        module = self.program.owner(entity)
        written = marker(module.file, self._line(entity, layout)) + text + "\n"
        state = self.program.unit(module).statements[self.program.symbol(entity).statement].state
        if shape is not None:
            state = msgspec.structs.replace(state, pack=str(shape.pack or ""))
        elif not defines:
            state = PragmaState(visibility=state.visibility)
        elif entity.space == TAG:
            bound = self.program.bound(entity)
            before = bound.tokens.pragmas(bound.entry.type.low) if bound.entry.type is not None else ()
            state = msgspec.structs.replace(state, pack=pack_behind(state, before))
        self.out.append(under(state, written))

    def _line(self, entity: Entity, layout: Bound | None) -> int:
        """The line at which an own declaration stands (with its `layout`: begins); 1 for everything else."""
        lines = self.program.unit(self.own).lines
        if not self._is_own(entity) or lines is None:
            return 1
        bound = self.program.bound(entity)
        at = layout.entry.type.low if layout is not None and layout.entry.type is not None else max(bound.entry.at, 0)
        return lines.line(bound.statement.start + bound.tokens.offsets()[at])[1]


def _is_of_whole_type(bound: Bound) -> bool:
    """Whether an attribute of a typedef is one that compilers take only for a type that they know already."""
    return not _OF_WHOLE_TYPES.isdisjoint(word.strip("_") for word in bound.tokens.words)


def _without_values(bound: Bound) -> Bound:
    """An enum's declaration but for the expressions of its constants."""
    node = bound.entry.type
    assert isinstance(node, Enumeration)
    values = [one.value for one in node.enumerators or () if one.value is not None]
    uses = tuple(use for use in bound.uses if not any(value.low <= use.at < value.high for value in values))
    return msgspec.structs.replace(bound, uses=uses, members=frozenset(), dereferences=False)


def _is_local(unit: Unit, symbol: Symbol) -> bool:
    """Whether a symbol with C linkage means something in its own file only: a type, a constant, something static."""
    if symbol.kind not in ("function", "variable"):
        return symbol.defines
    specifiers = unit.definition(symbol).specifiers
    return specifiers is not None and "static" in specifiers.storage


__all__ = ["ORDINARY", "POINTER", "Order"]
