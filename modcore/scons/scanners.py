"""Dependencies on other modules, found by SCons' target scanners in the names files.

A scanner reads only names files that are children of the node it works for: SCons scans again when a child
was built, so what cannot be read yet is found later in the same run, import cycles included. Emitted C
depends on the names files of what its module imports, and from there on only where declarations need it
(`modules_needed`). Scanners never raise.
"""

from __future__ import annotations

from typing import Any

from SCons.Scanner import ScannerBase
from SCons.Script import GetOption

from modcore.scons.names import generation, head_of, modules_imported, modules_needed
from modcore.scons.places import placed_of


class InterfaceScanner(ScannerBase):
    """A recursive scanner: one function for its target, another for the names files that it meets."""

    def __init__(self, of_target: Any, target_path: Any, of_names: Any, names_path: Any) -> None:
        super().__init__(of_target, "cmodule", path_function=target_path, recursive=True)
        self._of_names = ScannerBase(of_names, "cmodule names", path_function=names_path, recursive=True)

    def select(self, node: Any) -> Any:
        placed = placed_of(node)
        return self._of_names if placed is not None and node is placed.names else self


def scan_emitted(node: Any, env: Any, path: Any) -> list[Any]:
    """What emitted C depends on: its module's names file, and those of all that the module imports."""
    placed = placed_of(node)
    if placed is None:
        return []
    head = head_of(placed)
    return [placed.names, *(other.names for other in modules_imported(placed, head.imports if head else ()))]


def scan_names(node: Any, env: Any, path: Any) -> list[Any]:
    """What follows from a names file: those that its declarations need."""
    placed = placed_of(node)
    return [other.names for other in modules_needed(placed)] if placed is not None else []


def always_scan(node: Any) -> None:
    """Has SCons scan a node also with --implicit-cache: names files that came from its cache would have no
    builder."""
    if GetOption("implicit_cache"):
        stored = node.get_stored_info()
        if stored is not None and hasattr(stored.binfo, "bimplicit"):
            del stored.binfo.bimplicit


EMITTED_SCANNER = InterfaceScanner(scan_emitted, generation, scan_names, generation)
