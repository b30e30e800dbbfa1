"""The builder of emitted C, and how it becomes part of Object, Library and Program.

It is a source builder of SCons' own object builders, so `.cm` works wherever `.c` does. Its emitter asks for
the module's names file as well; modules that nobody listed get theirs from the scanners.
"""

from __future__ import annotations

import os
from typing import Any

import SCons.Defaults
import SCons.Tool
from SCons.Builder import BuilderBase
from SCons.Node import NodeList

from modcore.finder import INTERFACE
from modcore.names_file import SUFFIX
from modcore.scons.compile import SHARED_ACTION, STATIC_ACTION
from modcore.scons.jobs import StepAction, emit, write_interface
from modcore.scons.names import place
from modcore.scons.places import EMITTED, Placed, file_of, placed_of, variant_of
from modcore.scons.refusal import refuse
from modcore.scons.scanners import EMITTED_SCANNER, always_scan
from modcore.scons.session import session_of


class EmitBuilder(BuilderBase):
    """Emitted C from a module file. Static and shared objects of one module share one such node.

    Of one module there is one in a folder, because importers could not tell two apart: other settings are refused.
    """

    def _execute(self, env: Any, target: Any, source: Any, overwarn: Any = {}, executor_kw: Any = {}) -> Any:
        if target is None and len(source) == 1:
            (node,) = env.arg2nodes(self._adjustixes(source, None, self.get_src_suffix(env)), env.fs.File)
            known = node.target_from_source("", EMITTED, lambda name: self.splitext(name, env))
            placed = placed_of(known)
            if placed is not None and _same_settings(env, placed.environment):
                return NodeList([known])
            if placed is not None and known.has_builder():
                refuse(
                    f"{node} is built with other settings in this folder already, and importers could not tell the two"
                    " apart; build it with these settings in a folder of its own (variant_dir)"
                )
        return super()._execute(env, target, source, overwarn, executor_kw)


def _same_settings(env: Any, other: Any) -> bool:
    session = session_of(env)
    return session.settings(env).signature == session.settings(other).signature


def emitted_emitter(target: list[Any], source: list[Any], env: Any) -> tuple[list[Any], list[Any]]:
    """Makes the module known, unless it is."""
    names = target[0].dir.File(target[0].name.removesuffix(EMITTED) + SUFFIX)
    _belongs(target[0], names, source[0], env)
    target[0].includes = []  # preprocessed text includes nothing, so SCons need not read it
    return target, source


def interface_emitter(target: list[Any], source: list[Any], env: Any) -> tuple[list[Any], list[Any]]:
    """Makes the module known by a names file beside its source, wherever the interface goes."""
    stem = os.path.splitext(source[0].name)[0]
    _belongs(target[0], source[0].dir.File(stem + SUFFIX), source[0], env)
    target[0].includes = []
    return target, source


def _belongs(node: Any, names: Any, source: Any, env: Any) -> None:
    """Makes a product of a module known as one."""
    if "Ninja" in env["BUILDERS"]:
        refuse(
            "cmodule: SCons' ninja tool fixes the dependencies of modules at its first run and would build"
            " from old ones; build modules with scons itself"
        )
    if placed_of(node) is None:
        placed = placed_of(names)
        if placed is None:
            session_of(env).listed.setdefault(variant_of(names.dir), {})[id(env)] = env
            placed = place(Placed(file_of(source), source, names, variant_of(names.dir), env, env.fs.getcwd()))
        node.attributes.cmodule = placed
    always_scan(node)


EMIT_BUILDER = EmitBuilder(
    name="cmodule emit", action=StepAction(emit, {"cmdstr": "$CMODCOMSTR"}),
    suffix=EMITTED, src_suffix="$CMODSUFFIX", single_source=True,
    source_scanner=SCons.Defaults.CScan, target_scanner=EMITTED_SCANNER, emitter=emitted_emitter,
)  # fmt: skip


INTERFACE_BUILDER = BuilderBase(
    name="CModuleInterface", action=StepAction(write_interface, {"cmdstr": "$CMODINTERFACECOMSTR"}),
    suffix=INTERFACE, src_suffix="$CMODSUFFIX", single_source=True,
    source_scanner=SCons.Defaults.CScan, target_scanner=EMITTED_SCANNER, emitter=interface_emitter,
)  # fmt: skip


def add_to_objects(env: Any) -> None:
    """Makes module files sources of an environment's object builders."""
    static, shared = SCons.Tool.createObjBuilders(env)
    for builder, action in ((static, STATIC_ACTION), (shared, SHARED_ACTION)):
        builder.add_action(EMITTED, action)
        if not any(known is EMIT_BUILDER for known in builder.src_builder):
            builder.add_src_builder(EMIT_BUILDER)
    env["BUILDERS"]["CModule"] = static
    env["BUILDERS"]["SharedCModule"] = shared


def object_of(placed: Placed) -> Any:
    """The object of a module, made by its environment's own builder; one that was asked for before is the
    one."""
    env, emitted = placed.environment, placed.emitted
    if not emitted.has_builder():
        EMIT_BUILDER(env, [emitted], [placed.source])
        emitted.cwd = placed.cwd
    stem = emitted.name.removesuffix(EMITTED)
    prefix, suffix = env.subst("$OBJPREFIX"), env.subst("$OBJSUFFIX")
    node = emitted.dir.File(prefix + stem + suffix)
    if node.has_builder() and emitted not in node.sources:
        node = emitted.dir.File(f"{prefix}{stem}.cm{suffix}")  # a file of another kind has the shorter name
    if not node.has_builder():
        env["BUILDERS"]["StaticObject"](env, [node], [emitted])
        node.cwd = placed.cwd
    node.attributes.cmodule = placed
    return node
