"""Stage 3 of a plain importer: which of its identifiers mean symbols of imported modules.

In comes one statement of a file that is plain C; out go the uses of imported names in it, by C's scopes, and of
whatever it names with `::`, which is no C. A statement
that contains no word that an imported module defines has nothing to be bound to and is not looked at: plain C keeps
C's own meaning (language reference, section 1).
"""

from __future__ import annotations

import msgspec

from modcore.entities import Entity, Use
from modcore.finder import Module
from modcore.knowledge import Knowledge
from modcore.stage3_bind import Binder
from modcore.stage3_bind.definitions import BoundBody, bind
from modcore.syntax import Tokens


def bind_plain(program: Knowledge, module: Module, number: int, anyway: bool = False) -> BoundBody | None:
    """The imported names in statement `number`; None when there are none, unless it is to be looked at `anyway`."""
    foreign = program.foreign_words(module)
    if not foreign:
        return None
    statement = program.unit(module).statements[number]
    tokens = Tokens(statement.text)
    if not anyway and foreign.isdisjoint(tokens.words) and program.leaking_words(module).isdisjoint(tokens.words):
        return None
    scope = program.scope(module)

    def resolve(space: str, name: str, path: str | None) -> Entity | None:
        return scope.find(space, name, path)

    if tokens.words[0] in ("asm", "__asm__", "__asm"):
        return None

    def walk(binder: Binder) -> None:
        if statement.body >= 0:
            binder.function(len(Tokens(statement.head).words))
        else:
            binder.file_scope()

    body = bind(tokens, resolve, True, walk)
    uses = tuple(use for use in body.uses if use.low < use.at or is_foreign(use, module))
    missing = tuple(entry for entry in body.missing if entry.name in foreign)
    declared = {entry.at for entry in statement.names()}  # what these are, `::` means
    captures = tuple(capture for capture in body.captures if capture.at not in declared)
    return msgspec.structs.replace(body, uses=uses, missing=missing, captures=captures, function_names=())


def is_foreign(use: Use, module: Module) -> bool:
    """Whether a name that is used in a plain importer came with an import."""
    return use.entity.origin == "module" and use.entity.file != module.file
