"""Stage 3, constants: constant expressions to values, in the target's arithmetic (C17 6.6).

In comes an expression with its names bound, out goes its value with its type. Enumerators and const integers of any
module are values, defined before or after, in any order of asking; so are `sizeof`, `_Alignof`, `offsetof` and what
compilers fold besides. What has no value raises `NotConstant` with the tokens at fault, what needs itself
`ConstantCycle`. Language reference, section 6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modcore.ctype import Array, Enum, Floating, Function, Integer, Pointer, Type, Unknown, Void, bare
from modcore.stage3_bind import Entity
from modcore.stage3_declarations import Bound, BoundBody
from modcore.stage3_demand import ConstantCycle, Context, Definitions, NotConstant, context_of
from modcore.stage3_expressions import MEASURES, compatible
from modcore.stage3_folding import Address, Real, Value, binary, converted, truth, unary
from modcore.stage3_lengths import array_length
from modcore.syntax import SyntaxProblem, parse_expression
from modcore.syntax.body_tree import (
    Binary, Braces, Call, Cast, Conditional, Expression, Generic, Identifier, Index, Literal, Member, Parenthesised,
    SizeOf, String, TypeName, Unary,
)  # fmt: skip
from modcore.syntax.declared import ORDINARY
from modcore.syntax.tree import Enumeration, Named, Specifiers
from modcore.target.arithmetic import Constant, NotConstant as NoValue, convert, enumerator_type, fits, integer_type
from modcore.target.layout import CannotVouch, Layout, NoLayout, layout, measure, offset_of
from modcore.target.literals import BadLiteral, character_literal, floating_literal, integer_literal

if TYPE_CHECKING:
    from modcore.stage3_types import Types

__all__ = ["Constant", "ConstantCycle", "Constants", "NotConstant"]

INT = Integer("int")
_CONST = frozenset(("const", "__const", "__const__"))
_VOLATILE = frozenset(("volatile", "__volatile", "__volatile__"))
_SWAPS = {"__builtin_bswap16": 2, "__builtin_bswap32": 4, "__builtin_bswap64": 8}


class Constants:
    """The constants of a program; whatever was worked out is remembered."""

    def __init__(self, definitions: Definitions, types: Types) -> None:
        self._definitions = definitions
        self._types = types
        self._values: dict[Entity, Constant | None] = {}
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
            node = self._parsed(inside, at.low, at.high)
            while isinstance(node, Braces) and len(node.entries) == 1 and not node.entries[0].designators:
                node = node.entries[0].value
            value = self.evaluate_node(inside, node)
            return converted(value, type, self._definitions.facts())
        except (NotConstant, NoValue):
            return None

    def _is_const(self, context: Context, specifiers: Specifiers) -> bool:
        """Whether specifiers say that an object never changes, themselves or by a typedef."""
        if not _VOLATILE.isdisjoint(specifiers.qualifiers):
            return False
        if "constexpr" in specifiers.storage or not _CONST.isdisjoint(specifiers.qualifiers):
            return True
        if not isinstance(specifiers.type, Named):
            return False
        entity = context.uses.get(specifiers.type.name.at)
        inner = self._types.context(entity) if entity is not None else None
        if entity is None or inner is None:
            return False
        entry = self._definitions.bound(entity).entry
        derived = entry.declarator is not None and entry.declarator.derivations
        return entry.specifiers is not None and not derived and self._is_const(inner, entry.specifiers)

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
        if found is None:
            with self._types.path.step(entity, "value"):
                found = self._enumerators[entity] = self._counted(entity)
        return found

    def _counted(self, entity: Entity) -> Constant:
        node, context, _ = self._enum_of(entity)
        context = _as(context, entity)
        enumerators = node.enumerators or ()
        number = next(n for n, one in enumerate(enumerators) if one.name.text == entity.name)
        first = next((n for n in range(number, -1, -1) if enumerators[n].value is not None), None)
        facts = self._definitions.facts()
        if first == number:
            at = enumerators[number].value
            assert at is not None
            constant = self.evaluate(context, at.low, at.high)
            return Constant(constant.value, INT) if fits(constant.value, INT, facts) else constant
        value, type = number, INT
        if first is not None:
            self._types.path.use(context, enumerators[first].name.at)
            base = self._provisional(_sibling(context, enumerators[first].name.text))
            value, type = base.value + number - first, base.type
        if fits(value, type, facts):
            return Constant(value, type)
        for kind in ("unsigned int", "long", "unsigned long", "long long", "unsigned long long"):
            if fits(value, Integer(kind), facts):
                return Constant(value, Integer(kind))
        at_name = enumerators[number].name.at
        raise NotConstant(at_name, at_name + 1, f"no integer type holds the value of '{entity.name}'", context.entity)

    # expressions

    def evaluate(self, where: Context | Bound | BoundBody, low: int, high: int) -> Constant:
        """The integer value of the expression in tokens low..high-1. Raises NotConstant and ConstantCycle."""
        context = (where if isinstance(where, Context) else context_of(where)).for_constant()
        node = self._parsed(context, low, high)
        value = self.evaluate_node(context, node)
        if not isinstance(value, Constant):
            raise self._not(context, node, "this is no integer")
        return value

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
        node = self._parsed(context, declarator.initializer.low, declarator.initializer.high)
        return self.length(context, element, node)

    def length(self, context: Context, element: Type, node: Expression) -> int | None:
        """The length of an array of `element` that is initialized by `node`; None if that gives no length."""
        return array_length(self, self._types, context, element, node)

    def alignment(self, context: Context, name: TypeName) -> int:
        """`_Alignof(type)`."""
        return self._layout(context, self._types.type_of_name(context, name), name).align

    def chosen(self, context: Context, node: Call) -> Expression:
        """The argument that `__builtin_choose_expr` stands for."""
        condition, then, otherwise = node.arguments
        chosen = then if truth(self.evaluate_node(context, _expression(condition))) else otherwise
        return _expression(chosen)

    def evaluate_node(self, context: Context, node: Expression) -> Value:
        """The value of an expression, also a floating one or an address at a known place."""
        try:
            return self._value(context, node)
        except NoValue as problem:
            raise self._not(context, node, problem.reason) from problem

    def _value(self, context: Context, node: Expression) -> Value:
        facts = self._definitions.facts()
        match node:
            case Parenthesised():
                return self.evaluate_node(context, node.inner)
            case Literal():
                return self._literal(context, node)
            case Identifier():
                return self._identifier(context, node)
            case Unary():
                return self._unary(context, node)
            case SizeOf():
                type = self._types.type_of_name(context, node.type)
                return self._measured(context, node.operator, type, node.type)
            case Cast():
                return self._cast(context, node)
            case Binary(operator="&&" | "||"):
                left = truth(self.evaluate_node(context, node.left))
                if left == (node.operator == "||"):
                    return Constant(int(left), INT)
                return Constant(int(truth(self.evaluate_node(context, node.right))), INT)
            case Binary():
                left, right = self.evaluate_node(context, node.left), self.evaluate_node(context, node.right)
                return binary(node.operator, left, right, facts, self._size_behind(context, node, left, right))
            case Conditional():
                return self._conditional(context, node)
            case Generic():
                chosen = self._types.expressions.chosen(context, node)
                if chosen is None:
                    raise self._not(context, node, "which choice of this '_Generic' fits cannot be told")
                return self.evaluate_node(context, chosen)
            case Call():
                return self._call(context, node)
            case Member() | Index():
                return self._read(context, node)
            case String():
                raise self._not(context, node, "a string is no integer")
        raise self._not(context, node, "this has no value at compile time")

    def _literal(self, context: Context, node: Literal) -> Value:
        facts = self._definitions.facts()
        text = context.tokens.words[node.low]
        try:
            if text[-1] == "'":
                return character_literal(text, facts)
            if isinstance(self._types.expressions.type_of(context, node), Floating):
                return Real(*floating_literal(text, facts))
            return integer_literal(text, facts)
        except BadLiteral as problem:
            raise self._not(context, node, problem.reason) from problem

    def _identifier(self, context: Context, node: Identifier) -> Value:
        entity, name = context.uses.get(node.name.at), node.name.text
        if entity is None:
            if name in ("true", "false"):
                return Constant(int(name == "true"), Integer("_Bool"))
            if name == "nullptr":
                return Address(0, Pointer(Void()))
            raise self._not(context, node, f"'{name}' is no constant")
        self._types.path.use(context, node.name.at)
        value = self.value(entity)
        if value is not None:
            return value
        if entity.kind == "function":
            raise self._not(context, node, f"'{name}' is a function")
        raise self._not(context, node, f"'{name}' is no constant")

    def _unary(self, context: Context, node: Unary) -> Value:
        operator = node.operator
        if operator in MEASURES:
            if operator != "sizeof":
                return self._alignment_of(context, operator, node.operand)
            return self._measured(context, operator, self._object_type(context, node.operand), node.operand)
        if operator == "__extension__":
            return self.evaluate_node(context, node.operand)
        if operator == "&":
            pointer = self._types.expressions.type_of(context, node)
            return Address(self._place(context, node.operand), pointer)
        if operator in ("+", "-", "~", "!"):
            return unary(operator, self.evaluate_node(context, node.operand), self._definitions.facts())
        raise self._not(context, node, "this has no value at compile time")

    def _cast(self, context: Context, node: Cast) -> Value:
        type = self._types.type_of_name(context, node.type)
        if isinstance(type, Unknown):
            raise self._not(context, node, type.reason or "the type of this cast is not known")
        return converted(self.evaluate_node(context, node.operand), type, self._definitions.facts())

    def _conditional(self, context: Context, node: Conditional) -> Value:
        condition = self.evaluate_node(context, node.condition)
        yes = truth(condition)
        then = node.then if node.then is not None else node.condition
        value = self.evaluate_node(context, then if yes else node.otherwise)
        other = self._types.expressions.value_type(context, node.otherwise if yes else then)
        common = self._types.expressions.common(value.type, other)
        return value if isinstance(common, Unknown) else converted(value, common, self._definitions.facts())

    def _call(self, context: Context, node: Call) -> Value:
        name = node.function.name.text if isinstance(node.function, Identifier) else ""
        arguments, size_type = node.arguments, Integer(self._definitions.facts().size_type)
        if isinstance(node.function, Identifier) and node.function.name.at not in context.uses:
            if name == "__builtin_offsetof":
                return Constant(self._offset(context, node), size_type)
            if name == "__builtin_types_compatible_p":
                return Constant(int(self._compatible(context, node)), INT)
            if name == "__builtin_choose_expr" and len(arguments) == 3:
                return self.evaluate_node(context, self.chosen(context, node))
            if name == "__builtin_constant_p" and len(arguments) == 1:
                return Constant(int(self._is_constant(context, _expression(arguments[0]))), INT)
            if name == "__builtin_expect" and len(arguments) == 2:
                return converted(self.evaluate_node(context, _expression(arguments[0])), Integer("long"), self._definitions.facts())
            if name in _SWAPS and len(arguments) == 1:
                value = self.evaluate_node(context, _expression(arguments[0]))
                if isinstance(value, Constant):
                    size = _SWAPS[name]
                    swapped = (value.value & (1 << 8 * size) - 1).to_bytes(size, "little")
                    kind = {2: "unsigned short", 4: "unsigned int", 8: "unsigned long"}[size]
                    return Constant(int.from_bytes(swapped, "big"), Integer(kind))
        raise self._not(context, node, f"the call of '{name}' has no value at compile time" if name else "a call has no value at compile time")

    def _is_constant(self, context: Context, node: Expression) -> bool:
        try:
            self.evaluate_node(context, node)
        except NotConstant:
            return isinstance(node, String)
        return True

    def _compatible(self, context: Context, node: Call) -> bool:
        first, second = node.arguments
        assert isinstance(first, TypeName) and isinstance(second, TypeName)
        one, other = (bare(self._types.type_of_name(context, name)) for name in (first, second))
        for name, type in ((first, one), (second, other)):
            if isinstance(type, Unknown):
                raise self._not(context, name, type.reason or "this type is not known")
        if not compatible(one, other):
            return False
        levels = [self._types.qualifiers(context, name.specifiers, name.declarator) for name in (first, second)]
        if levels[0] is None or levels[1] is None:
            raise self._not(context, node, "whether these types differ in qualifiers cannot be told")
        return levels[0][1:] == levels[1][1:]

    # sizes and places

    def _measured(self, context: Context, operator: str, type: Type, node: Expression | TypeName) -> Constant:
        """`sizeof` or `_Alignof` of a type."""
        size_type = Integer(self._definitions.facts().size_type)
        if isinstance(type, (Void, Function)):
            return Constant(1, size_type)  # as GNU C has it
        if operator.startswith("__"):
            self._layout(context, type, node)
            full = self._types.complete(type)
            return Constant(measure(full, self._definitions.facts()).natural_align, size_type)
        found = self._layout(context, type, node)
        return Constant(found.size if operator == "sizeof" else found.align, size_type)

    def _object_type(self, context: Context, node: Expression) -> Type:
        """The type of the operand of `sizeof`; that of a variable is built whole, so that it is a link of a cycle."""
        inner = node
        while isinstance(inner, Parenthesised):
            inner = inner.inner
        entity = context.uses.get(inner.name.at) if isinstance(inner, Identifier) else None
        if entity is None or entity.kind != "variable" or not isinstance(inner, Identifier):
            return self._types.expressions.type_of(context, node)
        self._types.path.use(context, inner.name.at)
        return self._types.type_of(entity)

    def _alignment_of(self, context: Context, operator: str, node: Expression) -> Constant:
        """`_Alignof` of an expression (GNU C): of an object, what its own attributes say counts too."""
        type = self._types.expressions.type_of(context, node)
        natural = self._measured(context, "__alignof__", type, node)
        inner = node
        while isinstance(inner, Parenthesised):
            inner = inner.inner
        asked = None
        if isinstance(inner, Identifier):
            entity = context.uses.get(inner.name.at)
            asked = self._types.declared_alignment(entity) if entity is not None else None
        elif isinstance(inner, Member):
            field = self._types.expressions.field(context, inner)
            if field is not None and field.packed:
                raise self._not(context, node, "the alignment of a packed member is not known")
            asked = field.align if field is not None else None
        return Constant(max(natural.value, asked or 0), natural.type)

    def _layout(self, context: Context, type: Type, node: Expression | TypeName) -> Layout:
        full = self._types.needed(context, type, node.low)
        try:
            return layout(full, self._definitions.facts())
        except (NoLayout, CannotVouch) as problem:
            raise self._not(context, node, problem.reason) from problem

    def _offset(self, context: Context, node: Call) -> int:
        """`__builtin_offsetof(type, member.of[its].members)`."""
        name, path = node.arguments
        assert isinstance(name, TypeName)
        type = self._types.type_of_name(context, name)
        self._layout(context, type, name)
        designators: list[str | int] = []
        self._designators(context, _expression(path), designators)
        try:
            return offset_of(self._types.complete(type), designators, self._definitions.facts())[0]
        except (NoLayout, CannotVouch) as problem:
            raise self._not(context, node, problem.reason) from problem

    def _designators(self, context: Context, node: Expression, found: list[str | int]) -> None:
        match node:
            case Identifier():
                found.append(node.name.text)
            case Member(arrow=False):
                self._designators(context, node.operand, found)
                found.append(node.name.text)
            case Index():
                self._designators(context, node.operand, found)
                found.append(self._integer(context, node.index))
            case _:
                raise self._not(context, node, "this is no member")

    def _place(self, context: Context, node: Expression) -> int:
        """The address of an object that has a known one, as in `&((struct S *)0)->member`."""
        match node:
            case Parenthesised():
                return self._place(context, node.inner)
            case Unary(operator="*"):
                return self._address(context, node.operand)
            case Member():
                operand = self._types.expressions.value_type(context, node.operand)
                start = self._address(context, node.operand) if node.arrow else self._place(context, node.operand)
                pointed = bare(operand)
                record = pointed.to if node.arrow and isinstance(pointed, Pointer) else operand
                found = self._layout(context, record, node).member(node.name.text)
                if found is None or found.bit_width is not None:
                    raise self._not(context, node, f"'{node.name.text}' has no address")
                return start + found.offset
            case Index():
                start = self._address(context, node.operand)
                size = self._layout(context, self._types.expressions.type_of(context, node), node).size
                return start + size * self._integer(context, node.index)
        raise self._not(context, node, "the address of this is known only when the program is linked")

    def _address(self, context: Context, node: Expression) -> int:
        """The value of a pointer."""
        type = bare(self._types.expressions.type_of(context, node))
        if not isinstance(type, Pointer):
            return self._place(context, node)  # an array stands for its address
        value = self.evaluate_node(context, node)
        if not isinstance(value, Address):
            raise self._not(context, node, "this is no pointer")
        return value.offset

    def _read(self, context: Context, node: Expression) -> Value:
        """An array inside an object with a known address is an address itself; other objects are not read."""
        type = bare(self._types.expressions.type_of(context, node))
        pointer = self._types.expressions.value_type(context, node)
        if pointer == type:
            raise self._not(context, node, "the value of an object is no constant")
        return Address(self._place(context, node), pointer)

    def _size_behind(self, context: Context, node: Binary, left: Value, right: Value) -> int:
        """The size of what a pointer operand points to, by which arithmetic with it is scaled."""
        for value in (left, right):
            pointer = bare(value.type)
            if isinstance(value, Address) and isinstance(pointer, Pointer) and node.operator in ("+", "-"):
                if isinstance(pointer.to, (Void, Function)):
                    return 1
                return self._layout(context, pointer.to, node).size
        return 1

    def _integer(self, context: Context, node: Expression) -> int:
        value = self.evaluate_node(context, node)
        if not isinstance(value, Constant):
            raise self._not(context, node, "this is no integer")
        return value.value

    def _parsed(self, context: Context, low: int, high: int) -> Expression:
        try:
            return parse_expression(context.tokens, low, high, context.type_names)
        except SyntaxProblem as problem:
            raise NotConstant(problem.low, problem.high, problem.message, context.entity) from problem

    @staticmethod
    def _not(context: Context, node: Expression | TypeName, reason: str) -> NotConstant:
        return NotConstant(node.low, node.high, reason, context.entity)


def _sibling(context: Context, name: str) -> Entity:
    """The enumerator of that name in the statement that a context reads."""
    owner = context.entity
    assert owner is not None
    return Entity(owner.origin, owner.file, ORDINARY, name, "enumerator")


def _as(context: Context, entity: Entity) -> Context:
    """The same tokens, read on behalf of an enumerator in them."""
    return Context(entity, context.tokens, context.uses, context.type_names, context.pack, True)


def _expression(argument: Expression | TypeName) -> Expression:
    assert not isinstance(argument, TypeName)
    return argument
