"""What modcore says to its users: diagnostics, the catalogue of their codes, and how they are printed.

A stage makes `Diagnostic` values; it never prints. The driver sorts and deduplicates them, a command renders them
as text (with the source line and a caret) or as JSON (design page, "Public surface"). Language reference, section 10.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from modcore.source import Position, ReadLines


class Code(msgspec.Struct, frozen=True, gc=False):
    """One fixed word of the catalogue: what it says, and the part of the language that gave it meaning."""

    says: str
    since: int = 2


CODES: dict[str, Code] = {
    "syntax": Code("the text is not C with modules"),
    "module-name": Code("the name in the module declaration is not the file's"),
    "module-position": Code("the module declaration is not the first declaration of the file"),
    "unknown-module": Code("an import names a module that is nowhere on the roots"),
    "import-outside-root": Code("an import's path leaves every root"),
    "duplicate-module": Code("one module name stands for two files of the program"),
    "unknown-tag": Code("an import names a tag that no export has", since=5),
    "forward-declaration": Code("a declaration without definition stands at the top level of a module"),
    "export-static": Code("a definition is exported and static"),
    "not-a-module": Code("a plain importer exports, is imported, or is asked for its interface"),
    "duplicate-definition": Code("one file defines a name twice in one name space"),
    "unknown-name": Code("nothing that is visible has this name"),
    "not-exported": Code("the name exists in an imported module, which does not show it"),
    "not-imported": Code("the name exists in a module that is not imported"),
    "ambiguous-name": Code("the name stands for two different things"),
    "opaque-type": Code("the contents of a type are used where they are not visible", since=3),
    "infinite-size": Code("a type contains itself by value"),
    "incomplete-type": Code("a type that nothing defines is used by value"),
    "not-constant": Code("an expression that must be constant is not"),
    "constant-cycle": Code("a constant needs itself"),
    "ordered-import-cycle": Code("ordered imports form a cycle", since=5),
    "header-mismatch": Code("two modules saw different things under one header name"),
    "private-import": Code("private names are imported into a build with internal linkage", since=5),
    "wrong-tag": Code("a tag is used with another keyword than it was defined with"),
    "shadows-header": Code("a module defines a name that one of its headers declares"),
    "preprocessor": Code("the preprocessor refused the file"),
    "toolchain": Code("the compiler cannot be used"),
    "unreadable-file": Code("a file cannot be read or written"),
    "wrong-interface": Code("an interface file was made for another target, or by another version", since=4),
    "changed-layout": Code("the layout of an exported type is not the one in the layout lock", since=4),
    "not-supported": Code("the language has this form, this version of modcore does not"),
}
"""The catalogue: every code that a diagnostic can have."""

TOO_DEEP = "this is nested too deeply for modcore, or needs too long a chain of definitions; split it into parts"
"""The text of a `not-supported` error where recursion found its end."""


class Note(msgspec.Struct, frozen=True, gc=False):
    """A remark that belongs to a diagnostic: where a thing was defined, a link of a chain."""

    message: str
    position: Position | None = None


class Edit(msgspec.Struct, frozen=True, gc=False):
    """Replace a range of the user's text."""

    position: Position
    text: str


class Fix(msgspec.Struct, frozen=True, gc=False):
    """What to do about it, as edits a tool can apply."""

    message: str
    edits: tuple[Edit, ...]


class Diagnostic(msgspec.Struct, frozen=True, gc=False):
    """One message at one position of the user's files."""

    code: str
    message: str
    position: Position
    notes: tuple[Note, ...] = ()
    fixes: tuple[Fix, ...] = ()
    severity: str = "error"

    def sort_key(self) -> tuple[Any, ...]:
        """By position, then by text: independent of the order in which modules were visited."""
        return (self.position, self.code, self.message)


class Problem(Exception):
    """Work that cannot go on; carries the diagnostics that say why."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(d.message for d in diagnostics))
        self.diagnostics = diagnostics


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Each diagnostic once, sorted by position."""
    seen: dict[tuple[Any, ...], Diagnostic] = {}
    for diagnostic in diagnostics:
        seen.setdefault(diagnostic.sort_key(), diagnostic)
    return [seen[key] for key in sorted(seen)]


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(diagnostic.severity == "error" for diagnostic in diagnostics)


def as_json(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """The public JSON shape."""

    def place(position: Position) -> dict[str, Any]:
        return {
            "file": position.file, "line": position.line, "column": position.column,
            "end_line": position.end_line, "end_column": position.end_column,
        }  # fmt: skip

    def note(entry: Note) -> dict[str, Any]:
        at = entry.position
        return {
            "message": entry.message,
            "file": at.file if at else None,
            "line": at.line if at else None,
            "column": at.column if at else None,
        }

    return {
        "diagnostics": [
            {
                "severity": d.severity,
                "code": d.code,
                "message": d.message,
                **place(d.position),
                "notes": [note(entry) for entry in d.notes],
                "fixes": [
                    {"message": fix.message, "edits": [{**place(e.position), "text": e.text} for e in fix.edits]}
                    for fix in d.fixes
                ],
            }
            for d in diagnostics
        ]
    }


_STYLES = {"error": "bold red", "warning": "bold magenta", "note": "bold cyan", "place": "bold", "caret": "bold green"}


_WIDEST = 120  # columns of a source line that are shown: as many as a terminal has, or the caret goes astray


def render(diagnostics: Sequence[Diagnostic], read_lines: ReadLines, colour: bool = False) -> str:
    """Diagnostics as text: `file:line:col: error: text [code]`, the line with a caret, and notes.

    What to do is in the text of each; its fixes are the same for tools, as edits.
    """
    out: list[str] = []
    paint = _painter(colour)
    for d in diagnostics:
        out += _entry(d.position, d.severity, f"{d.message} [{d.code}]", read_lines, paint)
        for note in d.notes:
            out += _entry(note.position, "note", note.message, read_lines, paint)
    return "".join(line + "\n" for line in out)


def _entry(position: Position | None, severity: str, text: str, read_lines: ReadLines, paint: Any) -> list[str]:
    if position is None:
        return [f"{paint(severity, severity)}: {text}"]
    place = f"{position.file}:{position.line}:{position.column}:" if position.file else "modcore:"
    out = [f"{paint('place', place)} {paint(severity, severity)}: {text}"]
    lines = read_lines(position.file)
    if 0 < position.line <= len(lines):
        same_line = position.end_line == position.line
        width = max(1, position.end_column - position.column) if same_line else 1
        written, column, width = _excerpt(lines[position.line - 1].rstrip("\r"), position.column, width)
        # Tabs keep their width in the line of carets, so that the caret stands below its column.
        lead = "".join("\t" if c == "\t" else " " for c in written[: column - 1])
        out.append(f"{position.line:5} | {written}")
        out.append("      | " + lead + paint("caret", "^" + "~" * (width - 1)))
    return out


def _excerpt(line: str, column: int, width: int) -> tuple[str, int, int]:
    """The part of a line that is shown, with the column and the width of what is marked in it.

    A line may hold megabytes, and errors without number; what is left out of it is marked, in less room than it takes.
    """
    if len(line) <= _WIDEST + len("... " " ..."):
        return line, column, width
    begin = max(0, min(column - 1 - _WIDEST // 3, len(line) - _WIDEST))
    before, after = "... " if begin else "", " ..." if begin + _WIDEST < len(line) else ""
    shown = line[begin : begin + _WIDEST]
    return before + shown + after, column - begin + len(before), min(width, begin + _WIDEST - column + 1)


def _painter(colour: bool) -> Any:
    """A function (style, text) → text; colours come from rich, which is loaded only when there is a terminal."""
    if not colour:
        return lambda style, text: text
    from rich.style import Style

    return lambda style, text: Style.parse(_STYLES[style]).render(text)
