"""What an ELF object file says, as values: two objects are the same code when these are equal.

In comes an object file; out go its sections in order, with their bytes, and its symbols in order, by name.
Relocations are sections like any other: they name symbols by number, and the order of symbols is compared
too. Left out is only the name of the source file that compilers record as a symbol (ELF, "Symbol Table",
STT_FILE), and with it the table of symbol names, which contains it. 32 and 64 bits, both byte orders.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

_SYMTAB, _STRTAB, _NOBITS, _FILE = 2, 3, 8, 4


class Section(NamedTuple):
    """One section; `content` is empty where it is compared as symbols and names instead."""

    name: str
    kind: int
    flags: int
    size: int
    align: int
    content: bytes


class Symbol(NamedTuple):
    """One symbol; `section` is a number, or one of the special ones (undefined, absolute, common)."""

    name: str
    value: int
    size: int
    info: int
    other: int
    section: int


class Object(NamedTuple):
    """All of an object file that becomes part of a program, or decides how it is linked."""

    machine: int
    flags: int
    sections: tuple[Section, ...]
    symbols: tuple[Symbol, ...]


class _Header(NamedTuple):
    """A section header, in the order of its fields."""

    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    entry: int


def read(file: Path) -> Object:
    """The comparable content of an object file."""
    data = file.read_bytes()
    if data[:4] != b"\x7fELF":
        raise ValueError(f"{file} is no ELF file")
    wide, order = data[4] == 2, "<" if data[5] == 1 else ">"
    start = struct.Struct(order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH")).unpack_from(data, 16)
    machine, table, flags, count, names = start[1], start[5], start[6], start[11], start[12]
    layout = struct.Struct(order + ("IIQQQQIIQQ" if wide else "IIIIIIIIII"))
    headers = [_Header(*layout.unpack_from(data, table + number * layout.size)) for number in range(count)]
    symbols: tuple[Symbol, ...] = ()
    sections = []
    for header in headers:
        content = b"" if header.kind == _NOBITS else data[header.offset : header.offset + header.size]
        if header.kind == _SYMTAB:
            symbols = _symbols(content, headers[header.link], data, order, wide)
        size = header.size
        if header.kind in (_SYMTAB, _STRTAB):
            size, content = 0, b""
        name = _text(data, headers[names].offset + header.name)
        sections.append(Section(name, header.kind, header.flags, size, header.align, content))
    return Object(machine, flags, tuple(sections), symbols)


def _symbols(content: bytes, names: _Header, data: bytes, order: str, wide: bool) -> tuple[Symbol, ...]:
    found = []
    for fields in struct.iter_unpack(order + ("IBBHQQ" if wide else "IIIBBH"), content):
        if wide:
            name, info, other, section, value, size = fields
        else:
            name, value, size, info, other, section = fields
        text = "" if info & 15 == _FILE else _text(data, names.offset + name)
        found.append(Symbol(text, value, size, info, other, section))
    return tuple(found)


def _text(data: bytes, offset: int) -> str:
    return data[offset : data.index(b"\0", offset)].decode()


def differences(one: Object, other: Object) -> list[str]:
    """Where two objects differ, one line each; empty when they are the same code."""
    out = [] if one[:2] == other[:2] else [f"machine and flags: {one[:2]} and {other[:2]}"]
    pairs = (("section", one.sections, other.sections), ("symbol", one.symbols, other.symbols))
    for what, left, right in pairs:
        if len(left) != len(right):
            out.append(f"{what}s: {[entry.name for entry in left]} and {[entry.name for entry in right]}")
        out += [f"{what} {a.name!r}" for a, b in zip(left, right) if a != b]
    return out
