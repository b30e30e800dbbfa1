"""Running the compiler of a build, as everything here does that needs it.

In goes a command; out come its status and what it printed, by its English words whatever the user's locale, since some of
them are read. It gets an empty input of its own: not even a machine without a null device (a bare chroot, a
damaged container) stands in its way.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence


def run(command: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    """Run a compiler to its end; raises OSError when it cannot be started (`not_started` says why)."""
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(command, input=b"", capture_output=True, env=environment, check=False)


def not_started(command: Sequence[str], error: OSError) -> str:
    """Why a compiler could not be started, for the user; names what is at fault when it is not the compiler."""
    program = command[0] if command else ""
    about = f" '{error.filename}'" if error.filename not in (None, program) else ""
    return f"the compiler '{program}' cannot be run: {error.strerror}{about}"
