"""Types and declarators: how they are spelled at a place, and new ones."""

from __future__ import annotations

from collections.abc import Callable

from scopes.pairs import NOTHING, Text, joined, text
from scopes.spelling import Spelling
from scopes.world import (
    INT,
    ORDINARY,
    TAG,
    Array,
    Basic,
    Entity,
    Function,
    Member,
    Named,
    Pointer,
    Type,
)

BASICS = tuple(
    Basic(words)
    for words in ("int", "unsigned", "long", "short", "unsigned short", "long long", "unsigned long", "signed int")
)
CHAR = Basic("char")


class Declaring(Spelling):
    """Declarations at one place of a program."""

    constant: Callable[[], Text]
    small_constant: Callable[[], Text]

    # spelling types

    def declare(self, type_: Type, inner: Text = NOTHING) -> Text | None:
        """A declaration of `inner` with a type that exists; None when the type cannot be spelled here."""
        match type_:
            case Basic(words):
                return text(words, " ", inner)
            case Named(entity):
                name = self.spell_type(entity)
                return text(name, " ", inner) if name is not None else None
            case Pointer(to):
                star = text("*", inner)
                return self.declare(to, text("(", star, ")") if isinstance(to, (Array, Function)) else star)
            case Array(of, length):
                return self.declare(of, text(inner, f"[{length}]")) if length is not None else None
            case Function(returns, parameters, _):
                given = [self.declare(parameter) for parameter in parameters]
                if None in given:
                    return None
                listed = joined(", ", (one for one in given if one is not None)) if given else self.no_parameters()
                return self.declare(returns, text(inner, "(", listed, ")"))

    def no_parameters(self) -> Text:
        """What stands between the parentheses of a function without parameters."""
        bare = self.file.is_module and not self.file.is_header and self.choices.chance(50)
        return Text("" if bare else "void", "void")

    def can_hold(self, entity: Entity) -> bool:
        return entity.kind in ("struct", "union", "enum", "typedef") and self.world.is_complete(Named(entity))

    def some_type(self, by_value: bool = True) -> Type:
        """A type that can be spelled here; complete when it is held by value."""

        def wanted(entity: Entity) -> bool:
            if entity.kind == "enum":
                return entity in self.world.ready
            if by_value or entity.kind == "typedef":
                return self.can_hold(entity)
            return entity.kind in ("struct", "union")

        if self.choices.chance(25):
            return self.choices.pick(BASICS)
        found = self.choose(wanted)
        return Named(found[0]) if found is not None else INT

    def derived(self, base: Type) -> Type:
        """A type made of a complete one."""
        match self.choices.below(6):
            case 1:
                return Pointer(base)
            case 2 if self._is_object(base):
                return Array(base, self.choices.pick((1, 2, 3)))
            case 3 if self._is_object(base):
                return Pointer(Array(base, self.choices.pick((1, 2))))
            case 4 if self.is_returnable(base):
                return Pointer(Function(base, (self.choices.pick((INT, Pointer(base))),)))
            case _:
                return base

    def _is_object(self, type_: Type) -> bool:
        return not isinstance(self.world.strip(type_), Function)

    def is_returnable(self, type_: Type) -> bool:
        return not isinstance(self.world.strip(type_), (Function, Array))

    # records

    def record_body(self, keyword: str, depth: int = 0, taken: tuple[str, ...] = ()) -> tuple[Text, list[Member]]:
        """The braces of a struct or union with new members."""
        written: list[Text] = []
        members: list[Member] = []
        for _ in range(1 + self.choices.below(4)):
            names = [n for n in self.world.pool if n not in taken and all(n != member.name for member in members)]
            if not names:
                break
            name = self.choices.pick(names)
            line, new = self._member(name, depth, (*taken, *(member.name for member in members)))
            written.append(line)
            members += new
        return text("{ ", joined(" ", written), " }"), members

    def _member(self, name: str, depth: int, taken: tuple[str, ...]) -> tuple[Text, list[Member]]:
        as_is = Text(name, name)
        match self.choices.below(8):
            case 1:
                type_ = self.choices.pick(BASICS)
                return text(f"{type_.words} ", as_is, ";"), [Member(name, type_)]
            case 2:
                words = self.choices.pick(("unsigned", "int", "signed"))
                width = text("(", self.constant(), ") % 5 + 20")
                return text(words, " ", as_is, " : ", width, ";"), [Member(name, Basic(words), is_field=True)]
            case 3 | 4:
                type_ = self.derived(self.some_type())
                declared = self.declare(type_, as_is) if self.world.is_complete(type_) else None
                if declared is not None:
                    return text(declared, ";"), [Member(name, type_)]
            case 5:
                type_ = Pointer(self.some_type(by_value=False))
                declared = self.declare(type_, as_is)
                if declared is not None:
                    return text(declared, ";"), [Member(name, type_)]
            case 6 if depth < 2:
                keyword = self.choices.pick(("struct", "union"))
                body, members = self.record_body(keyword, depth + 1, (*taken, name))
                if members:
                    return text(keyword, " ", body, ";"), [
                        Member(m.name, m.type, m.is_field, m.shares or keyword == "union") for m in members
                    ]
            case _:
                pass
        return text("char ", as_is, "[", self.small_constant(), "];"), [Member(name, Array(CHAR, None))]

    def enum_body(self, make: Callable[[str], Entity], names: list[str]) -> Text:
        """The braces of an enum; each constant has a name from its comma on."""
        written = []
        for name in names:
            value = self.constant()
            if self.choices.chance(70) or name.startswith("v"):
                number = self.world.number() * 3 + 100
                value, known = text(str(number)), number
            else:
                known = None
            entity = make(name)
            self.world.types[entity] = INT
            self.world.ready.add(entity)
            if known is not None:
                self.world.values[entity] = known
            written.append(text(Text(name, entity.plain), " = ", value))
        return text("{ ", joined(", ", written), " }")

    def local_type(self, keyword: str, name: str | None) -> tuple[Text, Type]:
        """A struct, union or enum that is defined here, perhaps without a tag."""
        entity = self.enter(TAG, name, keyword) if name is not None else self._nameless(keyword)
        tag = Text(f" {name}", f" {entity.plain}") if name is not None else NOTHING
        if keyword == "enum":
            names = [self.free_name() for _ in range(1 + self.choices.below(2))]
            names = list(dict.fromkeys(names))
            body = self.enum_body(lambda one: self.enter(ORDINARY, one, "enumerator"), names)
        else:
            body, members = self.record_body(keyword)
            self.world.members[entity] = members
        self.world.ready.add(entity)
        return text(keyword, tag, " ", body), Named(entity)

    def own_parameter(self) -> tuple[Text, Type]:
        """A parameter with a type that is defined in its declaration."""
        keyword = self.choices.pick(("enum", "struct"))
        defined, type_ = self.local_type(keyword, self.free_name(TAG) if self.choices.chance(70) else None)
        if keyword == "struct":
            type_ = Pointer(type_)
        name = self.free_name()
        entity = self.enter(ORDINARY, name, "variable", type_)
        if keyword == "struct":
            self.world.null.add(entity)
        return text(defined, " *" if keyword == "struct" else " ", Text(name, entity.plain)), type_

    def _nameless(self, keyword: str) -> Entity:
        return Entity(self.world.number(), TAG, "", keyword)
