"""Line markers of emitted C, as compilers read them in preprocessed text."""

from __future__ import annotations


def marker(file: str, line: int, system: bool = False) -> str:
    """Says that the next line is `line` of `file`; compilers keep quiet about system headers."""
    escaped = file.replace("\\", "\\\\").replace('"', '\\"')
    return f'# {line} "{escaped}"{" 3" if system else ""}\n'


def indented(text: str, column: int) -> str:
    """`text` beginning at `column` (from 0), so that compilers point at the user's column."""
    return " " * column + text
