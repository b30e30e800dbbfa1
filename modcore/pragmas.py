"""Pragmas that change the meaning of what follows them, as a state that goes along with each statement.

In come the `#pragma` lines of a file in their order; out goes the `PragmaState` at any place, from which emission can
put the same pragmas around a statement that stands somewhere else. Those of GNU C are known that have an effect on
declarations and definitions; a pragma inside a statement stays in its text, and but for `pack` its effect ends there.
Pragmas about one symbol (`weak`, `redefine_extname`) are no state: they stay with the declarations of that symbol.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

_PACKS = (0, 1, 2, 4, 8, 16)
_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|0|[1-9]\d*)[uUlL]*")
_WORD = re.compile(r"\w+")
_PACK = re.compile(r"^[ \t]*#[ \t]*pragma[ \t]+pack\b[^\n]*", re.M)
_SYMBOL = re.compile(r"#\s*pragma\s+(?:weak|redefine_extname)\s+(.*)", re.S)
_VECTOR_TYPES = re.compile(r'#\s*pragma\s+GCC\s+(?:aarch64|arm)\s+"arm_(neon|mve_types|sve)\.h"')
_ELEMENTS = {
    "int": (8, 16, 32, 64), "uint": (8, 16, 32, 64), "float": (16, 32, 64), "poly": (8, 16, 64), "bfloat": (16,),
}  # fmt: skip
_ROWS = ("", "x2", "x3", "x4")
_VECTOR_TYPE = re.compile(r"(?:u?int|b?float|poly)(?:8|16|32|64)x\d+(?:x[234])?_t|sv[a-z]+\d*(?:x[234])?_t")
_INTRINSIC = re.compile(r"sv[a-z]\w*|SV_[A-Z0-9]+")
_SETTINGS = {"scalar_storage_order": "default", "ms_struct": "reset"}
"""Pragmas that hold until they say something else, with the word that ends them."""


class PragmaState(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The pragmas in force at a statement that change what it means.

    `pack` is what `#pragma pack` last set ('' for the default), `visibility` what `GCC visibility` did; the others are
    whole lines: `GCC target` and `optimize`, `GCC diagnostic`, and settings like those of the C standard.
    """

    pack: str = ""
    options: tuple[str, ...] = ()
    visibility: str = ""
    settings: tuple[str, ...] = ()
    diagnostics: tuple[str, ...] = ()


class PragmaReader:
    """Follows the pragmas of one file, from the beginning or from a place at which a state is in force."""

    def __init__(self, state: PragmaState = PragmaState()) -> None:
        self.state = state
        self._packs: list[tuple[str, str]] = []  # what was in force, with the name it was pushed under
        self._options: list[tuple[str, ...]] = []
        self._visibilities: list[str] = []
        self._diagnostics: list[tuple[str, ...]] = []

    def read(self, pragma: str) -> None:
        """One `#pragma` line."""
        line = pragma.strip()
        words = _WORD.findall(line)[1:]
        match words:
            case ["pack", *rest] if "(" in line:
                self._pack(rest)
            case ["GCC", "push_options"]:
                self._options.append(self.state.options)
            case ["GCC", "pop_options"]:
                self._set(options=self._options.pop() if self._options else ())
            case ["GCC", "reset_options"]:
                self._set(options=())
            case ["GCC", "target" | "optimize", *_]:
                self._set(options=(*self.state.options, line))
            case ["GCC", "visibility", "push", kind]:
                self._visibilities.append(self.state.visibility)
                self._set(visibility=kind)
            case ["GCC", "visibility", "pop"]:
                self._set(visibility=self._visibilities.pop() if self._visibilities else "")
            case ["GCC" | "clang", "diagnostic", "push"]:
                self._diagnostics.append(self.state.diagnostics)
            case ["GCC" | "clang", "diagnostic", "pop"]:
                self._set(diagnostics=self._diagnostics.pop() if self._diagnostics else ())
            case ["GCC" | "clang", "diagnostic", *_]:
                self._set(diagnostics=(*self.state.diagnostics, line))
            case ["STDC", key, value]:
                self._setting(f"#pragma STDC {key}", line, value == "DEFAULT")
            case [key, *_] if key in _SETTINGS:
                self._setting(f"#pragma {key}", line, words[1:2] in (["default"], ["reset"], ["off"]))
            case _:
                return

    def read_inside(self, statement: str) -> None:
        """The pragmas inside a statement, of which `pack` holds on behind it."""
        for line in _PACK.findall(statement):
            self.read(line)

    def _set(self, **changes: object) -> None:
        self.state = msgspec.structs.replace(self.state, **changes)

    def _pack(self, words: list[str]) -> None:
        """`pack(4)`, `pack()`, `pack(push, name, 4)`, `pack(pop, name)`; what compilers ignore has no effect."""
        numbers = [int(found[1], 0) for word in words if (found := _NUMBER.fullmatch(word))]
        names = [word for word in words[1:] if not _NUMBER.fullmatch(word)]
        unknown = bool(words) and words[0] not in ("push", "pop") and not _NUMBER.fullmatch(words[0])
        if unknown or any(number not in _PACKS for number in numbers):
            return
        number = str(numbers[0] or "") if numbers else None
        if words[:1] == ["push"]:
            self._packs.append((self.state.pack, names[0] if names else ""))
        elif words[:1] == ["pop"]:
            while names and any(name == names[0] for _, name in self._packs) and self._packs[-1][1] != names[0]:
                self._packs.pop()
            self._set(pack=self._packs.pop()[0] if self._packs else self.state.pack)
        elif number is None:
            number = ""
        if number is not None:
            self._set(pack=number)

    def _setting(self, key: str, line: str, ends: bool) -> None:
        others = tuple(one for one in self.state.settings if not one.startswith(key + " "))
        words = re.sub(r"^#\s*pragma\s+", "#pragma ", " ".join(line.split()))
        self._set(settings=tuple(sorted(others if ends else (*others, words))))


def pack_behind(state: PragmaState, pragmas: Iterable[str]) -> str:
    """The `pack` in force behind some pragmas inside a statement that begins in a state."""
    reader = PragmaReader(state)
    for line in pragmas:
        reader.read_inside(line)
    return reader.state.pack


def with_own_packs(state: PragmaState, text: str) -> tuple[str, int]:
    """A statement that begins in a state, with each `pack` in it as what comes of it, and how many there are."""
    reader = PragmaReader(state)

    def absolute(pragma: re.Match[str]) -> str:
        reader.read(pragma[0])
        return f"#pragma pack({reader.state.pack})"

    return _PACK.subn(absolute, text)


def end_of(setting: str) -> str:
    """The pragma that ends a setting."""
    words = setting.split()
    return " ".join((*words[:-1], "DEFAULT" if words[1] == "STDC" else _SETTINGS[words[1]]))


def record_pragmas(state: PragmaState) -> tuple[str, ...]:
    """Those of the settings by which structs and unions are laid out otherwise, beside `pack`."""
    return tuple(setting for setting in state.settings if setting.startswith("#pragma ms_struct "))


def storage_order(state: PragmaState) -> str:
    """What `scalar_storage_order` last said; "" for the default."""
    found = (setting.split()[2] for setting in state.settings if setting.startswith("#pragma scalar_storage_order "))
    return next(found, "")


def types_of(pragma: str) -> list[str]:
    """The types that a pragma declares: those of vectors (Arm C Language Extensions, section 12), as gcc's headers do."""
    found = _VECTOR_TYPES.match(pragma.strip())
    if found is None:
        return []
    if found[1] == "sve":
        elements = (f"{element}{bits}" for element, sizes in _ELEMENTS.items() for bits in sizes)
        return ["svbool_t", "svcount_t", *(f"sv{element}{row}_t" for element in elements for row in _ROWS)]
    rows = _ROWS if found[1] == "mve_types" else _ROWS[1:]  # the headers of the others declare single vectors
    return [
        f"{element}{bits}x{width // bits}{row}_t"
        for element, sizes in _ELEMENTS.items()
        for bits in sizes
        for width in (64, 128)
        for row in rows
    ]


def declares_intrinsics(pragma: str) -> bool:
    """Whether a pragma has the compiler declare functions of its own (`is_intrinsic`)."""
    found = _VECTOR_TYPES.match(pragma.strip())
    return found is not None and found[1] == "sve"


def is_intrinsic(name: str) -> bool:
    """Whether a name that nothing else declares may be a function or an enumerator of such a pragma: those of SVE."""
    return _INTRINSIC.fullmatch(name) is not None


VECTOR_TYPES = """\
#if !defined MODCORE_VECTOR_TYPES && !defined __clang__
#define MODCORE_VECTOR_TYPES
#ifdef __aarch64__
#pragma GCC aarch64 "arm_neon.h"
#ifdef __ARM_FEATURE_SVE
#pragma GCC aarch64 "arm_sve.h"
#endif
#elif defined __ARM_FEATURE_MVE
#pragma GCC arm "arm_mve_types.h"
#endif
#endif"""
"""C that has a compiler declare the types of `types_of`, which may stand in a file more than once."""


def is_vector_type(name: str) -> bool:
    """Whether a type that only the compiler knows may be one of those."""
    return _VECTOR_TYPE.fullmatch(name) is not None


def symbols_of(pragma: str) -> list[str]:
    """The symbols that a pragma is about, the first being the one whose declarations it changes."""
    found = _SYMBOL.match(pragma.strip())
    return _WORD.findall(found[1]) if found is not None else []
