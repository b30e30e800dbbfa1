"""What types and constants are worked out from, and how a definition that needs itself is found.

Definitions are asked for one by one (`Definitions`); what is being worked out stands on a `Path`, so a definition is
white (nobody asked), grey (on the path) or black (in a result's table). A grey one that is needed again closes a
cycle: the cycle is the part of the path from it on, whoever asked first. Language reference, section 6.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

import msgspec

from modcore.ctype import Type
from modcore.entities import Entity
from modcore.pragmas import PragmaState
from modcore.stage3_bind.definitions import Bound, BoundBody
from modcore.syntax import Tokens
from modcore.target.facts import Facts
from modcore.target.layout import Layout, NoLayout

Links = tuple[tuple[Entity, int], ...]
"""A cycle: each entity with the token, in its own statement, at which it needs the next one; the last needs the first."""


class Definitions(Protocol):
    """Where definitions and the target's facts come from, each on demand."""

    def bound(self, entity: Entity) -> Bound:
        """The definition of an entity (of a header's: the defining declaration); KeyError when there is none."""

    def initializer(self, entity: Entity) -> BoundBody | None:
        """The initializer of a variable with its names bound; None without one."""

    def facts(self) -> Facts:
        """The target's facts."""

    def layouts(self, types: Sequence[Type]) -> list[Layout | NoLayout]:
        """The layouts of types on the target: what the facts leave open, the compiler is asked for in one batch."""


class _Circle(Exception):
    """Definitions that need themselves, each with the token at which it needs the next one."""

    def __init__(self, links: Links) -> None:
        super().__init__()
        self.links = links

    def __str__(self) -> str:
        return " > ".join(entity.name for entity, _ in self.links)


class InfiniteSize(_Circle):
    """A type contains itself by value."""


class ConstantCycle(_Circle):
    """A constant needs its own value, perhaps by way of types and their sizes."""


class Incomplete(Exception):
    """At token `at` of `owner`, the type `entity` is needed by value, but nothing defines it."""

    def __init__(self, entity: Entity, owner: Entity | None, at: int) -> None:
        super().__init__(entity.name)
        self.entity = entity
        self.owner = owner
        self.at = at


class NotConstant(Exception):
    """The tokens low..high-1 of `entity`'s statement have no constant value: `reason` says why to users."""

    def __init__(self, low: int, high: int, reason: str, entity: Entity | None = None) -> None:
        super().__init__(reason)
        self.low = low
        self.high = high
        self.reason = reason
        self.entity = entity


DEFECTS = InfiniteSize, ConstantCycle, Incomplete, NotConstant
"""What asking for a type, a size or a value raises where a definition is wrong, the asked one or one that it needs."""


class Context(msgspec.Struct, frozen=True, gc=False):
    """The tokens that are being read, what the names in them stand for, and whose they are.

    `constant` says that a value is being worked out, so that a cycle through here is one of constants.
    """

    entity: Entity | None
    tokens: Tokens
    uses: dict[int, Entity]
    type_names: frozenset[int]
    state: PragmaState = PragmaState()
    constant: bool = False

    def for_constant(self) -> Context:
        return self if self.constant else msgspec.structs.replace(self, constant=True)


def context_of(bound: Bound | BoundBody, entity: Entity | None = None) -> Context:
    """The context of a definition's own tokens, or of a body's."""
    uses = {use.at: use.entity for use in bound.uses}
    if isinstance(bound, Bound):
        entity = bound.entity
    state = bound.state if isinstance(bound, Bound) else PragmaState()
    return Context(entity, bound.tokens, uses, bound.type_names, state)


class Positioned(Protocol):
    """A node that knows its tokens."""

    @property
    def low(self) -> int: ...

    @property
    def high(self) -> int: ...


def not_constant(context: Context, node: Positioned, reason: str) -> NotConstant:
    """The exception for a node of the tokens that a context reads."""
    return NotConstant(node.low, node.high, reason, context.entity)


class _Step:
    """One definition on the path: where it needs the next one, and whether for a constant."""

    __slots__ = ("entity", "aspect", "at", "constant")

    def __init__(self, entity: Entity, aspect: str) -> None:
        self.entity = entity
        self.aspect = aspect
        self.at = 0
        self.constant = False


class Path:
    """The definitions that are being worked out, outermost first, and those that turned out to need themselves."""

    def __init__(self) -> None:
        self._steps: list[_Step] = []
        self._numbers: dict[tuple[Entity, str], int] = {}  # where each definition stands on the path
        self._failed: dict[tuple[Entity, str], tuple[type[InfiniteSize | ConstantCycle], Links]] = {}

    def use(self, context: Context, at: int) -> None:
        """Says that the innermost definition is about to need what stands at token `at`."""
        if self._steps and self._steps[-1].entity == context.entity:
            self._steps[-1].at = at
            self._steps[-1].constant = context.constant

    def holds(self, entity: Entity, aspect: str) -> bool:
        """Whether this aspect of an entity (`type`, `reference`, `value`) is being worked out."""
        return (entity, aspect) in self._numbers

    @contextmanager
    def step(self, entity: Entity, aspect: str) -> Iterator[None]:
        """Puts an aspect of an entity on the path; raises InfiniteSize or ConstantCycle if it is there already."""
        key = entity, aspect
        if key in self._failed:
            kind, links = self._failed[key]
            raise kind(links)
        if key in self._numbers:
            self._raise(self._steps[self._numbers[key] :])
        self._numbers[key] = len(self._steps)
        self._steps.append(_Step(entity, aspect))
        try:
            yield
        except (InfiniteSize, ConstantCycle) as cycle:
            self._failed[key] = type(cycle), cycle.links  # whoever asks next meets the same circle
            raise
        finally:
            self._steps.pop()
            del self._numbers[key]

    @staticmethod
    def _raise(cycle: list[_Step]) -> None:
        links = tuple((step.entity, step.at) for step in cycle)
        if any(step.constant for step in cycle):
            raise ConstantCycle(links)
        raise InfiniteSize(links)
