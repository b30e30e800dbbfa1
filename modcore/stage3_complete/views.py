"""Stage 3, views: types as one module sees them, and the types of everything in a function body.

In comes a question that says of an entity whether its contents are hidden from the module; out go the same types as
`Types` has, with three differences. A typedef or enum whose contents are hidden is `Opaque`, a hidden struct or union
stays a `RecordRef` without members; and names of blocks have types, as the scopes that the reader of a body enters and
leaves say. Nothing here is an error: what cannot be known is `Unknown`. Language reference, section 6; C17 6.2.1, 6.5.
"""

from __future__ import annotations

from collections.abc import Callable

from modcore.ctype import (
    Atomic,
    Enum,
    Integer,
    Opaque,
    Record,
    RecordRef,
    Type,
    Unknown,
    bare,
    reference,
)
from modcore.entities import Entity
from modcore.stage3_complete.demand import (
    ConstantCycle,
    Context,
    Incomplete,
    InfiniteSize,
    NotConstant,
)
from modcore.stage3_complete.expressions import Expressions, compatible, find_field
from modcore.stage3_complete.types_of import Types
from modcore.syntax.body_tree import Expression, Generic, Identifier, StatementExpression, TypeName
from modcore.syntax.tree import Aggregate, Declarator, Enumeration, Name, Parameter, Specifiers, Typeof
from modcore.syntax.tree import Array as ArrayOf
from modcore.target.arithmetic import INT

FAULTS = (InfiniteSize, ConstantCycle, Incomplete, NotConstant)
"""What a definition may suffer from; it is told where the definition stands."""
_FAULTY = Unknown("what is wrong with this type is told where it is defined")


class Scopes:
    """The blocks that are open: their ordinary names and tags with the types that these have or stand for."""

    def __init__(self) -> None:
        self._names: list[dict[str, Type]] = [{}]
        self._tags: list[dict[str, Type]] = [{}]

    def enter(self) -> None:
        self._names.append({})
        self._tags.append({})

    def leave(self) -> None:
        self._names.pop()
        self._tags.pop()

    def declare(self, name: str, type: Type) -> None:
        self._names[-1][name] = type

    def declare_tag(self, name: str, type: Type) -> None:
        self._tags[-1][name] = type

    def name(self, name: str) -> Type | None:
        return next((scope[name] for scope in reversed(self._names) if name in scope), None)

    def tag_here(self, name: str) -> Type | None:
        """The type of a tag that the innermost block has, which a definition there completes."""
        return self._tags[-1].get(name)

    def tag(self, name: str) -> Type | None:
        return next((scope[name] for scope in reversed(self._tags) if name in scope), None)


class BodyContext(Context, frozen=True, gc=False):
    """The tokens of a function definition or an initializer, with the scopes that are open where it is read."""

    scopes: Scopes = Scopes()


class View(Types):
    """The types of a program as one module sees them."""

    def __init__(self, types: Types, hides: Callable[[Entity], bool]) -> None:
        super().__init__(types.definitions)
        self.constants = types.constants  # values do not depend on who looks
        self.expressions: BodyExpressions = BodyExpressions(self)
        self._whole = types
        self._hides = hides
        self._opaque: dict[str, Entity] = {}

    def hidden(self, type: Type) -> Entity | None:
        """The entity whose contents one would have to see to look into a value of this type; None: it is visible."""
        type = bare(type)
        if isinstance(type, Opaque):
            return self._opaque[type.identity]
        if isinstance(type, RecordRef):
            entity = self._owners.get(type.identity)
            return entity if entity is not None and self._hides(entity) else None
        return None

    def hiding(self, type: Type, name: str) -> Entity | None:
        """The entity that hides a member of a value of this type: its own, or that of an anonymous member."""
        hidden = self.hidden(type)
        whole = bare(self.complete(bare(type)))
        if hidden is not None or not isinstance(whole, Record) or find_field(whole, name) is not None:
            return hidden
        for member in whole.members:
            inner = self.hiding(member.type, name) if member.name is None and member.bit_width is None else None
            if inner is not None and find_field(self._contents(inner), name) is not None:
                return inner
        return None

    def _contents(self, entity: Entity) -> Type:
        """What a hidden entity is, as who defines it sees it."""
        try:
            return bare(self._whole.complete(bare(self._whole.type_of(entity))))
        except FAULTS:
            return _FAULTY

    def declared(
        self, context: BodyContext, specifiers: Specifiers, declarator: Declarator | None, auto: Type | None = None
    ) -> Type:
        """The type that a declaration in a body gives to a name; `auto` is that of its initializer."""
        if auto is not None:
            return auto
        try:
            return self._declared(context, specifiers, declarator, light=True)
        except FAULTS:
            return _FAULTY

    def parameter(self, context: BodyContext, parameter: Parameter) -> Type:
        """The type of a parameter inside its function."""
        try:
            return self._parameter(context, parameter)
        except FAULTS:
            return _FAULTY

    def name_in(self, context: BodyContext, name: TypeName) -> Type:
        """The type that a type name in a body stands for."""
        try:
            return self.type_of_name(context, name)
        except FAULTS:
            return _FAULTY

    def announce(self, context: BodyContext, node: Aggregate) -> None:
        """`struct S;` in a block, which begins a type of that block."""
        assert node.name is not None
        context.scopes.declare_tag(node.name.text, _announced(node, node.name.text))

    def seen(self, entity: Entity) -> Type:
        """The type of an entity as a reference."""
        try:
            return self.reference(entity)
        except FAULTS:
            return _FAULTY

    # where a module sees less than there is

    def type_of(self, entity: Entity) -> Type:
        opaque = self._opaque_type(entity)
        return opaque if opaque is not None else super().type_of(entity)

    def reference(self, entity: Entity) -> Type:
        opaque = self._opaque_type(entity)
        return opaque if opaque is not None else super().reference(entity)

    def _opaque_type(self, entity: Entity) -> Type | None:
        if entity.kind not in ("struct", "union", "enum", "typedef") or not self._hides(entity):
            return None
        if entity.kind in ("struct", "union"):
            return self._record_reference(entity)
        try:
            of = self._whole.reference(entity)
        except FAULTS:
            of = _FAULTY
        identity = f"{entity.file}::{entity.space}::{entity.name}"
        self._opaque[identity] = entity
        return Opaque(identity, entity.name, of)

    def needed(self, context: Context, type: Type, at: int) -> Type:
        return self.complete(type)  # that everything held by value is complete is another check

    # where a body has names of its own

    def _bound(self, context: Context, array: ArrayOf, in_parameter: bool) -> int | None:
        if not isinstance(context, BodyContext):
            return super()._bound(context, array, in_parameter)
        try:
            return super()._bound(context, array, in_parameter)
        except NotConstant:
            return None  # of variable length, or by a constant of the block

    def _named(self, context: Context, name: Name, light: bool) -> Type:
        if name.at not in context.uses and isinstance(context, BodyContext):
            return context.scopes.name(name.text) or super()._named(context, name, light)
        return super()._named(context, name, light)

    def typeof(self, context: Context, specifiers: Specifiers, node: Typeof) -> Type:
        known = None
        if isinstance(context, BodyContext):
            known = self.expressions.spanning(node.low + 2, node.high - 1)
        if known is None:
            return super().typeof(context, specifiers, node)
        return Atomic(known) if context.tokens.words[node.low] == "_Atomic" else known

    def _tagged(self, context: Context, specifiers: Specifiers, node: Aggregate | Enumeration, light: bool) -> Type:
        inside = node.members if isinstance(node, Aggregate) else node.enumerators
        at = node.low if inside is not None or node.name is None else node.name.at
        if not isinstance(context, BodyContext) or at in context.uses:
            return super()._tagged(context, specifiers, node, light)
        name = node.name.text if node.name is not None else None
        if inside is None and name is not None:
            known = context.scopes.tag(name)
            if known is None:
                known = _announced(node, name)
                context.scopes.declare_tag(name, known)
            return known
        return self._local(context, specifiers, node, name, light)

    def _local(
        self, context: BodyContext, specifiers: Specifiers, node: Aggregate | Enumeration, name: str | None, light: bool
    ) -> Type:
        """A type that a block defines."""
        if isinstance(node, Enumeration):
            type: Type = Enum(f"block#{node.low}", name, Integer("unsigned int"))
            for enumerator in node.enumerators or ():
                context.scopes.declare(enumerator.name.text, INT)
        else:
            announced = context.scopes.tag_here(name) if name is not None else None
            known = announced if isinstance(announced, RecordRef) else _announced(node, name)
            assert isinstance(known, RecordRef)
            if name is not None:
                context.scopes.declare_tag(name, known)
            record = self._record(context, node, specifiers, known.identity, name)
            self._tags[known.identity] = lambda: record
            type = reference(record) if light else record
        if name is not None:
            context.scopes.declare_tag(name, reference(type))
        return type


def _announced(node: Aggregate | Enumeration, name: str | None) -> RecordRef:
    return RecordRef("union" if node.kind == "union" else "struct", f"block#{node.low}", name)


class BodyExpressions(Expressions):
    """Types of expressions in bodies, whose names may be local; those that the reader has been through are kept."""

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self._known: dict[int, tuple[Expression, Type]] = {}  # by `id`, with the node, so that no other one gets its own
        self._spans: dict[tuple[int, int], Type] = {}

    def begin(self) -> None:
        """Forgets the nodes of the text before."""
        self._known.clear()
        self._spans.clear()

    def know(self, node: Expression, type: Type) -> None:
        """Says what type a node has that its reader has been through."""
        self._known[id(node)] = node, type
        self._spans[node.low, node.high] = type

    def known(self, node: Expression) -> Type | None:
        known = self._known.get(id(node))
        return known[1] if known is not None else None

    def spanning(self, low: int, high: int) -> Type | None:
        """The type of a known expression by its tokens low..high-1."""
        return self._spans.get((low, high))

    def type_of(self, context: Context, node: Expression) -> Type:
        known = self.known(node)
        if known is not None:
            return known
        if isinstance(node, StatementExpression):
            return Unknown("the value of a block is known to its reader only")
        try:
            return super().type_of(context, node)
        except FAULTS:
            return _FAULTY

    def common(self, left: Type, right: Type) -> Type:
        if isinstance(bare(left), Opaque) or isinstance(bare(right), Opaque):
            return left if bare(left) == bare(right) else Unknown("the two types are not known to be one")
        return super().common(left, right)

    def chosen(self, context: Context, node: Generic) -> Expression | None:
        """As the compiler chooses, where qualifiers do not decide; a choice that cannot be told is unknown."""
        control = bare(self.value_type(context, node.control))
        default = next((one.value for one in node.associations if one.type is None), None)
        if isinstance(control, (Unknown, Opaque)):
            return None
        fitting = [
            one.value
            for one in node.associations
            if one.type is not None and compatible(bare(self._types.type_of_name(context, one.type)), control)
        ]
        if len(fitting) > 1 and len({repr(self.type_of(context, one)) for one in fitting}) > 1:
            return None
        return fitting[0] if fitting else default

    def _identifier(self, context: Context, node: Identifier) -> Type:
        if node.name.at not in context.uses and isinstance(context, BodyContext):
            local = context.scopes.name(node.name.text)
            if local is not None:
                return local
        return super()._identifier(context, node)


__all__ = ["FAULTS", "BodyContext", "Scopes", "View"]
