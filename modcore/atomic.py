"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile

from modcore.diagnostics import Diagnostic, Problem
from modcore.source import Position


def write_atomically(file: str, content: bytes) -> None:
    """Writes `content` to `file` by way of a temporary file beside it. Raises Problem when it cannot be written."""
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=".modcore-", dir=os.path.dirname(file) or ".")
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, file)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        at = Position(file, 1, 1, 1, 2)
        raise Problem(Diagnostic("unreadable-file", f"'{file}' cannot be written: {error.strerror}", at)) from error
