"""Which node an import means, and where the products of a module go.

Modules are known by their *file*: the path of the source, seen from the top folder, whatever variant is being
built. Inside a variant folder a module's products stand beside its (real or pretended) copy. A module that
lies in no variant folder, as in a library root outside the project, gets its products below the variant
folder of the module that needs it, in a folder of their own; without any variant folder they stand beside the
source, or below the top folder when the source lies outside the project.

A file that is built in several variant folders, none of them that of the importer, is taken from the one that has the
importer's settings, or else from the nearest. Where neither tells them apart they are rivals, and the import is an
error: it would be chance which of several builds a program gets.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
from typing import Any

import msgspec
from SCons.Errors import UserError

from modcore.finder import INTERFACE, Finder, Module
from modcore.names_file import SUFFIX
from modcore.scons.session import Session, path_of

EMITTED = ".cm.c"
ELSEWHERE = "_modules"


class Placed(msgspec.Struct, frozen=True, eq=False):
    """One module in one variant: its file, and the nodes of its source (or interface) and its names file.

    `variant` is the variant folder that it is built in, None for none; `environment` the construction
    environment that it is built with; `cwd` the folder of the SConscript file that asked for it, from which
    relative include paths count.
    """

    file: str
    source: Any
    names: Any
    variant: Any
    environment: Any
    cwd: Any

    @property
    def has_source(self) -> bool:
        """Whether the module is built here; otherwise its interface is all that there is."""
        return not self.source.name.endswith(INTERFACE)

    @property
    def emitted(self) -> Any:
        """The node of the emitted C. Made when somebody wants it: SCons takes a node without builder for a
        source."""
        return self.names.dir.File(self.names.name.removesuffix(SUFFIX) + EMITTED)


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


class Target(msgspec.Struct, frozen=True, eq=False):
    """What an import means: a module's source, and where its names file belongs.

    `rivals` are the paths of all that it may mean as well, this one included; none where it is clear.
    """

    file: str
    source: Any
    names: Any
    rivals: tuple[str, ...]


class Found(msgspec.Struct, frozen=True, eq=False):
    """The node of a module file, and the paths of its rivals."""

    node: Any
    rivals: tuple[str, ...] = ()


def imported(session: Session, placed: Placed, path: str) -> Target | None:
    """What an import path in a module names; None for nothing."""
    known = session.imports.setdefault(placed, {})
    if path not in known:
        settings = session.settings(placed.environment)
        exists = lambda file: _located(session, file, placed) is not None  # noqa: E731
        finder = Finder(settings.roots, exists, settings.suffix)
        found = finder.find(path, Module(placed.file, placed.file))
        target = None
        if isinstance(found, Module):
            there = _located(session, found.file, placed)
            assert there is not None
            names = _names_node(session, there.node, placed, settings.roots)
            target = Target(found.file, there.node, names, there.rivals)
        known[path] = target
    return known[path]


def environment_in(session: Session, variant: Any, near: Placed) -> Any:
    """The environment for a module that is built in a variant folder because another one imports it."""
    own = session.settings(near.environment).signature
    listed = session.listed.get(variant, {}).values() if variant is not near.variant else ()
    others = [env for env in listed if session.settings(env).signature != own]
    return others[0] if others and len(others) == len(listed) else near.environment


def _located(session: Session, file: str, near: Placed) -> Found | None:
    """The node of a module file for the variant of another module, or of the interface in its place; None when there
    is neither."""
    key = (file, near.variant, near.source.dir, session.settings(near.environment).signature)
    if key not in session.located:
        if file not in session.candidates:
            suffix = session.settings(near.environment).suffix
            interface = file.removesuffix(suffix) + INTERFACE
            session.candidates[file] = _candidates(session, file) or _candidates(session, interface)
        there = session.candidates[file]
        session.located[key] = _nearest(session, there, near) if there else None
    return session.located[key]


class Candidate(msgspec.Struct, frozen=True, eq=False):
    """A module file below a folder: a variant folder, or the top folder for the file itself."""

    variant: Any
    folder: Any
    path: str

    @property
    def shown(self) -> str:
        return posixpath.normpath(posixpath.join(path_of(self.folder), self.path))


def _candidates(session: Session, file: str) -> list[Candidate]:
    """The places of a file: itself, and one in each variant folder of a folder that contains it.

    What is neither on disk nor built is none, and gets no node: SCons would take it for one more source. What is
    built has no copies, because the first build, which does not find it on disk yet, could not know of them.
    """
    top = session.top
    itself = _known(top.fs.File, top, file)
    built = itself is not None and itself.is_derived()
    is_source = not built and os.path.isfile(os.path.join(top.get_abspath(), file))
    found = []
    if built or is_source:
        found.append(Candidate(variant_of(itself.dir) if itself is not None else None, top, file))
    folder, name = posixpath.split(file)
    if folder not in session.variants:
        session.variants[folder] = _variants_of(top, folder)
    for variant, below in session.variants[folder]:
        copy = _known(top.fs.File, variant, below + name)
        if is_source or copy is not None and copy.is_derived():
            found.append(Candidate(variant, variant, below + name))
    return found


def _variants_of(top: Any, folder: str) -> list[tuple[Any, str]]:
    """The variant folders of a folder and of those that contain it, each with the path from there to the
    folder."""
    found = []
    below = ""
    while True:
        node = _known(top.fs.Dir, top, folder or ".")
        found += [(variant, below) for variant in (node.variant_dirs if node is not None else ())]
        folder, last = posixpath.split(folder)
        if last in ("", ".."):
            return found
        below = f"{last}/{below}"


def _known(lookup: Any, folder: Any, path: str) -> Any:
    """A node that exists already; None otherwise."""
    try:
        return lookup(path, folder, create=False)
    except (UserError, TypeError):
        return None  # there is none, or it is one of another kind


def _nearest(session: Session, there: list[Candidate], near: Placed) -> Found:
    """The candidate that an importer means."""
    if len(there) == 1:
        return Found(there[0].folder.File(there[0].path))
    distances = {one.shown: _distance(session, one, near) for one in there}
    first, *others = sorted(there, key=lambda one: (distances[one.shown], one.shown))
    equal = [first, *(one for one in others if distances[one.shown] == distances[first.shown])]
    builds = {
        session.settings(env).signature for one in equal for env in _environments(session, one) or [near.environment]
    }
    rivals = tuple(one.shown for one in equal) if len(equal) > 1 and len(builds) > 1 else ()
    return Found(first.folder.File(first.path), rivals)


def _distance(session: Session, candidate: Candidate, near: Placed) -> tuple[Any, ...]:
    """The same variant comes first, then the same settings, then what shares the most folders above it with the module
    that asks, then the most names of folders."""
    own = session.settings(near.environment)
    builds = [session.settings(env) for env in _environments(session, candidate)]
    unlike = [own.signature not in (one.signature for one in builds), own.meaning not in (one.meaning for one in builds)]
    folders = [posixpath.dirname(candidate.shown).split("/"), path_of(near.source.dir).split("/")]
    shared, alike = len(os.path.commonprefix(folders)), len(set(folders[0]) & set(folders[1]))
    return (candidate.variant is not near.variant, *unlike, candidate.variant is None, -shared, -alike)


def _environments(session: Session, candidate: Candidate) -> list[Any]:
    """The environments that a candidate is built with, or may be as one of its variant folder; none if none is known."""
    names = _known(session.top.fs.File, candidate.folder, os.path.splitext(candidate.path)[0] + SUFFIX)
    placed = placed_of(names) if names is not None else None
    return [placed.environment] if placed is not None else [*session.listed.get(candidate.variant, {}).values()]


def _names_node(session: Session, source: Any, near: Placed, roots: tuple[str, ...]) -> Any:
    """The node of a module's names file."""
    stem = os.path.splitext(source.name)[0]
    beside = source.dir.File(stem + SUFFIX)
    if variant_of(source.dir) is not None or beside.has_builder():
        return beside
    file = file_of(source)
    outside = posixpath.isabs(file) or file.startswith("../")
    if near.variant is None and not outside:
        return beside
    if outside:
        containing = [one for one in roots if file.startswith(one + "/")]
        root = max(containing, key=len, default=posixpath.dirname(file))
        unique = hashlib.sha256(root.encode(errors="surrogateescape")).hexdigest()[:8]
        file = f"{posixpath.basename(root)}-{unique}/{file[len(root) :].lstrip('/')}"
    folder = near.variant or session.top
    return folder.File(posixpath.join(ELSEWHERE, posixpath.dirname(file), stem + SUFFIX))
