"""The toolchain's own preprocessor: `cc -E` on one file, with the flags of the build.

In comes a file and the compiler command; out goes the preprocessed text with its line markers. The file is
preprocessed where it stands, so that its includes, `__FILE__` and the compiler's own rules hold unchanged. Paths of
imports are read from the file itself later (`stage1_names`), before macros touched them.
"""

from __future__ import annotations

import re

import msgspec

from modcore import compiler
from modcore.diagnostics import Diagnostic, Note, Problem
from modcore.source import LineMap, Position
from modcore.target.flags import effective_flags

_MESSAGE = re.compile(
    r"^(?P<file>.+?):(?P<line>\d+):(?:(?P<column>\d+):)? (?:fatal )?(?P<kind>error|warning): (?P<text>.*)$"
)


_PACK = re.compile(r"^#[ \t]*pragma[ \t]+pack\b([^\n]*)", re.M)
_ALIGN = re.compile(r"#pragma (?:options )?align\b(?: *= *(\w+))?[^\n]*")
_AS_PACKS = {"packed": "push, 1", "natural": "push, 0", "native": "push, 0", "power": "push, 0", "reset": "pop"}
_OTHER_PACK = re.compile(r"-f(?:apple|xl)-pragma-pack")
_PACK_WORDS = frozenset(("push", "pop", "show"))
_FIRST_MARKER = re.compile(r'^#(?:line)? \d+ "', re.M)
_ESCAPED_FILE = re.compile(r'\n# \d+ "[^"\\\n]*\\[^\n]*')  # behind a newline, which `re` is quick to find
_OCTALS = re.compile(r"\\\\|(?:\\[0-3][0-7]{2})+")
_LITERAL_OR_CHARACTER = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|\\(?:U([0-9a-fA-F]{8})|u([0-9a-fA-F]{4}))'
)
_NAME = re.compile(r"(?<![\w.])[A-Za-z_$][\w$]*")
_DIRECTIVE = re.compile(
    r"^#[ \t]*(?:define[ \t]+(?P<defined>[A-Za-z_$][\w$]*)(?P<body>(?:[ \t][^\n]*)?)$|undef[ \t]+(?P<undefined>[\w$]+)"
    r"|pragma[ \t]+pack\b(?P<pack>[^\n]*))", re.M
)  # fmt: skip


class Toolchain(msgspec.Struct, frozen=True, gc=False):
    """The compiler: the words of CC, and all flags of the build, those of the preprocessor included."""

    cc: tuple[str, ...] = ("cc",)
    flags: tuple[str, ...] = ()


def preprocess(file: str, toolchain: Toolchain) -> str:
    """The preprocessed text of `file`.

    Raises Problem with the preprocessor's own messages at the user's lines (`preprocessor`), or when the compiler
    cannot be run (`toolchain`).
    """
    text = _printed(file, toolchain)
    packs = [*_PACK.finditer(text)]
    aligns = _ALIGN.search(text) is not None
    if aligns or any(not _PACK_WORDS.issuperset(_NAME.findall(pack[1])) for pack in packs):
        directives = _printed(file, toolchain, "-dD")
        if "#define __clang__ " in directives:
            text = _with_aligns_as_packs(_with_packs_expanded(text, directives), "#define _AIX" in directives)
    flags = filter(_OTHER_PACK.fullmatch, effective_flags(toolchain.cc, toolchain.flags))
    if packs and (flag := next(flags, None)) is not None:
        message = f"'{flag}' gives this another meaning, which modcore cannot follow; leave the flag out"
        raise _at(text, packs[0].start(), "toolchain", message)
    return text


def _with_aligns_as_packs(text: str, aix: bool) -> str:
    """The text with clang's `#pragma options align=…` as the `#pragma pack` of the same meaning.

    Raises Problem (`not-supported`) for one that has none, as those of AIX.
    """

    def as_pack(pragma: re.Match[str]) -> str:
        if aix or pragma[1] not in _AS_PACKS:
            message = "modcore cannot follow this pragma; say with '#pragma pack' how structs are to be aligned"
            raise _at(text, pragma.start(), "not-supported", message)
        return f"#pragma pack({_AS_PACKS[pragma[1]]})"

    return _ALIGN.sub(as_pack, text)


def _at(text: str, start: int, code: str, message: str) -> Problem:
    """What is wrong with the line of the text that starts somewhere."""
    file, line = LineMap(text).line(start)
    return Problem(Diagnostic(code, message, Position(file, line, 1, line, 2)))


def _printed(file: str, toolchain: Toolchain, *options: str) -> str:
    try:
        done = compiler.run([*toolchain.cc, *toolchain.flags, "-E", *options, "-x", "c", file])
    except OSError as error:
        why = compiler.not_started(toolchain.cc, error)
        raise Problem(Diagnostic("toolchain", f"{why}; set CC to one that can", Position(file, 1, 1, 1, 2))) from error
    if done.returncode != 0:
        raise Problem(*_messages(file, done.stderr.decode(errors="replace"), toolchain))
    text = done.stdout.decode("utf-8", errors="surrogateescape").replace("\r\n", "\n")
    first = _FIRST_MARKER.search(text)
    banner = text[: first.start()].strip() if first is not None else ""
    if banner:
        more = f"'{' '.join(toolchain.cc)}' prints more than the preprocessed file: '{banner.splitlines()[0]}'"
        message = f"{more}; let it print that on stderr"
        raise Problem(Diagnostic("toolchain", message, Position(file, 1, 1, 1, 2)))
    return _in_letters(text)


def _in_letters(text: str) -> str:
    """The text with letters in their place that compilers print otherwise.

    gcc has universal character names (C17 6.4.3) for all in identifiers, clang octal escapes in names of files.
    """

    def letter(match: re.Match[str]) -> str:
        code = int(match[1] or match[2] or "0", 16)
        return chr(code) if 0x80 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF else match[0]

    def letters(octals: re.Match[str]) -> str:
        codes = octals[0].split("\\")[1:]
        return octals[0] if "" in codes else bytes(int(code, 8) for code in codes).decode(errors="surrogateescape")

    text = _ESCAPED_FILE.sub(lambda marker: _OCTALS.sub(letters, marker[0]), "\n" + text)[1:]
    return _LITERAL_OR_CHARACTER.sub(letter, text) if "\\U" in text or "\\u" in text else text


def _with_packs_expanded(text: str, with_directives: str) -> str:
    """The text with the macros in `#pragma pack` replaced, as clang's parser does it (for gcc they are names).

    Where they are defined is read off the same text with the directives for macros in it (`-dD`).
    """
    macros: dict[str, str] = {}

    def expanded(words: str, within: frozenset[str]) -> str:
        def value(name: re.Match[str]) -> str:
            known = macros.get(name[0]) if name[0] not in within else None
            return name[0] if known is None else expanded(known, within | {name[0]})

        return _NAME.sub(value, words)

    arguments: list[str] = []
    for line in _DIRECTIVE.finditer(with_directives):
        if line["defined"]:
            macros[line["defined"]] = line["body"].strip()
        elif line["undefined"]:
            macros.pop(line["undefined"], None)
        else:
            arguments.append(expanded(line["pack"], frozenset()))
    found = iter(arguments)
    return _PACK.sub(lambda pragma: f"#pragma pack{next(found, pragma[1])}", text)


def _messages(file: str, output: str, toolchain: Toolchain) -> list[Diagnostic]:
    """The preprocessor's errors as diagnostics; an output that holds none is reported as it is."""
    found = []
    for match in map(_MESSAGE.match, output.splitlines()):
        if match and match["kind"] == "error":
            line, column = int(match["line"]), int(match["column"] or 1)
            position = Position(match["file"], line, column, line, column + 1)
            found.append(Diagnostic("preprocessor", match["text"], position))
    if not found:
        first = next((line for line in output.splitlines() if line.strip()), "it gave no reason")
        found.append(
            Diagnostic(
                "toolchain",
                f"'{' '.join(toolchain.cc)}' refused to preprocess the file: {first}",
                Position(file, 1, 1, 1, 2),
                (Note("the flags were: " + " ".join(toolchain.flags)),) if toolchain.flags else (),
            )
        )
    return found
