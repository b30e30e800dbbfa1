"""Declarations in blocks: of variables, types, types in the middle of expressions, and of the file's own names.

Each returns its lines; a new name is entered where C lets its scope begin, which is before its initializer.
"""

from __future__ import annotations

from scopes.expressions import Expressions
from scopes.pairs import Text, joined, text
from scopes.world import (
    INT,
    ORDINARY,
    TAG,
    Array,
    Basic,
    Entity,
    Function,
    Named,
    Pointer,
    Type,
)

STORAGE = ("", "", "", "static ", "auto ", "register ", "const ", "volatile ")


class BlockDeclarations(Expressions):
    """The declarations of one function body."""

    in_function = True

    def checked(self, expression: Text) -> Text:
        """A statement that tells the value of an expression."""
        self.steps += 1
        return text(f"check_({self.world.number()}, (long)(", expression, "));")

    def something(self) -> list[Text]:
        """A use, where nothing else can be done."""
        return [self.checked(self.integer())]

    def declaration(self, depth: int) -> list[Text]:
        """Variables of one base type, each initialized."""
        base = self.some_type()
        named = self.declare(base)
        if named is None:
            return self.something()
        storage = self.choices.pick(STORAGE)
        declared = [self._declarator(base, storage) for _ in range(1 + self.choices.below(2))]
        return [text(storage, named, joined(", ", declared), ";")]

    def _declarator(self, base: Type, storage: str) -> Text:
        """One initialized declarator; its scope begins before its initializer."""
        type_ = self.derived(base) if storage != "register " else base
        name = self.free_name()
        entity = self.enter(ORDINARY, name, "variable")
        whole = Text(name, entity.plain)
        shaped = self.shape(type_, base, whole)
        if isinstance(type_, Pointer) and type_ != base:
            value = None if storage == "static " else self.value(type_, 2)
            if value is None:
                self.world.null.add(entity)
                value = text("0")
        else:
            value = self.initializer(type_, constant=storage == "static ")
            if isinstance(self.world.strip(type_), Pointer):
                self.world.null.add(entity)
        self.world.types[entity] = type_
        if storage != "register ":
            self.world.ready.add(entity)
        return text(shaped, " = ", value)

    def shape(self, type_: Type, base: Type, inner: Text) -> Text:
        """The declarator that makes `type_` of `base`, which is spelled before it."""
        if type_ == base:
            return inner
        match type_:
            case Pointer(to) if isinstance(to, (Array, Function)):
                return self.shape(to, base, text("(*", inner, ")"))
            case Pointer(to):
                return self.shape(to, base, text("*", inner))
            case Array(of, length):
                return self.shape(of, base, text(inner, f"[{length}]"))
            case Function(returns, parameters, _):
                with self.scope():
                    given = [self.declare(parameter) or text("int") for parameter in parameters]
                return self.shape(returns, base, text(inner, "(", joined(", ", given), ")"))
            case _:
                return inner

    def sized_array(self, depth: int) -> list[Text]:
        """An array of characters whose size tells it apart."""
        bound = self.small_constant()
        name = self.free_name()
        entity = self.enter(ORDINARY, name, "variable", Array(Basic("char"), None))
        return [text("char ", Text(name, entity.plain), "[", bound, "] = {0};")]

    def local_typedef(self, depth: int) -> list[Text]:
        base = self.derived(self.some_type())
        name = self.free_name()
        declared = self.declare(base, Text(name, "@"))
        if declared is None:
            return self.sized_array(depth)
        entity = self.enter(ORDINARY, name, "typedef", base)
        return [text("typedef ", Text(declared.module, declared.plain.replace("@", entity.plain)), ";")]

    def type_definition(self, depth: int) -> list[Text]:
        """A local struct, union or enum, by itself, with a variable, or in the middle of an expression."""
        keyword = self.choices.pick(("struct", "struct", "union", "enum"))
        form = self.choices.below(4)
        name = self.free_name(TAG) if form != 3 else None
        if form == 2:
            before = self.integer(2)
            defined, type_ = self.local_type(keyword, name)
            size = text("check_(", str(self.world.number()), ", (long)(", before, ") + sizeof(", defined, "));")
            return [size, self.checked(self.integer())]
        defined, type_ = self.local_type(keyword, name)
        if form == 0:
            return [text(defined, ";")]
        whole, declared = self.local_variable(defined, type_)
        return [declared, self.checked(self.reduce(whole, type_, False, 1))]

    def tag_announced(self, depth: int) -> list[Text]:
        """`struct S;` hides an outer S; a pointer to it can be had, and it may be defined later."""
        name = self.free_name(TAG)
        keyword = self.choices.pick(("struct", "union"))
        entity = self.enter(TAG, name, keyword)
        tag = text(f"{keyword} ", Text(name, entity.plain))
        lines = [text(tag, ";"), text(tag, " *", self._pointer_to(entity), " = 0;")]
        if self.choices.chance(60):
            body, members = self.record_body(keyword)
            self.world.members[entity] = members
            self.world.ready.add(entity)
            lines.append(text(tag, " ", body, ";"))
        return lines

    def _pointer_to(self, entity: Entity) -> Text:
        name = self.free_name()
        pointer = self.enter(ORDINARY, name, "variable", Pointer(Named(entity)))
        self.world.null.add(pointer)
        return Text(name, pointer.plain)

    def outside(self, depth: int) -> list[Text]:
        """A declaration in a block that means the file's own name, and hides a local one."""
        found = [
            entity for key, entity in sorted(self.file.names.items())
            if entity.kind == "variable" and entity in self.world.ready and key not in self.scopes[-1]
            and not self.file.is_header and isinstance(self.world.types[entity], Basic)
        ]  # fmt: skip
        if not found:
            return self.something()
        entity = self.choices.pick(found)
        type_ = self.world.types[entity]
        assert isinstance(type_, Basic)
        self.scopes[-1][entity.key] = entity
        return [text(f"extern {type_.words} ", Text(entity.name, entity.plain), ";"), self.checked(self.integer())]

    def same_type(self, depth: int) -> list[Text]:
        """A variable whose type is that of another, or of its initializer."""
        found = self.choose(
            lambda e: e.kind == "variable" and e in self.world.ready
            and isinstance(self.world.strip(self.world.types[e]), (Basic, Named)) and self.world.is_complete(self.world.types[e])
        )  # fmt: skip
        if found is None:
            return self.something()
        other, named = found
        type_ = self.world.types[other]
        automatic = self.choices.chance(30) and other in self.world.ready
        value = named
        name = self.free_name()
        entity = self.enter(ORDINARY, name, "variable")
        whole = Text(name, entity.plain)
        if self.lookup(other.key) == entity and automatic:
            automatic = False  # its own name begins before its initializer
        spelled = text("__auto_type ") if automatic else text("__typeof__(", named, ") ")
        value = text("{0}") if not automatic else value
        self.world.types[entity] = type_
        self.world.ready.add(entity)
        return [text(spelled, whole, " = ", value, ";"), self.checked(self.reduce(whole, type_, False, 1))]

    def variable_array(self, depth: int) -> list[Text]:
        """An array whose bound is no constant; its size is worked out when it is declared."""
        bound = text("(unsigned)(", self.integer(2), ") % 50 + 1")
        name = self.free_name()
        entity = self.enter(ORDINARY, name, "variable")
        whole = Text(name, entity.plain)
        as_type = self.choices.chance(40)
        if as_type:
            self.scopes[-1][entity.key] = entity = Entity(entity.number, ORDINARY, name, "typedef")
        line = text("typedef " if as_type else "", "char ", whole, "[", bound, "];")
        return [line, self.checked(text("(int)sizeof(", whole, ")")), self.checked(self.integer())]

    def prototype(self, depth: int) -> list[Text]:
        """The declaration of a function of the file in a block; a local name is hidden by it."""
        found = [
            entity for key, entity in sorted(self.file.names.items())
            if entity.kind == "function" and entity in self.world.ready and key not in self.scopes[-1]
            and not self.file.is_header and not self.world.types[entity].old_style
        ]  # fmt: skip
        if not found:
            return self.something()
        entity = self.choices.pick(found)
        declared = self.declare(self.world.types[entity], Text(entity.name, entity.plain))
        if declared is None:
            return self.something()
        self.scopes[-1][entity.key] = entity
        return [text(self.choices.pick(("", "extern ")), declared, ";"), self.checked(self.integer())]

    def attributes(self, depth: int) -> list[Text]:
        """Attributes with names and constants in them."""
        name = self.free_name()
        entity = self.enter(ORDINARY, name, "variable")
        bound = self.small_constant()
        self.world.types[entity] = INT
        self.world.ready.add(entity)
        attribute = self.choices.pick(("unused", "used", "aligned(16)"))
        return [text("int ", Text(name, entity.plain), f" __attribute__(({attribute})) = ", bound, ";")]

    def aligned(self, depth: int) -> list[Text]:
        found = self.choose(self.can_hold)
        if found is None:
            return self.something()
        named = text(f"{found[0].kind} ", found[1]) if found[0].kind != "typedef" else found[1]
        name = self.free_name()
        entity = self.enter(ORDINARY, name, "variable", Basic("long long"))
        whole = Text(name, entity.plain)
        return [
            text("_Alignas(long long) _Alignas(", named, ") long long ", whole, " = 3;"),
            self.checked(text("(int)_Alignof(", whole, ")")),
        ]

    def implicit(self, depth: int) -> list[Text]:
        """`auto x = 5;`, an int in C89."""
        name = self.free_name()
        if any(key == (ORDINARY, name) and e.kind == "typedef" for scope in self.scopes for key, e in scope.items()):
            return self.something()
        if self.world.is_ever_a_type(name):
            return self.something()
        entity = self.enter(ORDINARY, name, "variable")
        value = self.constant()
        self.world.types[entity] = INT
        self.world.ready.add(entity)
        storage = self.choices.pick(("auto", "static", "const", "volatile"))
        return [text(storage, " ", Text(name, entity.plain), " = ", value, ";"), self.checked(self.integer())]
