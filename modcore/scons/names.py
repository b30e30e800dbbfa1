"""Names files as nodes: the builder that makes them, and the modules that imports lead to.

A names file gets its builder when its module is handed to an object builder, or when a scanner meets an
import of it, whichever comes first.
"""

from __future__ import annotations

import SCons.Defaults
import SCons.Node
from SCons.Builder import BuilderBase
from SCons.Script import GetOption

from modcore.names_file import SUFFIX, Head, read_head
from modcore.preprocessed import SUFFIX as TEXT
from modcore.scons.jobs import StepAction, write_names
from modcore.scons.places import Placed, environment_in, imported, placed_of, variant_of
from modcore.scons.session import session_of

NAMES_BUILDER = BuilderBase(
    name="cmodule names", action=StepAction(write_names, {"cmdstr": "$CMODNAMESCOMSTR"}),
    suffix=SUFFIX, src_suffix="$CMODSUFFIX", single_source=True,
    source_scanner=SCons.Defaults.CScan,
)  # fmt: skip

_HEAD = "modcore_head"


def place(placed: Placed) -> Placed:
    """Makes a module known: its names file gets the builder."""
    names = placed.names
    names.attributes.cmodule = placed
    NAMES_BUILDER(placed.environment, [names], [placed.source])
    names.cwd = placed.cwd
    session_of(placed.environment).waiting.add(names)
    if GetOption("clean"):
        placed.environment.Clean(names, names.dir.File(names.name.removesuffix(SUFFIX) + TEXT))
    return placed


def modules_imported(near: Placed, paths: tuple[str, ...]) -> list[Placed]:
    """The modules that import paths in a module name. What names none is left to the emission, which reports
    it."""
    session = session_of(near.environment)
    out = []
    for path in paths:
        target = imported(session, near, path)
        if target is not None:
            known = placed_of(target.names)
            if known is None:
                variant = variant_of(target.names.dir) or near.variant
                environment = environment_in(session, variant, near)
                known = place(Placed(target.file, target.source, target.names, variant, environment, near.cwd))
            out.append(known)
    return out


def modules_needed(placed: Placed) -> list[Placed]:
    """The modules that importers of a module depend on as well.

    Exported imports always; of the others those that give a name that the module's declarations want. When
    nobody gives one, it is leaked, and any import may have leaked it. An import whose names are not known yet
    may give anything.
    """
    head = head_of(placed)
    if head is None:
        return []
    if not head.wants:
        return modules_imported(placed, head.exported)
    imports = modules_imported(placed, head.imports)
    exported = set(head.exported) and {other.file for other in modules_imported(placed, head.exported)}
    needed, found, all_known = [], set(), True
    for other in imports:
        gives = _names_given(other, set())
        if gives is None or other.file in exported or not head.wants.isdisjoint(gives):
            needed.append(other)
        if gives is None:
            all_known = False
        else:
            found |= gives
    return imports if all_known and not head.wants <= found else needed


def _names_given(placed: Placed, seen: set[str]) -> frozenset[str] | None:
    """The names that an import of a module makes visible; None while they are not known."""
    head = head_of(placed)
    if head is None or not head.exported:
        return head.gives if head is not None else None
    seen.add(placed.file)
    gives = set(head.gives)
    for other in modules_imported(placed, head.exported):
        if other.file not in seen:
            more = _names_given(other, seen)
            if more is None:
                return None
            gives |= more
    return frozenset(gives)


def generation(env: object, folder: object, target: object, source: object) -> tuple[int]:
    """What SCons remembers scans under: how many names files this run has built, because scans read them."""
    session = session_of(env)
    final = (SCons.Node.executed, SCons.Node.up_to_date)
    done = [node for node in session.waiting if node.get_state() in final]
    session.waiting.difference_update(done)
    session.built += sum(node.get_state() == SCons.Node.executed for node in done)
    return (session.built,)


def head_of(placed: Placed) -> Head | None:
    """The head of a module's names file as it is now; None when it is not made yet.

    A damaged file is removed, so that it is made again. One that another thread is making, or copies from a cache,
    may be there in part.
    """
    node = placed.names
    if node.get_state() == SCons.Node.executing:
        return None
    # SCons forgets what is in its table when the node is built. While it cleans, files go before all have seen them.
    known, key = (session_of(placed.environment).heads, node) if GetOption("clean") else (node._memo, _HEAD)
    if key in known:
        return known[key]
    try:
        with open(node.get_abspath(), "rb") as stream:
            head = read_head(stream.read())
    except OSError:
        return None
    if head is None and not (GetOption("no_exec") or GetOption("question")):
        node.remove()
        node.clear_memoized_values()
    known[key] = head
    return head
