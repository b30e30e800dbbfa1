"""Function bodies: blocks, loops, labels, nested functions and all kinds of declarations in them.

Every use is told to `check_` with a number of its own, so two runs that print the same bound every name alike. A
mistake can be ordered: at one of its statements the body then holds a name that means nothing good.
"""

from __future__ import annotations

from collections.abc import Callable

from scopes.block_declarations import BlockDeclarations
from scopes.pairs import NOTHING, Text, text
from scopes.world import (
    INT,
    ORDINARY,
    TAG,
    Basic,
    Function,
    Named,
    Pointer,
)

Form = Callable[["Statements", int], list[Text]]


class Statements(BlockDeclarations):
    """The statements of one function body."""

    labels: set[str]
    is_nested = False
    more = 0  # how many statements may still come
    mistake: Callable[[Statements], Text | None] | None = None

    def body(self, size: int) -> list[Text]:
        """The lines of a function body without its braces, in the innermost scope."""
        self.labels = set()
        self.more = size
        lines: list[Text] = []
        while self.more > 0:
            lines += self.statement(0)
        return lines

    def statement(self, depth: int) -> list[Text]:
        self.more -= 1
        self.calls_left = 1
        if self.mistake is not None:
            wrong = self.mistake(self)
            if wrong is not None:
                return [wrong, text("check_(0, 0);")]
        kind = self.choices.below(len(FORMS) + 8)
        if kind < 8 or depth > 3:
            return self.something()
        return FORMS[kind - 8](self, depth)

    def _statements(self, depth: int) -> list[Text]:
        """Some statements in the running scope."""
        return [line for _ in range(1 + self.choices.below(3)) for line in self.statement(depth + 1)]

    def block(self, depth: int) -> list[Text]:
        with self.scope():
            return [text("{"), *self._statements(depth), text("}")]

    def choice(self, depth: int) -> list[Text]:
        """`if` with a type in its condition, whose names reach both branches."""
        with self.scope():
            if self.choices.chance(50):
                defined, _ = self.local_type(self.choices.pick(("struct", "enum")), self.free_name(TAG))
                condition = text("sizeof(", defined, ")")
            else:
                condition = self.integer(1)
            with self.scope():
                yes = self._statements(depth)
            with self.scope():
                no = self._statements(depth)
        return [text("if (", condition, ") {"), *yes, text("} else {"), *no, text("}")]

    def loop(self, depth: int) -> list[Text]:
        """A `for` of one round, whose declaration has a scope of its own."""
        with self.scope():
            type_ = self.some_type()
            named = self.declare(type_) if self._is_integer(type_) else None
            if named is None:
                type_, named = INT, text("int ")
            name = self.free_name()
            entity = self.enter(ORDINARY, name, "variable")
            value = self.integer(2)
            self.world.types[entity] = type_
            self.world.ready.add(entity)
            whole = Text(name, entity.plain)
            rounds = Text("rounds_", f"rounds_{self.world.number()}")
            head = text("for (", named, whole, " = ", value, ", ", rounds, " = 0; ", rounds, " < 1; ", rounds, "++) {")
            with self.scope():
                inner = self._statements(depth)
        return [head, *inner, text("}")]

    def selection(self, depth: int) -> list[Text]:
        """A `switch` on a constant, and a label that may look like a conditional."""
        found = self.choose(lambda e: e in self.world.values)
        value = found[1] if found is not None else text("7")
        with self.scope():
            inner = self._statements(depth)
            checked = self.checked(self.integer(2))
        return [text("switch (", value, ") {"), text("case ", value, ": ;"), text("{"), *inner, checked, text("}"),
                text("break;"), text("default: ;"), text("}")]  # fmt: skip

    def jump(self, depth: int) -> list[Text]:
        """A label, which has no name space in common with anything."""
        names = [name for name in self.world.pool if name not in self.labels]
        if not names:
            return self.something()
        name = self.choices.pick(names)
        self.labels.add(name)
        label = text(Text(name, f"{name}_l"))
        expression = self.checked(self.integer())
        if self.choices.chance(50):
            pointer = f"p{self.world.number()}"
            return [text(f"{{ void *{pointer} = &&", label, f"; goto *{pointer}; }}"), text(label, ": ;"), expression]
        return [text("goto ", label, ";"), text(label, ":"), expression]

    def assignment(self, depth: int) -> list[Text]:
        found = [
            (entity, name) for entity, name in self.reachable(lambda e: e.kind == "variable" and not e.owner)
            if isinstance(self.world.types.get(entity), Basic) and entity in self.world.ready
        ]  # fmt: skip
        if not found:
            return self.something()
        _, name = self.choices.pick(found)
        return [text("(void)&", name, ";"), self.checked(self.integer())]

    def looks_like_a_declaration(self, depth: int) -> list[Text]:
        """`a * b;`, `f (x);`: a product or a call if `a` or `f` is no type, else declarations."""
        kind = self.choices.pick(("typedef", "variable"))
        found = self.choose(
            lambda e: e.kind == kind and e in self.world.ready
            and (kind == "typedef" and self.world.is_complete(Named(e)) or self._is_integer(self.world.types[e]))
        )  # fmt: skip
        if found is None:
            return self.something()
        entity, name = found
        if kind == "variable":
            other = self.choose(
                lambda e: e.kind == "variable" and e in self.world.ready and self._is_integer(self.world.types[e])
            )
            right = other[1] if other is not None else text("1")
            return [text(name, " * ", right, ";"), self.checked(self.integer())]
        self.mentioned.add(entity)
        base = Named(entity)
        new = self.free_name()
        if self.choices.chance(50) or not isinstance(self.world.strip(base, self.file), Basic):
            local = self.enter(ORDINARY, new, "variable", Pointer(base))
            self.world.null.add(local)
            return [text(name, " * ", Text(new, local.plain), " = 0;"), self.checked(self.integer())]
        local = self.enter(ORDINARY, new, "variable", base)
        return [text(name, " (", Text(new, local.plain), ") = 5;"), self.checked(self.integer())]

    def nested_function(self, depth: int) -> list[Text]:
        """A function in a function (GNU C), with labels and parameters of its own."""
        if depth > 1:
            return self.block(depth)
        name = self.free_name()
        entity = self.enter(ORDINARY, name, "function", Function(INT, (INT,)))
        labels, self.labels = self.labels, set()
        outside, self.is_nested = self.is_nested, True
        steps = self.steps
        with self.scope():
            parameter = self.free_name()
            inner = self.enter(ORDINARY, parameter, "variable", INT)
            given = text("int ", Text(parameter, inner.plain))
            if self.choices.chance(30):
                more, type_ = self.own_parameter()
                given = text(given, ", ", more)
                self.world.types[entity] = Function(INT, (INT, type_))
            head = text("int ", Text(name, entity.plain), "(", given, ") {")
            lines = self._statements(depth + 1)
            self.calls_left = 1
            back = text("return ", self.integer(2), ";")
        self.labels, self.is_nested = labels, outside
        self.world.callable[entity] = self.steps - steps + 1
        return [head, *lines, back, text("}")]

    def assembly(self, depth: int) -> list[Text]:
        """An `asm` with an operand that has a name of its own."""
        name = self.choices.pick(self.world.pool)
        with self.scope():
            whole, declared = self.local_variable(text("int"), INT)
            line = text("{ ", declared, f' __asm__("" : [{name}] "+r"(', whole, ")); ", self.checked(whole), " }")
        return [line]

    def assertion(self, depth: int) -> list[Text]:
        return [text("_Static_assert(", self.constant(), " + 1 > 0, \"\");")]

    def own_name(self, depth: int) -> list[Text]:
        """`__func__`, whose first letter is the same in both languages."""
        if self.is_nested:
            return self.block(depth)
        return [text(f"check_({self.world.number()}, __func__[0] + sizeof(__func__[1]));")]

    def local_label(self, depth: int) -> list[Text]:
        """A label of a block, which hides one of the function."""
        name = self.choices.pick(self.world.pool)
        label = Text(name, f"{name}_l")
        hidden = name in self.labels
        self.labels.add(name)
        with self.scope():
            inner = self._statements(depth)
        if not hidden:
            self.labels.discard(name)
        return [text("{ __label__ ", label, "; goto ", label, "; ", label, ": ;"), *inner, text("}")]


FORMS: tuple[Form, ...] = (
    Statements.declaration, Statements.declaration, Statements.sized_array, Statements.local_typedef,
    Statements.type_definition, Statements.outside, Statements.block, Statements.choice, Statements.loop,
    Statements.selection, Statements.jump, Statements.looks_like_a_declaration, Statements.nested_function,
    Statements.tag_announced, Statements.assembly, Statements.assertion, Statements.own_name, Statements.same_type,
    Statements.local_label, Statements.variable_array, Statements.prototype, Statements.attributes, Statements.aligned,
    Statements.implicit,
)  # fmt: skip

__all__ = ["NOTHING", "Statements"]
