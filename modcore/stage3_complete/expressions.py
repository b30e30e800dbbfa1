"""Stage 3, expressions: the type of an expression, without working out its value (C17 6.5).

In comes an expression's tree with the meaning of its names, out goes its type. Records are references until a member
of one is asked for. What cannot be known (a local name, a builtin that modcore has never heard of) has the type
`Unknown`, and whatever is built out of it is unknown too; an unknown type is no error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modcore.ctype import (
    Aligned,
    Array,
    Complex,
    Enum,
    Function,
    Integer,
    Pointer,
    Record,
    RecordRef,
    Said,
    Type,
    Unknown,
    Vector,
    Void,
    bare,
    reference,
    same_entity,
)  # fmt: skip
from modcore.ctype import (
    Member as Field,
)
from modcore.stage3_complete.demand import Context
from modcore.syntax.body_tree import (
    Assignment,
    Binary,
    Call,
    Cast,
    Comma,
    CompoundLiteral,
    Conditional,
    Expression,
    Generic,
    Identifier,
    Index,
    LabelAddress,
    Literal,
    Member,
    Parenthesised,
    Postfix,
    SizeOf,
    String,
    TypeName,
    Unary,
)  # fmt: skip
from modcore.target.arithmetic import INT, integer_type, promote, usual
from modcore.target.literals import BadLiteral, character_literal, floating_literal, integer_literal, string_literal

if TYPE_CHECKING:
    from modcore.stage3_complete.types_of import Types

MEASURES = frozenset(("sizeof", "_Alignof", "alignof", "__alignof", "__alignof__"))
_COMPARES = frozenset(("==", "!=", "<", ">", "<=", ">=", "&&", "||"))
_BUILTINS = {
    "__builtin_types_compatible_p": "int", "__builtin_constant_p": "int", "__builtin_expect": "long",
    "__builtin_bswap16": "unsigned short", "__builtin_bswap32": "unsigned int", "__builtin_popcount": "int",
    "__builtin_clz": "int", "__builtin_ctz": "int", "__builtin_ffs": "int",
}  # fmt: skip


class Expressions:
    """Types of expressions over the types of a program."""

    def __init__(self, types: Types) -> None:
        self._types = types

    def type_of(self, context: Context, node: Expression) -> Type:
        """The type of an expression; of an array or a function that type itself, not the pointer it turns into."""
        facts = self._types.definitions.facts
        match node:
            case Parenthesised():
                return self.type_of(context, node.inner)
            case Literal():
                return self._literal(context.tokens.words[node.low])
            case String():
                return self._string(context.tokens.words[node.low : node.high])
            case Identifier():
                return self._identifier(context, node)
            case Call():
                return self._call(context, node)
            case Index():
                return _element(self.value_type(context, node.operand), self.value_type(context, node.index))
            case Member():
                field = self.field(context, node)
                return field.type if field is not None else Unknown(f"no member '{node.name.text}' is known")
            case Cast():
                return self._types.type_of_name(context, node.type)
            case CompoundLiteral():
                return self._compound(context, node)
            case Postfix():
                return self.type_of(context, node.operand)
            case SizeOf():
                return Integer(facts().size_type)
            case Unary():
                return self._unary(context, node)
            case LabelAddress():
                return Pointer(Void())
            case Binary():
                return self._binary(context, node)
            case Conditional():
                then = self.value_type(context, node.then if node.then is not None else node.condition)
                return self.common(then, self.value_type(context, node.otherwise))
            case Assignment():
                return self.type_of(context, node.left)
            case Comma():
                return self.value_type(context, node.right)
            case Generic():
                chosen = self.chosen(context, node)
                return self.type_of(context, chosen) if chosen is not None else Unknown("no choice of _Generic fits")
        return Unknown("the type of this expression is not known")

    def value_type(self, context: Context, node: Expression) -> Type:
        """The type of an expression's value: arrays and functions have turned into pointers (6.3.2.1)."""
        return decayed(self.type_of(context, node))

    def field(self, context: Context, node: Member) -> Field | None:
        """The member that `.` or `->` reaches, also inside anonymous members; None if that is not known."""
        type = bare(self.value_type(context, node.operand))
        if node.arrow:
            type = bare(type.to) if isinstance(type, Pointer) else Unknown()
        self._types.path.use(context, node.operand.low)
        return find_field(bare(self._types.complete(type)), node.name.text)

    def common(self, left: Type, right: Type) -> Type:
        """The type of `? :` with operands of these types (6.5.15)."""
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return left if isinstance(left, Unknown) else right
        if isinstance(bare(left), Pointer) or isinstance(bare(right), Pointer):
            first, second = bare(left), bare(right)
            if not isinstance(first, Pointer) or isinstance(first.to, Void) and isinstance(second, Pointer):
                first, second = second, first
            if isinstance(second, Pointer) and isinstance(second.to, Void) and not isinstance(first, Integer):
                # Whether a `void *` is a null pointer constant its type alone does not say.
                return first if first == second else Unknown("the type depends on a null pointer constant")
            return first
        if left == right and integer_type(left) is None:
            return left
        return usual(left, right, self._types.definitions.facts())

    def chosen(self, context: Context, node: Generic) -> Expression | None:
        """The expression that `_Generic` selects; None if none fits, or more than one may (6.5.1.1)."""
        control = bare(self.value_type(context, node.control))
        if isinstance(control, Unknown) or self.width(context, node.control) is not None:
            return None  # compilers differ in the type that a bit-field has here
        fitting, default = [], None
        for association in node.associations:
            if association.type is None:
                default = association.value
            elif compatible(bare(self._types.type_of_name(context, association.type)), control):
                fitting.append(association.value)
        if fitting and isinstance(control, Pointer):
            return None  # what it points to may differ in qualifiers, which types here do not have
        return fitting[0] if fitting else default

    # kinds of expressions

    def _literal(self, text: str) -> Type:
        facts = self._types.definitions.facts()
        try:
            if text[-1] == "'":
                return character_literal(text, facts).type
            return integer_literal(text, facts).type
        except BadLiteral:
            pass
        try:
            return floating_literal(text, facts)[1]
        except BadLiteral as problem:
            return Unknown(problem.reason)

    def _string(self, words: list[str]) -> Type:
        try:
            string = string_literal(words, self._types.definitions.facts())
        except BadLiteral as problem:
            return Unknown(problem.reason)
        return Array(string.element, len(string.units) + 1)

    def _identifier(self, context: Context, node: Identifier) -> Type:
        entity = context.uses.get(node.name.at)
        if entity is None:
            if node.name.text in ("true", "false"):
                return Integer("_Bool")
            return Pointer(Void()) if node.name.text == "nullptr" else Unknown(f"'{node.name.text}' is not known here")
        self._types.path.use(context, node.name.at)
        if entity.kind in ("variable", "function", "enumerator"):
            return self._types.type_of(entity) if entity.kind == "enumerator" else self._types.reference(entity)
        return Unknown(f"'{entity.name}' is a type")

    def _call(self, context: Context, node: Call) -> Type:
        if isinstance(node.function, Identifier) and node.function.name.at not in context.uses:
            name = node.function.name.text
            if name in _BUILTINS:
                return Integer(_BUILTINS[name])
            if name == "__builtin_offsetof":
                return Integer(self._types.definitions.facts().size_type)
            if name == "__builtin_va_arg" and isinstance(node.arguments[1], TypeName):
                return self._types.type_of_name(context, node.arguments[1])
            if name == "__builtin_choose_expr" and len(node.arguments) == 3:
                chosen = self._types.constants.chosen(context, node)
                return self.type_of(context, chosen)
        type = bare(self.value_type(context, node.function))
        function = type.to if isinstance(type, Pointer) else type
        return function.returns if isinstance(function, Function) else Unknown("what is called is not known")

    def _compound(self, context: Context, node: CompoundLiteral) -> Type:
        type = self._types.type_of_name(context, node.type)
        if isinstance(type, Array) and type.length is None:
            return Array(type.element, self._types.constants.length(context, type.element, node.value))
        return type

    def _unary(self, context: Context, node: Unary) -> Type:
        facts = self._types.definitions.facts
        if node.operator in MEASURES:
            return Integer(facts().size_type)
        if node.operator == "!":
            return INT
        type = self.type_of(context, node.operand)
        if node.operator == "&":
            return type if isinstance(type, Unknown) else Pointer(reference(type))
        if node.operator == "*":
            type = bare(decayed(type))
            return type.to if isinstance(type, Pointer) else Unknown("what this points to is not known")
        if node.operator in ("__real", "__real__", "__imag", "__imag__"):
            return type.of if isinstance(type, Complex) else Unknown() if isinstance(type, Said) else type
        if node.operator in ("+", "-", "~"):
            integer = integer_type(type)
            if integer is None:
                return bare(type)
            return promote(integer, facts(), self.width(context, node.operand))
        return type

    def width(self, context: Context, node: Expression) -> int | None:
        """The width of the bit-field that an expression is, which its promotion depends on."""
        node = unparenthesised(node)
        field = self.field(context, node) if isinstance(node, Member) else None
        return field.bit_width if field is not None else None

    def _binary(self, context: Context, node: Binary) -> Type:
        facts = self._types.definitions.facts
        if node.operator in _COMPARES:
            return INT
        left, right = bare(self.value_type(context, node.left)), bare(self.value_type(context, node.right))
        if isinstance(left, Vector) or isinstance(right, Vector):
            return left if isinstance(left, Vector) else right
        if node.operator in ("<<", ">>"):
            integer = integer_type(left)
            return promote(integer, facts(), self.width(context, node.left)) if integer is not None else left
        if isinstance(left, Pointer) or isinstance(right, Pointer):
            if isinstance(left, Pointer) and isinstance(right, Pointer):
                return Integer(facts().ptrdiff_type)
            return left if isinstance(left, Pointer) else right
        return usual(self._promoted(context, node.left, left), self._promoted(context, node.right, right), facts())

    def _promoted(self, context: Context, node: Expression, type: Type) -> Type:
        """The type after the promotion of a bit-field; of all else the type itself, which `usual` promotes."""
        width, integer = self.width(context, node), integer_type(type)
        if width is None or integer is None:
            return type
        return promote(integer, self._types.definitions.facts(), width)


def unparenthesised(node: Expression) -> Expression:
    """What stands in the parentheses that an expression may be."""
    while isinstance(node, Parenthesised):
        node = node.inner
    return node


def decayed(type: Type) -> Type:
    """The type of a value whose expression has this type."""
    if isinstance(type, Array):
        return Pointer(reference(type.element))
    return Pointer(type) if isinstance(type, Function) else type


def find_field(type: Type, name: str) -> Field | None:
    """The member of a record with a name, also inside its anonymous members."""
    if not isinstance(type, Record):
        return None
    for member in type.members:
        if member.name == name:
            return member
        inner = find_field(bare(member.type), name) if member.name is None else None
        if inner is not None:
            return inner
    return None


def compatible(left: Type, right: Type) -> bool:
    """Whether two types are compatible (6.2.7), qualifiers apart."""
    match left, right:
        case (Record() | RecordRef(), Record() | RecordRef()) | (Enum(), Enum()):
            return same_entity(left, right)
        case (Enum(), Integer()):
            return left.underlying == right
        case (Integer(), Enum()):
            return right.underlying == left
        case (Pointer(), Pointer()):
            return compatible(left.to, right.to)
        case (Array(), Array()):
            return compatible(left.element, right.element) and (
                left.length == right.length or left.length is None or right.length is None
            )
        case (Function(), Function()):
            if not compatible(left.returns, right.returns):
                return False
            if left.params is None or right.params is None:
                return True
            return (
                left.variadic == right.variadic
                and len(left.params) == len(right.params)
                and all(compatible(one, other) for one, other in zip(left.params, right.params))
            )
        case (Aligned(), _):
            return compatible(left.of, right)
        case (_, Aligned()):
            return compatible(left, right.of)
    return left == right


def _element(left: Type, right: Type) -> Type:
    """The type of `left[right]`, either of which may be the pointer."""
    for type in (bare(left), bare(right)):
        if isinstance(type, Pointer):
            return type.to
        if isinstance(type, Vector):
            return type.element
    return Unknown("what is indexed is not known")


__all__ = ["MEASURES", "Expressions", "compatible", "decayed", "find_field", "unparenthesised"]
