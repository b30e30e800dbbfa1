"""The builders of emitted C and of interfaces, and how modules become sources of Object, Library and Program.

Object builders take `.cm` wherever they take `.c`: their emitter puts the emitted C in its place. What belongs
to the module (names file, text, C) is named after the object, so that one source can become several objects
with settings of their own. Modules that nobody listed get their builders from the scanners.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import SCons.Defaults
import SCons.Tool
from SCons.Builder import BuilderBase, DictEmitter
from SCons.Node import NodeList

from modcore.finder import INTERFACE
from modcore.names_file import SUFFIX
from modcore.scons.compile import SHARED_ACTION, STATIC_ACTION
from modcore.scons.jobs import StepAction, emit, write_interface
from modcore.scons.names import place
from modcore.scons.places import EMITTED, Asker, Placed, beside, file_of, placed_of, variant_of
from modcore.scons.refusal import refuse
from modcore.scons.scanners import EMITTED_SCANNER, always_scan
from modcore.scons.session import session_of


class ModuleFiles(BuilderBase):
    """Has object builders accept module files. It makes nothing of them, because products are named after the
    object, which only the emitter of the object builder knows."""

    def _execute(self, env: Any, target: Any, source: Any, overwarn: Any = {}, executor_kw: Any = {}) -> Any:
        return NodeList(env.arg2nodes(source, env.fs.File))


class ObjectEmitter(DictEmitter):
    """The emitter of an object builder, with emitted C in the place of a module file."""

    shared = False

    def __call__(self, target: list[Any], source: list[Any], env: Any) -> tuple[list[Any], list[Any]]:
        if len(source) == 1 and placed_of(source[0]) is None and source[0].name.endswith(env.subst("$CMODSUFFIX")):
            placed = _module_for(target[0], source[0], env, _after(target[0]))
            if not self.shared:
                session_of(env).objects.setdefault(placed, target[0])
            source = [_emitted(placed)]
        return super().__call__(target, source, env)


def interface_emitter(target: list[Any], source: list[Any], env: Any) -> tuple[list[Any], list[Any]]:
    """Makes the module known by a names file beside its source, wherever the interface goes; by one beside the
    interface, if that of the source has other settings."""
    _module_for(target[0], source[0], env, [beside(source[0], env), *_after(target[0])])
    target[0].includes = []
    always_scan(target[0])
    return target, source


def _after(product: Any) -> list[Any]:
    """The names files that are named after a product. The second one is for x.os where x.o has other settings."""
    return [product.dir.File(stem + SUFFIX) for stem in (os.path.splitext(product.name)[0], product.name)]


def _module_for(product: Any, source: Any, env: Any, names: Iterable[Any]) -> Placed:
    """The module that a product is asked for of: it gets the first of some names files that is free, or that is its
    own already. Refuses a product that is made from something else, or with other settings."""
    if "Ninja" in env["BUILDERS"]:
        refuse(
            "cmodule: SCons' ninja tool fixes the dependencies of modules at its first run and would build"
            " from old ones; build modules with scons itself"
        )
    placed = placed_of(product)
    made_from = [placed.source] if placed is not None else product.sources
    if made_from and made_from != [source]:
        refuse(f"{product} is made from {made_from[0]} already, so {source} needs a target of another name")
    for node in [placed.names] if placed is not None else names:
        placed = placed_of(node)
        if placed is None:
            variant = variant_of(source.dir) or variant_of(node.dir)
            placed = place(Placed(file_of(source), source, node, variant, env, env.fs.getcwd()))
            session_of(env).listed.setdefault(source, []).append(placed)
            session_of(env).askers.append(Asker(env, placed.cwd, variant, None))
        if placed.source is source and _same_settings(env, placed.environment):
            product.attributes.cmodule = placed
            return placed
    refuse(
        f"{product} is made from {source} already, with other settings; name the second one differently (by a"
        " target of its own, OBJPREFIX or OBJSUFFIX), or build each in a folder of its own (variant_dir)"
    )


def _same_settings(env: Any, other: Any) -> bool:
    session = session_of(env)
    return env is other or session.settings(env).signature == session.settings(other).signature


EMIT_BUILDER = BuilderBase(
    name="cmodule emit", action=StepAction(emit, {"cmdstr": "$CMODCOMSTR"}), single_source=True,
    source_scanner=SCons.Defaults.CScan, target_scanner=EMITTED_SCANNER,
)  # fmt: skip


INTERFACE_BUILDER = BuilderBase(
    name="CModuleInterface", action=StepAction(write_interface, {"cmdstr": "$CMODINTERFACECOMSTR"}),
    suffix=INTERFACE, src_suffix="$CMODSUFFIX", single_source=True,
    source_scanner=SCons.Defaults.CScan, target_scanner=EMITTED_SCANNER, emitter=interface_emitter,
)  # fmt: skip

MODULE_FILES = ModuleFiles(name="cmodule files", src_suffix="$CMODSUFFIX")


def add_to_objects(env: Any) -> None:
    """Makes module files sources of an environment's object builders."""
    static, shared = SCons.Tool.createObjBuilders(env)
    for builder, action in ((static, STATIC_ACTION), (shared, SHARED_ACTION)):
        builder.add_action(EMITTED, action)
        if not isinstance(builder.emitter, ObjectEmitter):
            builder.add_src_builder(MODULE_FILES)
            builder.get().emitter = ObjectEmitter(builder.emitter)
            builder.emitter.shared = builder is shared
    env["BUILDERS"]["CModule"] = static
    env["BUILDERS"]["SharedCModule"] = shared


def object_of(placed: Placed) -> Any:
    """The object of a module, made by its environment's own builder; one that was asked for is the one."""
    env = placed.environment
    objects = session_of(env).objects
    if placed not in objects:
        emitted = _emitted(placed)
        stem = placed.names.name.removesuffix(SUFFIX)
        suffix = os.path.splitext("x" + env.subst("$OBJSUFFIX"))[1]  # what stands before is part of the stem
        node = emitted.dir.File(stem + suffix)
        if node.has_builder():
            node = emitted.dir.File(f"{stem}.cm{suffix}")  # a file of another kind has the shorter name
        env["BUILDERS"]["StaticObject"](env, [node], [emitted])
        node.cwd = placed.cwd
        node.attributes.cmodule = placed
        objects[placed] = node
    return objects[placed]


def _emitted(placed: Placed) -> Any:
    """The emitted C of a module, as a node that is built."""
    emitted = placed.emitted
    if not emitted.has_builder():
        EMIT_BUILDER(placed.environment, [emitted], [placed.source])
        emitted.cwd = placed.cwd
        emitted.attributes.cmodule = placed
        emitted.includes = []  # preprocessed text includes nothing, so SCons need not read it
        always_scan(emitted)
    return emitted
