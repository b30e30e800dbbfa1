"""What a file will define: its names first, so that what each name means is settled before the first definition."""

from __future__ import annotations

from dataclasses import dataclass, field

from scopes.choices import Choices
from scopes.world import ORDINARY, TAG, Entity, File, Key, World

ORDINARY_KINDS = ("variable", "function", "typedef", "constant", "enumerator", "variable", "function")
TAG_KINDS = ("struct", "struct", "union", "enum")
LIBRARY = frozenset(("abs", "index", "y0"))
"""Names of the C library, which nothing in plain C may define."""
WORDS = frozenset(("module", "import", "export", "ordered"))
"""The words of the module language; a type of such a name at file scope would change what the words mean."""


@dataclass
class Definition:
    """One top-level statement to come: a type with what stands behind it, or ordinary names."""

    file: File
    form: str
    exported: bool
    tag: Entity | None = None
    names: list[Entity] = field(default_factory=list)
    inner: Entity | None = None  # a struct that is defined among the members
    c_linkage: bool = False


class Planner:
    """Gives names to everything that files will define; names with C linkage are unique in a program."""

    def __init__(self, world: World, choices: Choices) -> None:
        self.world = world
        self.choices = choices
        self.c_names: set[str] = set()
        self.header_names: set[Key] = set()

    def plan(self, file: File, crowded: int) -> list[Definition]:
        """The definitions of a file, each name used with a chance of `crowded` per cent; its table is filled."""
        plain_c = file.is_header or not file.is_module
        taken = self.header_names if plain_c else set()
        definitions: list[Definition] = []
        loose: list[str] = []
        for name in self.world.pool:
            if plain_c and (name in LIBRARY or name in self.c_names):
                continue
            if (ORDINARY, name) not in taken and self.choices.chance(crowded):
                kind = self.choices.pick(ORDINARY_KINDS)
                if kind == "typedef" and name in WORDS:
                    kind = "variable"
                if kind == "enumerator" or plain_c and kind == "constant":
                    loose.append(name)
                else:
                    definitions.append(self._ordinary(file, name, kind))
            if (TAG, name) not in taken and self.choices.chance(crowded):
                definitions.append(self._tagged(file, name))
        for name in loose:
            enums = [one for one in definitions if one.form == "enum"]
            if not enums or self.choices.chance(40):
                enums = [Definition(file, "enum", self._exported(file))]
                definitions += enums
            self._add_enumerator(self.choices.pick(enums), name)
        if file.is_header:
            self.header_names.update(file.names)
        return self._nested(self._listed(self._combined(definitions)))

    def _exported(self, file: File) -> bool:
        return file.is_module and not file.is_header and self.choices.chance(60)

    def _entity(self, file: File, space: str, name: str, kind: str, exported: bool, as_c: bool = False) -> Entity:
        entity = Entity(self.world.number(), space, name, kind, file.name, exported, as_c)
        file.names[entity.key] = entity
        return entity

    def _ordinary(self, file: File, name: str, kind: str) -> Definition:
        exported = self._exported(file)
        linked = kind in ("variable", "function")
        as_c = linked and (file.is_header or not file.is_module)
        unique = name not in LIBRARY and name not in self.c_names and (ORDINARY, name) not in self.header_names
        if linked and not as_c and unique:
            as_c = self.choices.chance(12)
        if as_c:
            self.c_names.add(name)
        entity = self._entity(file, ORDINARY, name, kind, exported, as_c)
        return Definition(file, kind, exported, names=[entity], c_linkage=as_c)

    def _tagged(self, file: File, name: str) -> Definition:
        exported = self._exported(file)
        kind = self.choices.pick(TAG_KINDS)
        entity = self._entity(file, TAG, name, kind, exported)
        return Definition(file, "enum" if kind == "enum" else "record", exported, tag=entity)

    def _add_enumerator(self, definition: Definition, name: str) -> None:
        entity = self._entity(definition.file, ORDINARY, name, "enumerator", definition.exported)
        definition.names.append(entity)

    def _combined(self, definitions: list[Definition]) -> list[Definition]:
        """Some variables and typedefs move behind the type that stands in the same statement."""
        for definition in list(definitions):
            if definition.form == "record" and self.choices.chance(30):
                for other in self._others(definition, definitions, ("variable", "typedef")):
                    definition.names += other.names
                    definition.form = f"record {other.form}"
        return definitions

    def _listed(self, definitions: list[Definition]) -> list[Definition]:
        """Some variables move behind others, into a list of declarators."""
        for definition in list(definitions):
            if definition.form == "variable" and definition in definitions and self.choices.chance(30):
                for other in self._others(definition, definitions, ("variable",)):
                    definition.names += other.names
        return definitions

    def _nested(self, definitions: list[Definition]) -> list[Definition]:
        """Some structs move into others; their names are the file's all the same."""
        for definition in list(definitions):
            if definition.form == "record" and definition in definitions and self.choices.chance(20):
                for other in self._others(definition, definitions, ("record",)):
                    definition.inner = other.tag
        return definitions

    def _others(
        self, definition: Definition, definitions: list[Definition], forms: tuple[str, ...]
    ) -> list[Definition]:
        """One definition that can become a part of another, taken out of the list; nothing if there is none."""
        found = [
            one for one in definitions
            if one.form in forms and one is not definition and one.inner is None
            and (one.exported, one.c_linkage) == (definition.exported, definition.c_linkage)
        ]  # fmt: skip
        if not found:
            return []
        chosen = self.choices.pick(found)
        definitions[:] = [one for one in definitions if one is not chosen]
        return [chosen]
