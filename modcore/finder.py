"""Import paths to modules: the one place that knows roots (language reference, sections 1 and 2).

In comes the path of an import and the module that writes it; out goes the module it names, or a `Miss` that says why
not. Files are asked about through an injected `exists`, so that the command line looks at the disk and SCons at its
graph. Nothing outside the roots is ever asked about.
"""

from __future__ import annotations

import difflib
import posixpath
from collections.abc import Callable, Sequence

import msgspec

SUFFIX = ".cm"
INTERFACE = ".cmi"
"""The suffix of interfaces."""


class Module(msgspec.Struct, frozen=True, gc=False, order=True):
    """One module: its name, and the file as it is shown to users. Two with one name are a `duplicate-module`."""

    name: str
    file: str

    @property
    def folder(self) -> str:
        return posixpath.dirname(self.name)


class Miss(msgspec.Struct, frozen=True, gc=False):
    """An import path that names no module; `outside` when it leaves the roots, else the sources looked for."""

    path: str
    outside: bool
    tried: tuple[str, ...]


class Finder:
    """Looks modules up below the project root and the library roots.

    `roots` are folders as the user names them ('' or '.' for the current one), the project root first. `exists` says
    whether a file is there; it gets paths made of a root and a module name only.
    """

    def __init__(self, roots: Sequence[str], exists: Callable[[str], bool], suffix: str = SUFFIX) -> None:
        self.roots = tuple(dict.fromkeys(_folder(root) for root in roots))
        self.suffix = suffix
        self._exists = exists
        self._modules: dict[str, Module] = {}

    def module_of(self, file: str) -> Module:
        """The module that `file` is, by the innermost root that contains it; outside all roots, its bare name."""
        module = self._modules.get(file)
        if module is None:
            path = posixpath.normpath(file.replace("\\", "/"))
            inside = [root for root in self.roots if _within(root, path)]
            root = max(inside, key=len, default=posixpath.dirname(path))
            name = path[len(root) :].lstrip("/") if root else path
            module = self._modules[file] = Module(name.removesuffix(self.suffix), path)
        return module

    def find(self, path: str, importer: Module) -> Module | Miss:
        """The module that `import path;` in `importer` names: beside the importer, then root by root.

        The path is normalised first; one that leaves every root is a Miss, whatever exists there.
        """
        folders = (posixpath.dirname(importer.file), *self.roots)
        tried: list[str] = []
        inside = False
        for folder in folders:
            file = posixpath.normpath(posixpath.join(folder, path)) + self.suffix
            if not any(_within(root, file) for root in self._roots_of(importer)):
                continue
            inside = True
            if file not in tried:
                tried.append(file)
                if self._exists(file):
                    return self.module_of(file)
        return Miss(path, not inside, tuple(tried))

    def near(self, path: str, known: Sequence[str]) -> list[str]:
        """Names among `known` modules that the user may have meant by `path`."""
        bare = path.lstrip("./")
        return sorted(difflib.get_close_matches(bare, sorted(known), n=3, cutoff=0.6))

    def _roots_of(self, importer: Module) -> tuple[str, ...]:
        """The roots, and for a file that lies in none of them its own folder."""
        if any(_within(root, importer.file) for root in self.roots):
            return self.roots
        return (*self.roots, posixpath.dirname(importer.file))


def interface_file(file: str, suffix: str) -> str:
    """The file that may stand where a module's source would, by that source's name."""
    return file.removesuffix(suffix) + INTERFACE


def _folder(path: str) -> str:
    normal = posixpath.normpath(path.replace("\\", "/")) if path else ""
    return "" if normal == "." else normal


def _within(root: str, path: str) -> bool:
    if root == "":
        return not posixpath.isabs(path) and path != ".." and not path.startswith("../")
    return path.startswith(root.rstrip("/") + "/")
