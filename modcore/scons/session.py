"""What one SCons run remembers about modules: one `Session`, kept at the top folder's node.

Construction environments are read here, once each: options, roots and signatures are remembered as soon as
all SConscript files were read, because until then a user may still change an environment.
"""

from __future__ import annotations

import hashlib
import os
from threading import Lock
from typing import Any

import msgspec
import SCons.Script
from SCons.Errors import UserError
from SCons.Subst import SUBST_SIG

import modcore
from modcore.scons.workers import Pool

FLAGS = "$CFLAGS $CCFLAGS $CMODFLAGS $_CCCOMCOM"


class Settings(msgspec.Struct, frozen=True):
    """What an environment says about modules."""

    environment: Any  # held, so that its id stays its own
    roots: tuple[str, ...]
    suffix: str
    internal: bool
    signature: bytes
    meaning: bytes  # the signature without flags about warnings


class Session:
    """The state of one run. Scanners and builders use it from SCons' main thread, jobs only `pool`,
    and `printed` with `printing` held."""

    def __init__(self, top: Any) -> None:
        self.top = top
        self.package = os.path.dirname(os.path.dirname(os.path.abspath(modcore.__file__)))
        self.pool = Pool(self.package, top.get_abspath())
        self.printed: set[str] = set()
        self.printing = Lock()
        self.located: dict[tuple[Any, ...], Any] = {}  # nodes that `places` found, or None
        self.candidates: dict[str, list[Any]] = {}
        self.variants: dict[str, list[tuple[Any, str]]] = {}
        self.listed: dict[Any, dict[int, Any]] = {}  # variant folders to the environments, by id, that list modules there
        self.imports: dict[Any, dict[str, Any]] = {}  # for each module what its import paths mean
        self.given: dict[Any, frozenset[str]] = {}  # programs to the modules that they are given
        self.heads: dict[Any, Any] = {}  # while cleaning: what stood in names files
        self.waiting: set[Any] = set()  # nodes of names files that this run has not come to yet
        self.built = 0  # how many names files this run has built
        self._settings: dict[int, Settings] = {}
        self._digest = b""

    def settings(self, env: Any) -> Settings:
        known = self._settings.get(id(env))
        if known is None:
            known = self._read(env)
            if not SCons.Script.sconscript_reading:
                self._settings[id(env)] = known
        return known

    def _read(self, env: Any) -> Settings:
        paths = [env.get("CMODROOT", "."), *_as_list(env.get("CMODPATH", ()))]
        roots = tuple(dict.fromkeys(self._folder(env, path) for path in paths))
        suffix = env.subst("$CMODSUFFIX")
        internal = _switch(env, "CMODINTERNAL")
        command = env.subst(f"$CC {FLAGS}", SUBST_SIG)
        compiler = env.WhereIs(str(env.subst_list("$CC")[0][0])) if env.subst("$CC") else None
        version = env.fs.File(compiler).get_csig() if compiler else ""
        parts = (self.digest().decode(), *roots, suffix, str(internal), version)
        quiet = (word for word in command.split() if not word.startswith("-W") or word.startswith("-Wp,"))
        signature, meaning = (
            "\n".join((*parts, words)).encode(errors="surrogateescape") for words in (command, " ".join(quiet))
        )
        return Settings(env, roots, suffix, internal, signature, meaning)

    def _folder(self, env: Any, path: Any) -> str:
        """A root as modules are named below it: the source folder, seen from the top folder."""
        if not hasattr(path, "srcnode"):
            path = self.top.fs.Dir(env.subst(str(path)), self.top)
        return path_of(path.srcnode())

    def digest(self) -> bytes:
        """A digest of modcore's own sources: what they make has to be made again when they change."""
        if not self._digest:
            total = hashlib.sha256()
            for folder, inner, files in os.walk(os.path.join(self.package, "modcore")):
                inner[:] = sorted(name for name in inner if name not in ("__pycache__", "cli"))
                for name in sorted(files):
                    if name.endswith(".py"):
                        with open(os.path.join(folder, name), "rb") as stream:
                            total.update(name.encode() + b"\0" + stream.read())
            self._digest = total.hexdigest().encode()
        return self._digest


def session_of(env: Any) -> Session:
    """The session of this SCons run."""
    attributes = env.fs.Top.attributes
    if not hasattr(attributes, "modcore"):
        attributes.modcore = Session(env.fs.Top)
    return attributes.modcore


def path_of(node: Any) -> str:
    """A file or folder as users know it: seen from the top folder, unless they share no more than the root of
    the disk."""
    path = node.get_internal_path()
    if os.path.isabs(path):
        top = node.fs.Top.get_abspath()
        if os.path.dirname(os.path.commonpath([top, path])) != os.path.commonpath([top, path]):
            path = os.path.relpath(path, top)
    return path.replace(os.sep, "/")


def _as_list(value: Any) -> list[Any]:
    if isinstance(value, str):
        return value.split(os.pathsep) if value else []
    return list(value) if isinstance(value, (list, tuple)) or hasattr(value, "__iter__") else [value]


def _switch(env: Any, name: str) -> bool:
    value = str(env.get(name, True)).lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off", "none", ""):
        return False
    raise UserError(f"{name} is {value!r}; set it to 'on' or 'off'")
