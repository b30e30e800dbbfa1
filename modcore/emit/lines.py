"""Line markers of emitted C, as compilers read them in preprocessed text."""

from __future__ import annotations

from modcore.headers import PragmaState


def marker(file: str, line: int, system: bool = False) -> str:
    """Says that the next line is `line` of `file`; compilers keep quiet about system headers."""
    escaped = file.replace("\\", "\\\\").replace('"', '\\"')
    return f'# {line} "{escaped}"{" 3" if system else ""}\n'


def under(state: PragmaState, text: str) -> str:
    """`text`, which ends its line, with the pragmas in force that it was written under."""
    before, after = "", ""
    if state.pack:
        before, after = f"#pragma pack(push, {state.pack})\n", "#pragma pack(pop)\n"
    if state.options:
        options = "".join(option + "\n" for option in state.options)
        before, after = f"{before}#pragma GCC push_options\n{options}", f"#pragma GCC pop_options\n{after}"
    return before + text + after


def indented(text: str, column: int) -> str:
    """`text` beginning at `column` (from 0), so that compilers point at the user's column."""
    return " " * column + text
