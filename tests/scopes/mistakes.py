"""One mistake, put into a program that has no other.

In comes a place in a function body, or the end of a module; out goes a line with a name that means nothing good
there, and the code of the one error that it has to cause. Which mistakes are possible depends on what the program
has: an unknown name always is.
"""

from __future__ import annotations

from collections.abc import Iterator

from scopes.choices import Choices
from scopes.pairs import Text, text
from scopes.statements import Statements
from scopes.world import ORDINARY, TAG, Entity, File, Named, World

MARK = "/* wrong */"
NOBODY = "nobody_"
Wrong = tuple[str, str, str]  # the code, what stands in the text, what kind of thing it should have been


class Mistake:
    """Waits for the statement at which it is to be made, and makes it once."""

    def __init__(self, choices: Choices, statement: int, wanted: str) -> None:
        self._choices = choices
        self._left = statement
        self._wanted = wanted
        self.code = ""

    def __call__(self, place: Statements) -> Text | None:
        """The wrong line, if its time has come."""
        if self.code or not place.file.is_module or place.file.is_header:
            return None
        self._left -= 1
        found = [one for one in wrong_names(place) if one[0] == self._wanted] if self._left < 0 else []
        return self._line(found) if found else None

    def last(self, place: Statements) -> list[Text]:
        """The wrong line at the end of a module, with a use of what it fails to define; nothing if it is made."""
        if self.code:
            return []
        found = [
            one for one in wrong_names(place)
            if one[0] in (self._wanted, "unknown-name") and one[0] != "opaque-type" and one[2] != "statement"
        ]  # fmt: skip
        found = [one for one in found if one[0] == self._wanted] or found
        self.code, name, kind = self._choices.pick(found)
        return [text(self._definition(name, kind), " ", MARK), text("int uses_bad_(void) { return (int)sizeof(bad_); }")]

    def _line(self, found: list[Wrong]) -> Text:
        self.code, name, kind = self._choices.pick(found)
        return text(self._use(name, kind), " ", MARK)

    def _use(self, name: str, kind: str) -> str:
        """A statement with the name in it."""
        if kind == "statement":
            return name
        if kind == "type":
            return self._choices.pick((
                f"check_(0, sizeof({name} *));", f"{{ {name} *p_ = 0; }}", f"check_(0, ({name} *)0 == 0);",
                f"{{ struct {{ {name} *p_; }} s_; (void)s_.p_; }}", f"{{ int f_(int, {name} *) {{ return 0; }} }}",
                f"for ({name} *p_ = 0; p_;) {{ check_(0, p_ != 0); }}",
            ))  # fmt: skip
        return self._choices.pick((
            f"check_(0, (long)({name}));", f"{{ long v_ = (long)({name}) + 1; check_(0, v_); }}",
            f"if (({name}) > 3) check_(0, 1); else check_(0, 2);", f"check_(0, ({{ int v_ = 3; v_ + ({name}); }}));",
            f"(void)(int[]){{[0] = 1, 2 + ({name})}};", f"while (0) check_(0, sizeof(({name}) + 1));",
            f"do {{ switch (1) {{ default: check_(0, 1 ? ({name}) : 2); }} }} while (0);",
        ))  # fmt: skip

    def _definition(self, name: str, kind: str) -> str:
        """A definition of `bad_` with the name in it."""
        if kind == "type":
            return self._choices.pick((
                f"struct {{ {name} *p_; int i_; }} bad_;", f"{name} *bad_;", f"typedef {name} *bad_;",
                f"int (*bad_)(int, {name} *);", f"typedef struct {{ int i_; struct {{ {name} *p_; }}; }} bad_;",
            ))  # fmt: skip
        return self._choices.pick((
            f"int bad_[{name}];", f"enum {{ bad_ = {name} }};", f"typedef char bad_[({name}) + 1];",
            f"struct {{ int i_ : {name}; }} bad_;", f"const int bad_ = 1 + {name};",
        ))  # fmt: skip


def wrong_names(place: Statements) -> Iterator[Wrong]:
    """All wrong uses that can stand at a place."""
    world, file = place.world, place.file
    yield "unknown-name", NOBODY, "value"
    yield "unknown-name", f"struct {NOBODY}", "type"
    yield "unknown-name", f"::{NOBODY}", "value"
    yield "unknown-name", f"union ::{NOBODY}", "type"
    imported = world.import_list(file)
    for other in imported:
        yield "unknown-name", f"{path(other)}::{NOBODY}", "value"
        yield "unknown-name", f"enum {path(other)}::{NOBODY}", "type"
        for entity in other.names.values():
            if not entity.exported:
                yield "not-exported", *_named(entity, f"{path(other)}::")
                if _is_nothing(place, entity):
                    yield "not-exported", *_named(entity, "")
    for other in world.files.values():
        if other in imported or other is file or not other.is_module or other.is_header:
            continue
        for entity in other.names.values():
            yield "not-imported", *_named(entity, f"{path(other)}::")
            hidden = any(entity.key in one.names for one in imported)
            if entity.exported and not hidden and _is_nothing(place, entity):
                yield "not-imported", *_named(entity, "")
    for name in world.pool:
        for space in (ORDINARY, TAG):
            if any((space, name) in scope for scope in place.scopes) or (space, name) in file.names:
                continue
            candidates = [e for other in imported if (e := other.names.get((space, name))) and e.exported]
            candidates += [e for header in world.headers(file) if (e := header.names.get((space, name)))]
            if len(candidates) > 1:
                yield "ambiguous-name", *_named(candidates[0], "")
    for entity, name in place.reachable(lambda e: e.space == TAG and e.owner != ""):
        keyword = "struct" if entity.kind != "struct" else "union"
        yield "wrong-tag", f"{keyword} {name.module}", "type"
    yield "forward-declaration", f"extern int {NOBODY};", "statement"
    yield from _opaque(place)


def _opaque(place: Statements) -> Iterator[Wrong]:
    """Uses of what is inside types whose contents are not visible."""
    world, file = place.world, place.file
    for entity, name in [*place.reachable(lambda e: e in world.ready), *place.qualified()]:
        if entity.kind == "variable" and entity in world.types:
            inner = world.strip(world.types[entity], file)
            if isinstance(inner, Named) and not place.is_transparent(inner.entity):
                if inner.entity.kind in ("struct", "union"):
                    for member in world.members[inner.entity]:
                        yield "opaque-type", f"{name.module}.{member.name}", "value"
                elif inner.entity.kind == "enum":
                    yield "opaque-type", f"{name.module} + 1", "value"
        if entity.kind in ("struct", "union") and not place.is_transparent(entity):
            yield "opaque-type", f"(({entity.kind} {name.module} *)0)->{world.members[entity][0].name}", "value"
        elif entity.kind in ("struct", "union"):
            for member in world.members[entity]:
                held = world.strip(member.type, file)
                if isinstance(held, Named) and held.entity.kind == "struct" and not place.is_transparent(held.entity):
                    whole = f"(({entity.kind} {name.module} *)0)->{member.name}"
                    yield "opaque-type", f"{whole}.{world.members[held.entity][0].name}", "value"


def _is_nothing(place: Statements, entity: Entity) -> bool:
    """Whether the bare name of an entity means nothing at a place."""
    return all(entity.key not in scope for scope in place.scopes) and place.world.is_hidden(place.file, entity.key)


def _named(entity: Entity, before: str) -> tuple[str, str]:
    if entity.space == TAG:
        return f"{entity.kind} {before}{entity.name}", "type"
    return f"{before}{entity.name}", "type" if entity.kind == "typedef" and before else "value"


def path(file: File) -> str:
    """A module's path before `::`."""
    return f'"{file.name}"' if "/" in file.name else file.name


__all__ = ["MARK", "Mistake", "World"]
