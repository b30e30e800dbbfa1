"""The names file of a module (`.cmn`): what stage 1 found out, as far as importers may need it.

In comes a unit, out go bytes; and the other way round. The first line is the *head*, which build systems read
to find dependencies: the imports, the names that the module gives to importers, and those that its
declarations want from other modules. The rest is the *body*, from which a `Unit` is made that binds and emits
like the original. The bytes depend on what importers can see and on nothing else: no line numbers, no layout,
no order of definitions, and but for exported inline functions no bodies and no parameter names. A file that is
damaged, or written by another version of the format, is never half understood: the head carries a checksum of
the body.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

import msgspec

from modcore.diagnostics import Diagnostic, Problem
from modcore.finder import Module
from modcore.source import Position

if TYPE_CHECKING:
    from modcore.names_content import Content
    from modcore.stage1_names import Unit
    from modcore.syntax.forms import ImportForm

FORMAT = 3
SUFFIX = ".cmn"


class Head(msgspec.Struct, frozen=True, gc=False):
    """The first line.

    `imports` are the paths of all imports, `exported` those of the exported ones. `gives` are the names of
    the exported symbols. `wants` are the names in the kept declarations that are neither the module's own nor
    its headers'.
    """

    modcore_names: int
    imports: tuple[str, ...]
    exported: tuple[str, ...]
    gives: frozenset[str]
    wants: frozenset[str]
    checksum: int


Value = TypeVar("Value", bound=msgspec.Struct)

_ENCODER = msgspec.json.Encoder(order="deterministic")


def read_head(content: bytes) -> Head | None:
    """The head of a names file; None for what is no undamaged names file of this format."""
    first, newline, body = content.partition(b"\n")
    try:
        head = decoded(first, Head)
    except (msgspec.DecodeError, ValueError):
        return None
    if head.modcore_names != FORMAT or not newline or zlib.crc32(body) != head.checksum:
        return None
    return head


def write_names(unit: Unit) -> bytes:
    """The names file of a unit."""
    from modcore.names_content import content_of

    content, wants = content_of(unit)
    return names_file(content, wants, [one.form for one in unit.imports if not one.form.header])


def names_file(content: Content, wants: frozenset[str], forms: Sequence[ImportForm]) -> bytes:
    """The names file with a content; `forms` are all imports of the module."""
    body = encoded(content) + b"\n"
    head = Head(
        FORMAT,
        tuple(sorted({form.path for form in forms})),
        tuple(sorted({form.path for form in forms if form.export})),
        frozenset(one.name for one in content.names if one.exported),
        wants,
        zlib.crc32(body),
    )
    return encoded(head) + b"\n" + body


def read_names(content: bytes, module: Module, file: str = "") -> Unit:
    """The unit that a names file stands for.

    `file` is the names file's own path, for messages. Raises Problem (`unreadable-file`) when the bytes are
    damaged, of another version, or those of another module.
    """
    from modcore.names_content import Content, unit_of

    if read_head(content) is not None:
        try:
            read = decoded(content.partition(b"\n")[2], Content)
        except (msgspec.DecodeError, ValueError) as error:
            raise _unreadable(module, file) from error
        if read.module == module.name:
            return unit_of(read, module)
    raise _unreadable(module, file)


def without_names(module: Module) -> Unit:
    """The unit of a module of which nothing is needed."""
    from modcore.names_content import Content, unit_of

    return unit_of(Content(module.name, True, (), (), (), ()), module)


def encoded(value: msgspec.Struct) -> bytes:
    """A value as JSON; msgspec has none for strings with bytes that are no UTF-8, Python's own `json` escapes them."""
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value, order="deterministic"), separators=(",", ":")).encode()


def decoded(content: bytes, type_: type[Value]) -> Value:
    """The value of JSON by `encoded`; raises DecodeError or ValueError."""
    if b"\\udc" not in content:
        return msgspec.json.decode(content, type=type_)
    return msgspec.convert(json.loads(content), type=type_)


def _unreadable(module: Module, file: str) -> Problem:
    shown = file or module.name + SUFFIX
    message = f"'{shown}' does not hold the names of module '{module.name}'; delete the file and build again"
    return Problem(Diagnostic("unreadable-file", message, Position(shown, 1, 1, 1, 2)))
