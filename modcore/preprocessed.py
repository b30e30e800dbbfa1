"""Preprocessed text that is kept in a file, so that one build step need not repeat what another has done.

In comes a source and a compiler; out goes the preprocessed text, either from the kept file or from the
preprocessor. A kept text is used only when it was made by the same command in the same environment, of files
with the same content: the first line of the file holds their digests. Whatever is wrong with a kept file, the
text is made again.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable

import msgspec

from modcore.atomic import write_atomically
from modcore.preprocess import Toolchain, preprocess

SUFFIX = ".cm.i"
_MARKED = re.compile(r'\n# \d+ "((?:[^"\\\n]|\\.)*)"')
_FORMAT = "modcore-text-1"


class Text(msgspec.Struct, frozen=True, gc=False):
    """A source, the file beside which its preprocessed text is kept ('' for nowhere), and the compiler's
    environment."""

    source: str
    kept: str
    environment: dict[str, str]


class _Made(msgspec.Struct, frozen=True, gc=False):
    """What a kept text was made of: a digest of the command, and of each file that its line markers name."""

    command: str
    files: dict[str, str]


class Texts:
    """Gives preprocessed texts; remembers the digests of files while their size and time stay the same."""

    def __init__(self) -> None:
        self._digests: dict[str, tuple[tuple[int, int, int], str]] = {}
        self._decoder = msgspec.json.Decoder(_Made)

    def get(self, text: Text, toolchain: Toolchain, shown: Callable[[str], str]) -> str:
        """The preprocessed text, its line markers naming files as `shown` says. Raises Problem."""
        variables = [f"{name}={value}" for name, value in sorted(text.environment.items())]
        words = [_FORMAT, *toolchain.cc, *toolchain.flags, text.source, *variables]
        command = hashlib.sha256("\0".join(words).encode(errors="surrogateescape")).hexdigest()
        found = self._kept(text.kept, command) if text.kept else None
        if found is None:
            found = preprocess(text.source, toolchain)
            if text.kept:
                self._keep(text.kept, command, found)
        return _renamed(found, shown)

    def _kept(self, file: str, command: str) -> str | None:
        try:
            with open(file, "rb") as stream:
                made = self._decoder.decode(stream.readline())
                same = all(self._digest(name) == digest for name, digest in made.files.items())
                if made.command != command or not same:
                    return None
                return stream.read().decode("utf-8", errors="surrogateescape")
        except (OSError, msgspec.DecodeError):
            return None  # there is none yet, or not a whole one: it is made again

    def _keep(self, file: str, command: str, text: str) -> None:
        names = sorted({match[1] for match in _MARKED.finditer(text)})
        if any("\\" in name for name in names):
            return  # spelled with escapes; such a file is read again
        digests = {name: digest for name in names if (digest := self._digest(name)) is not None}
        head = msgspec.json.encode(_Made(command, digests))
        write_atomically(file, head + b"\n" + text.encode("utf-8", errors="surrogateescape"))

    def _digest(self, file: str) -> str | None:
        """The digest of a file's content; None for what is no file, as `<built-in>`."""
        try:
            status = os.stat(file)
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            known = self._digests.get(file)
            if known is None or known[0] != stamp:
                with open(file, "rb") as stream:
                    known = self._digests[file] = (stamp, hashlib.sha256(stream.read()).hexdigest())
            return known[1]
        except OSError:
            return None


def _renamed(text: str, shown: Callable[[str], str]) -> str:
    """`text` with the files in its line markers renamed."""
    names = {match[1] for match in _MARKED.finditer(text)}
    changed = {name: new for name in names if (new := shown(name)) != name}
    if not changed:
        return text
    return _MARKED.sub(lambda m: m[0].replace(f'"{m[1]}"', f'"{changed.get(m[1], m[1])}"'), text)
