"""`CModuleProgram`: a program linked from its sources and the objects of everything that their modules
import.

The import closure is known only when the names files are. So the objects are dependencies that a target
scanner finds while the build runs, and the list that is linked is read off the dependencies when linking
starts: the sources as given, then the other modules' objects by file. Modules that come with a library among
the sources or LIBS are linked from there.
"""

from __future__ import annotations

from typing import Any

import SCons.Action
import SCons.Builder
import SCons.Defaults
import SCons.Scanner.Prog
from SCons.Builder import EmitterProxy
from SCons.Scanner import FindPathDirs

from modcore.scons.builders import object_of
from modcore.scons.names import generation, head_of, modules_imported
from modcore.scons.places import Placed, placed_of
from modcore.scons.scanners import InterfaceScanner, always_scan
from modcore.scons.session import session_of


def scan_program(node: Any, env: Any, path: Any) -> list[Any]:
    """Libraries, as for any program, and the names files of the modules among the sources."""
    libraries = SCons.Scanner.Prog.scan(node, env, path)
    given = _modules_in([*node.sources, *libraries], env)
    session_of(env).given[node] = frozenset(given)
    return [*libraries, *(given[file].names for file in sorted(given))]


def scan_closure(node: Any, env: Any, path: tuple[Any]) -> list[Any]:
    """What a module adds to a program: the names files and objects of its imports."""
    placed = placed_of(node)
    head = head_of(placed) if placed is not None else None
    if placed is None or head is None:
        return []
    given = session_of(env).given[path[0]]
    out = []
    for other in modules_imported(placed, head.imports):
        out.append(other.names)
        if other.file not in given and other.has_source:
            out.append(object_of(other))
    return out


def program_itself(env: Any, folder: Any, target: Any, source: Any) -> tuple[Any, ...]:
    """Scans of names files are remembered for each program apart, because of what it already has."""
    return (target[0], *generation(env, folder, target, source))


def _modules_in(sources: list[Any], env: Any) -> dict[str, Placed]:
    """The modules whose objects are among some nodes, or inside libraries among them, by file.

    What made a source of an object (a program that generates C) is not in the object.
    """
    compiled = frozenset(env["BUILDERS"]["StaticObject"].src_suffixes(env))
    found: dict[str, Placed] = {}
    pending = list(sources)
    while pending:
        node = pending.pop()
        placed = placed_of(node)
        if placed is not None:
            found[placed.file] = placed
        elif node.is_derived():
            pending += (one for one in node.sources if one.get_suffix() not in compiled or placed_of(one) is not None)
    return found


def _linked(target: list[Any], source: list[Any]) -> list[Any]:
    """The sources of a program with the objects that its import closure adds."""
    added = {}
    for node in target[0].implicit or ():
        placed = placed_of(node)
        if placed is not None and node is not placed.names:
            added[placed.file] = node
    return [*source, *(added[file] for file in sorted(added))]


def link(target: list[Any], source: list[Any], env: Any) -> Any:
    """Links a program."""
    return SCons.Defaults.LinkAction(target, _linked(target, source), env, show=False)


def link_shown(target: list[Any], source: list[Any], env: Any) -> str:
    """The command that `link` runs."""
    return SCons.Defaults.LinkAction.strfunction(target, _linked(target, source), env)


def program_emitter(target: list[Any], source: list[Any], env: Any) -> tuple[list[Any], list[Any]]:
    """What PROGEMITTER does, and the objects of the closure are looked for in every run."""
    always_scan(target[0])
    return EmitterProxy("PROGEMITTER")(target, source, env)


PROGRAM_SCANNER = InterfaceScanner(scan_program, FindPathDirs("LIBPATH"), scan_closure, program_itself)

PROGRAM_BUILDER = SCons.Builder.Builder(
    name="CModuleProgram", action=SCons.Action.Action(link, link_shown, varlist=["LINKCOM"]),
    emitter=program_emitter,
    prefix="$PROGPREFIX", suffix="$PROGSUFFIX", src_suffix="$OBJSUFFIX", src_builder="Object",
    target_scanner=PROGRAM_SCANNER,
)  # fmt: skip
