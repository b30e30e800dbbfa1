"""The user's cache folder: values that take longer to make than to read, one file each.

In comes a kind of value and the texts that it depends on; out goes a file, and what it holds if that can be
understood. Nothing depends on the cache: a file that is damaged (its first line is a digest of the rest), foreign or of
another version counts as none and is written again, and where nothing can be written values are made each time. Files appear whole or not at all, so any
number of processes may write at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

Value = TypeVar("Value")


def cache_file(kind: str, key: Sequence[str], folder: Path | None = None) -> Path:
    """Where the value for `key` is remembered: below `folder`, or the user's cache folder for this `kind`."""
    import hashlib
    from pathlib import Path

    if folder is None:
        import platformdirs

        folder = Path(platformdirs.user_cache_dir("modcore", appauthor=False)) / kind
    return folder / f"{hashlib.sha256(chr(0).join(key).encode(errors='surrogateescape')).hexdigest()[:32]}.json"


def read(file: Path, type: type[Value]) -> Value | None:
    """The value in a cache file; None if there is none, or none that can be understood."""
    try:
        digest, _, content = file.read_bytes().partition(b"\n")
        return msgspec.json.decode(content, type=type) if digest == _digest(content) else None
    except (OSError, msgspec.MsgspecError, ValueError):
        return None


def _digest(content: bytes) -> bytes:
    import hashlib

    return hashlib.sha256(content).hexdigest().encode()


def write(file: Path, value: object) -> None:
    """Puts a cache file in its place in one step; a folder that cannot be written to stays as it is."""
    import contextlib
    import os
    import tempfile

    content = msgspec.json.encode(value)
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=file.parent, suffix=".new")
        try:
            with open(handle, "wb") as stream:
                stream.write(_digest(content) + b"\n" + content)
            os.replace(temporary, file)
        except OSError:
            os.unlink(temporary)
            raise
