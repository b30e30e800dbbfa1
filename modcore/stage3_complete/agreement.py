"""Whether what two files saw under one header name is one thing (language reference, section 9).

In come two header entities of one name, each as the unit of its file saw it; out goes yes or no. It is yes when C calls
the declarations compatible (C17 6.2.7), however they are spelled: parameter names, typedefs on the way, the order of
specifiers, repeated declarations and attributes that change neither a layout nor a call count for nothing. Constants
have one value, inline functions one body, structs the same members. A struct behind another declaration is only
compared by its tag, because it is an entity itself. What cannot be worked out is compared as text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from modcore.ctype import Builtin, Enum, Floating, Integer, Record, RecordRef, Type, Void
from modcore.ctype import Pointer as PointerTo
from modcore.entities import Entity
from modcore.stage3_bind.definitions import Bound
from modcore.stage3_complete.attributes import named_attributes
from modcore.stage3_complete.basic_types import basic_type
from modcore.stage3_complete.demand import ConstantCycle, Incomplete, InfiniteSize, NotConstant, context_of
from modcore.stage3_complete.types_of import Types
from modcore.syntax import Tokens
from modcore.syntax.classify import KNOWN_TYPES
from modcore.syntax.declared import type_attributes
from modcore.syntax.tree import (
    Aggregate,
    Array,
    Basic,
    Declaration,
    Declarator,
    Enumeration,
    Function,
    Named,
    Pointer,
    Range,
    Specifiers,
    Typeof,
)  # fmt: skip

Form = tuple
"""A type as nested tuples, without typedefs; the first item says what it is."""

_BINARY = frozenset(
    "packed aligned align mode vector_size address_space matrix_type transparent_union ms_struct gcc_struct"
    " scalar_storage_order"
    " stdcall cdecl fastcall thiscall vectorcall regparm ms_abi sysv_abi pcs".split()
)
"""The attributes that change a layout or a call."""
_UNKNOWN = (NotConstant, ConstantCycle, Incomplete, InfiniteSize)


class Agreement:
    """Compares header entities; `declarations` gives all declarations of one in its unit, bound."""

    def __init__(self, declarations: Callable[[Entity], list[Bound]], types: Types) -> None:
        self._declarations = declarations
        self._types = types
        self._forms: dict[Entity, list[Form]] = {}

    def agree(self, one: Entity, other: Entity) -> bool:
        """Whether two header entities of one name are the same."""
        objects = {one.kind, other.kind} <= {"variable", "function"}  # a function may be declared through a typedef
        if one.kind != other.kind and not objects:
            return False
        if one.kind == "enumerator":
            return self._types.constants.value(one) == self._types.constants.value(other)
        if one.kind in ("struct", "union", "enum"):
            return self._same_contents(one, other)
        ours, theirs = self._declarations(one), self._declarations(other)
        if one.kind != "typedef" and not _same_object(ours, theirs):
            return False
        return all(compatible(form, their) for form in self._of(one) for their in self._of(other))

    def _same_contents(self, one: Entity, other: Entity) -> bool:
        """Whether two tags have the same definition; one that is only announced may be any."""
        forms = []
        for entity in (one, other):
            defined = [b for b in self._declarations(entity) if b.entry.defines and b.entry.type is not None]
            if not defined:
                return True
            forms.append(self._contents(defined[0], defined[0].entry.type, defined[0].entry.specifiers))
        return compatible(forms[0], forms[1])

    def _of(self, entity: Entity) -> list[Form]:
        """The types that the declarations of a typedef, variable or function say."""
        forms = self._forms.get(entity)
        if forms is None:
            self._forms[entity] = [("text", entity.name)]  # a typedef that needs itself is only its name
            found = []
            for bound in self._declarations(entity):
                assert bound.entry.specifiers is not None
                found.append(self._type(bound, bound.entry.specifiers, bound.entry.declarator))
            forms = self._forms[entity] = found
        return forms

    # types

    def _type(self, bound: Bound, specifiers: Specifiers, declarator: Declarator | None) -> Form:
        form = _qualified(self._base(bound, specifiers), specifiers.qualifiers)
        ranges = (*specifiers.attributes, *(declarator.attributes if declarator is not None else ()))
        for derivation in reversed(declarator.derivations if declarator is not None else ()):
            match derivation:
                case Pointer(qualifiers, attributes):
                    form = _attributed(_qualified(("pointer", form), qualifiers), _binary(bound, attributes))
                case Array(low, high):
                    form = ("array", form, self._value(bound, low + 1, high - 1))
                case Function():
                    form = ("function", _unqualified(form), self._parameters(bound, derivation), derivation.variadic)
        return _attributed(form, _binary(bound, ranges))

    def _parameters(self, bound: Bound, function: Function) -> tuple[Form, ...] | None:
        """The types of parameters as they are passed; None when `()` says nothing about them."""
        if function.empty:
            return None
        forms = []
        for parameter in function.parameters:
            form = _unqualified(self._type(bound, parameter.specifiers, parameter.declarator))
            if form[0] == "array":
                form = ("pointer", form[1])
            elif form[0] == "function":
                form = ("pointer", form)
            forms.append(form)
        return () if forms == [("basic", "Void()")] else tuple(forms)

    def _base(self, bound: Bound, specifiers: Specifiers) -> Form:
        """What the specifiers say by themselves."""
        match specifiers.type:
            case None:
                return ("basic", "Integer(kind='int')")
            case Basic(words):
                return ("basic", repr(basic_type(words)))
            case Named(name):
                entity = bound.use_at(name.at)
                if entity is not None:
                    return self._of(entity)[0]
                return ("basic", repr(basic_type((name.text,)))) if name.text in KNOWN_TYPES else ("text", name.text)
            case Aggregate() | Enumeration() as node:
                if node.name is not None:
                    return ("tag", node.kind, node.name.text)
                return self._contents(bound, node, specifiers)
            case node:
                return self._typeof(bound, specifiers, node)

    def _typeof(self, bound: Bound, specifiers: Specifiers, node: Typeof) -> Form:
        try:
            form = _form_of(self._types.typeof(context_of(bound), specifiers, node))
        except _UNKNOWN:
            form = None
        return form if form is not None else ("text", bound.tokens.spelling(node.low, node.high))

    # structs, unions and enums

    def _contents(self, bound: Bound, node: Aggregate | Enumeration, specifiers: Specifiers | None) -> Form:
        """The members or the constants of a type that is defined here."""
        binary = _binary(bound, type_attributes(bound.tokens.words, node, specifiers))
        if isinstance(node, Enumeration):
            constants = tuple(
                (one.name.text, self._value(bound, one.value.low, one.value.high) if one.value else None)
                for one in node.enumerators or ()
            )
            return ("enum", _counted(constants), binary)
        members = tuple(member for one in node.members or () for member in self._members(bound, one))
        return ("record", node.kind, members, binary, (bound.state.pack, *bound.state.settings))

    def _members(self, bound: Bound, member: object) -> Iterator[Form]:
        if not isinstance(member, Declaration):
            return
        for declarator in member.declarators:
            width = declarator.width
            yield (
                declarator.name.text if declarator.name is not None else None,
                self._type(bound, member.specifiers, declarator),
                self._value(bound, width.low, width.high) if width is not None else None,
            )
        inner = member.specifiers.type
        if not member.declarators and isinstance(inner, Aggregate) and inner.name is None:
            yield None, self._type(bound, member.specifiers, None), None

    def _value(self, bound: Bound, low: int, high: int) -> int | str | None:
        """The value of a constant expression, its text where that is not known; None for no expression."""
        if low == high:
            return None
        try:
            return self._types.constants.evaluate(bound, low, high).value
        except _UNKNOWN:
            return bound.tokens.spelling(low, high)


def compatible(one: Form | None, other: Form | None) -> bool:
    """Whether two forms are of compatible types."""
    if one == other:
        return True
    if one is None or other is None:
        return False
    for union, passed in ((one, other), (other, one)):
        members = _passed_as(union)
        if members is not None and passed[0] != union[0]:
            return any(compatible(form, passed) for _, form, _ in members)
    if one[0] != other[0]:
        return False
    match one[0]:
        case "pointer":
            return compatible(one[1], other[1])
        case "qualified" | "attributed":
            return one[1] == other[1] and compatible(one[2], other[2])
        case "array":
            return compatible(one[1], other[1]) and (one[2] is None or other[2] is None or one[2] == other[2])
        case "function":
            if not compatible(one[1], other[1]) or None not in (one[2], other[2]) and one[3] != other[3]:
                return False
            return one[2] is None or other[2] is None or _all_compatible(one[2], other[2])
        case "record":
            named = zip(one[2], other[2], strict=False)
            if one[:2] + one[3:] != other[:2] + other[3:] or len(one[2]) != len(other[2]):
                return False
            return all(a[0] == b[0] and a[2] == b[2] and compatible(a[1], b[1]) for a, b in named)
        case _:
            return False


def _passed_as(form: Form) -> tuple[Form, ...] | None:
    """The members of a transparent union, any of which may be passed for it."""
    said = form[1] if form[0] == "attributed" else ()
    inner = form[2] if form[0] == "attributed" else form
    if inner[0] != "record" or "transparent_union" not in (*said, *inner[3]):
        return None
    members: tuple[Form, ...] = inner[2]
    return members


def _form_of(type: Type) -> Form | None:
    """A type that is known by its value, as a form; None for what keeps no spelling."""
    match type:
        case Integer() | Floating() | Void() | Builtin():
            return ("basic", repr(type))
        case Record(kind, _, name) | RecordRef(kind, _, name) if name is not None:
            return ("tag", kind, name)
        case Enum(_, name) if name is not None:
            return ("tag", "enum", name)
        case PointerTo(to):
            form = _form_of(to)
            return ("pointer", form) if form is not None else None
        case _:
            return None


def _all_compatible(ours: tuple[Form, ...], theirs: tuple[Form, ...]) -> bool:
    return len(ours) == len(theirs) and all(compatible(one, other) for one, other in zip(ours, theirs))


def _qualified(form: Form, qualifiers: Iterable[str]) -> Form:
    words = {word.strip("_") for word in qualifiers}
    if form[0] == "qualified":
        words |= form[1]
        form = form[2]
    return ("qualified", frozenset(words), form) if words else form


def _unqualified(form: Form) -> Form:
    """A type without its own qualifiers, which neither a parameter nor a returned value keeps."""
    return form[2] if form[0] == "qualified" else form


def _attributed(form: Form, binary: tuple[str, ...]) -> Form:
    return ("attributed", binary, form) if binary else form


def _binary(bound: Bound, ranges: Iterable[Range]) -> tuple[str, ...]:
    """The attributes in some ranges that change a layout or a call, in a fixed order."""
    words = bound.tokens.words
    found = (
        name + bound.tokens.spelling(low, high)
        for attribute in ranges
        for name, low, high in named_attributes(words, attribute)
        if name in _BINARY or name == "_Alignas"
    )
    return tuple(sorted(found))


def _counted(constants: Iterable[tuple[str, int | str | None]]) -> tuple[tuple[str, int | str], ...]:
    """Enumerators with the values that those without an expression get."""
    counted: list[tuple[str, int | str]] = []
    last: int | str = -1
    for name, value in constants:
        if value is None:
            value = last + 1 if isinstance(last, int) else f"{last} + 1"
        counted.append((name, value))
        last = value
    return tuple(counted)


def _same_object(ours: list[Bound], theirs: list[Bound]) -> bool:
    """Whether two units mean the same symbol, and define it alike where both do."""
    if _linkage(ours) != _linkage(theirs):
        return False
    bodies = [{_spelled(b) for b in bounds if b.statement.body >= 0} for bounds in (ours, theirs)]
    values = [{_initializer(b) for b in bounds} - {None} for bounds in (ours, theirs)]
    return all(not one or not other or one == other for one, other in (bodies, values))


def _linkage(bounds: list[Bound]) -> tuple[object, ...]:
    """How linkers see a function or variable: whether it is static, thread-local, and its assembler label."""
    storage = {word for b in bounds if b.entry.specifiers is not None for word in b.entry.specifiers.storage}
    labels = {
        "".join(word[1:-1] for word in b.tokens.words[label.low : label.high] if word[0] == '"')
        for b in bounds
        if b.entry.declarator is not None and (label := b.entry.declarator.asm_label) is not None
    }
    return "static" in storage, bool(storage & {"_Thread_local", "__thread", "thread_local"}), labels


def _spelled(bound: Bound) -> str:
    """The whole statement of a function's definition."""
    tokens = Tokens(bound.statement.text)
    return tokens.spelling(0, len(tokens.words))


def _initializer(bound: Bound) -> str | None:
    declarator = bound.entry.declarator
    if declarator is None or declarator.initializer is None:
        return None
    return bound.tokens.spelling(declarator.initializer.low, declarator.initializer.high)


__all__ = ["Agreement", "compatible"]
