"""Stage 3, types: declarations to C types, each when somebody needs it.

In comes an entity, out goes its type as `ctype` has it, built from the definition with its names bound. By value a
type is built with all that it contains; behind a pointer, in a function's type and for names whose type alone is
asked for it is a reference, which needs no definition of a struct or union. A type that contains itself, or whose
bound needs its own size, raises the cycle; one that is needed by value and defined nowhere raises `Incomplete`.
Language reference, section 6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from modcore.ctype import (
    Aligned,
    Array,
    Atomic,
    BitInt,
    Builtin,
    Enum,
    Function,
    Integer,
    Member,
    Opaque,
    Pointer,
    Record,
    RecordRef,
    Said,
    Type,
    Unknown,
    Vector,
    Void,
    bare,
)  # fmt: skip
from modcore.entities import Entity
from modcore.pragmas import pack_behind, record_pragmas, storage_order
from modcore.stage3_bind.definitions import Bound, BoundBody
from modcore.stage3_complete.attributes import NONE, Attributes, attributes, in_mode, in_order
from modcore.stage3_complete.basic_types import basic_type, vector_of
from modcore.stage3_complete.constants import Constants
from modcore.stage3_complete.demand import (
    DEFECTS,
    Context,
    Definitions,
    Incomplete,
    InfiniteSize,
    NotConstant,
    Path,
    context_of,
)
from modcore.stage3_complete.expressions import Expressions, unparenthesised
from modcore.syntax.body_tree import Cast, TypeName
from modcore.syntax.classify import KNOWN_TYPES, SPACES, is_reserved
from modcore.syntax.declared import type_attributes
from modcore.syntax.tree import (
    Aggregate,
    Basic,
    Declaration,
    Declarator,
    Derivation,
    Enumeration,
    Name,
    Named,
    Parameter,
    Range,
    Specifiers,
    Typeof,
)  # fmt: skip
from modcore.syntax.tree import (
    Array as ArrayOf,
)
from modcore.syntax.tree import (
    Function as FunctionOf,
)
from modcore.syntax.tree import (
    Pointer as PointerTo,
)
from modcore.target.arithmetic import NotConstant as NoValue
from modcore.target.arithmetic import enum_underlying
from modcore.target.layout import Layout, NoLayout

__all__ = ["Definitions", "Incomplete", "InfiniteSize", "Types"]

_BOUND_WORDS = frozenset("static const volatile restrict __const __restrict __restrict__ __volatile__ register".split())


class Types:
    """The types of a program; whatever was built is remembered."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.path = Path()
        self.constants = Constants(definitions, self)
        self.expressions = Expressions(self)
        self._types: dict[Entity, Type] = {}
        self._references: dict[Entity, Type] = {}
        self._tags: dict[str, Callable[[], Type]] = {}  # identity of a record to what builds it
        self._owners: dict[str, Entity] = {}  # identity of a record or an enum to the entity that it is
        self._typedefs: dict[str, Entity] = {}  # identity of one without a tag to the typedef that names it
        self._contexts: dict[Entity, Context] = {}

    # entities

    def type_of(self, entity: Entity) -> Type:
        """The type of a variable, function or enumerator, or the type that a typedef or a tag stands for.

        A struct or union that nothing defines is a `RecordRef`. Raises InfiniteSize, ConstantCycle, NotConstant, and
        Incomplete for what the type contains.
        """
        found = self._types.get(entity)
        if found is None:
            with self.path.step(entity, "type"):
                found = self._types[entity] = self._build(entity)
        return found

    def reference(self, entity: Entity) -> Type:
        """The type with every struct and union in it as a `RecordRef`, whether or not it is defined."""
        found = self._references.get(entity)
        if found is None:
            if entity.kind in ("struct", "union"):
                found = self._record_reference(entity)
            elif entity.kind == "enum":
                found = Unknown("an enum needs itself") if self.path.holds(entity, "type") else self.type_of(entity)
            else:
                with self.path.step(entity, "reference"):
                    found = self._build(entity, light=True)
            self._references[entity] = found
        return found

    def entity_of(self, type: Record | RecordRef | Enum) -> Entity | None:
        """What a struct, union or enum is called: a tag, or a typedef where it has none; None: it has no name."""
        return self._owners.get(type.identity) or self._typedefs.get(type.identity)

    def layout_of(self, entity: Entity) -> Layout:
        """Size, alignment and members of an entity's type; raises also NoLayout."""
        (found,) = self.definitions.layouts([self.complete(self.type_of(entity))])
        if isinstance(found, NoLayout):
            raise found
        return found

    def layouts_of(self, entities: Iterable[Entity]) -> dict[Entity, Layout]:
        """The layouts of those types that have one, all at once."""
        found = self.layouts_or_why(entities)
        return {entity: layout for entity, layout in found.items() if not isinstance(layout, NoLayout)}

    def layouts_or_why(self, entities: Iterable[Entity]) -> dict[Entity, Layout | NoLayout]:
        """The layouts of types, or why there is none, all at once; without those whose definitions have a defect."""
        types = {}
        for entity in entities:
            try:
                types[entity] = self.complete(self.type_of(entity))
            except DEFECTS:
                continue  # told by whoever checks the definition
        return dict(zip(types, self.definitions.layouts(list(types.values())), strict=True))

    def require_layout(self, entity: Entity) -> None:
        """Raises what makes it impossible to lay out an entity's type: a cycle, an incomplete type, a bad bound."""
        self.type_of(entity)

    def complete(self, type: Type) -> Type:
        """A type with the records that it holds by value spelled out; what nothing defines stays a `RecordRef`."""
        match type:
            case RecordRef():
                build = self._tags.get(type.identity)
                return build() if build is not None else type
            case Array():
                return Array(self.complete(type.element), type.length)
            case Aligned():
                return Aligned(self.complete(type.of), type.align)
            case Said():
                return Said(self.complete(type.of), type.text)
            case Atomic():
                return Atomic(self.complete(type.of))
        return type

    def needed(self, context: Context, type: Type, at: int) -> Type:
        """A type that is held by value at token `at`; raises Incomplete if a record that nothing defines is in it."""
        inner = type
        while isinstance(inner, (Aligned, Atomic, Array, Said)):
            inner = inner.element if isinstance(inner, Array) else inner.of
        if isinstance(inner, RecordRef):
            self.path.use(context, at)
            type = self.complete(type)
            inner = self.complete(inner)
            if isinstance(inner, RecordRef) and inner.identity in self._owners:
                raise Incomplete(self._owners[inner.identity], context.entity, at)
        return type

    # type names inside expressions

    def type_of_name(self, where: Context | Bound | BoundBody, name: TypeName) -> Type:
        """The type that a type name stands for, as a reference."""
        context = where if isinstance(where, Context) else context_of(where)
        return self._declared(context, name.specifiers, name.declarator, light=True)

    def qualifiers(
        self, context: Context, specifiers: Specifiers, declarator: Declarator | None
    ) -> list[frozenset[str]] | None:
        """The qualifiers of a type and of what it points to, outermost first; None where a function hides some."""
        derivations = declarator.derivations if declarator is not None else ()
        if any(isinstance(one, FunctionOf) for one in derivations) or isinstance(specifiers.type, Typeof):
            return None
        inner: list[frozenset[str]] | None = [frozenset()]
        entity = context.uses.get(specifiers.type.name.at) if isinstance(specifiers.type, Named) else None
        if entity is not None:
            bound, there = self._definition(entity), self.context(entity)
            if bound is not None and there is not None and bound.entry.specifiers is not None:
                inner = self.qualifiers(there, bound.entry.specifiers, bound.entry.declarator)
        if inner is None:
            return None
        own = frozenset(word.strip("_") for word in specifiers.qualifiers)
        pointers = [frozenset(one.qualifiers) for one in derivations if isinstance(one, PointerTo)]
        return [*pointers, inner[0] | own, *inner[1:]]

    def context(self, entity: Entity) -> Context | None:
        """The tokens of an entity's definition and the names in them; None when nothing declares it."""
        bound = self._definition(entity)
        if bound is None:
            return None
        if entity not in self._contexts:
            self._contexts[entity] = context_of(bound)
        return self._contexts[entity]

    # building

    def _definition(self, entity: Entity) -> Bound | None:
        try:
            return self.definitions.bound(entity)
        except KeyError:
            return None

    def _build(self, entity: Entity, light: bool = False) -> Type:
        bound, context = self._definition(entity), self.context(entity)
        if bound is None or context is None:
            if entity.kind in ("struct", "union"):
                return self._record_reference(entity)
            if entity.kind == "typedef" and entity.origin == "header":
                return Builtin(entity.name)
            return Unknown(f"nothing declares '{entity.name}'")
        entry = bound.entry
        if entity.kind == "enumerator":
            constant = self.constants.value(entity)
            return constant.type if constant is not None else Unknown(f"'{entity.name}' has no value")
        if isinstance(entry.type, Aggregate):
            if entry.type.members is None:
                return self._record_reference(entity)
            self._record_reference(entity)
            return self._record(context, entry.type, entry.specifiers, _identity(entity), _tag(entity))
        if isinstance(entry.type, Enumeration):
            self._owners[_identity(entity)] = entity
            return self._enum(context, entry.type, entry.specifiers, _identity(entity), _tag(entity))
        if entry.specifiers is None or entry.declarator is None:
            return Unknown(f"'{entity.name}' has no type")
        type = self._declared(context, entry.specifiers, entry.declarator, light)
        if entity.kind == "typedef":
            align = self._declaration_attributes(context, entry.specifiers, entry.declarator).align
            return Aligned(type, align) if align is not None else type
        if entity.kind == "variable":
            if isinstance(type, Array) and type.length is None:
                self.path.use(context, entry.declarator.name.at if entry.declarator.name else 0)
                type = Array(type.element, self.constants.initialized_length(bound, type.element))
            if not light:
                type = self.needed(context, type, _type_token(entry.specifiers))
        return type

    def _declared(
        self,
        context: Context,
        specifiers: Specifiers,
        declarator: Declarator | None,
        light: bool,
        adjusted: bool = False,
    ) -> Type:
        """The type that a declarator makes of some specifiers; `adjusted` as a parameter's is (6.7.6.3)."""
        derivations = declarator.derivations if declarator is not None else ()
        indirect = any(isinstance(one, (PointerTo, FunctionOf)) for one in derivations)
        type = self._specified(context, specifiers, light or indirect)
        said = self._declaration_attributes(context, specifiers, declarator)
        if said.mode is not None:
            type = in_mode(type, said.mode, self.definitions.facts(), self._size)
        if said.vector is not None:
            type = Vector(type, said.vector)
        if said.vectors:
            type = vector_of(said.vectors, type)
        if said.matrix:
            type = Said(type, f"{{}} {said.matrix}")
        qualifiers, space = specifiers.qualifiers, self._attributes(context, list(specifiers.attributes)).space
        for number in reversed(range(len(derivations))):
            derivation = derivations[number]
            if isinstance(derivation, PointerTo):
                type = Pointer(type, next((word for word in qualifiers if word in SPACES), space))
                qualifiers, space = derivation.qualifiers, self._attributes(context, list(derivation.attributes)).space
                if "_Atomic" in qualifiers:
                    type = Atomic(type)
            elif isinstance(derivation, FunctionOf):
                type = self._function(context, derivation, type)
            elif adjusted and number == 0:
                type = Pointer(type)
            else:
                if not (light or indirect) and number == len(derivations) - 1:
                    type = self.needed(context, type, _type_token(specifiers))
                type = Array(type, self._bound(context, derivation, adjusted))
        if not self._stars_are_clear(context, derivations):
            return Unknown("compilers differ in what such an attribute behind '*' says")
        return Pointer(type) if adjusted and isinstance(type, Function) else type

    def _size(self, type: Type) -> int | None:
        (found,) = self.definitions.layouts([type])
        return found.size if isinstance(found, Layout) else None

    def _stars_are_clear(self, context: Context, derivations: Sequence[Derivation]) -> bool:
        """Whether attributes behind each `*` say the same to all compilers.

        They do not to clang, for which all of them are those of what is declared. To gcc that makes no difference where
        the outermost pointer, which is no array's element, gets no less than its own alignment.
        """
        for number, one in enumerate(derivations):
            said = self._attributes(context, list(one.attributes)) if isinstance(one, PointerTo) else NONE
            if said.packed or said.align is not None and (
                number > 0 or said.align < self.definitions.facts().scalars["void *"].natural_align
            ):
                return False
        return True

    def _bound(self, context: Context, array: ArrayOf, in_parameter: bool) -> int | None:
        words = context.tokens.words
        low, high = array.low + 1, array.high - 1
        while low < high and words[low] in _BOUND_WORDS:
            low += 1
        if low == high or words[low] == "*" and low + 1 == high:
            return None
        try:
            length = self.constants.evaluate(context, low, high).value
        except NotConstant:
            if in_parameter:
                return None  # of variable length
            raise
        if length < 0:
            raise NotConstant(low, high, f"the length {length} of this array is negative", context.entity)
        return length

    def _function(self, context: Context, function: FunctionOf, returns: Type) -> Type:
        if function.empty:
            names = function.high - function.low > 2  # a list of names, the old style
            of_module = context.entity is not None and context.entity.origin == "module"
            return Function(returns, () if of_module and not names else None)
        parameters = tuple(self._parameter(context, one) for one in function.parameters)
        if parameters == (Void(),) and not function.variadic:
            parameters = ()
        return Function(returns, parameters, function.variadic)

    def _parameter(self, context: Context, parameter: Parameter) -> Type:
        type = parameter.specifiers.type
        if isinstance(type, Enumeration) and type.enumerators is not None:
            return Unknown("the constants of an enum in a parameter list are not known here")
        return self._declared(context, parameter.specifiers, parameter.declarator, light=True, adjusted=True)

    # specifiers (6.7.2)

    def _specified(self, context: Context, specifiers: Specifiers, light: bool) -> Type:
        node = specifiers.type
        match node:
            case None:
                type: Type = Integer("int")
            case Basic():
                type = basic_type(node.words)
            case Named():
                type = self._named(context, node.name, light)
            case Typeof():
                type = self.typeof(context, specifiers, node)
            case Aggregate() | Enumeration():
                type = self._tagged(context, specifiers, node, light)
        return Atomic(type) if "_Atomic" in specifiers.qualifiers else type

    def _named(self, context: Context, name: Name, light: bool) -> Type:
        entity = context.uses.get(name.at)
        if entity is None and name.path is None and name.text in KNOWN_TYPES:
            return basic_type((name.text,))
        if entity is None and name.path is None and is_reserved(name.text):
            return Builtin(name.text)
        if entity is None or entity.kind != "typedef":
            return Unknown(f"'{name.text}' is not known as a type")
        self.path.use(context, name.at)
        return self.reference(entity) if light else self.type_of(entity)

    def _tagged(self, context: Context, specifiers: Specifiers, node: Aggregate | Enumeration, light: bool) -> Type:
        inside = node.members if isinstance(node, Aggregate) else node.enumerators
        at = node.low if inside is not None or node.name is None else node.name.at
        entity = context.uses.get(at)
        if entity is not None and entity.kind == node.kind:
            self.path.use(context, at)
            return self.reference(entity) if light else self.type_of(entity)
        if inside is None:
            return Unknown("a type of a block is not known here")
        owner = _identity(context.entity) if context.entity is not None else ""
        identity = f"{owner}#{node.low}"
        if context.entity is not None and context.entity.kind == "typedef":
            self._typedefs[identity] = context.entity
        name = node.name.text if node.name is not None else None
        if isinstance(node, Enumeration):
            return self._enum(context, node, specifiers, identity, name)
        self._tags[identity] = lambda: self._record(context, node, specifiers, identity, name)
        return (
            RecordRef("union" if node.kind == "union" else "struct", identity, name)
            if light
            else self._tags[identity]()
        )

    def typeof(self, context: Context, specifiers: Specifiers, node: Typeof) -> Type:
        words = context.tokens.words
        context = context.for_constant()
        operand = node.operand or self.constants.operand(context, node.low + 2, node.high - 1)
        if words[node.low] == "_BitInt":
            width = self.constants.evaluate(context, node.low + 2, node.high - 1).value
            return BitInt(width, "unsigned" not in words[specifiers.low : specifiers.high])
        if isinstance(operand, TypeName):
            type = self.type_of_name(context, operand)
            align = self._declaration_attributes(context, operand.specifiers, operand.declarator).align
            if align is not None:
                type = Said(type, f"__typeof__({{}} __attribute__((aligned({align}))))")
        else:
            type = self.expressions.type_of(context, operand)
            if isinstance(type, Aligned) and isinstance(unparenthesised(operand), Cast):
                type = Said(type, "__typeof__(({})0)")
        return Atomic(type) if words[node.low] == "_Atomic" else type

    # structs, unions and enums

    def _record_reference(self, entity: Entity) -> RecordRef:
        identity = _identity(entity)
        self._tags[identity] = lambda: self.type_of(entity)
        self._owners[identity] = entity
        return RecordRef("union" if entity.kind == "union" else "struct", identity, _tag(entity))

    def _record(
        self, context: Context, node: Aggregate, specifiers: Specifiers | None, identity: str, name: str | None
    ) -> Type:
        said = self._attributes(context, type_attributes(context.tokens.words, node, specifiers))
        members: list[Member] = []
        for declaration in node.members or ():
            if isinstance(declaration, Declaration):
                members += self._members(context, declaration)
        at = node.high - 1 if self.definitions.facts().pack_at_end else node.low
        pack = pack_behind(context.state, context.tokens.pragmas(at))
        kind: Literal["struct", "union"] = "union" if node.kind == "union" else "struct"
        pragmas = record_pragmas(context.state)
        packed_to = int(pack) if pack else None
        record = Record(kind, identity, name, tuple(members), said.packed, said.align, packed_to, said.record, pragmas)
        return in_order(record, storage_order(context.state), self.definitions.facts())

    def _members(self, context: Context, declaration: Declaration) -> list[Member]:
        specifiers = declaration.specifiers
        if not declaration.declarators:
            return self._anonymous(context, specifiers)
        found = []
        for declarator in declaration.declarators:
            type = self._declared(context, specifiers, declarator, light=False)
            type = self.needed(context, type, _type_token(specifiers))
            said = self._declaration_attributes(context, specifiers, declarator)
            width = None
            if declarator.width is not None:
                width = self.constants.evaluate(context, declarator.width.low, declarator.width.high).value
                if width < 0:
                    at = declarator.width
                    raise NotConstant(
                        at.low, at.high, f"the width {width} of this bit-field is negative", context.entity
                    )
            name = declarator.name.text if declarator.name is not None else None
            found.append(Member(name, type, width, said.packed, said.align))
        return found

    def _anonymous(self, context: Context, specifiers: Specifiers) -> list[Member]:
        """What a member declaration without declarators declares: an anonymous struct or union, or a type at most.

        Many compilers also take a type that has a name for one, each in its own way if more than the name stands there.
        """
        node = specifiers.type
        unnamed = isinstance(node, Aggregate) and node.members is not None and node.name is None
        if not unnamed and not self.definitions.facts().tagged_members:
            return []
        said = self._declaration_attributes(context, specifiers, None)
        type = self._declared(context, specifiers, None, light=False)
        if unnamed:
            return [Member(None, type, None, said.packed, said.align)]
        type = self.needed(context, type, _type_token(specifiers))
        whole = bare(type.of if isinstance(type, Opaque) else type)
        if not isinstance(whole, (Record, RecordRef)):
            return []
        if said != NONE or not isinstance(type, (Record, RecordRef, Opaque)) or isinstance(node, Typeof):
            type = Unknown("compilers differ in what an unnamed member of a named type is if more than the name is said")
        return [Member(None, type)]

    def _enum(
        self, context: Context, node: Enumeration, specifiers: Specifiers | None, identity: str, name: str | None
    ) -> Type:
        said = self._attributes(context, type_attributes(context.tokens.words, node, specifiers))
        if node.underlying is not None:
            type = bare(self._specified(context, node.underlying, light=False))
            underlying = type.underlying if isinstance(type, Enum) else type
            if not isinstance(underlying, Integer):
                return Unknown("no type for an enum")
            return Enum(identity, name, underlying, said.align)
        if node.enumerators is None:
            return Unknown(f"nothing defines 'enum {name}'")
        values = self.constants.enumerator_values(context, node)
        facts = self.definitions.facts()
        try:
            underlying = enum_underlying(values, facts, said.packed)
        except NoValue as problem:
            raise NotConstant(node.low, node.low + 1, problem.reason, context.entity) from problem
        if said.mode is not None:
            type = in_mode(Integer("int") if facts.mode_enums_signed else underlying, said.mode, facts, self._size)
            underlying = type if isinstance(type, Integer) else underlying
        return Enum(identity, name, underlying, said.align)

    # attributes

    def declared_alignment(self, entity: Entity) -> int | None:
        """The alignment that a variable's own attributes ask for."""
        bound, context = self._definition(entity), self.context(entity)
        if bound is None or context is None or bound.entry.specifiers is None:
            return None
        return self._declaration_attributes(context, bound.entry.specifiers, bound.entry.declarator).align

    def _declaration_attributes(
        self, context: Context, specifiers: Specifiers, declarator: Declarator | None
    ) -> Attributes:
        """The attributes of what is declared, without those of a type that is defined in the same place."""
        ranges = list(declarator.attributes) if declarator is not None else []
        if declarator is not None and declarator.derivations and isinstance(declarator.derivations[0], PointerTo):
            ranges += declarator.derivations[0].attributes
        if specifiers.attributes:
            of_type = type_attributes(context.tokens.words, specifiers.type, specifiers)
            ranges += [one for one in specifiers.attributes if one not in of_type]
        return self._attributes(context, ranges) if ranges else NONE

    def _attributes(self, context: Context, ranges: list[Range]) -> Attributes:
        if not ranges:
            return NONE

        def constant(low: int, high: int) -> int:
            return self.constants.evaluate(context, low, high).value

        def alignment(low: int, high: int) -> int:
            return self.constants.alignment(context, low, high)

        return attributes(context.tokens.words, ranges, constant, alignment, self.definitions.facts)


def _identity(entity: Entity) -> str:
    """What sets an entity apart in a program; a header's name is one entity wherever it was included."""
    return entity.name if entity.origin == "header" else f"{entity.file}::{entity.name}"


def _tag(entity: Entity) -> str | None:
    return None if entity.name.startswith("{") else entity.name


def _type_token(specifiers: Specifiers) -> int:
    """The token at which a message about the type of some specifiers stands."""
    match specifiers.type:
        case Named(name):
            return name.at
        case Aggregate(name=name, members=None) | Enumeration(name=name, enumerators=None) if name is not None:
            return name.at
        case Aggregate(low=low) | Enumeration(low=low) | Typeof(low=low):
            return low
    return specifiers.low
