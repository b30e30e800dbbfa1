"""What one parsed statement declares: its names, each with the nodes that say what it is.

A statement may declare many things (`struct S {…} a, *b;`). `declared` lists them in source order, the inner tags
and enumerators of a type before the type itself. The language reference, section 3, says what one `export` covers.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import lru_cache

import msgspec

from modcore.syntax import parse_statement
from modcore.syntax.classify import after_attributes, closing
from modcore.syntax.tree import (
    Aggregate,
    Declaration,
    Declarator,
    Enumeration,
    Enumerator,
    Function,
    FunctionDefinition,
    Name,
    Named,
    Range,
    Specifiers,
    Statement,
)  # fmt: skip

TAG = "tag"
ORDINARY = "name"
INLINE_WORDS = frozenset(("inline", "__inline", "__inline__"))


class Declared(msgspec.Struct, frozen=True, gc=False):
    """One name: its name space, kind, and nodes.

    `name` of a type without tag is made of what names it (`{T}` for `typedef struct {…} T;`), its `at` is -1.
    `defines` is false for forward declarations, prototypes and `extern` without initializer.
    """

    space: str
    kind: str
    name: str
    at: int
    defines: bool
    specifiers: Specifiers | None = None
    declarator: Declarator | None = None
    type: Aggregate | Enumeration | None = None
    enumerator: Enumerator | None = None


def declared(tree: Statement) -> list[Declared]:
    """The names that a top-level statement declares."""
    if isinstance(tree, FunctionDefinition):
        name = tree.declarator.name
        if name is None:
            return []
        types = _types(tree.specifiers, [tree.declarator])
        own = Declared(ORDINARY, "function", name.text, name.at, True, tree.specifiers, tree.declarator)
        return [*types, own]
    if not isinstance(tree, Declaration):
        return []
    out = _types(tree.specifiers, tree.declarators)
    type_ = tree.specifiers.type
    if not tree.declarators and isinstance(type_, (Aggregate, Enumeration)) and type_.name and not _body(type_):
        out.append(Declared(TAG, type_.kind, type_.name.text, type_.name.at, False, tree.specifiers, None, type_))
    storage = tree.specifiers.storage
    for declarator in tree.declarators:
        name = declarator.name
        if name is None:
            continue
        if "typedef" in storage:
            kind, defines = "typedef", True
        elif declarator.derivations and isinstance(declarator.derivations[0], Function):
            kind, defines = "function", False
        else:
            kind, defines = "variable", "extern" not in storage or declarator.initializer is not None
        out.append(Declared(ORDINARY, kind, name.text, name.at, defines, tree.specifiers, declarator))
    return out


# A definition is asked for by its name, and one statement may define a hundred thousand.
@lru_cache(maxsize=1 << 14)
def declared_by(head: str, has_body: bool) -> dict[tuple[str, str], Declared]:
    """What a statement declares, by name space and name; the first one of each. Raises SyntaxProblem."""
    found: dict[tuple[str, str], Declared] = {}
    for entry in declared(parse_statement(head, has_body).tree):
        found.setdefault((entry.space, entry.name), entry)
    return found


def hoisted(type_: Aggregate) -> Iterator[tuple[Declaration, Aggregate | Enumeration]]:
    """The types defined inside a struct or union that are visible outside it, with their member declarations.

    Structs and unions without a tag stay where they are; what they define inside is looked into.
    """
    for member in type_.members or ():
        if not isinstance(member, Declaration):
            continue
        inner = member.specifiers.type
        if isinstance(inner, Enumeration) and inner.enumerators is not None:
            yield member, inner
        elif isinstance(inner, Aggregate) and inner.members is not None:
            if inner.name is not None:
                yield member, inner
            else:
                yield from hoisted(inner)


def type_attributes(words: list[str], node: object, specifiers: Specifiers | None) -> list[Range]:
    """The attributes that belong to a type defined here: those after its keyword, and right after its brace.

    A `__declspec` belongs to it before the keyword, and after the brace to what is declared.
    """
    if not isinstance(node, (Aggregate, Enumeration)):
        return []
    found: list[Range] = []
    k, end = node.low + 1, after_attributes(words, node.low + 1)
    while k < end:
        found.append(Range(k, closing(words, k if words[k] == "[" else k + 1)))
        k = found[-1].high
    following = node.high
    for attribute in sorted(specifiers.attributes if specifiers is not None else (), key=lambda one: one.low):
        special = words[attribute.low] == "__declspec"
        if special and attribute.low < node.low and _body(node):
            found.append(attribute)
        elif attribute.low == following:
            following = attribute.high
            if not special:
                found.append(attribute)
    return found


def mentioned_types(entry: Declared) -> frozenset[tuple[str, Name]]:
    """The tags and type names, with their name spaces, that one declaration names without defining them."""
    nodes: list[object] = [entry.type] if entry.declarator is None else [entry.specifiers, entry.declarator]
    found: set[tuple[str, Name]] = set()
    while nodes:
        node = nodes.pop()
        if isinstance(node, tuple):
            nodes.extend(node)
        elif isinstance(node, Named):
            found.add((ORDINARY, node.name))
        elif isinstance(node, msgspec.Struct):
            if isinstance(node, (Aggregate, Enumeration)) and node is not entry.type and node.name is not None:
                found.add((TAG, node.name))
            nodes.extend(getattr(node, field) for field in node.__struct_fields__)
    return frozenset(found)


def parameter_names(function: Function, words: list[str], others: Container[int] = ()) -> set[int]:
    """The tokens that name a function's parameters, which importers do not need; none if a bound needs one of them.

    The tokens in `others` are known to name something else.
    Parentheses around a name go with it: without it, `int (x)` would say something else.
    """
    declarators = [parameter.declarator for parameter in function.parameters]
    own = {one.name.at for one in declarators if one is not None and one.name is not None}
    named = {words[at] for at in own}
    if any(words[at] in named for at in range(function.low, function.high) if at not in own and at not in others):
        return set()
    dropped = set(own)
    for at in own:
        low, high = at - 1, at + 1
        while words[low] == "(" and words[high] == ")" and low > function.low:
            dropped |= {low, high}
            low, high = low - 1, high + 1
    return dropped


def given_name(type_: Aggregate | Enumeration, declarators: tuple[Declarator, ...] | list[Declarator]) -> str:
    """The tag of a type, or a name for one without: from what it declares, in braces no identifier can have."""
    if type_.name is not None:
        return type_.name.text
    if isinstance(type_, Enumeration) and type_.enumerators:
        return "{" + type_.enumerators[0].name.text + "}"
    return "{" + next((d.name.text for d in declarators if d.name is not None), "") + "}"


def _types(specifiers: Specifiers, declarators: tuple[Declarator, ...] | list[Declarator]) -> list[Declared]:
    type_ = specifiers.type
    if not isinstance(type_, (Aggregate, Enumeration)) or not _body(type_):
        return []
    out: list[Declared] = []
    _define(type_, specifiers, declarators, out)
    return out


def _define(
    type_: Aggregate | Enumeration,
    specifiers: Specifiers,
    declarators: tuple[Declarator, ...] | list[Declarator],
    out: list[Declared],
) -> None:
    at = type_.name.at if type_.name is not None else -1
    if isinstance(type_, Enumeration):
        for enumerator in type_.enumerators or ():
            name: Name = enumerator.name
            out.append(
                Declared(ORDINARY, "enumerator", name.text, name.at, True, specifiers, None, type_, enumerator)
            )
    else:
        for member, inner in hoisted(type_):
            named = member.declarators
            _define(inner, member.specifiers, named, out)
    if type_.name is not None or declarators or isinstance(type_, Enumeration):
        out.append(Declared(TAG, type_.kind, given_name(type_, declarators), at, True, specifiers, None, type_))


def _body(type_: Aggregate | Enumeration) -> bool:
    return (type_.members if isinstance(type_, Aggregate) else type_.enumerators) is not None


class MemberNames(msgspec.Struct, frozen=True, gc=False):
    """What a member declaration declares; `open`: also the members of a type that stands in it without a declarator."""

    names: frozenset[str]
    open: bool = False

    def meet(self, members: frozenset[str]) -> bool:
        """Whether one of `members` may be declared by it."""
        return bool(members) if self.open else not self.names.isdisjoint(members)


def member_declarations(type_: object) -> Iterator[tuple[MemberNames, int, int]]:
    """For each member declaration of a struct or union the names that it declares and its range of tokens."""
    if isinstance(type_, Aggregate):
        declarations = [member for member in type_.members or () if isinstance(member, Declaration)]
        ends = [member.specifiers.low for member in declarations[1:]] + [type_.high]
        for member, end in zip(declarations, ends):
            yield _member_names(member), member.specifiers.low, end


def _member_names(member: Declaration) -> MemberNames:
    """The names of a member declaration, those of anonymous members' members included."""
    found = frozenset(declarator.name.text for declarator in member.declarators if declarator.name is not None)
    inner = member.specifiers.type
    if isinstance(inner, Aggregate) and inner.members is not None:
        nested = [_member_names(one) for one in inner.members if isinstance(one, Declaration)]
        return MemberNames(found.union(*(one.names for one in nested)), any(one.open for one in nested))
    return MemberNames(found, not member.declarators)
