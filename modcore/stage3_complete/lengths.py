"""Stage 3, lengths: how long an array is that takes its length from its initializer (C17 6.7.9p22).

In comes the initializer, out goes the number of elements: one more than the largest index that an entry initializes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modcore.ctype import Array, Type
from modcore.stage3_complete.demand import Context
from modcore.stage3_complete.initializers import CurrentObject, holds_characters, string_in
from modcore.syntax.body_tree import Braces, Expression

if TYPE_CHECKING:
    from modcore.stage3_complete.constants import Constants
    from modcore.stage3_complete.types_of import Types


def array_length(constants: Constants, types: Types, context: Context, element: Type, node: Expression) -> int | None:
    """The length of an array of `element` initialized by `node`; None for what initializes no array."""
    if isinstance(node, Braces) and len(node.entries) == 1 and not node.entries[0].designators:
        only = string_in(node.entries[0].value)
        if only is not None and holds_characters(element):
            node = only
    string = string_in(node)
    if string is not None:
        type = types.expressions.type_of(context, string)
        return type.length if isinstance(type, Array) else None
    if not isinstance(node, Braces):
        return None
    current = CurrentObject(constants, types, context, Array(element, None))
    length = 0
    for entry in node.entries:
        current.initialized_by(entry)
        length = max(length, current.index + 1)
    return length
