"""The syntax tree of declarations: what the grammar makes of one top-level statement.

Every node counts tokens of its own statement: `low` is its first token, `high` the one after its last. Expressions,
attributes and bodies stay ranges of tokens; whoever needs their inside reads them (`stage3_bind`, `body_grammar`).
Nodes are never written to; what the stages find out stands in tables beside the tree.
"""

from __future__ import annotations

from typing import Union

import msgspec


class Range(msgspec.Struct, frozen=True, gc=False):
    """Tokens low..high-1 of the statement."""

    low: int
    high: int


class Name(msgspec.Struct, frozen=True, gc=False):
    """An identifier at token `at`; `path` is the module written before `::` ('' in `::x`, None without `::`).

    The name with its qualifier covers the tokens low..at.
    """

    text: str
    at: int
    low: int
    path: str | None = None


class Basic(msgspec.Struct, frozen=True, gc=False):
    """The keywords of a type that the language defines, in the order written: `unsigned`, `long`."""

    words: tuple[str, ...]


class Named(msgspec.Struct, frozen=True, gc=False):
    """A typedef's name used as a type."""

    name: Name


class Typeof(msgspec.Struct, frozen=True, gc=False):
    """`typeof(…)`, `_Atomic(…)`, `_BitInt(…)` or `__auto_type`, by its tokens.

    `operand` is what stands in the parentheses, a node of `body_tree`, where that was read already.
    """

    low: int
    high: int
    operand: object = None


class Enumerator(msgspec.Struct, frozen=True, gc=False):
    """One constant of an enum; `value` is the expression after its equals sign."""

    name: Name
    value: Range | None


class Aggregate(msgspec.Struct, frozen=True, gc=False):
    """`struct` or `union`; without `members` it only names the type."""

    kind: str
    name: Name | None
    members: tuple[Union["Declaration", "Assertion"], ...] | None
    low: int
    high: int


class Enumeration(msgspec.Struct, frozen=True, gc=False):
    """`enum`; without `enumerators` it only names the type. `underlying` as C23 lets it be written."""

    name: Name | None
    enumerators: tuple[Enumerator, ...] | None
    underlying: Union["Specifiers", None]
    low: int
    high: int
    kind: str = "enum"


TypeSpecifier = Union[Basic, Named, Typeof, Aggregate, Enumeration]


class Specifiers(msgspec.Struct, frozen=True, gc=False):
    """What stands before the declarators (C17 6.7). `type` is None where C89 would imply int."""

    storage: tuple[str, ...]
    qualifiers: tuple[str, ...]
    type: TypeSpecifier | None
    attributes: tuple[Range, ...]
    low: int
    high: int


class Pointer(msgspec.Struct, frozen=True, gc=False):
    """`*` with its qualifiers and attributes."""

    qualifiers: tuple[str, ...]
    attributes: tuple[Range, ...] = ()


class Array(msgspec.Struct, frozen=True, gc=False):
    """`[…]`; the tokens between the brackets are low+1..high-2."""

    low: int
    high: int


class Function(msgspec.Struct, frozen=True, gc=False):
    """`(…)`; `empty` for `()`."""

    parameters: tuple["Parameter", ...]
    variadic: bool
    low: int
    high: int

    @property
    def empty(self) -> bool:
        return not self.parameters and not self.variadic


Derivation = Union[Pointer, Array, Function]


class Declarator(msgspec.Struct, frozen=True, gc=False):
    """One declarator (C17 6.7.6), abstract when `name` is None.

    `derivations` run from the name outward: `*f[2]` is (Array, Pointer). `low..high` covers it with its asm label
    and attributes, without bit-field width and initializer, which are the expressions `width` and `initializer`.
    """

    name: Name | None
    derivations: tuple[Derivation, ...]
    low: int
    high: int
    attributes: tuple[Range, ...] = ()
    asm_label: Range | None = None
    width: Range | None = None
    initializer: Range | None = None


class Parameter(msgspec.Struct, frozen=True, gc=False):
    """One parameter; the declarator is abstract or missing in many prototypes."""

    specifiers: Specifiers
    declarator: Declarator | None


class Declaration(msgspec.Struct, frozen=True, gc=False):
    """Specifiers and declarators, at top level, among members or in a parameter list of the old style."""

    specifiers: Specifiers
    declarators: tuple[Declarator, ...]


class FunctionDefinition(msgspec.Struct, frozen=True, gc=False):
    """A function with a body; `old_style` are the parameter declarations of K&R C."""

    specifiers: Specifiers
    declarator: Declarator
    old_style: tuple[Declaration, ...]


class Assertion(msgspec.Struct, frozen=True, gc=False):
    """`_Static_assert(…)`, by its tokens."""

    low: int
    high: int


class Assembly(msgspec.Struct, frozen=True, gc=False):
    """`asm(…)` at top level."""

    low: int
    high: int


Statement = Union[Declaration, FunctionDefinition, Assertion, Assembly]
