"""Stage 3 of a plain importer: which of its identifiers mean symbols of imported modules.

In comes one statement of a file that is plain C; out go the uses of imported names in it, by C's scopes. A statement
that contains no word that an imported module defines has nothing to be bound to and is not looked at: plain C keeps
C's own meaning (language reference, section 1).
"""

from __future__ import annotations

from modcore.entities import Entity
from modcore.finder import Module
from modcore.knowledge import Knowledge
from modcore.stage3_bind import Binder
from modcore.stage3_bind.definitions import BoundBody
from modcore.syntax import SyntaxProblem, Tokens


def bind_plain(program: Knowledge, module: Module, number: int) -> BoundBody | None:
    """The imported names in statement `number`; None when there are none."""
    foreign = program.foreign_words(module)
    if not foreign:
        return None
    statement = program.unit(module).statements[number]
    tokens = Tokens(statement.text)
    if foreign.isdisjoint(tokens.words):
        return None
    scope = program.scope(module)

    def resolve(space: str, name: str, path: str | None) -> Entity | None:
        return scope.find(space, name, path)

    if tokens.words[0] in ("asm", "__asm__", "__asm"):
        return None
    binder, problem = Binder(tokens, resolve, lenient=True), None
    try:
        if statement.body >= 0:
            binder.function(len(Tokens(statement.head).words))
        else:
            binder.file_scope()
    except SyntaxProblem as caught:
        problem = caught
    uses = tuple(use for use in binder.uses if use.entity.origin == "module" and use.entity.file != module.file)
    missing = tuple(entry for entry in binder.missing if entry.name in foreign)
    return BoundBody(
        tokens, uses, missing, tuple(binder.unsupported), frozenset(binder.type_names), frozenset(binder.members),
        (), binder.dereferences, binder.initializes, problem,
    )  # fmt: skip
