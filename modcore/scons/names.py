"""Names files as nodes: the builder that makes them, and the modules that imports lead to.

A names file gets its builder when its module is handed to an object builder, or when a scanner meets an import of it,
whichever comes first.
"""

from __future__ import annotations

from typing import Any

import SCons.Defaults
from SCons.Builder import BuilderBase
from SCons.Script import GetOption

from modcore.names_file import SUFFIX, Head, read_head
from modcore.preprocessed import SUFFIX as TEXT
from modcore.scons.jobs import NAMES_ACTION
from modcore.scons.places import Placed, file_of, imported, placed_of, variant_of
from modcore.scons.session import session_of

NAMES_BUILDER = BuilderBase(
    name="cmodule names", action=NAMES_ACTION, suffix=SUFFIX, src_suffix="$CMODSUFFIX", single_source=True,
    source_scanner=SCons.Defaults.CScan,
)  # fmt: skip

_HEAD = "modcore_head"


def place(env: Any, placed: Placed) -> Placed:
    """Makes a module known: its names file gets the builder."""
    placed.names.attributes.cmodule = placed
    placed.emitted.attributes.cmodule = placed
    NAMES_BUILDER(env, [placed.names], [placed.source])
    placed.names.cwd = placed.cwd
    if GetOption("clean"):
        env.Clean(placed.names, placed.names.dir.File(placed.names.name.removesuffix(SUFFIX) + TEXT))
    return placed


def modules_imported(env: Any, near: Placed, paths: tuple[str, ...]) -> list[Placed]:
    """The modules that import paths in a module name. What names none is left to the emission, which reports it."""
    out = []
    for source, names, emitted in imported(session_of(env), env, near, paths):
        known = placed_of(names)
        if known is None:
            variant = variant_of(names.dir) or near.variant
            known = place(env, Placed(file_of(source), source, names, emitted, variant, near.cwd))
        out.append(known)
    return out


def head_of(placed: Placed) -> Head | None:
    """The head of a module's names file as it is now; a damaged file is removed, so that it is made again."""
    node = placed.names
    # SCons forgets what is in this table when the node is built.
    if _HEAD in node._memo:
        return node._memo[_HEAD]
    try:
        with open(node.get_abspath(), "rb") as stream:
            head = read_head(stream.read())
    except OSError:
        return None  # not made yet
    if head is None and not (GetOption("no_exec") or GetOption("question")):
        node.remove()
        node.clear_memoized_values()
    node._memo[_HEAD] = head
    return head
