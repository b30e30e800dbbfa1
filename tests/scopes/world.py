"""The entities of one generated program, and what a name means at file scope of one of its files.

This is the language's section on names once more, written down from the reference and knowing nothing of modcore:
own symbols before imported and header names before types that visible declarations leak; two candidates of one step
are ambiguous. Blocks and parameters are `spelling`'s part. Where the reference leaves room (is a type that is only
named in an array bound leaked?) `find` says "nothing certain", and the generator does without the name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

ORDINARY, TAG = "ordinary", "tag"
Key = tuple[str, str]  # name space and name


@dataclass(frozen=True)
class Entity:
    """Something that has a name: `number` sets it apart, `owner` is a module, a header, or '' for what is local."""

    number: int
    space: str
    name: str
    kind: str
    owner: str = ""
    exported: bool = False
    c_linkage: bool = False

    @property
    def plain(self) -> str:
        """Its name in the translation, unique but for the C library's own functions."""
        return f"{self.name}_{self.number}" if self.number >= 0 else self.name

    @property
    def key(self) -> Key:
        return self.space, self.name


@dataclass(frozen=True)
class Basic:
    words: str


@dataclass(frozen=True)
class Named:
    """A struct, union, enum or typedef by its entity."""

    entity: Entity


@dataclass(frozen=True)
class Pointer:
    to: Type


@dataclass(frozen=True)
class Array:
    """Of `length` elements; None when only its declaration knows how many."""

    of: Type
    length: int | None


@dataclass(frozen=True)
class Function:
    returns: Type
    parameters: tuple[Type, ...]
    old_style: bool = False  # its arguments are not converted


Type = Basic | Named | Pointer | Array | Function
INT = Basic("int")


@dataclass(frozen=True)
class Member:
    name: str
    type: Type
    is_field: bool = False  # a bit-field, which has no size of its own
    shares: bool = False  # its bytes, with other members


@dataclass
class File:
    """A module, a plain importer or a header while it is being made up."""

    name: str
    is_header: bool = False
    is_module: bool = True
    imports: list[str] = field(default_factory=list)
    exported_imports: set[str] = field(default_factory=set)
    includes: list[str] = field(default_factory=list)
    names: dict[Key, Entity] = field(default_factory=dict)


class World:
    """All files, and what is known of their entities so far."""

    def __init__(self) -> None:
        self.files: dict[str, File] = {}
        self.pool: list[str] = []
        self.types: dict[Entity, Type] = {}  # of variables and functions, and what a typedef stands for
        self.members: dict[Entity, list[Member]] = {}
        self.values: dict[Entity, int] = {}  # of constants, where they are small and known
        self.ready: set[Entity] = set()  # declared before what is being written, complete
        self.callable: dict[Entity, int] = {}  # functions that can be called, with the steps that one call takes
        self.null: set[Entity] = set()  # pointers that lead nowhere
        self.mentions: dict[Entity, set[Entity]] = {}  # the types that a declaration names
        self.leaks_known = False
        self._count = 0
        self._found: dict[tuple[str, Key], tuple[Entity, ...]] = {}

    def number(self) -> int:
        """The next number that nothing else has."""
        self._count += 1
        return self._count

    # what is visible

    def import_list(self, file: File) -> list[File]:
        """The full import list of a file, itself excluded."""
        found: dict[str, File] = {}
        pending = [self.files[name] for name in file.imports]
        while pending:
            other = pending.pop(0)
            if other.name not in found and other.name != file.name:
                found[other.name] = other
                pending += [self.files[name] for name in other.imports if name in other.exported_imports]
        return list(found.values())

    def headers(self, file: File) -> list[File]:
        """The headers that a file includes, directly or not; a header is one of its own."""
        found: dict[str, File] = {}
        pending = [file] if file.is_header else [self.files[name] for name in file.includes]
        while pending:
            header = pending.pop(0)
            if header.name not in found:
                found[header.name] = header
                pending += [self.files[name] for name in header.includes]
        return list(found.values())

    def candidates(self, file: File, key: Key) -> tuple[Entity, ...]:
        """What a name may stand for at file scope: more than one entity is ambiguous."""
        memory = (file.name, key)
        if memory not in self._found or not self.leaks_known:
            self._found[memory] = tuple(self._candidates(file, key))
        return self._found[memory]

    def find(self, file: File, key: Key) -> Entity | None:
        """What a name certainly stands for at file scope."""
        found = self.candidates(file, key)
        return found[0] if len(found) == 1 else None

    def _candidates(self, file: File, key: Key) -> list[Entity]:
        if not file.is_header and key in file.names:
            return [file.names[key]]
        imported = [other.names[key] for other in self.import_list(file) if key in other.names]
        found = [entity for entity in imported if entity.exported]
        found += [header.names[key] for header in self.headers(file) if key in header.names]
        return found or self._leaked(file, key)

    def _leaked(self, file: File, key: Key) -> list[Entity]:
        """Types of that name which visible declarations name; nothing when it is not certain that they do."""
        if not self.leaks_known or file.is_header:
            return []
        visible = [e for other in self.import_list(file) for e in other.names.values() if e.exported]
        direct = {e for one in visible for e in self.named_by(one) if e.key == key}
        mentioned = {e for one in visible for e in (*self.mentions.get(one, ()), *self.named_by(one))}
        possible = {e for e in self._reached(mentioned) if e.key == key}
        if len(possible) == 1 == len(direct) and all(e.exported or self.is_header(e) for e in direct):
            return list(direct)
        return []

    def named_by(self, entity: Entity) -> Iterator[Entity]:
        """The types that the declaration of an entity names, bounds and initializers aside."""
        if entity in self.types:
            yield from self.named_in(self.types[entity])
        for member in self.members.get(entity, ()):
            yield from self.named_in(member.type)

    def _reached(self, types: set[Entity]) -> set[Entity]:
        """All that could be reached through some types, far more than leaks."""
        done: set[Entity] = set()
        pending = list(types)
        while pending:
            entity = pending.pop()
            if entity not in done:
                done.add(entity)
                pending += self.mentions.get(entity, ())
                if self.is_header(entity):
                    pending += [e for header in self.headers(self.files[entity.owner]) for e in header.names.values()]
        return done

    def is_header(self, entity: Entity) -> bool:
        return entity.owner in self.files and self.files[entity.owner].is_header

    def is_transparent(self, file: File, entity: Entity) -> bool:
        """Whether the contents of a type are visible in a file."""
        if entity.owner in ("", file.name) or self.is_header(entity):
            return True
        return entity.exported and self.files[entity.owner] in self.import_list(file)

    def is_hidden(self, file: File, key: Key) -> bool:
        """Whether nothing that a file sees has a name, not even a type that might leak."""
        visible = [e for other in self.import_list(file) for e in other.names.values() if e.exported]
        mentioned = {e for one in visible for e in (*self.mentions.get(one, ()), *self.named_by(one))}
        return not self.candidates(file, key) and all(e.key != key for e in self._reached(mentioned))

    def is_ever_a_type(self, name: str) -> bool:
        """Whether some file has a typedef of that name."""
        found = (file.names.get((ORDINARY, name)) for file in self.files.values())
        return any(entity is not None and entity.kind == "typedef" for entity in found)

    # types

    def strip(self, type_: Type, file: File | None = None) -> Type:
        """A type without typedefs; with a file, as far as that file may look into them."""
        while isinstance(type_, Named) and type_.entity.kind == "typedef":
            if file is not None and not self.is_transparent(file, type_.entity):
                return type_
            type_ = self.types[type_.entity]
        return type_

    def is_complete(self, type_: Type) -> bool:
        """Whether a type's size is known to what is being written."""
        match type_:
            case Named(entity):
                inner = entity.kind != "typedef" or self.is_complete(self.types.get(entity, INT))
                return entity in self.ready and inner
            case Array(of, _):
                return self.is_complete(of)
            case Function():
                return False
            case _:
                return True

    def named_in(self, type_: Type) -> Iterator[Entity]:
        """The entities that a declaration of that type names."""
        match type_:
            case Named(entity):
                yield entity
            case Pointer(to):
                yield from self.named_in(to)
            case Array(of, _):
                yield from self.named_in(of)
            case Function(returns, parameters, old_style):
                yield from self.named_in(returns)
                for parameter in parameters if not old_style else ():
                    yield from self.named_in(parameter)
