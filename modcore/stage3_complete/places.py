"""Stage 3, places: sizes, alignments, offsets, and addresses of objects that begin at a known one.

`sizeof`, `_Alignof` and `offsetof` as the target lays types out, and the folding of `&((struct S *)0)->member` and its
like, which headers write for `offsetof`. A layout that modcore cannot vouch for has no value here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modcore.ctype import Function, Integer, Pointer, Type, Void, bare
from modcore.stage3_complete.demand import Context, Definitions, not_constant
from modcore.stage3_complete.expressions import unparenthesised
from modcore.stage3_complete.folding import Address, Value
from modcore.syntax.body_tree import (
    Binary,
    Call,
    Expression,
    Identifier,
    Index,
    Member,
    Parenthesised,
    TypeName,
    Unary,
)  # fmt: skip
from modcore.target.arithmetic import Constant
from modcore.target.layout import CannotVouch, Layout, NoLayout, measure, offset_of

if TYPE_CHECKING:
    from modcore.stage3_complete.evaluation import Evaluator
    from modcore.stage3_complete.types_of import Types


class Places:
    """Sizes and places over the types of a program; `evaluator` gives the values of indexes and pointers."""

    def __init__(self, definitions: Definitions, types: Types, evaluator: Evaluator) -> None:
        self._definitions = definitions
        self._types = types
        self._evaluator = evaluator

    def measured(self, context: Context, operator: str, type: Type, node: Expression | TypeName) -> Constant:
        """`sizeof` or `_Alignof` of a type."""
        size_type = Integer(self._definitions.facts().size_type)
        if isinstance(type, (Void, Function)):
            return Constant(1, size_type)  # as GNU C has it
        if operator.startswith("__"):
            align = self.layout_of(context, type, node).align
            full = self._types.complete(type)
            try:
                return Constant(measure(full, self._definitions.facts()).natural_align, size_type)
            except CannotVouch:
                return Constant(align, size_type)
        found = self.layout_of(context, type, node)
        return Constant(found.size if operator == "sizeof" else found.align, size_type)

    def object_type(self, context: Context, node: Expression) -> Type:
        """The type of the operand of `sizeof`; that of a variable is built whole, so that it is a link of a cycle."""
        inner = unparenthesised(node)
        entity = context.uses.get(inner.name.at) if isinstance(inner, Identifier) else None
        if entity is None or entity.kind != "variable" or not isinstance(inner, Identifier):
            return self._types.expressions.type_of(context, node)
        self._types.path.use(context, inner.name.at)
        return self._types.type_of(entity)

    def alignment_of(self, context: Context, operator: str, node: Expression) -> Constant:
        """`_Alignof` of an expression (GNU C): of an object, what its own attributes say counts too."""
        type = self._types.expressions.type_of(context, node)
        natural = self.measured(context, "__alignof__", type, node)
        inner = unparenthesised(node)
        asked = None
        if isinstance(inner, Identifier):
            entity = context.uses.get(inner.name.at)
            asked = self._types.declared_alignment(entity) if entity is not None else None
        elif isinstance(inner, Member):
            field = self._types.expressions.field(context, inner)
            if field is not None and field.packed:
                raise not_constant(context, node, "the alignment of a packed member is not known")
            asked = field.align if field is not None else None
        return Constant(max(natural.value, asked or 0), natural.type)

    def layout_of(self, context: Context, type: Type, node: Expression | TypeName) -> Layout:
        full = self._types.needed(context, type, node.low)
        try:
            return self._layout(full)
        except NoLayout as problem:
            raise not_constant(context, node, problem.reason) from problem

    def _layout(self, type: Type) -> Layout:
        (found,) = self._definitions.layouts([type])
        if isinstance(found, NoLayout):
            raise found
        return found

    def offset(self, context: Context, node: Call) -> int:
        """`__builtin_offsetof(type, member.of[its].members)`."""
        name, path = node.arguments
        assert isinstance(name, TypeName)
        type = self._types.type_of_name(context, name)
        self.layout_of(context, type, name)
        designators: list[str | int] = []
        self._designators(context, as_expression(path), designators)
        try:
            return offset_of(self._types.complete(type), designators, self._layout)[0]
        except NoLayout as problem:
            raise not_constant(context, node, problem.reason) from problem

    def _designators(self, context: Context, node: Expression, found: list[str | int]) -> None:
        match node:
            case Identifier():
                found.append(node.name.text)
            case Member(arrow=False):
                self._designators(context, node.operand, found)
                found.append(node.name.text)
            case Index():
                self._designators(context, node.operand, found)
                found.append(self._evaluator.integer(context, node.index))
            case _:
                raise not_constant(context, node, "this is no member")

    def place(self, context: Context, node: Expression) -> int:
        """The address of an object that has a known one, as in `&((struct S *)0)->member`."""
        match node:
            case Parenthesised():
                return self.place(context, node.inner)
            case Unary(operator="*"):
                return self._address(context, node.operand)
            case Member():
                operand = self._types.expressions.value_type(context, node.operand)
                start = self._address(context, node.operand) if node.arrow else self.place(context, node.operand)
                pointed = bare(operand)
                record = pointed.to if node.arrow and isinstance(pointed, Pointer) else operand
                found = self.layout_of(context, record, node).member(node.name.text)
                if found is None or found.bit_width is not None:
                    raise not_constant(context, node, f"'{node.name.text}' has no address")
                return start + found.offset
            case Index():
                start = self._address(context, node.operand)
                size = self.layout_of(context, self._types.expressions.type_of(context, node), node).size
                return start + size * self._evaluator.integer(context, node.index)
        raise not_constant(context, node, "the address of this is known only when the program is linked")

    def _address(self, context: Context, node: Expression) -> int:
        """The value of a pointer."""
        type = bare(self._types.expressions.type_of(context, node))
        if not isinstance(type, Pointer):
            return self.place(context, node)  # an array stands for its address
        value = self._evaluator.evaluate_node(context, node)
        if not isinstance(value, Address):
            raise not_constant(context, node, "this is no pointer")
        return value.offset

    def read(self, context: Context, node: Expression) -> Value:
        """An array inside an object with a known address is an address itself; other objects are not read."""
        type = bare(self._types.expressions.type_of(context, node))
        pointer = self._types.expressions.value_type(context, node)
        if pointer == type:
            raise not_constant(context, node, "the value of an object is no constant")
        return Address(self.place(context, node), pointer)

    def size_behind(self, context: Context, node: Binary, left: Value, right: Value) -> int:
        """The size of what a pointer operand points to, by which arithmetic with it is scaled."""
        for value in (left, right):
            pointer = bare(value.type)
            if isinstance(value, Address) and isinstance(pointer, Pointer) and node.operator in ("+", "-"):
                if isinstance(pointer.to, (Void, Function)):
                    return 1
                return self.layout_of(context, pointer.to, node).size
        return 1


def as_expression(argument: Expression | TypeName) -> Expression:
    assert not isinstance(argument, TypeName)
    return argument
