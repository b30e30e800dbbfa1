"""What an entity is called in emitted C, and which linkage its definition gets (language reference, sections 7, 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modcore.emit.inlines import Inlines
from modcore.entities import EXPRESSION, Entity, Use
from modcore.knowledge import Knowledge
from modcore.linknames import link_name, local_name
from modcore.syntax.declared import ORDINARY

if TYPE_CHECKING:
    from modcore.target.arithmetic import Constant


class Names:
    """Names of entities in the C that one program emits."""

    def __init__(self, program: Knowledge) -> None:
        self._program = program
        self._names: dict[Entity, str] = {}
        self.inlines = Inlines(program, self)

    def of(self, entity: Entity) -> str:
        """The identifier that stands for an entity in emitted C."""
        name = self._names.get(entity)
        if name is None:
            name = self._names[entity] = self._name(entity)
        return name

    def _name(self, entity: Entity) -> str:
        program = self._program
        if entity.origin == "header" or program.has_c_name(entity):
            # What has no tag in plain C still needs one when it is declared apart from what it declares.
            return entity.name if entity.name[0] != "{" else link_name(program.owner(entity).name, entity.name)
        if entity.name == "main" and entity.space == ORDINARY and entity.kind == "function":
            return entity.name
        return link_name(program.owner(entity).name, entity.name)

    def local(self, hidden: Entity) -> str:
        """The identifier for a local name in whose scope a C name of the same spelling is needed."""
        return local_name(self._program.owner(hidden).name, hidden.name)

    def tag(self, entity: Entity) -> str:
        return f"{entity.kind} {self.of(entity)}"

    def is_internal(self, entity: Entity) -> bool:
        """Whether the definition of a module's function or variable gets internal linkage."""
        symbol = self._program.symbol(entity)
        if symbol.c_linkage:
            specifiers = self._program.bound(entity).entry.specifiers
            return specifiers is not None and "static" in specifiers.storage
        if symbol.exported or entity.name == "main" and entity.kind == "function":
            return False
        return self._program.internal and entity not in self.inlines.reached(self._program.owner(entity))

    def folded(self, use: Use, enumerators: bool = False) -> str | None:
        """The literal that stands for a name where it is used; None where the name itself comes out."""
        if use.mode != EXPRESSION or use.address:
            return None
        return self.constant(use.entity, enumerators)

    def constant(self, entity: Entity, enumerators: bool) -> str | None:
        """The literal that stands for a module's constant; with `enumerators`, for an enumeration constant too."""
        if entity.origin == "header" or entity.kind not in ("variable", "enumerator"):
            return None
        if entity.kind == "enumerator" and not enumerators:
            return None
        if not self._program.unit(self._program.owner(entity)).is_module:
            return None
        constant = self._program.constants.value(entity)
        return literal(constant) if constant is not None else None


def literal(constant: Constant) -> str:
    """A constant as a C expression of its type."""
    value, kind = constant.value, getattr(constant.type, "kind", "int")
    if kind == "int":
        if value == -(2**31):
            return "(-2147483647 - 1)"
        return str(value) if value >= 0 else f"({value})"
    digits = str(value)
    if value == -(2**63):
        digits = "-9223372036854775807LL - 1"
    elif value > 2**63 - 1:
        digits += "ULL"
    elif abs(value) > 2**31 - 1:
        digits += "LL"
    return f"(({kind})({digits}))" if value < 0 else f"(({kind}){digits})"


__all__ = ["EXPRESSION", "Names", "literal"]
