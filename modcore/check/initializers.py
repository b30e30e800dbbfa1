"""Initializers: an opaque object takes `{}`, `{0}` and values of its own type (C17 6.7.9).

In come an object's type and its initializer; each entry is held against the object that it is for, through designators,
nested braces and braces that are left out.
"""

from __future__ import annotations

from collections.abc import Callable

from modcore.check.values import Values, is_same, is_scalar
from modcore.ctype import Array, Opaque, Type, Unknown, bare
from modcore.entities import Entity
from modcore.stage3_complete.expressions import find_field
from modcore.stage3_complete.initializers import CurrentObject
from modcore.stage3_complete.views import FAULTS
from modcore.syntax.body_tree import Braces, Expression, IndexDesignator, Initializer, Literal, Parenthesised


class Initializers(Values):
    """Rules for initializers; the expressions in them are the subclass's part."""

    expression: Callable[[Expression], bool]
    _expressions: Callable[..., bool]

    def initializer(self, type: Type, node: Expression) -> bool:
        """An initializer of an object; whether something is wrong with it."""
        if not isinstance(node, Braces):
            return self.expression(node) or self._converts(type, node)
        if not node.entries and isinstance(bare(type), Opaque) and is_scalar(type):
            self.zeroed.add(node.low)
        if not node.entries or self._is_zero(node):
            return False
        hidden = self._view.hidden(type)
        if hidden is not None:
            return self._hidden_initializer(type, node, hidden)
        try:
            return self._entries(type, node)
        except FAULTS:
            return True  # an index that is no constant, which the compiler tells

    def _is_zero(self, node: Braces) -> bool:
        """`{0}` zeroes whatever it initializes."""
        value = node.entries[0].value
        while isinstance(value, Parenthesised):
            value = value.inner
        alone = len(node.entries) == 1 and not node.entries[0].designators
        return alone and isinstance(value, Literal) and self._context.tokens.words[value.low] == "0"

    def _entries(self, type: Type, node: Braces) -> bool:
        current = CurrentObject(self._view.constants, self._view, self._context, type, lenient=True)
        failed = False
        for entry in node.entries:
            if self._designators(type, entry):
                failed = True
            elif isinstance(entry.value, Braces):
                failed |= self.initializer(current.initialized_by(entry), entry.value)
            else:
                wrong = self.expression(entry.value)
                object = current.initialized_by(entry)
                failed |= wrong or self._fits(object, entry.value)
        return failed

    def _hidden_initializer(self, type: Type, node: Braces, hidden: Entity) -> bool:
        """Braces around something for an opaque type: allowed only around a value of that type itself."""
        entry = node.entries[0]
        if entry.designators:
            return self._designators(type, entry)
        if isinstance(bare(type), Opaque) and len(node.entries) == 1 and not isinstance(entry.value, Braces):
            return self.expression(entry.value) or self._converts(type, entry.value)
        self._report(entry.value.low, entry.value.high, hidden, "to initialize what is in it")
        return True

    def _designators(self, type: Type, entry: Initializer) -> bool:
        for designator in entry.designators:
            hidden = self._view.hidden(type)
            whole = bare(self._view.complete(bare(type)))
            if isinstance(designator, IndexDesignator):
                if hidden is not None:
                    self._report(designator.low, designator.high, hidden, "to use its elements")
                    return True
                self._expressions(designator.first, designator.last)
                type = whole.element if isinstance(whole, Array) else Unknown()
            else:
                hidden = self._view.hiding(type, designator.name.text)
                if hidden is not None:
                    return self._reported_member(designator.name.at, designator.name.text, hidden)
                field = find_field(whole, designator.name.text)
                type = field.type if field is not None else Unknown()
        return False

    def _fits(self, type: Type, node: Expression) -> bool:
        """A value for an object inside another; an opaque one takes only a value of its own type."""
        hidden = self._view.hidden(type)
        value = bare(self._types.value_type(self._context, node))
        if hidden is None or isinstance(bare(type), Opaque) or isinstance(value, Unknown):
            return self._converts(type, node)
        if is_same(bare(type), value):
            return False
        self._report(node.low, node.high, hidden, "to initialize what is in it")
        return True
