"""Where a piece of a program stands: the scopes around it, and how each entity can be spelled there.

Block scopes are kept as C has them (C17 6.2.1): the caller enters a name at the point where its scope begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scopes.choices import Choices
from scopes.pairs import Text, text
from scopes.world import ORDINARY, TAG, Entity, File, Key, Type, World

FILE_KINDS = ("struct", "union", "enum")


class Spelling:
    """A place in a file; `scopes` are the blocks around it, the innermost last."""

    def __init__(self, world: World, choices: Choices, file: File) -> None:
        self.world = world
        self.choices = choices
        self.file = file
        self.scopes: list[dict[Key, Entity]] = []
        self.mentioned: set[Entity] = set()
        self._qualified: list[tuple[Entity, Text]] | None = None

    # scopes

    @contextmanager
    def scope(self) -> Iterator[dict[Key, Entity]]:
        self.scopes.append({})
        yield self.scopes[-1]
        self.scopes.pop()

    def lookup(self, key: Key) -> Entity | None:
        """What a bare name certainly stands for here."""
        for scope in reversed(self.scopes):
            if key in scope:
                return scope[key]
        return self.world.find(self.file, key)

    def enter(self, space: str, name: str, kind: str, type_: Type | None = None) -> Entity:
        """A new name in the innermost scope, which begins here."""
        entity = Entity(self.world.number(), space, name, kind)
        self.scopes[-1][entity.key] = entity
        if type_ is not None:
            self.world.types[entity] = type_
            self.world.ready.add(entity)
        return entity

    def free_name(self, space: str = ORDINARY, taken: tuple[str, ...] = ()) -> str:
        """A name that the innermost scope does not have yet, one that means something else if possible."""
        names = [name for name in self.world.pool if (space, name) not in self.scopes[-1] and name not in taken]
        return self.choices.pick(names) if names else f"v{self.world.number()}"

    # spelling

    def spell(self, entity: Entity) -> Text | None:
        """A way to name an entity here, without the keyword of a tag; None when there is none."""
        ways = [Text(name, entity.plain) for name in self._ways(entity)]
        return self.choices.pick(ways) if ways else None

    def _ways(self, entity: Entity) -> Iterator[str]:
        if entity.name and self.lookup(entity.key) == entity:
            yield entity.name
        for other, name in self.qualified():
            if other == entity:
                yield name.module

    def spell_type(self, entity: Entity) -> Text | None:
        """A type with its keyword, if it has one."""
        name = self.spell(entity)
        if name is None:
            return None
        self.mentioned.add(entity)
        return name if entity.kind == "typedef" else text(entity.kind, " ", name)

    def qualified(self) -> list[tuple[Entity, Text]]:
        """All that can be named with `::`."""
        if self._qualified is None:
            self._qualified = list(self._find_qualified()) if not self.file.is_header else []
        return self._qualified

    def _find_qualified(self) -> Iterator[tuple[Entity, Text]]:
        for other in [self.file, *self.world.import_list(self.file)]:
            path = other.name if "/" not in other.name else f'"{other.name}"'
            for entity in other.names.values():
                if (entity.exported or other is self.file) and self.file.is_module:
                    yield entity, Text(f"{path}::{entity.name}", entity.plain)
                elif entity.exported:
                    yield entity, Text(f"{path}::{entity.name}", entity.plain)
                if other is self.file and entity.c_linkage:
                    yield entity, Text(f"::{entity.name}", entity.plain)
        for header in self.world.headers(self.file):
            for entity in header.names.values():
                yield entity, Text(f"::{entity.name}", entity.plain)

    def reachable(self, wanted: Callable[[Entity], bool]) -> list[tuple[Entity, Text]]:
        """What can be named here and is wanted, by bare names first."""
        found: list[tuple[Entity, Text]] = []
        for name in self.world.pool:
            for space in (ORDINARY, TAG):
                entity = self.lookup((space, name))
                if entity is not None and wanted(entity):
                    found.append((entity, Text(name, entity.plain)))
        return found

    def choose(self, wanted: Callable[[Entity], bool]) -> tuple[Entity, Text] | None:
        """Something that is wanted, and its name here."""
        found = self.reachable(wanted)
        if not found or self.choices.chance(25):
            found += [(entity, name) for entity, name in self.qualified() if wanted(entity)]
        return self.choices.pick(found) if found else None

    def is_transparent(self, entity: Entity) -> bool:
        return self.world.is_transparent(self.file, entity)
