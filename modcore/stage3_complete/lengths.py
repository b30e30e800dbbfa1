"""Stage 3, lengths: how long an array is that takes its length from its initializer (C17 6.7.9).

In comes the initializer, out goes the number of elements. The current object is followed as C does it: designators
set it, braces that are left out make it descend into members and elements, and the largest index counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modcore.ctype import Array, Integer, Record, Type, bare, same_entity
from modcore.stage3_complete.demand import Context
from modcore.syntax.body_tree import (
    Braces,
    Expression,
    IndexDesignator,
    Initializer,
    MemberDesignator,
    Parenthesised,
    String,
)

if TYPE_CHECKING:
    from modcore.stage3_complete.constants import Constants
    from modcore.stage3_complete.types_of import Types

_CHARACTERS = frozenset(("char", "signed char", "unsigned char"))


def array_length(constants: Constants, types: Types, context: Context, element: Type, node: Expression) -> int | None:
    """The length of an array of `element` initialized by `node`; None for what initializes no array."""
    if isinstance(node, Braces) and len(node.entries) == 1 and not node.entries[0].designators:
        only = _string(node.entries[0].value)
        if only is not None and _holds_characters(element):
            node = only
    string = _string(node)
    if string is not None:
        type = types.expressions.type_of(context, string)
        return type.length if isinstance(type, Array) else None
    if not isinstance(node, Braces):
        return None
    return _Counter(constants, types, context, element).count(node)


class _Counter:
    """Follows the current object; `frames` leads from an element of the array to it, as (type, position)."""

    def __init__(self, constants: Constants, types: Types, context: Context, element: Type) -> None:
        self.constants = constants
        self.types = types
        self.context = context
        self.element = element
        self.index = -1
        self.frames: list[tuple[Type, int]] = []

    def count(self, braces: Braces) -> int:
        length = 0
        for entry in braces.entries:
            type = self._designated(entry) if entry.designators else self._next()
            self._descend(type, entry.value)
            length = max(length, self.index + 1)
        return length

    def _designated(self, entry: Initializer) -> Type:
        """Sets the current object by designators; its type."""
        type = self.element
        self.frames = []
        for number, designator in enumerate(entry.designators):
            if isinstance(designator, IndexDesignator):
                at = designator.last if designator.last is not None else designator.first
                index = self.constants.evaluate(self.context, at.low, at.high).value
                if number == 0:
                    self.index = index
                else:
                    self.frames.append((type, index))
                    type = self._inside(type, index)
            elif isinstance(designator, MemberDesignator):
                for step in _path_to(self._whole(type), designator.name.text):
                    self.frames.append((type, step))
                    type = self._inside(type, step)
        return type

    def _next(self) -> Type:
        """Moves to the object after the current one; its type."""
        while self.frames:
            type, position = self.frames.pop()
            if position + 1 < self._size(type):
                self.frames.append((type, position + 1))
                return self._inside(type, position + 1)
        self.index += 1
        return self.element

    def _descend(self, type: Type, value: Expression) -> None:
        """Goes down to the first object inside that a value without braces initializes."""
        if isinstance(value, Braces):
            return
        while self._size(type) > 0 and not self._takes(type, value):
            self.frames.append((type, 0))
            type = self._inside(type, 0)

    def _takes(self, type: Type, value: Expression) -> bool:
        """Whether a value initializes an array or a record as a whole."""
        type = bare(type)
        if isinstance(type, Array):
            return _string(value) is not None and _holds_characters(type.element)
        return same_entity(type, bare(self.types.expressions.type_of(self.context, value)))

    def _whole(self, type: Type) -> Type:
        return bare(self.types.complete(bare(type)))

    def _size(self, type: Type) -> int:
        """How many objects an initializer finds inside a type; 0 for a scalar."""
        type = self._whole(type)
        if isinstance(type, Array):
            return type.length or 0
        if isinstance(type, Record):
            count = len(_initialized(type))
            return min(count, 1) if type.kind == "union" else count
        return 0

    def _inside(self, type: Type, position: int) -> Type:
        type = self._whole(type)
        if isinstance(type, Record):
            return _initialized(type)[position][1]
        return type.element if isinstance(type, Array) else type


def _initialized(record: Record) -> list[tuple[str | None, Type]]:
    """The members that initializers reach in order: all but unnamed bit-fields."""
    return [(one.name, one.type) for one in record.members if one.name is not None or one.bit_width is None]


def _path_to(type: Type, name: str) -> list[int]:
    """The positions that lead to a member, through anonymous members; empty if there is none."""
    if isinstance(type, Record):
        for position, (own, inner) in enumerate(_initialized(type)):
            if own == name:
                return [position]
            deeper = _path_to(bare(inner), name) if own is None else []
            if deeper:
                return [position, *deeper]
    return []


def _holds_characters(element: Type) -> bool:
    element = bare(element)
    return isinstance(element, Integer) and element.kind in _CHARACTERS | {
        "int",
        "unsigned int",
        "short",
        "unsigned short",
    }


def _string(node: Expression) -> String | None:
    while isinstance(node, Parenthesised):
        node = node.inner
    return node if isinstance(node, String) else None
