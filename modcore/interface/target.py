"""Which target an interface was made for, and whether a build has the same one.

In come a compiler's facts and flags; out goes a `TargetEntry`, which two builds have in common exactly when objects of
one can be linked with objects of the other, as far as modcore can tell: the same machine, the same layouts, the same
flags of the calling convention. Versions of the language, optimisation and tuning count for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from modcore.target.facts import Facts
from modcore.target.flags import relevant_flags

_TUNING = ("-mtune=", "-march=", "-mcpu=")
_X86 = re.compile(r"i[3-6]86|x86_64|amd64")
_VENDORS = frozenset(("pc", "unknown", "none", "apple", "w64"))


class TargetEntry(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """`machine` is the compiler's name for it, `layouts` a digest of all sizes and alignments, `flags` are those that
    change layouts or calls."""

    machine: str
    layouts: str
    flags: tuple[str, ...]


def target_of(facts: Facts, flags: Sequence[str]) -> TargetEntry:
    """The target that a compiler with these flags compiles for."""
    kept = [flag for flag in relevant_flags(flags) if flag.startswith(("-m", "-f")) and not flag.startswith(_TUNING)]
    layouts = msgspec.structs.replace(facts, standard=0).fingerprint()
    return TargetEntry(facts.machine, layouts, tuple(dict.fromkeys(kept)))


def difference(theirs: TargetEntry, ours: TargetEntry) -> str | None:
    """What sets an interface's target apart from a build's, for a message; None: nothing."""
    if _system(theirs.machine) != _system(ours.machine):
        return f"was made for '{theirs.machine}', and this build is for '{ours.machine}'"
    if set(theirs.flags) != set(ours.flags):
        return f"was made with {_listed(theirs.flags)}, and this build has {_listed(ours.flags)}"
    if theirs.layouts != ours.layouts:
        return f"was made by a compiler that lays types out differently, although it is for '{theirs.machine}' too"
    return None


def _system(machine: str) -> tuple[str, ...]:
    """A machine by which compilers agree: without its vendor, the x86 processors as one (their widths are layouts)."""
    processor, *rest = machine.split("-")
    return ("x86" if _X86.fullmatch(processor) else processor, *(word for word in rest if word not in _VENDORS))


def _listed(flags: Sequence[str]) -> str:
    return f"'{' '.join(flags)}'" if flags else "no flags that change layouts or calls"
