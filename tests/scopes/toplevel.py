"""The definitions of one file, each as text of both languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scopes.choices import Choices
from scopes.pairs import NOTHING, Text, joined, text
from scopes.planning import Definition
from scopes.statements import Statements
from scopes.world import INT, ORDINARY, Array, Basic, Entity, File, Function, Key, Named, Pointer, Type, World

ATTRIBUTES = ("", "", "", " __attribute__((packed))", " __attribute__((aligned(16)))")


@dataclass
class FunctionHead:
    """A function whose body is still to be written; `scope` has its parameters."""

    file: File
    entity: Entity
    prefix: str
    head: Text
    scope: dict[Key, Entity]
    returns: Type


class TopLevel(Statements):
    """Writes definitions of one file, in an order in which each needs only earlier ones complete.

    `lines` are for the file itself, `legacy` what a header declares and plain C defines, `plain` for the translation.
    """

    in_function = False

    def __init__(self, world: World, choices: Choices, file: File) -> None:
        super().__init__(world, choices, file)
        self.lines: list[Text] = []
        self.legacy: list[Text] = []
        self.plain: list[str] = []
        self.functions: list[FunctionHead] = []

    def define(self, definition: Definition) -> None:
        self.mentioned = set()
        prefix = "export " if definition.exported else ""
        if self.file.is_module:
            if definition.form == "function" and not definition.c_linkage and self.choices.chance(25):
                prefix += "inline "
            if definition.c_linkage:
                prefix += 'extern "C" '
        with self.scope():
            match definition.form.split():
                case ["record", *behind]:
                    self._record(definition, prefix, behind[0] if behind else "")
                case ["enum"]:
                    self._enum(definition, prefix)
                case ["typedef"]:
                    self._typedef(definition.names[0], prefix)
                case ["constant"]:
                    self._constant(definition.names[0], prefix)
                case ["variable"]:
                    self._variables(definition.names, prefix)
                case _:
                    self._function(definition.names[0], prefix)
        for entity in [definition.tag, definition.inner, *definition.names]:
            if entity is not None:
                self.world.mentions[entity] = set(self.mentioned)

    def _put(self, prefix: str, line: Text) -> None:
        self.lines.append(text(Text(prefix, ""), line))
        self.plain.append(line.plain)

    # types

    def _record(self, definition: Definition, prefix: str, behind: str) -> None:
        tag = definition.tag
        assert tag is not None
        taken: tuple[str, ...] = ()
        inner = NOTHING
        if definition.inner is not None:
            held = definition.inner
            name = self.choices.pick(self.world.pool)
            inside, self.world.members[held] = self.record_body(held.kind)
            self.world.ready.add(held)
            inner, taken = text(f"{held.kind} ", spelled(held), " ", inside, f" {name}; "), (name,)
        body, members = self.record_body(tag.kind, taken=taken)
        self.world.members[tag] = members
        self.world.ready.add(tag)
        named = text(f"{tag.kind} ", spelled(tag))
        defined = text(named, " { ", inner, Text(body.module[1:], body.plain[1:]), self.choices.pick(ATTRIBUTES))
        if not behind:
            self._put(prefix, text(defined, ";"))
            return
        entity = definition.names[0]
        type_ = self.choices.pick((Named(tag), Pointer(Named(tag)), Array(Named(tag), 2)))
        shaped = self.shape(type_, Named(tag), spelled(entity))
        self.world.types[entity] = type_
        self.world.ready.add(entity)
        if behind == "typedef":
            self._put(prefix, text("typedef ", defined, " ", shaped, ";"))
            return
        if isinstance(type_, Pointer):
            self.world.null.add(entity)
        value = text(" = ", self.initializer(type_, constant=True)) if self.choices.chance(60) else NOTHING
        if self.file.is_header:
            self.lines += [text(defined, ";"), text("extern ", named, " ", shaped, ";")]
            self.legacy.append(text(named, " ", shaped, value, ";"))
            self.plain.append(text(defined, " ", shaped, value, ";").plain)
        else:
            self._put(prefix, text(defined, " ", shaped, value, ";"))

    def _enum(self, definition: Definition, prefix: str) -> None:
        tag = definition.tag
        given = {entity.name: entity for entity in definition.names}

        def make(name: str) -> Entity:
            entity = given.get(name)
            if entity is None:
                number = self.world.number()
                entity = Entity(number, ORDINARY, name, "enumerator", self.file.name, definition.exported)
                self.file.names[entity.key] = entity
            return entity

        body = self.enum_body(make, list(given) or [f"v{self.world.number()}"])
        self._put(prefix, text("enum ", spelled(tag) if tag is not None else NOTHING, " ", body, ";"))
        if tag is not None:
            self.world.ready.add(tag)

    def _typedef(self, entity: Entity, prefix: str) -> None:
        type_ = self.derived(self.some_type())
        declared = self.declare(type_, spelled(entity))
        if declared is None or not self.world.is_complete(type_):
            type_ = Array(Basic("char"), None)
            declared = text("char ", spelled(entity), "[", self.small_constant(), "]")
        self.world.types[entity] = type_
        self.world.ready.add(entity)
        self._put(prefix, text("typedef ", declared, ";"))

    # objects

    def _constant(self, entity: Entity, prefix: str) -> None:
        """`const int`, which is a constant in modules; an enumerator in the translation."""
        if self.choices.chance(70):
            number = self.world.number() * 3 + 100
            self.world.values[entity] = number
            value = text(str(number))
        else:
            value = self.constant()
        self.world.types[entity] = INT
        words = self.choices.pick(("const int", "constexpr int", "int const"))
        if not prefix:
            words = self.choices.pick((words, f"static {words}"))
        self.lines.append(text(Text(f"{prefix}{words} {entity.name}", ""), " = ", value, ";"))
        self.plain.append(f"enum {{ {entity.plain} = {value.plain} }};")
        self.world.ready.add(entity)

    def _variables(self, entities: list[Entity], prefix: str) -> None:
        """One statement of variables with one base type."""
        base = self.some_type()
        named = self.declare(base)
        if named is None or not self.world.is_complete(base):
            base, named = INT, text("int ")
        declared, defined = [], []
        for entity in entities:
            type_ = self.derived(base)
            if not self.world.is_complete(type_):
                type_ = base
            self.world.types[entity] = type_
            value = self._static_value(entity, type_)
            declared.append(self.shape(type_, base, spelled(entity)))
            defined.append(text(declared[-1], value if value.module or "extern" not in prefix else text(" = 0")))
            self.world.ready.add(entity)
        if self.file.is_header:
            self.lines.append(text("extern ", named, " ", joined(", ", declared), ";"))
            self.legacy.append(text(named, " ", joined(", ", defined), ";"))
            self.plain.append(self.legacy[-1].plain)
            return
        static = "static " if not prefix and self.file.is_module and self.choices.chance(20) else ""
        self._put(prefix + static, text(named, " ", joined(", ", defined), ";"))

    def _static_value(self, entity: Entity, type_: Type) -> Text:
        """The initializer of a variable with its equals sign; a pointer leads to an earlier variable, or nowhere."""
        if not isinstance(self.world.strip(type_), Pointer):
            return text(" = ", self.initializer(type_, constant=True))
        found = None
        if isinstance(type_, Pointer) and self.world.strip(type_.to) == type_.to:
            found = self.choose(
                lambda e: e.kind == "variable" and e in self.world.ready and self.world.types[e] == type_.to
            )
        if found is None:
            self.world.null.add(entity)
            return NOTHING
        return text(" = &", found[1])

    # functions

    def _function(self, entity: Entity, prefix: str) -> None:
        returns = self.some_type()
        named = self.declare(returns)
        if named is None or not self.is_returnable(returns) or not self.world.is_complete(returns):
            returns, named = INT, text("int ")
        old_style = not self.file.is_header and self.choices.chance(15)
        with self.scope() as scope:
            head, types, has_own = self._head(text(named, spelled(entity)), old_style)
        self.world.types[entity] = Function(returns, types, old_style and bool(types))
        function = FunctionHead(self.file, entity, prefix, head, scope, returns)
        if self.file.is_header:
            self._header_function(function, as_inline=has_own or self.choices.chance(50))
            return
        announced = text(named, spelled(entity), "();") if old_style and types else text(head, ";")
        if not has_own:  # with each declaration of it come types of its own
            self.plain.append(announced.plain)
            if not self.file.is_module:
                self.lines.append(announced)
            self.world.ready.add(entity)
        self.functions.append(function)

    def _head(self, name: Text, old_style: bool) -> tuple[Text, tuple[Type, ...], bool]:
        """The head of a function in the scope of its parameters, their types, whether one of them is defined there."""
        types: list[Type] = []
        written: list[Text] = []
        bare: list[Text] = []
        has_own = False
        for _ in range(self.choices.below(4)):
            if not self.file.is_module and not old_style and self.choices.chance(15):
                has_own = True
                declared, type_ = self.own_parameter()
            else:
                type_ = self._parameter_type()
                parameter = self.free_name()
                shaped = self.declare(type_, Text(parameter, "@"))  # only then does the name hide others
                if shaped is None or old_style and self.world.is_ever_a_type(parameter):
                    continue
                local = self.enter(ORDINARY, parameter, "variable", type_)
                declared = Text(shaped.module, shaped.plain.replace("@", local.plain))
                bare.append(spelled(local))
            types.append(type_)
            written.append(declared)
        if old_style and written:
            declared = joined(" ", (text(one, ";") for one in written))
            return text(name, "(", joined(", ", bare), ") ", declared), tuple(types), False
        listed = joined(", ", written) if written else self.no_parameters()
        return text(name, "(", listed, ")"), tuple(types), has_own

    def _parameter_type(self) -> Type:
        type_ = self.derived(self.some_type())
        return type_ if self.is_returnable(type_) and self.world.is_complete(type_) else INT

    def _header_function(self, function: FunctionHead, as_inline: bool) -> None:
        """A function of a header, in it or in plain C."""
        body = write_body(self.world, self.choices, function)
        if as_inline:
            self.lines.append(text("static inline ", body))
        else:
            self.lines.append(text(function.head, ";"))
            self.legacy.append(body)
        self.plain.append(body.plain)


def write_body(
    world: World,
    choices: Choices,
    function: FunctionHead,
    mistake: Callable[[Statements], Text | None] | None = None,
) -> Text:
    """A whole function definition; it can be called from then on."""
    writer = Statements(world, choices, function.file)
    writer.mistake = mistake
    writer.scopes = [function.scope]
    lines = writer.body(2 + choices.below(9))
    writer.calls_left = 1
    back = writer.value(function.returns, 1)
    if back is None:
        lines.append(text("__builtin_unreachable();"))
    else:
        lines.append(text("return ", back, ";"))
        world.callable[function.entity] = writer.steps + 1
    world.ready.add(function.entity)
    return text(function.head, " {\n", joined("\n", lines), "\n}")


def spelled(entity: Entity) -> Text:
    """The name of an entity where it is declared."""
    return Text(entity.name, entity.plain)
