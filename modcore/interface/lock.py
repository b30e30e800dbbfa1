"""The layout lock: the layouts of a project's exported types on its targets, kept in a file and compared with.

In come a program and its modules; out go the layouts of what they export, as `module::struct S`, and what sets them
apart from those in a lock file. The file is JSON with one entry for each target, in a fixed order; writing one target
leaves the others as they are. A compiler that calls the machine by another name is compared with the entry that is
there; what it writes is an entry of its own.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

import msgspec

from modcore.ctype import Array, Function, Record, RecordRef, Type, Void, bare
from modcore.diagnostics import Diagnostic, Problem
from modcore.emit.names import Names
from modcore.entities import Entity
from modcore.finder import Module
from modcore.interface.target import TargetEntry, same_titles, title_of
from modcore.knowledge import Knowledge
from modcore.source import Position
from modcore.stage2_scopes import entity_of
from modcore.syntax.declared import TAG
from modcore.target.layout import Layout, NoLayout
from modcore.target.records import foreign_order

if TYPE_CHECKING:
    from modcore.stage3_complete.types_of import Types

FORMAT = 2
_TYPES = ("struct", "union", "enum", "typedef")


class MemberPlace(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """Where a member lies, in bytes; bits of a bit-field count from there.

    `storage_order` is how its contents are stored, if not in the target's own order and its type has no entry.
    """

    offset: int
    size: int
    bit_offset: int | None = None
    bit_width: int | None = None
    storage_order: str = ""


class TypeLayout(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """Size and alignment in bytes, the named members by name, and the order of storage that is not the target's own.

    Those of an anonymous member count as members. A member whose type has no entry of its own in the lock is followed by
    the members of that, as `member.inner`, or `member[].inner` for the first element of an array.
    """

    size: int
    align: int
    members: dict[str, MemberPlace] = {}
    storage_order: str = ""


class Lock(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A lock file: types by target."""

    modcore_layouts: int
    targets: dict[str, dict[str, TypeLayout]]


class Emitter(Knowledge, Protocol):
    """A program that also emits."""

    def emit(self, module: Module) -> str: ...


def exported_layouts(program: Knowledge, modules: Iterable[Module]) -> dict[str, tuple[Entity, TypeLayout]]:
    """The layouts of the complete types that some modules export, by title, with the types.

    Raises Problem (`incomplete-type`) if one of them has none, because the compiler rejects it or does not show it, and
    the defect of one that cannot be worked out.
    """
    titles = {}
    for module in modules:
        unit = program.unit(module)
        for symbol in unit.names.values():
            if symbol.exported and symbol.kind in _TYPES and symbol.name[0] != "{":
                name = f"{symbol.kind} {symbol.name}" if symbol.space == TAG else symbol.name
                titles[entity_of(unit, symbol)] = f"{module.name}::{name}"
    types = program.types
    known = types.layouts_or_why(titles)
    found, without = {}, []
    for entity, title in titles.items():
        complete = types.complete(types.type_of(entity))  # raises the defect of one that `known` leaves out
        layout = known[entity]
        if not isinstance(layout, NoLayout):
            found[entity] = layout
        elif _is_complete(complete):
            message = (
                f"'{title}' has no layout that a lock could keep: {layout.reason}; correct it, or do not export it"
            )
            place = program.place(entity) or Position(entity.file, 1, 1, 1, 2)
            without.append(Diagnostic("incomplete-type", message, place))
    if without:
        raise Problem(*without)
    members = _members(types, found, titles)
    ordered = sorted(found, key=titles.__getitem__)
    return {titles[one]: (one, _entry(types, one, found[one], members[one])) for one in ordered}


def _entry(types: Types, entity: Entity, layout: Layout, members: dict[str, MemberPlace]) -> TypeLayout:
    order = foreign_order(types.complete(types.type_of(entity)), types.definitions.facts())
    return TypeLayout(layout.size, layout.align, members, order)


def _is_complete(type: Type) -> bool:
    """Whether a type is one of objects, whose size C wants to know."""
    type = bare(type)
    if isinstance(type, Array):
        return type.length is not None and _is_complete(type.element)
    return not isinstance(type, (Void, Function, RecordRef))


def _members(
    types: Types, layouts: Mapping[Entity, Layout], locked: Container[Entity | None]
) -> dict[Entity, dict[str, MemberPlace]]:
    """Where the members of some types lie, and theirs but for those of types in `locked`; what is asked is asked by depth."""
    facts = types.definitions.facts()
    found: dict[Entity, dict[str, MemberPlace]] = {entity: {} for entity in layouts}
    level = [(found[entity], "", 0, layout) for entity, layout in layouts.items()]
    while level:
        inner = []
        for places, path, start, layout in level:
            for one in layout.members:
                if one.name is None:
                    continue
                name = path + one.name
                title, type = name, bare(one.type)
                while isinstance(type, Array):
                    name, type = f"{name}[]", bare(type.element)
                followed = isinstance(type, Record) and types.entity_of(type) not in locked
                order = foreign_order(type, facts) if followed else ""
                places[title] = MemberPlace(start + one.offset, one.size, one.bit_offset, one.bit_width, order)
                if followed:
                    inner.append((places, f"{name}.", start + one.offset, type))
        answers = types.definitions.layouts([type for *_, type in inner])
        level = [
            (places, path, start, layout)
            for (places, path, start, _), layout in zip(inner, answers, strict=True)
            if not isinstance(layout, NoLayout)
        ]
    return found


def read_lock(content: bytes, file: str) -> Lock:
    """A lock file's contents. Raises Problem (`unreadable-file`)."""
    try:
        lock = msgspec.json.decode(content, type=Lock)
    except (msgspec.DecodeError, ValueError) as error:
        lock = None
        reason: Exception | None = error
    else:
        reason = None
    if lock is None or lock.modcore_layouts != FORMAT:
        message = f"'{file}' is no layout lock of this version; remove the file, then write it anew with --lock"
        raise Problem(Diagnostic("unreadable-file", message, Position(file, 1, 1, 1, 2))) from reason
    return lock


def locked(before: Lock | None, target: TargetEntry, types: Mapping[str, TypeLayout]) -> bytes:
    """The bytes of a lock file in which one target's entry is new."""
    targets = {**(before.targets if before is not None else {}), title_of(target): dict(types)}
    lock = Lock(FORMAT, dict(sorted(targets.items())))
    return msgspec.json.format(msgspec.json.encode(lock), indent=1) + b"\n"


def differences(
    program: Emitter, modules: Iterable[Module], types: Mapping[str, tuple[Entity, TypeLayout]], lock: Lock,
    target: TargetEntry, file: str,
) -> list[Diagnostic]:  # fmt: skip
    """What differs between the layouts of some modules' types and a lock file, each with the modules that it touches."""
    top = Position(file, 1, 1, 1, 2)
    known = _of_target(lock, title_of(target))
    if known is None:
        message = f"'{file}' has no layouts for '{title_of(target)}'; add them with --lock"
        return [Diagnostic("changed-layout", message, top)]
    found = []
    texts: dict[str, str] = {}
    for title in sorted({*known, *types}):
        if title not in types:
            message = f"'{title}' is in the layout lock, and nothing exports it any more; write the lock again with --lock"
            found.append(Diagnostic("changed-layout", message, top))
            continue
        entity, layout = types[title]
        if title not in known:
            says = "it is not in the layout lock"
        elif known[title] != layout:
            texts = texts or {module.name: program.emit(module) for module in modules}
            touched = [name for name, text in texts.items() if _holds(program, entity, text)]
            says = "; ".join(changes(known[title], layout)) + f"; this touches {', '.join(sorted(touched))}"
        else:
            continue
        message = f"the layout of '{title}' has changed: {says}; write the lock again with --lock if that is meant"
        if title not in known:
            message = f"the layout of '{title}' is new: {says}; write it with --lock"
        found.append(Diagnostic("changed-layout", message, program.place(entity) or top))
    return found


def _of_target(lock: Lock, title: str) -> dict[str, TypeLayout] | None:
    """The layouts for a target: its own, else those that another compiler for the same machine wrote; None: neither."""
    titles = (title, *(other for other in lock.targets if same_titles(other, title)))
    return next((lock.targets[one] for one in titles if one in lock.targets), None)


def _holds(program: Knowledge, entity: Entity, text: str) -> bool:
    """Whether the C of a module depends on the layout of a type."""
    name = Names(program).of(entity)
    if entity.space != TAG:
        return re.search(rf"\b{re.escape(name)}\b", text) is not None
    return re.search(rf"\b{entity.kind} {re.escape(name)}(?: : [\w ]+)? \{{", text) is not None


def changes(before: TypeLayout, after: TypeLayout) -> Iterator[str]:
    """What sets two layouts of one type apart, in words."""
    if before.size != after.size:
        yield f"its size was {before.size} and is {after.size}"
    if before.align != after.align:
        yield f"its alignment was {before.align} and is {after.align}"
    if before.storage_order != after.storage_order:
        yield f"it was stored {_order(before)} and is stored {_order(after)}"
    for name in sorted({*before.members, *after.members}):
        old, new = before.members.get(name), after.members.get(name)
        if old is None:
            yield f"member '{name}' is new"
        elif new is None:
            yield f"member '{name}' is gone"
        elif (old.offset, old.bit_offset) != (new.offset, new.bit_offset):
            yield f"member '{name}' was at {_place(old)} and is at {_place(new)}"
        elif old.storage_order != new.storage_order:
            yield f"member '{name}' was stored {_order(old)} and is stored {_order(new)}"
        elif old != new:
            yield f"member '{name}' had {_extent(old)} and has {_extent(new)}"


def _place(member: MemberPlace) -> str:
    return f"byte {member.offset}" + (f", bit {member.bit_offset}" if member.bit_offset is not None else "")


def _order(stored: TypeLayout | MemberPlace) -> str:
    return stored.storage_order or "as the target does"


def _extent(member: MemberPlace) -> str:
    return f"{member.bit_width} bits" if member.bit_width is not None else f"{member.size} bytes"
