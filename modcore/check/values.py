"""Values of opaque types: what each place of a tree may do with one, and how a forbidden use is told.

In comes a node whose type is known; out goes whether what is done with it needs the contents of a hidden type, which is
reported. Opaque typedefs and enums are copied to places of their own type and nothing else (language reference, section
6; C17 6.3).
"""

from __future__ import annotations

from collections.abc import Callable

from modcore.ctype import Aligned, Array, Atomic, Opaque, Record, RecordRef, Type, Unknown, bare
from modcore.entities import Entity
from modcore.stage3_complete.views import BodyContext, View
from modcore.syntax.body_tree import Expression

Report = Callable[[int, int, Entity, str], None]
"""(first token, token after the last, the hidden type, what its contents would be needed for)"""


class Values:
    """Rules for values over one context, as its module sees the types.

    `zeroed` are the tokens at which `{}` opens for an opaque type that stands for a scalar: C before C23 wants `{0}`
    there, which the module cannot know.
    """

    def __init__(self, view: View, context: BodyContext, report: Report) -> None:
        self._view = view
        self._types = view.expressions
        self._context = context
        self._scopes = context.scopes
        self._report = report
        self.zeroed: set[int] = set()

    def _refused(self, node: Expression, purpose: str) -> bool:
        """Reports a use of a value, if it is opaque, that is not copying."""
        type = bare(self._types.value_type(self._context, node))
        hidden = self._view.hidden(type) if isinstance(type, Opaque) else None
        if hidden is not None:
            self._report(node.low, node.high, hidden, purpose)
        return hidden is not None

    def _calculates(self, node: Expression) -> bool:
        return self._refused(node, "to calculate with it")

    def _converts(self, type: Type, node: Expression) -> bool:
        """Reports a conversion to or from an opaque type (6.3); its own values are only copied."""
        target, value = bare(type), bare(self._types.value_type(self._context, node))
        if isinstance(target, Unknown) or isinstance(value, Unknown) or is_same(target, value):
            return False
        for one, purpose in ((value, "to convert it"), (target, "to convert other values to it")):
            hidden = self._view.hidden(one) if isinstance(one, Opaque) else None
            if hidden is not None:
                self._report(node.low, node.high, hidden, purpose)
                return True
        return False

    def _reported_member(self, at: int, name: str, hidden: Entity) -> bool:
        self._report(at, at + 1, hidden, f"to use its member '{name}'")
        return True


def is_same(one: Type, other: Type) -> bool:
    """Whether two types are one, at least as far as copying a value goes."""
    if one == other:
        return True
    first, second = _record(one), _record(other)
    return first is not None and first == second


def is_scalar(type: Type) -> bool:
    """Whether an opaque type stands for a scalar, whatever the module knows of it."""
    while isinstance(type, (Opaque, Aligned, Atomic)):
        type = type.of
    return not isinstance(type, (Record, RecordRef, Array, Unknown))


def _record(type: Type) -> str | None:
    """What identifies the struct or union that a type is, or that an opaque typedef stands for."""
    if isinstance(type, Opaque):
        type = bare(type.of)
    return type.identity if isinstance(type, (Record, RecordRef)) else None
