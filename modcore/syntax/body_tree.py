"""The syntax tree of function bodies, initializers and other expressions: what the body grammar makes of them.

Nodes count tokens as those of `tree` do: `low` is a node's first token, `high` the one after its last. Declarations
inside bodies are the nodes of `tree`, so whoever reads a declarator at the top level reads a local one as well; the
expressions inside a declaration or a type name (bounds, widths, initializers, operands of `typeof`) stand beside it
in `expressions`, and the range that a declarator gives for one begins at its first token. Nodes are never written to.
"""

from __future__ import annotations

from typing import Union

import msgspec

from modcore.syntax.tree import Declaration, Declarator, Name, Range, Specifiers


class _Node(msgspec.Struct, frozen=True, gc=False):
    """Tokens low..high-1 of the text."""

    low: int
    high: int


# 6.5 expressions


class Identifier(_Node):
    """A name, perhaps with a module before `::`."""

    name: Name


class Literal(_Node):
    """An integer, floating or character constant; its spelling is the token."""


class String(_Node):
    """Adjacent string literals, which make one string."""


class Parenthesised(_Node):
    """`(expression)`."""

    inner: Expression


class StatementExpression(_Node):
    """`({ … })`."""

    block: Block


class Association(_Node):
    """One `type: value` of `_Generic`; `type` is None for `default`."""

    type: TypeName | None
    value: Expression


class Generic(_Node):
    """`_Generic(control, …)`."""

    control: Expression
    associations: tuple[Association, ...]


class Index(_Node):
    """`operand[index]`."""

    operand: Expression
    index: Expression


class Call(_Node):
    """`function(arguments)`; builtins of the compiler may have types among them."""

    function: Expression
    arguments: tuple[Expression | TypeName, ...]


class Member(_Node):
    """`operand.name`, or `operand->name` with `arrow`."""

    operand: Expression
    arrow: bool
    name: Name


class Postfix(_Node):
    """`operand++` and `operand--`."""

    operator: str
    operand: Expression


class CompoundLiteral(_Node):
    """`(type){ … }`."""

    type: TypeName
    value: Braces


class Unary(_Node):
    """A prefix operator: `++ -- & * + - ~ !`, `sizeof` and its like, `__real__`, `__imag__`, `__extension__`."""

    operator: str
    operand: Expression


class SizeOf(_Node):
    """`sizeof(type)`, `_Alignof(type)` and their other spellings."""

    operator: str
    type: TypeName


class LabelAddress(_Node):
    """`&&label`."""

    label: Name


class Cast(_Node):
    """`(type)operand`."""

    type: TypeName
    operand: Expression


class Binary(_Node):
    """Two operands with an arithmetic, comparing, bitwise or logical operator between them."""

    operator: str
    left: Expression
    right: Expression


class Conditional(_Node):
    """`condition ? then : otherwise`; `then` is None in GNU's `condition ?: otherwise`."""

    condition: Expression
    then: Expression | None
    otherwise: Expression


class Assignment(_Node):
    """`left = right` and `left += right`."""

    operator: str
    left: Expression
    right: Expression


class Comma(_Node):
    """`left, right`."""

    left: Expression
    right: Expression


class TypeName(_Node):
    """A type inside an expression (6.7.7); the declarator is abstract or missing."""

    specifiers: Specifiers
    declarator: Declarator | None
    expressions: tuple[Expression, ...]


# 6.7.9 initializers


class MemberDesignator(_Node):
    """`.name` of a designated initializer, also `name:` of old GNU C."""

    name: Name


class IndexDesignator(_Node):
    """`[first]` or `[first ... last]`."""

    first: Expression
    last: Expression | None


Designator = Union[MemberDesignator, IndexDesignator]


class Initializer(_Node):
    """One entry between braces, with what stands before its equals sign."""

    designators: tuple[Designator, ...]
    value: Expression


class Braces(_Node):
    """`{ … }` as an initializer."""

    entries: tuple[Initializer, ...]


Expression = Union[
    Identifier, Literal, String, Parenthesised, StatementExpression, Generic, Index, Call, Member, Postfix,
    CompoundLiteral, Unary, SizeOf, LabelAddress, Cast, Binary, Conditional, Assignment, Comma, Braces,
]  # fmt: skip


# 6.8 statements


class Block(_Node):
    """`{ … }` as a statement."""

    items: tuple[Item, ...]


class Evaluation(_Node):
    """An expression as a statement; None for the empty statement."""

    expression: Expression | None


class Label(_Node):
    """`name:`; in a block it stands before the item that it labels."""

    name: Name


class Case(_Node):
    """`case first:` or `case first ... last:`; both are None in `default:`."""

    first: Expression | None
    last: Expression | None


class Labelled(_Node):
    """A labelled statement where only one statement may stand, as after `if (…)`."""

    label: Label | Case
    statement: Statement


class If(_Node):
    """`if`, with or without `else`."""

    condition: Expression
    then: Statement
    otherwise: Statement | None


class Switch(_Node):
    """`switch`."""

    control: Expression
    body: Statement


class While(_Node):
    """`while`."""

    condition: Expression
    body: Statement


class DoWhile(_Node):
    """`do … while`."""

    body: Statement
    condition: Expression


class For(_Node):
    """`for`; each of its three parts may be missing."""

    start: LocalDeclaration | Expression | None
    condition: Expression | None
    step: Expression | None
    body: Statement


class Goto(_Node):
    """`goto label;`."""

    label: Name


class ComputedGoto(_Node):
    """`goto *target;`."""

    target: Expression


class Jump(_Node):
    """`break;` or `continue;`, by its word."""

    word: str


class Return(_Node):
    """`return`, with or without a value."""

    value: Expression | None


class Operand(_Node):
    """An operand of `asm`; without `value` a clobbered register, or a label by its `name`."""

    name: Name | None
    value: Expression | None


class InlineAssembly(_Node):
    """`asm` as a statement: what stands between its colons, outputs first."""

    sections: tuple[tuple[Operand, ...], ...]


class LocalLabels(_Node):
    """`__label__ a, b;`."""

    names: tuple[Name, ...]


class LocalAssertion(_Node):
    """`_Static_assert(condition, …);`."""

    condition: Expression


class LocalDeclaration(_Node):
    """A declaration inside a block, with the expressions inside it, in the order in which they stand."""

    declaration: Declaration
    expressions: tuple[Expression, ...]


class NestedFunction(_Node):
    """A function defined in a block (GNU C)."""

    specifiers: Specifiers
    declarator: Declarator
    old_style: tuple[Declaration, ...]
    expressions: tuple[Expression, ...]
    body: Block


class LocalImport(_Node):
    """An import statement in a block (language reference, section 2), by its tokens."""


Statement = Union[
    Block, Evaluation, Labelled, If, Switch, While, DoWhile, For, Goto, ComputedGoto, Jump, Return, InlineAssembly,
]  # fmt: skip
Item = Union[
    Statement, Label, Case, LocalLabels, LocalAssertion, LocalDeclaration, NestedFunction, LocalImport,
]  # fmt: skip

Attributes = tuple[Range, ...]
