"""The inline functions whose bodies importers' compilers see, and what other files link against because of them.

In comes a function that a module defines as inline; out goes an `Inline`: its body, and the static objects in it as
objects of the file, because each of them is one object, the owner's. There is none, and importers have the prototype,
which means the same, where a static object cannot leave the function, where a header has one that the body needs, and
where the body cannot be read (which is told when the owner is emitted). The private functions and variables that
bodies name, private inline functions between included, get external linkage. Language reference, section 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from modcore.emit.foreign import has_state, needed
from modcore.emit.statics import Static, static_names, static_objects
from modcore.entities import Entity, Use
from modcore.finder import Module
from modcore.knowledge import Knowledge
from modcore.stage1_names import Unit
from modcore.stage2_scopes import entity_of
from modcore.stage3_bind.definitions import Bound, BoundBody
from modcore.syntax import SyntaxProblem, Tokens, parse_body
from modcore.syntax.declared import INLINE_WORDS

if TYPE_CHECKING:
    from modcore.emit.names import Names

_ONE_COPY = frozenset("noinline noipa naked weak ifunc alias constructor destructor target_clones".split())
"""Attributes of functions that cannot be inlined: compilers would define them in every file that has the body."""


class Inline(msgspec.Struct, frozen=True, gc=False):
    """An inline function as importers' compilers see it.

    `body` uses what they need, the initializers of `statics` left out; `names` are its tokens that mean one of these.
    """

    entity: Entity
    body: BoundBody
    statics: tuple[Static, ...]
    names: dict[int, str]


class Inlines:
    """The inline functions of one program."""

    def __init__(self, program: Knowledge, names: Names) -> None:
        self._program = program
        self._names = names
        self._inlines: dict[Entity, Inline | None] = {}
        self._reached: dict[str, dict[Entity, None]] = {}

    def of(self, entity: Entity) -> Inline | None:
        """What importers' compilers see of a function; None if that is its prototype."""
        if entity not in self._inlines:
            self._inlines[entity] = self._inline(entity)
        return self._inlines[entity]

    def reached(self, module: Module) -> Iterable[Entity]:
        """The functions and variables of a module that the bodies of its own inline functions name in importers."""
        if module.file not in self._reached:
            self._reached[module.file] = self._follow(module)
        return self._reached[module.file]

    def shared(self, entity: Entity) -> Inline | None:
        """What importers' compilers see of a function of the emitted module; None if they see no body of it."""
        symbol = self._program.symbol(entity)
        if symbol.exported or entity in self.reached(self._program.owner(entity)):
            return self.of(entity)
        return None

    def _inline(self, entity: Entity) -> Inline | None:
        program = self._program
        if entity.origin != "module" or entity.kind != "function":
            return None
        owner, number = program.owner(entity), program.symbol(entity).statement
        unit = program.unit(owner)
        statement = unit.statements[number]
        if not unit.is_module or statement.body < 0 or "inline" not in statement.head:
            return None
        if not is_inline(program.bound(entity)):
            return None
        body = program.body(owner, number)
        if body.missing or body.unsupported or body.problem is not None:
            return None
        try:
            parse_body(body.tokens, len(Tokens(statement.head).words), len(body.tokens.words), body.type_names)
        except SyntaxProblem:
            return None
        names = static_names(program, entity, body)
        statics = static_objects(program, entity, body, names)
        if statics is None:
            return None
        uses = tuple(use for use in body.uses if not any(static.initializes(use.at) for static in statics))
        if self._has_state(unit, uses):
            return None
        return Inline(entity, msgspec.structs.replace(body, uses=uses), statics, names)

    @staticmethod
    def _has_state(unit: Unit, uses: Iterable[Use]) -> bool:
        """Whether a header of the unit gives a body an object that is the owner's alone."""
        index = unit.headers
        entities = {use.entity for use in uses if use.entity.origin == "header" and use.entity.file == unit.module.file}
        numbers = [number for one in sorted(entities) for number in index.declaring(one.space, one.name)]
        return any(has_state(index, number) for number in needed(index, numbers))

    def _follow(self, module: Module) -> dict[Entity, None]:
        unit = self._program.unit(module)
        found: dict[Entity, None] = {}
        pending = [entity_of(unit, symbol) for symbol in unit.names.values() if symbol.exported]
        while pending:
            inline = self.of(pending.pop())
            for use in inline.body.uses if inline is not None else ():
                entity = use.entity
                if entity.origin != "module" or entity.file != module.file or entity in found:
                    continue
                if entity.kind == "function" or entity.kind == "variable":
                    if self._names.folded(use) is None:
                        found[entity] = None
                        pending.append(entity)
        return found


def attribute_tokens(bound: Bound) -> Iterator[int]:
    """The tokens of the attributes in a declaration."""
    for part in (bound.entry.specifiers, bound.entry.declarator):
        for attribute in part.attributes if part is not None else ():
            yield from range(attribute.low, attribute.high)


def is_inline(bound: Bound) -> bool:
    """Whether a function is defined as inline, and no attribute says something else."""
    specifiers = bound.entry.specifiers
    if specifiers is None or INLINE_WORDS.isdisjoint(specifiers.storage):
        return False
    return _ONE_COPY.isdisjoint(bound.tokens.words[at].strip("_") for at in attribute_tokens(bound))
