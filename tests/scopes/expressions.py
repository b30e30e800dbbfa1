"""Expressions that use entities, each in a way that tells them apart.

`integer` makes any expression with an integer value; `use` one that depends on a given entity: the value of a
variable, what a function returns, the size of a type. `constant` makes constant expressions, as array bounds, bit-field
widths, enumerators and static initializers need them. What is not allowed with opaque types is not written.
"""

from __future__ import annotations

from scopes.declaring import Declaring
from scopes.pairs import Text, joined, text
from scopes.world import (
    INT,
    ORDINARY,
    Array,
    Basic,
    Entity,
    Function,
    Member,
    Named,
    Pointer,
    Type,
)

MOST_STEPS = 400


class Expressions(Declaring):
    """Expressions at one place of a program; at most one call in each statement, because C orders no two."""

    calls_left = 1
    steps = 0
    in_function = False

    # constant expressions

    def constant(self, depth: int = 0) -> Text:
        """A constant expression, not negative."""
        match self.choices.below(8):
            case 1 | 2 | 3:
                found = self.choose(lambda e: e in self.world.ready and e.kind in ("enumerator", "constant"))
                if found is not None:
                    return found[1]
            case 4 | 5:
                size = self._size_of_type()
                if size is not None:
                    return size
            case 6:
                found = self.choose(lambda e: e in self.world.ready and e.kind == "variable")
                if found is not None:
                    spaced = self.choices.pick(("sizeof(", "sizeof ("))
                    return text("(int)", spaced, found[1], ")")
            case 7 if depth < 2:
                left, right = self.constant(depth + 1), self.constant(depth + 1)
                form = self.choices.pick((" + ", " | ", " ^ ", " > ", " ? 3 : "))
                return text("(", left, form, right, ")")
            case _:
                pass
        return text(str(self.world.number() + 50))

    def small_constant(self) -> Text:
        """A constant expression that can be an array's bound."""
        if self.choices.chance(40):
            found = self.choose(lambda e: e in self.world.values)
            if found is not None:
                return found[1]
        return text("(", self.constant(), ") % 97 + 1")

    def _size_of_type(self) -> Text | None:
        found = self.choose(self.can_hold)
        if found is None:
            return None
        named = text(f"{found[0].kind} ", found[1]) if found[0].kind != "typedef" else found[1]
        self.mentioned.add(found[0])
        place = self._offset(found[0], named)
        if place is not None and self.choices.chance(25):
            return place
        return text(self.choices.pick(("(int)sizeof(", "(int)sizeof (", "(int)_Alignof(")), named, ")")

    def _offset(self, entity: Entity, named: Text) -> Text | None:
        """The offset of a member of a type that is named."""
        inner = self.world.strip(Named(entity), self.file)
        if not isinstance(inner, Named) or not self.is_transparent(inner.entity):
            return None
        members = [m for m in self.world.members.get(inner.entity, ()) if not m.is_field]
        if not members:
            return None
        return text("(int)__builtin_offsetof(", named, f", {self.choices.pick(members).name})")

    # integer expressions

    def integer(self, depth: int = 0) -> Text:
        """An expression with an integer value, that can be an operand of anything."""
        if depth > 6:
            return text(str(self.world.number()))
        kind = self.choices.below(12)
        if kind <= 6 or depth > 3:
            return self.any_use(depth)
        left, right = self.integer(depth + 1), self.integer(depth + 1)
        match kind:
            case 7:
                return text("(", left, self.choices.pick((" + ", " ^ ", " - ", " | ", " < ", ", ")), right, ")")
            case 8:
                return text("(", left, " ? ", right, " : ", self.integer(depth + 1), ")")
            case 9:
                return text("((", left, ")", self.choices.pick(("-", "*", "&", "+")), "(", right, "))")
            case 10:
                return self._cast(left)
            case _:
                return self._statement_expression(depth)

    def _cast(self, operand: Text) -> Text:
        """A cast, perhaps to a typedef's name."""
        found = self.choose(lambda e: e.kind == "typedef" and e in self.world.ready and self._is_integer(Named(e)))
        if found is None:
            return text("((long)", operand, ")")
        sign = self.choices.pick(("", "-", "+", "~"))
        form = self.choices.below(3)
        if form == 1:
            return text("((", found[1], "){", operand, "})")
        if form == 2:
            return text("_Generic((", found[1], ")0, ", found[1], ": ", operand, ", default: 1)")
        return text("((", found[1], ")", sign, operand, ")")

    def _is_integer(self, type_: Type) -> bool:
        return isinstance(self.world.strip(type_, self.file), Basic)

    def _statement_expression(self, depth: int) -> Text:
        if not self.in_function or depth > 2:
            return self.any_use(depth)
        with self.scope():
            declared = self.simple_declaration()
            return text("({ ", declared, " ", self.integer(depth + 1), "; })")

    def simple_declaration(self) -> Text:
        """A local integer variable."""
        type_ = self.choices.pick((INT, Basic("long"), Basic("short")))
        return self.local_variable(text(type_.words), type_)[1]

    def local_variable(self, named: Text, type_: Type) -> tuple[Text, Text]:
        """A local variable of a type that is spelled already: its name, and its declaration."""
        name = self.free_name()
        entity = self.enter(ORDINARY, name, "variable")
        whole = Text(name, entity.plain)
        value = self.initializer(type_, constant=False)  # the scope of the name has begun
        self.world.types[entity] = type_
        self.world.ready.add(entity)
        if isinstance(self.world.strip(type_), Pointer):
            self.world.null.add(entity)
        return whole, text(named, " ", whole, " = ", value, ";")

    def any_use(self, depth: int = 0) -> Text:
        """An expression that depends on something in reach."""
        found = self.choose(self.is_usable)
        if found is None:
            return text(str(self.world.number() + 50))
        return self.use(found[0], found[1], depth)

    def is_usable(self, entity: Entity) -> bool:
        return entity in self.world.ready

    def use(self, entity: Entity, name: Text, depth: int = 0) -> Text:
        """An integer that depends on an entity, which is called `name` here."""
        match entity.kind:
            case "typedef" | "struct" | "union" | "enum":
                self.mentioned.add(entity)
                return self._use_type(entity, name if entity.kind == "typedef" else text(f"{entity.kind} ", name), depth)
            case "enumerator" | "constant":
                return self.choices.pick((name, text("(", name, ")"), text("(int)sizeof(char[", name, "])")))
            case "function":
                return self._use_function(entity, name, depth)
            case _:
                form = self.choices.below(4)
                whole = (name, text("(", name, ")"), text("(*&", name, ")"), text("(*(&(", name, ")))"))[form]
                return self.reduce(whole, self.world.types[entity], entity not in self.world.null, depth)

    def _use_type(self, entity: Entity, named: Text, depth: int) -> Text:
        type_ = Named(entity)
        inner = self.world.strip(type_, self.file)
        if isinstance(inner, Function):
            return text("(int)sizeof(", named, " *)")
        forms = self.choices.below(5)
        if forms == 1 and isinstance(inner, Basic):
            return text("((", named, ")(", self.integer(depth + 2), "))")
        if forms == 2:
            place = self._offset(entity, named)
            if place is not None:
                return place
        if forms == 3 and self.in_function and depth < 3:
            with self.scope():
                name, declared = self.local_variable(named, type_)
                return text("({ ", declared, " ", self.reduce(name, type_, False, depth + 1), "; })")
        if forms == 4 and isinstance(inner, Named) and inner.entity.kind == "struct" and self.in_function:
            literal = text("((", named, ")", self.initializer(type_, False, depth + 1), ")")
            return self.reduce(literal, type_, False, depth + 1)
        size = ("sizeof(", "sizeof (", "_Alignof(", "sizeof(__typeof__(")[self.choices.below(4)]
        return text("(int)", size, named, ")" * size.count("("))

    def _use_function(self, entity: Entity, name: Text, depth: int) -> Text:
        type_ = self.world.types[entity]
        assert isinstance(type_, Function)
        steps = self.world.callable.get(entity)
        evaluated = steps is not None and self.calls_left > 0 and self.in_function and self.steps + steps < MOST_STEPS
        if evaluated:
            self.calls_left -= 1
        given = [self._argument(parameter, type_.old_style, depth + 2) for parameter in type_.parameters]
        if any(one is None for one in given):
            return text("((", name, ") != 0)") if self.in_function else text("1")
        if evaluated:
            assert steps is not None
            self.steps += steps
        callee = (name, text("(", name, ")"), text("(*", name, ")"), text("(&", name, ")"))[self.choices.below(4)]
        call = text(callee, "(", joined(", ", (one for one in given if one is not None)), ")")
        if evaluated:
            return self.reduce(call, type_.returns, False, depth)
        return self._measured(call, type_.returns)

    def _argument(self, type_: Type, exact: bool, depth: int) -> Text | None:
        """A value for a parameter; one of exactly its type when there is no prototype to convert it."""
        value = self.value(type_, depth)
        if value is None or not exact or not isinstance(self.world.strip(type_), Basic):
            return value
        named = self.declare(type_)
        return text("(", named, ")", value) if named is not None else None

    def _measured(self, expression: Text, type_: Type) -> Text:
        """The size of what is not evaluated."""
        if not self.world.is_complete(type_):
            return text("1")
        return text("(int)sizeof(", expression, ")")

    def reduce(self, whole: Text, type_: Type, valid: bool, depth: int) -> Text:
        """An integer made of an expression; pointers are followed when they are `valid`."""
        inner = self.world.strip(type_, self.file)
        match inner:
            case Basic():
                return whole
            case Named(entity) if not self.is_transparent(entity):
                return self._measured(whole, type_)
            case Named(entity) if entity.kind == "enum":
                return whole
            case Named(entity) if entity.kind in ("struct", "union"):
                return self._member_of(whole, ".", entity, depth)
            case Array(of, _):
                if self.choices.chance(50):
                    return self._measured(whole, type_)
                return self.reduce(text(whole, "[0]"), of, False, depth)
            case Pointer(to):
                if isinstance(self.world.strip(to), Function) or not self.world.is_complete(to):
                    return text("(", whole, " != 0)") if self.in_function else text("1")
                if not valid:
                    return self._measured(text("*", whole), to)
                target = self.world.strip(to, self.file)
                if (
                    isinstance(target, Named)
                    and target.entity.kind in ("struct", "union")
                    and self.is_transparent(target.entity)
                    and self.choices.chance(70)
                ):
                    return self._member_of(whole, "->", target.entity, depth)
                return self.reduce(text("(*", whole, ")"), to, False, depth)
            case _:
                return text("1")

    def _member_of(self, whole: Text, arrow: str, entity: Entity, depth: int) -> Text:
        members = self.world.members.get(entity, [])
        if not members:
            return text("(int)sizeof(", whole, ")") if arrow == "." else text("(int)sizeof(*", whole, ")")
        member = self.choices.pick(members)
        selected = text(whole, arrow, member.name)
        if entity.kind == "union" or member.shares or isinstance(self.world.strip(member.type), Pointer):
            return self._measured_member(selected, member)
        return self.reduce(selected, member.type, False, depth + 1)

    def _measured_member(self, selected: Text, member: Member) -> Text:
        if member.is_field:
            return text("(int)sizeof(", selected, " + 0)")
        return self._measured(selected, member.type)

    # values of a type

    def value(self, type_: Type, depth: int) -> Text | None:
        """An expression of that type; None when there is none here."""
        inner = self.world.strip(type_, self.file)
        if depth > 5:
            return text(str(self.world.number())) if isinstance(inner, Basic) else None
        if isinstance(inner, Basic) or isinstance(inner, Named) and inner.entity.kind == "enum":
            if not isinstance(inner, Named) or self.is_transparent(inner.entity):
                return text("(", self.integer(depth), ")") if self.in_function else text(str(self.world.number()))
        found = self.choose(
            lambda e: e in self.world.ready and e.kind == "variable" and self.world.types.get(e) == type_
            and e not in self.world.null
        )  # fmt: skip
        if found is not None:
            return found[1]
        if not self.in_function or not self.world.is_complete(type_):
            return None
        if isinstance(inner, Pointer):
            if not self.world.is_complete(inner.to) or isinstance(inner.to, Array):
                return None
            named = self.declare(inner.to)
            return text("&(", named, ")", self.initializer(inner.to, False, depth + 1)) if named is not None else None
        if isinstance(inner, Named):
            named = self.declare(type_)
            return text("(", named, ")", self.initializer(type_, False, depth + 1)) if named is not None else None
        return None

    def initializer(self, type_: Type, constant: bool, depth: int = 2) -> Text:
        """What can stand behind the `=` of a variable, in braces."""
        inner = self.world.strip(type_, self.file)
        match inner:
            case Basic():
                return text("{", self.constant() if constant else self.integer(depth), "}")
            case Named(entity) if entity.kind == "enum" and self.is_transparent(entity):
                return text("{", self.constant(), "}")
            case Named(entity) if entity.kind in ("struct", "union") and self.is_transparent(entity):
                return self._members_initializer(entity, constant, depth)
            case Array(of, _) if isinstance(of, Basic) and of.words != "char":
                return text("{[0] = ", self.constant() if constant else self.integer(depth), "}")
            case _:
                return text("{0}")

    def _members_initializer(self, entity: Entity, constant: bool, depth: int) -> Text:
        """Designators in any order."""
        members = self.world.members.get(entity, [])
        if entity.kind == "union":
            members = members[:1]
        given = []
        for member in self.choices.shuffled(members):
            inner = self.world.strip(member.type, self.file)
            if not member.shares and self.choices.chance(80):
                value = self._member_value(member, inner, constant, depth + 1)
                old = self.choices.chance(20)
                given.append(text(member.name, ": ", value) if old else text(f".{member.name} = ", value))
        return text("{", joined(", ", given), "}") if given else text("{0}")

    def _member_value(self, member: Member, inner: Type, constant: bool, depth: int) -> Text:
        if isinstance(inner, Basic):
            return self.constant() if constant or member.is_field else self.integer(depth)
        return self.initializer(member.type, constant, depth)


__all__ = ["Expressions", "Type"]
