"""What names mean: entities, the uses of them that the binder finds, and the names that mean nothing."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

VALUE, POINTER, SIGNATURE, EXPRESSION = "value", "pointer", "signature", "expression"
"""How a declaration uses a name: by value, behind a pointer, in a function's type by value, in an expression."""


class Entity(msgspec.Struct, frozen=True, order=True, gc=False):
    """What a name stands for: a module's symbol, or a header's name as the unit of `file` saw it."""

    origin: str  # module, header
    file: str
    space: str
    name: str
    kind: str


class Use(msgspec.Struct, frozen=True, gc=False):
    """One use of a file-scope name: tokens low..at, `at` being the identifier itself; `address`: `&` stands before."""

    at: int
    low: int
    entity: Entity
    mode: str
    address: bool = False


class Capture(msgspec.Struct, frozen=True, gc=False):
    """A local name at token `at` that would be taken for `entities`, which the same text names by `::`."""

    at: int
    entities: tuple[Entity, ...]


class Missing(msgspec.Struct, frozen=True, gc=False):
    """A name that could not be resolved, with the keyword before a tag."""

    at: int
    low: int
    space: str
    name: str
    path: str | None
    keyword: str | None = None
    found: Entity | None = None  # set when the tag has another keyword


class StaticLocal(msgspec.Struct, frozen=True, gc=False):
    """A declaration of static objects inside a function, tokens low..high-1; `uses` are the tokens that mean one of
    them, their declarators included."""

    low: int
    high: int
    uses: tuple[int, ...]


class Unsupported(msgspec.Struct, frozen=True, gc=False):
    """A form at tokens low..high-1 that has no meaning yet, and what to write instead."""

    low: int
    high: int
    what: str
    advice: str


Resolve = Callable[[str, str, "str | None"], "Entity | None"]
"""(name space, name, path before '::') → the entity; None when nothing visible has the name."""
