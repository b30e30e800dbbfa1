"""Module and name ↔ link name: the one place that knows how symbols are spelled for linkers.

`add` of module `data/graph` is `_ZN4data5graph3addE`: a C identifier that debuggers and binary tools print as
`data::graph::add`. Bytes that an identifier cannot have, and a digit that begins a component, are `_xHH`; so is the
underscore of a component that already contains `_x` and two hexadecimal digits, which makes the mapping injective.
"""

from __future__ import annotations

import re

_UNSAFE = re.compile(rb"^[0-9]|[^A-Za-z0-9_]")
_LOOKS_ESCAPED = re.compile(rb"_(?=x[0-9A-F]{2})")
_LINK_NAME = re.compile(r"(?<!\w)_ZN\d\w*E_?(?!\w)", re.ASCII)
_ESCAPE = re.compile(rb"_x([0-9A-F]{2})")


def link_name(module: str, name: str) -> str:
    """The link name of `name` of `module` ('/'-separated)."""
    components = [_component(part) for part in (*module.split("/"), name)]
    return "_ZN" + "".join(f"{len(part)}{part}" for part in components) + "E"


def local_name(module: str, name: str) -> str:
    """The name of something local for which `name` itself cannot stand in the C of `module`."""
    return link_name(module, name) + "_"


def user_name(symbol: str) -> str | None:
    """`module::name` of a link name; None for what is not one."""
    if not symbol.startswith("_ZN"):
        return None
    parts: list[str] = []
    at = 3
    while at < len(symbol) and symbol[at].isdigit():
        digits = re.match(r"\d+", symbol[at:])
        assert digits is not None
        at += len(digits[0])
        size = int(digits[0])
        part = symbol[at : at + size]
        if len(part) != size:
            return None
        parts.append(_ESCAPE.sub(lambda m: bytes((int(m[1], 16),)), part.encode()).decode(errors="replace"))
        at += size
    if symbol[at:] not in ("E", "E_") or len(parts) < 2:
        return None
    return "/".join(parts[:-1]) + "::" + parts[-1]


def demangle(text: str, own_module: str | None = None) -> str:
    """`text` with every link name in it as `module::name`, those of `own_module` as the bare name."""

    def spelled(match: re.Match[str]) -> str:
        name = user_name(match[0])
        if name is None:
            return match[0]
        module, _, bare = name.rpartition("::")
        return bare if module == own_module else name

    return _LINK_NAME.sub(spelled, text)


def _component(part: str) -> str:
    raw = _LOOKS_ESCAPED.sub(b"_x5F", part.encode(errors="surrogateescape"))
    return _UNSAFE.sub(lambda m: b"_x%02X" % m[0][0], raw).decode()
