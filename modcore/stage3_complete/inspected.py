"""The types that the expressions of a declaration look into, which C wants complete before it.

In comes an entity whose declaration has expressions: bounds of arrays, widths, values of enumerators, operands of
`typeof`. Out come the structs and unions whose contents decide what they say, as in `typeof(f()->m)` or
`int a[sizeof p->m]`; a type that the declaration only points to is not among them, however it is spelled.
"""

from __future__ import annotations

from modcore.ctype import RecordRef, Type
from modcore.entities import EXPRESSION, POINTER, Entity, Use
from modcore.stage3_bind.definitions import Bound
from modcore.stage3_complete.demand import ConstantCycle, Definitions, Incomplete, InfiniteSize, NotConstant
from modcore.stage3_complete.types_of import Types


def inspected(definitions: Definitions, bound: Bound) -> list[Entity]:
    """The structs and unions, in the order in which the declaration comes to them."""
    if not (bound.members or bound.dereferences and any(_may_point(use) for use in bound.uses)):
        return []
    types = _Inspected(definitions)
    try:
        types.require_layout(bound.entity)
    except (InfiniteSize, ConstantCycle, Incomplete, NotConstant):
        return list(types.found)  # told by whoever checks the declaration
    return list(types.found)


def _may_point(use: Use) -> bool:
    """Whether what is used may give an expression a pointer."""
    return use.mode == POINTER or use.mode == EXPRESSION and use.entity.kind in ("variable", "function")


class _Inspected(Types):
    """Types that are worked out anew, and what was looked into on the way."""

    def __init__(self, definitions: Definitions) -> None:
        super().__init__(definitions)
        self.found: dict[Entity, None] = {}

    def complete(self, type: Type) -> Type:
        if isinstance(type, RecordRef) and type.identity in self._owners:
            self.found[self._owners[type.identity]] = None
        return super().complete(type)
