"""Which node an import means, and where the products of a module go.

Modules are known by their *file*: the path of the source, seen from the top folder, whatever variant is being built.
Inside a variant folder a module's products stand beside its (real or pretended) copy. A module that lies in no variant
folder, as in a library root outside the project, gets its products below the variant folder of the module that needs
it, in a folder of their own; without any variant folder they stand beside the source, or below the top folder when
the source lies outside the project.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
from typing import Any

import msgspec

from modcore.finder import Finder, Module
from modcore.names_file import SUFFIX
from modcore.scons.session import Session, path_of

EMITTED = ".cm.c"
ELSEWHERE = "_modules"


class Placed(msgspec.Struct, frozen=True, eq=False):
    """One module in one variant: its file, and the nodes of its source, its names file and its emitted C.

    `variant` is the variant folder that it is built in, None for none; `cwd` the folder of the SConscript file that
    asked for it, from which relative include paths count.
    """

    file: str
    source: Any
    names: Any
    emitted: Any
    variant: Any
    cwd: Any


def placed_of(node: Any) -> Placed | None:
    """The module that a names file, an emitted file or an object belongs to."""
    return getattr(node.attributes, "cmodule", None)


def file_of(source: Any) -> str:
    """A module's file."""
    return path_of(source.srcnode())


def variant_of(folder: Any) -> Any:
    """The variant folder that a folder lies in; None for none."""
    while folder is not None and folder.srcdir is None:
        folder = folder.up()
    return folder


def imported(session: Session, env: Any, placed: Placed, paths: tuple[str, ...]) -> list[tuple[Any, Any, Any]]:
    """For each import path of a module that names one: its source, and where its names file and emitted C belong."""
    settings = session.settings(env)
    out = []
    for path in paths:
        key = (id(env), placed.file, path, placed.variant, placed.source.dir)
        if key not in session.located:
            finder = Finder(settings.roots, lambda file: _located(session, file, placed) is not None, settings.suffix)
            found = finder.find(path, Module(placed.file, placed.file))
            node = _located(session, found.file, placed) if isinstance(found, Module) else None
            session.located[key] = (node, *_products(session, node, placed, settings.roots)) if node is not None else None
        if session.located[key] is not None:
            out.append(session.located[key])
    return out


def _located(session: Session, file: str, near: Placed) -> Any:
    """The node of a module file for the variant of another module; None when there is no such file."""
    key = (file, near.variant, near.source.dir)
    if key not in session.located:
        there = [node for node in _candidates(session, file) if node.is_derived() or node.srcnode().exists()]
        session.located[key] = min(there, key=lambda node: _distance(node, near), default=None)
    return session.located[key]


def _candidates(session: Session, file: str) -> list[Any]:
    """The nodes that stand for a file: itself, and one in each variant folder of a folder that contains it."""
    own = session.top.fs.File(file, session.top)
    found = [own]
    folder, tail = own.dir, own.name
    while folder is not None:
        found += [session.top.fs.File(tail, variant) for variant in folder.variant_dirs]
        folder, tail = folder.up(), f"{folder.name}/{tail}"
    return found


def _distance(node: Any, near: Placed) -> tuple[Any, ...]:
    """The same variant comes first, then what shares the longest path with the module that asks."""
    variant = variant_of(node.dir)
    shared = os.path.commonprefix([posixpath.dirname(node.path), posixpath.dirname(near.source.path)])
    return (variant is not near.variant, variant is None, -len(shared), node.path)


def _products(session: Session, source: Any, near: Placed, roots: tuple[str, ...]) -> tuple[Any, Any]:
    """The nodes of a module's names file and emitted C."""
    stem = os.path.splitext(source.name)[0]
    beside = (source.dir.File(stem + SUFFIX), source.dir.File(stem + EMITTED))
    if variant_of(source.dir) is not None or beside[0].has_builder():
        return beside
    file = file_of(source)
    outside = posixpath.isabs(file) or file.startswith("../")
    if near.variant is None and not outside:
        return beside
    if outside:
        root = max((one for one in roots if file.startswith(one + "/")), key=len, default=posixpath.dirname(file))
        unique = hashlib.sha256(root.encode(errors="surrogateescape")).hexdigest()[:8]
        file = f"{posixpath.basename(root)}-{unique}/{file[len(root) :].lstrip('/')}"
    below = posixpath.join(ELSEWHERE, posixpath.dirname(file), stem)
    base = near.variant or session.top
    return base.File(below + SUFFIX), base.File(below + EMITTED)
