"""Line markers of emitted C, as compilers read them in preprocessed text."""

from __future__ import annotations

import re

from modcore.pragmas import PragmaState, end_of, with_own_packs
from modcore.target.facts import Facts

_FOREIGN_BODY = re.compile(
    r'^# 1 "[^\n]*" 3\n[^\n]*\bextern __attribute__\(\(__gnu_inline__\)\) __inline__ [^\n]*\n'
    r"(?:(?!# \d|#pragma (?:pack\(pop\)|GCC pop_options|GCC visibility pop|\w+ default|\w+ reset|STDC \w+ DEFAULT)$)"
    r"[^\n]*\n)*",
    re.M,
)


def without_bodies(emitted: str) -> str:
    """Emitted C without the bodies of other modules' inline functions, which means the same.

    What compilers have to say about a body is then said of its owner's file alone.
    """
    return _FOREIGN_BODY.sub("", emitted)


def opening(facts: Facts) -> str:
    """What emitted C begins with: where `-Wpedantic` warns of line markers, it is told not to.

    Other compilers would warn of the pragma, or of a warning that they do not know.
    """
    return '#pragma clang diagnostic ignored "-Wgnu-line-marker"\n' if facts.warns_of_line_markers else ""


def marker(file: str, line: int, system: bool = False) -> str:
    """Says that the next line is `line` of `file`; compilers keep quiet about system headers."""
    escaped = file.replace("\\", "\\\\").replace('"', '\\"')
    return f'# {line} "{escaped}"{" 3" if system else ""}\n'


def under(state: PragmaState, text: str) -> str:
    """`text`, which ends its line, with the pragmas in force that it was written under."""
    text, packs = with_own_packs(state, text) if "#pragma" in text else (text, 0)
    if state == PragmaState() and not packs:
        return text
    before, after = [], []
    if state.pack or packs:
        before = [f"#pragma pack(push, {state.pack})" if state.pack else "#pragma pack(push)"]
        after = ["#pragma pack(pop)"]
    if state.options:
        before += ["#pragma GCC push_options", *state.options]
        after.append("#pragma GCC pop_options")
    if state.visibility:
        before.append(f"#pragma GCC visibility push({state.visibility})")
        after.append("#pragma GCC visibility pop")
    if state.diagnostics:
        before += ["#pragma GCC diagnostic push", *state.diagnostics]
        after.append("#pragma GCC diagnostic pop")
    before += state.settings
    after += map(end_of, state.settings)
    return "".join([*(f"{line}\n" for line in before), text, *(f"{line}\n" for line in reversed(after))])


def apart(state: PragmaState, text: str) -> str:
    """`text` of other files, which ends its line, without the pragmas in force where it is put."""
    if state.pack:
        text = f"#pragma pack(push)\n#pragma pack()\n{text}#pragma pack(pop)\n"
    if state.options:
        text = f"#pragma GCC push_options\n#pragma GCC reset_options\n{text}#pragma GCC pop_options\n"
    if state.visibility:
        text = f"#pragma GCC visibility push(default)\n{text}#pragma GCC visibility pop\n"
    for setting in state.settings:
        text = f"{end_of(setting)}\n{text}{setting}\n"
    return text


def indented(text: str, column: int) -> str:
    """`text` beginning at `column` (from 0), so that compilers point at the user's column."""
    return " " * column + text
