"""What checks and emission may ask of a program: the answers of stages 1 to 3, each worked out when it is asked for.

The driver (`program`) gives the answers and remembers them; who asks does not know the driver. Every answer is a value
that nobody writes to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from modcore.entities import Entity
from modcore.finder import Module
from modcore.source import Position, ReadLines
from modcore.stage1_names import OwnStatement, Symbol, Unit

if TYPE_CHECKING:
    from modcore.stage2_imports import ImportList
    from modcore.stage2_scopes import Scope
    from modcore.stage3_bind.definitions import Bound, BoundBody
    from modcore.stage3_complete.constants import Constants
    from modcore.stage3_complete.types_of import Types
    from modcore.target.facts import Facts


class Knowledge(Protocol):
    """One program of modules."""

    read_lines: ReadLines
    internal: bool
    """Whether private symbols get internal linkage."""

    # stage 1

    def unit(self, module: Module) -> Unit: ...

    def source_unit(self, module: Module) -> Unit:
        """The unit with its positions, even where a names file stands for it."""

    # stage 2

    def imports(self, module: Module) -> ImportList: ...

    def scope(self, module: Module) -> Scope: ...

    def foreign_words(self, module: Module) -> frozenset[str]:
        """The words that can mean a symbol of another module in this one, visible or not."""

    def leaking_words(self, module: Module) -> frozenset[str]:
        """The words that can mean a type of a module that is not imported, but reached by the imported ones."""

    # stage 3

    def owner(self, entity: Entity) -> Module: ...

    def symbol(self, entity: Entity) -> Symbol: ...

    def bound(self, entity: Entity) -> Bound:
        """The definition of an entity with its names bound."""

    def body(self, module: Module, number: int) -> BoundBody:
        """The function definition in statement `number` of a module, bound."""

    def initializer(self, entity: Entity) -> BoundBody | None:
        """The initializer of a variable, bound; None without one."""

    def zeroed(self, entity: Entity) -> frozenset[int]:
        """The tokens of a function or variable at which `{}` opens for an opaque type that stands for a scalar."""

    def same(self, one: Entity, other: Entity) -> bool:
        """Whether two entities are one."""

    def has_c_name(self, entity: Entity) -> bool: ...

    @property
    def types(self) -> Types: ...

    @property
    def constants(self) -> Constants: ...

    def facts(self) -> Facts:
        """The compiler's target."""

    # positions

    def place(self, entity: Entity) -> Position | None:
        """Where the name of an entity stands in the user's files."""

    def token_place(
        self, module: Module, statement: OwnStatement, offsets: list[int], low: int, high: int
    ) -> Position:
        """The user's position of the tokens low..high-1 of a statement."""
