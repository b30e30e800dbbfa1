"""Which target an interface was made for, and whether a build has the same one.

In come a compiler's facts and flags; out goes a `TargetEntry`, by which two builds can be told whether objects of one
can be linked with objects of the other, as far as modcore knows: the same machine, the same layouts, the same flags of
the calling convention, the same registers for floating-point numbers and, where it has some, vectors. A flag whose
whole effect the facts show counts by that, so one that states the target's default counts for nothing; nor do versions
of the language, optimisation and tuning. Which compiler it is counts only for types that compilers of one machine lay
out differently (a bit-field with an alignment of its own).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

from modcore.ctype import Aligned, Array, Atomic, Builtin, Function, Opaque, Pointer, Record, Said, Type, Vector
from modcore.target.facts import Facts
from modcore.target.flags import WIDTH, effective_flags, is_shown
from modcore.target.layout import CannotVouch, NoLayout, layout
from modcore.target.table import REQUIRED

_TUNING = ("-mtune=", "-march=", "-mcpu=", "-mfpu=")
_WIDE = ("x86_64", "amd64")
_X86 = re.compile("|".join(("i[3-6]86", *_WIDE)))
_VENDORS = frozenset(("pc", "unknown", "none", "apple", "w64"))
_SYSTEMS = {"mingw32": ("windows", "gnu")}


class TargetEntry(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """`machine` is the compiler's name for it, `flags` are those that change layouts or calls.

    `layouts` is a digest of what compilers for one machine agree about, `corners` one of what they do not; an interface
    has the second only if the layout of one of its types depends on that. `floats` and `vectors` are what the compiler
    predefines about the registers that those are passed in; an interface has the second only if it has vectors.
    """

    machine: str
    layouts: str
    flags: tuple[str, ...]
    corners: str = ""
    floats: tuple[str, ...] = ()
    vectors: tuple[str, ...] | None = None


def target_of(facts: Facts, cc: Sequence[str], flags: Sequence[str]) -> TargetEntry:
    """The target that a compiler compiles for with some flags, wherever these stand: among its own words or behind them."""
    kept = [flag for flag in effective_flags(cc, flags) if flag.startswith(("-m", "-f")) and not flag.startswith(_TUNING)]
    common = _common(facts)
    return TargetEntry(
        facts.machine, _even(common).fingerprint(), tuple(kept), common.fingerprint(), facts.float_registers,
        facts.vector_registers,
    )


def title_of(target: TargetEntry) -> str:
    """What a target is called where its layouts are not known: the machine and the flags."""
    return " ".join((target.machine, *target.flags))


def same_titles(one: str, other: str) -> bool:
    """Whether two titles stand for one target, under the names that two compilers give its machine."""
    return _by_title(one) == _by_title(other)


def _by_title(title: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """System and flags of a title; on x86 the width is among the flags, written or the processor's."""
    machine, *flags = title.split(" ")
    system = _system(machine)
    if system[0] == "x86" and not any(WIDTH.fullmatch(flag) for flag in flags):
        flags.append("-m64" if machine.startswith(_WIDE) else "-m32")
    return system, frozenset(flags)


def is_even(type: Type, facts: Facts) -> bool:
    """Whether all compilers for a machine lay a type out alike, as far as modcore knows how they differ."""
    try:
        return layout(type, facts) == layout(type, _even(facts)) == layout(type, _odd(facts))
    except (CannotVouch, NoLayout):
        return False


def has_vectors(type: Type, complete: Callable[[Type], Type]) -> bool:
    """Whether a type holds a vector, or calls through it pass one; `complete` spells out what is held by value."""
    pending, seen = [type], set()
    while pending:
        match complete(pending.pop()):
            case Vector():
                return True
            case Said() | Builtin() as one if one != Builtin("__builtin_va_list"):
                return True  # some of these are vectors
            case Array(inner) | Aligned(inner) | Atomic(inner) | Opaque(of=inner):
                pending.append(inner)
            case Pointer(Function() | Pointer() | Opaque() as inner):
                pending.append(inner)
            case Function(returns, parameters):
                pending += (returns, *(parameters or ()))
            case Record(identity=identity, members=members) if identity not in seen:
                seen.add(identity)
                pending += (member.type for member in members)
    return False


def difference(theirs: TargetEntry, ours: TargetEntry) -> str | None:
    """What sets an interface's target apart from a build's, for a message; None: nothing."""
    if _system(theirs.machine) != _system(ours.machine):
        return f"was made for '{theirs.machine}', and this build is for '{ours.machine}'"
    same_flags = set(theirs.flags) == set(ours.flags)
    if _unseen(theirs.flags) != _unseen(ours.flags) or theirs.layouts != ours.layouts and not same_flags:
        return f"was made with {_listed(theirs.flags)}, and this build has {_listed(ours.flags)}"
    if theirs.floats != ours.floats:
        return _otherwise("floating-point numbers", theirs.floats, ours.floats)
    if theirs.vectors not in (None, ours.vectors):
        return _otherwise("vectors", theirs.vectors or (), ours.vectors or ())
    if theirs.layouts != ours.layouts or theirs.corners not in ("", ours.corners):
        return f"was made by a compiler that lays types out differently, although it is for '{theirs.machine}' too"
    return None


def _otherwise(what: str, theirs: Sequence[str], ours: Sequence[str]) -> str:
    """How values are passed in one target and not in the other, by the macros that say so."""
    apart = (", ".join(f"'{one}'" for one in some if one not in other) or "none of that" for some, other in
             ((theirs, ours), (ours, theirs)))
    return "passes {} otherwise, because of '-march=' or the like: it was made with {}, and this build has {}".format(
        what, *apart)


def _unseen(flags: Sequence[str]) -> frozenset[str]:
    """The flags that may do more than the facts show."""
    return frozenset(flag for flag in flags if not is_shown(flag))


def _common(facts: Facts) -> Facts:
    """The facts without the types that only some compilers have: where one is missing, what needs it does not compile."""
    return msgspec.structs.replace(
        facts, standard=0, storage_order="", huge_decimal_type=None, bit_int_width=0, bit_int_limb=0,
        **_character_sizes(facts),
        scalars={kind: facts.scalars[kind] for kind in REQUIRED},
        mantissas={kind: bits for kind, bits in facts.mantissas.items() if kind in REQUIRED},
    )


def _character_sizes(facts: Facts) -> dict[str, str]:
    """The sizes of the types of wide characters instead of their names, which two compilers may choose differently."""
    names = ("wchar_type", "char16_type", "char32_type")
    return {name: str(facts.scalars[getattr(facts, name)].size) for name in names}


def _even(facts: Facts) -> Facts:
    """The facts of a compiler that knows nothing of vectors, and has no rules of its own where compilers differ."""
    return msgspec.structs.replace(
        facts, vectors={}, atomics={}, align_limit=None, bit_fields_aligned_late=False, atomics_padded=0,
        pack_at_end=False, mode_enums_signed=False,
    )


def _odd(facts: Facts) -> Facts:
    """The facts of one that differs in all the ways that are known."""
    return msgspec.structs.replace(_even(facts), atomics=facts.atomics, bit_fields_aligned_late=True, atomics_padded=16)


def _system(machine: str) -> tuple[str, ...]:
    """A machine by which compilers agree: without its vendor, the x86 processors as one (their widths are layouts)."""
    processor, *rest = machine.split("-")
    words = (part for word in rest if word not in _VENDORS for part in _SYSTEMS.get(word, (word,)))
    return ("x86" if _X86.fullmatch(processor) else processor, *words)


def _listed(flags: Sequence[str]) -> str:
    return f"'{' '.join(flags)}'" if flags else "no flags that change layouts or calls"
