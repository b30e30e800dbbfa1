"""Stage 3, constants: constant expressions to values, in the target's arithmetic (C17 6.6).

In comes an expression with its names bound, out goes its value with its type. Enumerators and const integers of any
module are values, defined before or after, in any order of asking; so are `sizeof`, `_Alignof`, `offsetof` and what
compilers fold besides. What has no value raises `NotConstant` with the tokens at fault, what needs itself
`ConstantCycle`. Language reference, section 6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modcore.ctype import Array, Enum, Integer, IntegerType, Type, bare
from modcore.entities import Entity
from modcore.stage3_bind.definitions import Bound, BoundBody
from modcore.stage3_complete.demand import ConstantCycle, Context, Definitions, NotConstant, context_of, not_constant
from modcore.stage3_complete.evaluation import Evaluator
from modcore.stage3_complete.folding import converted
from modcore.stage3_complete.lengths import array_length
from modcore.syntax.body_tree import Braces, Call, Expression, TypeName
from modcore.syntax.declared import ORDINARY
from modcore.syntax.tree import Enumeration, Named, Specifiers
from modcore.target.arithmetic import Constant, convert, enumerator_type, fits, integer_type
from modcore.target.arithmetic import NotConstant as NoValue

if TYPE_CHECKING:
    from modcore.stage3_complete.types_of import Types

__all__ = ["Constant", "ConstantCycle", "Constants", "NotConstant"]

INT = Integer("int")
_CONST = frozenset(("const", "__const", "__const__"))
_VOLATILE = frozenset(("volatile", "__volatile", "__volatile__"))


class Constants:
    """The constants of a program; whatever was worked out is remembered."""

    def __init__(self, definitions: Definitions, types: Types) -> None:
        self._definitions = definitions
        self._types = types
        self._evaluator = Evaluator(definitions, types, self.value)
        self._last: tuple[Bound | BoundBody, Context] | None = None
        self._values: dict[Entity, Constant | None] = {}
        self._counts: dict[int, tuple[Enumeration, dict[str, tuple[int, int | None]]]] = {}  # by the node's identity
        self._enumerators: dict[Entity, Constant] = {}  # as the enum itself sees them, before it has a type

    # entities

    def value(self, entity: Entity) -> Constant | None:
        """The value of an enumerator or a const integer; None for what is no constant by its nature.

        Raises ConstantCycle, and NotConstant where an enumerator's expression has no value.
        """
        if entity in self._values:
            return self._values[entity]
        value: Constant | None = None
        if entity.kind == "enumerator":
            value = self._enumerator(entity)
        elif entity.kind == "variable":
            with self._types.path.step(entity, "value"):
                value = self._variable(entity)
        self._values[entity] = value
        return value

    def _variable(self, entity: Entity) -> Constant | None:
        context = self._types.context(entity)
        if context is None:
            return None
        entry = self._definitions.bound(entity).entry
        if entry.declarator is None or entry.specifiers is None or entry.declarator.derivations:
            return None
        if not self._is_const(context, entry.specifiers):
            return None
        initializer = self._definitions.initializer(entity)
        at = entry.declarator.initializer
        if initializer is None or at is None:
            return None
        type = integer_type(self._types.reference(entity))
        if type is None:
            return None
        inside = context_of(initializer, entity).for_constant()
        try:
            node = self._evaluator.parsed(inside, at.low, at.high)
            while isinstance(node, Braces) and len(node.entries) == 1 and not node.entries[0].designators:
                node = node.entries[0].value
            value = converted(self._evaluator.evaluate_node(inside, node), type, self._definitions.facts())
            return value if isinstance(value, Constant) else None
        except (NotConstant, NoValue):
            return None

    def _is_const(self, context: Context, specifiers: Specifiers, seen: frozenset[Entity] = frozenset()) -> bool:
        """Whether specifiers say that an object never changes, themselves or by a typedef."""
        if not _VOLATILE.isdisjoint(specifiers.qualifiers):
            return False
        if "constexpr" in specifiers.storage or not _CONST.isdisjoint(specifiers.qualifiers):
            return True
        if not isinstance(specifiers.type, Named):
            return False
        entity = context.uses.get(specifiers.type.name.at)
        inner = self._types.context(entity) if entity is not None else None
        if entity is None or inner is None or entity in seen:
            return False
        entry = self._definitions.bound(entity).entry
        derived = entry.declarator is not None and entry.declarator.derivations
        return entry.specifiers is not None and not derived and self._is_const(inner, entry.specifiers, seen | {entity})

    # enumerators

    def enumerator_values(self, context: Context, node: Enumeration) -> list[int]:
        """The values of an enum's constants."""
        values = []
        for enumerator in node.enumerators or ():
            self._types.path.use(context.for_constant(), enumerator.name.at)
            values.append(self._provisional(_sibling(context, enumerator.name.text)).value)
        return values

    def _enumerator(self, entity: Entity) -> Constant:
        """The value of an enumerator with the type that it has once its enum is complete."""
        constant = self._provisional(entity)
        node, context, owner = self._enum_of(entity)
        facts = self._definitions.facts()
        if node.underlying is None and fits(constant.value, INT, facts):
            return Constant(constant.value, INT)
        if owner is None or self._types.path.holds(owner, "type"):
            return constant
        type = self._types.type_of(owner)
        if not isinstance(type, Enum):
            return constant
        of = type.underlying if node.underlying is not None else enumerator_type(constant.value, type.underlying, facts)
        return Constant(convert(constant.value, of, facts), of)

    def _enum_of(self, entity: Entity) -> tuple[Enumeration, Context, Entity | None]:
        """The enum of an enumerator, the context of its tokens, and its own entity if it has one."""
        node = self._definitions.bound(entity).entry.type
        context = self._types.context(entity)
        assert isinstance(node, Enumeration) and context is not None
        owner = context.uses.get(node.low)
        inside = self._types.context(owner) if owner is not None else None
        return node, inside if inside is not None else context, owner

    def _provisional(self, entity: Entity) -> Constant:
        """The value of an enumerator with its type inside its own enum (6.7.2.2)."""
        found = self._enumerators.get(entity)
        if found is None and self._definitions.bound(entity).entry.enumerator is None:
            return Constant(0, INT)  # the name is defined before as something else, which is told
        if found is None:
            with self._types.path.step(entity, "value"):
                found = self._enumerators[entity] = self._counted(entity)
        return found

    def _counted(self, entity: Entity) -> Constant:
        node, context, _ = self._enum_of(entity)
        context = _as(context, entity)
        enumerators = node.enumerators or ()
        number, first = self._counts_of(node)[entity.name]
        facts = self._definitions.facts()
        if first == number:
            at = enumerators[number].value
            assert at is not None
            constant = self.evaluate(context, at.low, at.high)
            return self._held(node, constant)
        value = number
        type: IntegerType = INT
        if first is not None:
            self._types.path.use(context, enumerators[first].name.at)
            base = self._provisional(_sibling(context, enumerators[first].name.text))
            value, type = base.value + number - first, base.type
        if facts.enums_are_int and node.underlying is None:
            return self._held(node, Constant(value, INT))
        if fits(value, type, facts):
            return Constant(value, type)
        for kind in ("unsigned int", "long", "unsigned long", "long long", "unsigned long long"):
            if fits(value, Integer(kind), facts):
                return Constant(value, Integer(kind))
        at_name = enumerators[number].name.at
        raise NotConstant(at_name, at_name + 1, f"no integer type holds the value of '{entity.name}'", context.entity)

    def _held(self, node: Enumeration, constant: Constant) -> Constant:
        """The value of an expression as an enum's constant: an `int` if that holds it, or if every enum is one."""
        facts = self._definitions.facts()
        if facts.enums_are_int and node.underlying is None:
            return Constant(convert(constant.value, INT, facts), INT)
        return Constant(constant.value, INT) if fits(constant.value, INT, facts) else constant

    def _counts_of(self, node: Enumeration) -> dict[str, tuple[int, int | None]]:
        """For each enumerator its number, and that of the one with a value from which it is counted."""
        found = self._counts.get(id(node))
        if found is None:
            counts: dict[str, tuple[int, int | None]] = {}
            first = None
            for number, one in enumerate(node.enumerators or ()):
                first = number if one.value is not None else first
                counts.setdefault(one.name.text, (number, first))
            found = self._counts[id(node)] = node, counts
        return found[1]

    # expressions

    def evaluate(self, where: Context | Bound | BoundBody, low: int, high: int) -> Constant:
        """The integer value of the expression in tokens low..high-1. Raises NotConstant and ConstantCycle."""
        context = self._context(where).for_constant()
        node = self._evaluator.parsed(context, low, high)
        value = self._evaluator.evaluate_node(context, node)
        if not isinstance(value, Constant):
            raise not_constant(context, node, "this is no integer")
        return value

    def _context(self, where: Context | Bound | BoundBody) -> Context:
        """The context of a definition; that of the last one is kept, because a body has many expressions."""
        if isinstance(where, Context):
            return where
        if self._last is None or self._last[0] is not where:
            self._last = where, context_of(where)
        return self._last[1]

    def alignment(self, context: Context, low: int, high: int) -> int:
        """What `_Alignas` with the type or expression in tokens low..high-1 asks for."""
        return self._evaluator.alignment(context.for_constant(), low, high)

    def operand(self, context: Context, low: int, high: int) -> Expression | TypeName:
        """The tree of the type or the expression in tokens low..high-1; raises NotConstant for what is neither."""
        return self._evaluator.operand(context, low, high)

    def chosen(self, context: Context, node: Call) -> Expression:
        """The argument that a call of `__builtin_choose_expr` stands for."""
        return self._evaluator.chosen(context, node)

    def array_length(self, bound: Bound) -> int | None:
        """The length of a variable that is an array, also one that takes it from its initializer; None without one."""
        type = bare(self._types.reference(bound.entity))
        return type.length if isinstance(type, Array) else None

    def initialized_length(self, bound: Bound, element: Type) -> int | None:
        """The length that a variable's initializer gives to an array of `element`; None without one."""
        initializer = self._definitions.initializer(bound.entity)
        declarator = bound.entry.declarator
        if initializer is None or declarator is None or declarator.initializer is None:
            return None
        context = context_of(initializer, bound.entity).for_constant()
        node = self._evaluator.parsed(context, declarator.initializer.low, declarator.initializer.high)
        return self.length(context, element, node)

    def length(self, context: Context, element: Type, node: Expression) -> int | None:
        """The length of an array of `element` that is initialized by `node`; None if that gives no length."""
        return array_length(self, self._types, context, element, node)


def _sibling(context: Context, name: str) -> Entity:
    """The enumerator of that name in the statement that a context reads."""
    owner = context.entity
    assert owner is not None
    return Entity(owner.origin, owner.file, ORDINARY, name, "enumerator")


def _as(context: Context, entity: Entity) -> Context:
    """The same tokens, read on behalf of an enumerator in them."""
    return Context(entity, context.tokens, context.uses, context.type_names, context.state, True)
