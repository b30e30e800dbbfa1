"""Where a program's files come from: the project on disk, or what a build system says there is.

In come the options of a build; out go the texts of modules, or what stands for them: a module without a source may
have an interface (`.cmi`) beside the place of its source, under whose name it is known all the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

import msgspec

from modcore.diagnostics import Diagnostic, Problem
from modcore.finder import SUFFIX, Module, interface_file
from modcore.preprocess import Toolchain
from modcore.source import Position
from modcore.stage1_names import Unit

if TYPE_CHECKING:
    from modcore.target.facts import Facts


class Options(msgspec.Struct, frozen=True, gc=False):
    """What a build says of a program: the compiler, the roots, whether private symbols get internal linkage."""

    toolchain: Toolchain = Toolchain()
    roots: tuple[str, ...] = (".",)
    internal: bool = True
    suffix: str = SUFFIX


class Files(Protocol):
    """Where a program's files come from."""

    def exists(self, file: str) -> bool: ...

    def read_text(self, file: str) -> str | None: ...

    def unit(self, module: Module) -> Unit | None:
        """A unit that is known without preprocessing, from a names file; None: read the source."""

    def others(self) -> Iterable[str]:
        """Files of further modules that a user may have meant; asked only when a name could not be found."""


class Disk:
    """The files on disk below some roots; where a module has no source, its interface stands for it."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def exists(self, file: str) -> bool:
        return os.path.isfile(file) or os.path.isfile(self._interface_of(file))

    def read_text(self, file: str) -> str | None:
        try:
            with open(file, encoding="utf-8", errors="surrogateescape") as stream:
                return stream.read()
        except OSError:
            return None

    def unit(self, module: Module) -> Unit | None:
        interface = self._interface_of(module.file)
        if os.path.isfile(module.file) or not os.path.isfile(interface):
            return None
        with open(interface, "rb") as stream:
            names = names_of_interface(stream.read(), module, interface, self._options.toolchain)
        from modcore.names_file import read_names

        return read_names(names, module, interface)

    def _interface_of(self, file: str) -> str:
        return interface_file(file, self._options.suffix)

    def others(self) -> Iterator[str]:
        for root in self._options.roots:
            for folder, inner, files in os.walk(root):
                inner[:] = sorted(name for name in inner if not name.startswith("."))
                for file in sorted(files):
                    if file.endswith(self._options.suffix):
                        yield os.path.normpath(os.path.join(folder, file)).replace(os.sep, "/")


def names_of_interface(content: bytes, module: Module, file: str, toolchain: Toolchain) -> bytes:
    """The names file of a module that has an interface. Raises Problem when that does not hold for the toolchain."""
    from modcore.interface import read_interface, target_of

    target = target_of(facts_of(toolchain), toolchain.cc, toolchain.flags)
    return read_interface(content, module, file, target).names()


def facts_of(toolchain: Toolchain) -> Facts:
    """What a compiler says about its target. Raises Problem when it cannot be asked."""
    from modcore.target.probe import ProbeError, probe

    try:
        return probe(toolchain.cc, toolchain.flags)
    except ProbeError as error:
        raise Problem(Diagnostic("toolchain", str(error), Position("", 1, 1, 1, 2))) from error
