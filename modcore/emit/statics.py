"""The static objects inside an inline function, as objects of the file that any compiled copy of the body can name.

In comes the bound body of a function; out goes a `Static` for each declaration of static objects in it, with the names
that linkers know them by. A declaration can leave its function when every name in it means the same at file scope:
one that rests on a local type, a parameter, a label or `__func__` cannot, and then no other file may have a copy of
the function. Language reference, sections 7 and 11; C17 6.2.4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from modcore.ctype import Array as ArrayType
from modcore.ctype import Type, bare
from modcore.entities import Entity, StaticLocal, Use
from modcore.knowledge import Knowledge
from modcore.linknames import link_name
from modcore.stage1_names import OwnStatement
from modcore.stage3_bind.definitions import Bound, BoundBody, bind_declaration, bind_initializer
from modcore.stage3_complete.demand import ConstantCycle, Definitions, Incomplete, InfiniteSize, NotConstant
from modcore.stage3_complete.types_of import Types
from modcore.syntax import SyntaxProblem, Tokens
from modcore.syntax.declared import ORDINARY
from modcore.syntax.tree import Array, Named
from modcore.target.facts import Facts
from modcore.target.layout import Layout, NoLayout

_STAYS = frozenset(("&&", "__func__", "__FUNCTION__", "__PRETTY_FUNCTION__"))


class Static(msgspec.Struct, frozen=True, gc=False):
    """One declaration of static objects, tokens low..high-1 of its function.

    `tokens` is the declaration with the link names of the objects, `uses` are the other names in it, `initializers`
    the ranges that importers leave out, and `lengths` what has to stand in the place of a bracket then.
    """

    low: int
    high: int
    tokens: Tokens
    uses: tuple[Use, ...]
    initializers: tuple[tuple[int, int], ...]
    lengths: dict[int, str]

    def initializes(self, at: int) -> bool:
        """Whether the function's token `at` stands in an initializer of one of the objects."""
        return any(low <= at - self.low < high for low, high in self.initializers)


def static_objects(
    program: Knowledge, function: Entity, body: BoundBody, names: dict[int, str]
) -> tuple[Static, ...] | None:
    """The declarations of static objects in a function, whose `names` are given; None when one has to stay there."""
    out = []
    for local in body.statics:
        static = _outside(program, function, body, local, names)
        if static is None:
            return None
        out.append(static)
    return tuple(out)


def static_names(program: Knowledge, function: Entity, body: BoundBody) -> dict[int, str]:
    """The tokens of a function that mean its static objects, with the link names of these.

    The function's name goes before the object's, with a dot that no name of a module has; a number tells objects of
    one name in several blocks apart.
    """
    words, module = body.tokens.words, program.owner(function).name
    seen: Counter[str] = Counter()
    out: dict[int, str] = {}
    for local in body.statics:
        declared = {words[at] for at in local.uses}
        seen.update(declared)
        numbered = {name: f"{name}.{seen[name]}" if seen[name] > 1 else name for name in declared}
        links = {name: link_name(module, f"{function.name}.{numbered[name]}") for name in declared}
        out.update((at, links[words[at]]) for at in local.uses)
    return out


def _outside(
    program: Knowledge, function: Entity, body: BoundBody, local: StaticLocal, names: dict[int, str]
) -> Static | None:
    """One declaration at file scope; None if it would not mean the same there."""
    words, low, high = body.tokens.words, local.low, local.high
    if not _STAYS.isdisjoint(words[low:high]) or words[low - 1] in (")", "]"):  # an attribute of the declaration
        return None
    owner = program.owner(function)
    state = program.unit(owner).statements[program.symbol(function).statement].state
    statement = OwnStatement(body.tokens.lines(low, high, names), -1, -1, False, (), False, state=state)
    scope, known = program.scope(owner), set(names.values())

    def resolve(space: str, name: str, path: str | None) -> Entity | None:
        if name in known:
            return Entity("module", function.file, ORDINARY, name, "variable")
        return scope.find(space, name, path) if name[0] != "{" else None

    objects: dict[Entity, tuple[Bound, BoundBody | None]] = {}
    try:
        for entry in statement.names():
            if entry.kind == "variable":
                entity = Entity("module", function.file, ORDINARY, entry.name, "variable")
                bound = bind_declaration(entity, statement, resolve, False)
                objects[entity] = bound, bind_initializer(bound, resolve, False)
            elif entry.at >= 0:
                return None  # a tag or an enumeration constant of the function's own
        lengths = _lengths(program, objects)
    except (SyntaxProblem, ConstantCycle, Incomplete, InfiniteSize, NotConstant):
        return None
    parts = [part for pair in objects.values() for part in pair if part is not None]
    if any(part.missing or part.unsupported or part.problem is not None for part in parts):
        return None
    uses = {use.at: use for part in parts for use in part.uses if use.entity.name not in known}
    there = {use.at - low: use.entity for use in body.uses if low <= use.at < high}
    if {at: use.entity for at, use in uses.items()} != there:
        return None
    declarators = [bound.entry.declarator for bound, _ in objects.values()]
    written = [one.initializer for one in declarators if one is not None and one.initializer is not None]
    return Static(
        low, high, Tokens(statement.text), tuple(uses[at] for at in sorted(uses)),
        tuple((one.low - 1, one.high) for one in written), lengths,
    )  # fmt: skip


def _lengths(program: Knowledge, objects: dict[Entity, tuple[Bound, BoundBody | None]]) -> dict[int, str]:
    """The brackets of arrays that take their length from their initializer, with the length."""
    types: Types | None = None
    out = {}
    for bound, _ in objects.values():
        declarator = bound.entry.declarator
        first = declarator.derivations[0] if declarator is not None and declarator.derivations else None
        if first is None and _is_open(program, bound):
            raise NotConstant(0, 1, "no bracket is there to put the length of this array into", bound.entity)
        if isinstance(first, Array) and first.high - first.low == 2:
            types = types or Types(_Definitions(program.types.definitions, objects))
            length = types.constants.array_length(bound)
            if length is None:
                raise NotConstant(first.low, first.high, "the initializer gives this array no length", bound.entity)
            out[first.low] = f"[{length}"
    return out


def _is_open(program: Knowledge, bound: Bound) -> bool:
    """Whether a typedef says that an object is an array of unknown length."""
    type_ = bound.entry.specifiers.type if bound.entry.specifiers is not None else None
    entity = bound.use_at(type_.name.at) if isinstance(type_, Named) else None
    type = bare(program.types.reference(entity)) if entity is not None else None
    return isinstance(type, ArrayType) and type.length is None


class _Definitions:
    """A program's definitions, and those of some static objects."""

    def __init__(self, others: Definitions, objects: dict[Entity, tuple[Bound, BoundBody | None]]) -> None:
        self._others = others
        self._objects = objects

    def bound(self, entity: Entity) -> Bound:
        return self._objects[entity][0] if entity in self._objects else self._others.bound(entity)

    def initializer(self, entity: Entity) -> BoundBody | None:
        return self._objects[entity][1] if entity in self._objects else self._others.initializer(entity)

    def facts(self) -> Facts:
        return self._others.facts()

    def layouts(self, types: Sequence[Type]) -> list[Layout | NoLayout]:
        return self._others.layouts(types)
