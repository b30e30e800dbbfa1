"""Running the compiler of a build, as everything here does that needs it.

In goes a command; out come its status and what it printed, as plain English text whatever the user's locale and flags
ask for, since some of it is read. It gets an empty input of its own: not even a machine without a null device (a bare
chroot, a damaged container) stands in its way.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence

_LOOKS = re.compile(r"-f(?:no-)?(?:diagnostics-.*|(?:caret|color)-diagnostics|show-(?:column|source-location)"
                    r"|ansi-escape-codes|message-length=.*)")
"""The flags that change nothing but how diagnostics look: JSON, colours, without columns."""
_PASSING = frozenset(("-Xclang", "-Xpreprocessor", "-Xassembler", "-mllvm"))
"""Words that take the next one with them, whatever it is."""


def run(command: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    """Run a compiler to its end; raises OSError when it cannot be started (`not_started` says why).

    Flags about the looks of diagnostics are left out.
    """
    environment = {**os.environ, "LC_ALL": "C"}
    words = [word for before, word in zip(("", *command), command) if before in _PASSING or not _LOOKS.fullmatch(word)]
    return subprocess.run(words, input=b"", capture_output=True, env=environment, check=False)


def not_started(command: Sequence[str], error: OSError) -> str:
    """Why a compiler could not be started, for the user; names what is at fault when it is not the compiler."""
    program = command[0] if command else ""
    about = f" '{error.filename}'" if error.filename not in (None, program) else ""
    return f"the compiler '{program}' cannot be run: {error.strerror}{about}"
