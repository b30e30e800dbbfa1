"""Stage 3, initializers: which object each entry of a braced initializer is for (C17 6.7.9).

In come the type of an object and the entries of its initializer one after the other; out goes for each the type of the
object inside that it initializes. The current object is followed as C does it: designators set it, and where braces are
left out it descends into members and elements. A type whose contents are not known has nothing inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modcore.ctype import Array, Integer, Record, Type, Unknown, bare, same_entity
from modcore.stage3_complete.demand import Context
from modcore.syntax.body_tree import (
    Braces,
    Expression,
    IndexDesignator,
    Initializer,
    Parenthesised,
    String,
)

if TYPE_CHECKING:
    from modcore.stage3_complete.constants import Constants
    from modcore.stage3_complete.types_of import Types

_CHARACTERS = frozenset(
    ("char", "signed char", "unsigned char", "int", "unsigned int", "short", "unsigned short", "long")
)
"""The element types of arrays that string literals initialize, `wchar_t` and its like included."""


class CurrentObject:
    """The object inside `whole` that is initialized next.

    `index` is the position in `whole`, -1 before the first entry; `_frames` leads from there to the current object, as
    (type, position). A value of unknown type is taken for one of a scalar, or with `lenient` for whatever fits.
    """

    def __init__(
        self, constants: Constants, types: Types, context: Context, whole: Type, lenient: bool = False
    ) -> None:
        self.index = -1
        self._lenient = lenient
        self._constants = constants
        self._types = types
        self._context = context
        self._whole = whole
        self._frames: list[tuple[Type, int]] = []

    def initialized_by(self, entry: Initializer) -> Type:
        """Moves to the object that an entry initializes; its type."""
        type = self._designated(entry) if entry.designators else self._next()
        if isinstance(entry.value, Braces):
            return type
        while self._size(type) > 0 and not self._takes(type, entry.value):
            self._frames.append((type, 0))
            type = self._inside(type, 0)
        return type

    def _designated(self, entry: Initializer) -> Type:
        type = self._whole
        self._frames = []
        for designator in entry.designators:
            if isinstance(designator, IndexDesignator):
                at = designator.last if designator.last is not None else designator.first
                steps = [self._constants.evaluate(self._context, at.low, at.high).value]
            else:
                steps = _path_to(self._complete(type), designator.name.text)
                if not steps:
                    return Unknown(f"no member '{designator.name.text}' is known")
            for step in steps:
                type = self._step(type, step)
        return type

    def _step(self, type: Type, position: int) -> Type:
        """Goes to a position inside `type`, which is the whole object or that of the last frame."""
        if type is self._whole and not self._frames:
            self.index = position
        else:
            self._frames.append((type, position))
        return self._inside(type, position)

    def _next(self) -> Type:
        """Moves to the object after the current one; its type."""
        while self._frames:
            type, position = self._frames.pop()
            if position + 1 < self._size(type):
                self._frames.append((type, position + 1))
                return self._inside(type, position + 1)
        self.index += 1
        return self._inside(self._whole, self.index)

    def _takes(self, type: Type, value: Expression) -> bool:
        """Whether a value initializes an array or a record as a whole."""
        type = bare(type)
        if isinstance(type, Array):
            return string_in(value) is not None and holds_characters(type.element)
        found = bare(self._types.expressions.type_of(self._context, value))
        return same_entity(type, found) or self._lenient and isinstance(found, Unknown)

    def _complete(self, type: Type) -> Type:
        return bare(self._types.complete(bare(type)))

    def _size(self, type: Type) -> int:
        """How many objects an initializer finds inside a type; 0 for a scalar."""
        type = self._complete(type)
        if isinstance(type, Array):
            return type.length or 0
        if isinstance(type, Record):
            count = len(_initialized(type))
            return min(count, 1) if type.kind == "union" else count
        return 0

    def _inside(self, type: Type, position: int) -> Type:
        type = self._complete(type)
        if isinstance(type, Record):
            members = _initialized(type)
            return members[position][1] if position < len(members) else Unknown("there is no such member")
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


def holds_characters(element: Type) -> bool:
    """Whether a string literal may initialize an array of this element type."""
    element = bare(element)
    return isinstance(element, Integer) and element.kind in _CHARACTERS


def string_in(node: Expression) -> String | None:
    """The string literal that an expression is, perhaps in parentheses."""
    while isinstance(node, Parenthesised):
        node = node.inner
    return node if isinstance(node, String) else None


__all__ = ["CurrentObject", "holds_characters", "string_in"]
