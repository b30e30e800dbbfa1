"""What stands in an interface file, and the two ways between that and bytes.

The file is one JSON object, indented for people, with keys in a fixed order: the same module on the same target gives
the same bytes. Declarations and header text are spelled by rule, and what they name is meant by the module's own
scope. Nothing in it is a path, a line or a time. Reading checks version, digest and shape of a file; a damaged one is
never half understood. The design page, section "Interface files", has the format key by key.
"""

from __future__ import annotations

import hashlib

import msgspec

from modcore.diagnostics import Diagnostic, Problem
from modcore.finder import Module
from modcore.interface.target import TargetEntry, difference
from modcore.names_content import Content, HeaderEntry, StatementEntry
from modcore.names_content import SymbolEntry as NameEntry
from modcore.names_file import decoded as from_json
from modcore.names_file import encoded as to_json
from modcore.names_file import names_file
from modcore.pragmas import PragmaState
from modcore.source import Position
from modcore.syntax.declared import TAG
from modcore.syntax.forms import ImportForm

FORMAT = 3


class _Entry(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """What parts of an interface have in common: what is left out has its default."""


class MemberEntry(_Entry):
    """Where a member lies, in bytes; a bit-field's `bit_offset` counts from there, in the order that the target
    fills bits in. Members of an anonymous member stand behind it, one `depth` further in."""

    name: str | None
    offset: int
    size: int
    bit_offset: int | None = None
    bit_width: int | None = None
    depth: int = 0


class SymbolEntry(_Entry, kw_only=True):
    """One symbol of the module.

    Of a private symbol that nothing exported needs only the name is known, without a declaration. Symbols that come
    out of one declaration have it once, the others are `declared_with` the one that has it; `body` is where the body of
    an inline function opens in it. `needs_declaration` and `needs_definition` are what its declaration names, as
    `module::name` or as the name of a header: what has to be announced before it, and what has to be complete. `size` and `align` are in bytes. `shape` is what stands for a
    struct, union or enum where its contents are hidden. `hash` changes with whatever importers may see of it.
    """

    name: str
    space: str
    kind: str
    export: bool
    tags: tuple[str, ...] = ()
    c_linkage: bool = False
    defines: bool = True
    declaration: str | None = None
    body: int | None = None
    declared_with: str | None = None
    pragmas: PragmaState | None = None
    needs_declaration: tuple[str, ...] = ()
    needs_definition: tuple[str, ...] = ()
    size: int | None = None
    align: int | None = None
    members: tuple[MemberEntry, ...] = ()
    shape: str | None = None
    hash: str = ""

    @property
    def title(self) -> str:
        """The symbol with the keyword of a tag; no other symbol of the module has this title."""
        return f"{self.kind} {self.name}" if self.space == TAG else self.name


class HeaderTextEntry(_Entry):
    """One statement that came out of a header, with the pragmas in force at it."""

    text: str
    body: int | None = None
    pragmas: PragmaState | None = None


class Interface(_Entry):
    """The whole file. `wants` are the names in its declarations that come from its imports."""

    modcore_interface: int
    module: str
    target: TargetEntry
    imports: tuple[ImportForm, ...]
    wants: tuple[str, ...]
    symbols: tuple[SymbolEntry, ...]
    headers: tuple[HeaderTextEntry, ...]
    hash: str = ""

    def names(self) -> bytes:
        """The names file of the module, the same that is made of its source."""
        wants = frozenset(self.wants)
        numbers: dict[str, int] = {}
        statements: dict[str, StatementEntry] = {}
        for one in self.symbols:
            title = one.declared_with or one.title
            if one.declaration is not None:
                body = -1 if one.body is None else one.body
                statements[title] = StatementEntry(one.declaration, body, one.export, one.tags, one.c_linkage, one.pragmas or PragmaState())
            if one.declaration is not None or one.declared_with is not None:
                numbers.setdefault(title, len(numbers))
        names = tuple(
            NameEntry(
                one.space, one.name, one.kind, one.export, one.tags,
                numbers.get(one.declared_with or one.title, -1), one.c_linkage, one.defines,
            )
            for one in self.symbols
        )  # fmt: skip
        headers = tuple(HeaderEntry(one.text, -1 if one.body is None else one.body, one.pragmas or PragmaState()) for one in self.headers)
        forms = tuple(form for form in self.imports if wants or form.export)
        content = Content(self.module, True, forms, tuple(statements[title] for title in numbers), names, headers)
        return names_file(content, wants, self.imports)


def encoded(interface: Interface) -> bytes:
    """The bytes of an interface."""
    signed = msgspec.structs.replace(interface, hash=digest(interface))
    return msgspec.json.format(to_json(signed), indent=1) + b"\n"


def digest(value: msgspec.Struct) -> str:
    """A digest of a part of an interface, or of all of it."""
    return hashlib.sha256(to_json(value)).hexdigest()[:16]


def read_interface(content: bytes, module: Module, file: str, target: TargetEntry) -> Interface:
    """The interface of a module for a build's target.

    `file` is the interface's own path, for messages. Raises Problem: `unreadable-file` when the bytes are damaged, of
    another version or another module's, `wrong-interface` when they hold for another target.
    """
    place = Position(file, 1, 1, 1, 2)
    try:
        version = from_json(content, _Version).modcore_interface
        interface = from_json(content, Interface) if version == FORMAT else None
    except (msgspec.DecodeError, ValueError) as error:
        message = f"'{file}' is damaged: it does not hold the interface of a module; make it again from its source"
        raise Problem(Diagnostic("unreadable-file", message, place)) from error
    if interface is None:
        message = f"'{file}' has version {version} of the format, and this modcore reads {FORMAT}; make it again from its source"
        raise Problem(Diagnostic("wrong-interface", message, place))
    if interface.hash != digest(msgspec.structs.replace(interface, hash="")):
        message = f"'{file}' was changed after it was made; make it again from its source"
        raise Problem(Diagnostic("unreadable-file", message, place))
    if interface.module != module.name:
        message = f"'{file}' is the interface of module '{interface.module}'; put it where that module belongs, below a root"
        raise Problem(Diagnostic("unreadable-file", message, place))
    found = difference(interface.target, target)
    if found is not None:
        message = f"the interface of module '{module.name}' {found}; build the library for this target"
        raise Problem(Diagnostic("wrong-interface", message, place))
    return interface


class _Version(msgspec.Struct, frozen=True):
    """The first key alone."""

    modcore_interface: int
