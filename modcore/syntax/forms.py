"""The statements that only the module language has: `module`, `import`, and the prefixes of a definition.

Each form of the language reference, sections 1 to 3, 8 and 9, is recognised from the text of one statement. A
statement that has none of these forms is C, whatever word it begins with.
"""

from __future__ import annotations

import re

import msgspec

from modcore.syntax.tokens import IDENTIFIER

_GAP = r"(?:\s|\#[^\n]*\n)"  # white space and line markers
_PATH = r'"[^"\n]+"|<[^>\n]+>|[\w$.\-]+(?:\s*/\s*[\w$.\-]+)*'
_MODULE = re.compile(rf"module(?:{_GAP}+({_PATH})|{_GAP}*){_GAP}*;$")
_IMPORT = re.compile(
    rf"(?P<export>export{_GAP}+)?import(?:{_GAP}+(?P<ordered>ordered)(?={_GAP}+(?!as\b)[\w.\"<]|\s*[\"<]))?"
    rf"{_GAP}*(?P<path>(?<=[\s\n])/?[\w$.\-]+(?:\s*/\s*[\w$.\-]+)*|\"[^\"\n]+\"|<[^>\n]+>)"
    rf"{_GAP}*(?:\((?P<tags>[^()]*)\))?{_GAP}*(?:as{_GAP}+(?P<alias>{IDENTIFIER}))?{_GAP}*;$"
)
_IMPORT_LIKE = re.compile(
    rf"(?:export{_GAP}+)?import(?:{_GAP}+[\w$.\-]+(?:/[\w$.\-]+)*{_GAP}*(?:\(|/|as\b)|{_GAP}+\.|{_GAP}*[\"<]|{_GAP}+[\w.]+;)"
)
_EXPORT = re.compile(rf"export(?![\w$]){_GAP}*(?:\((?P<tags>[^()]*)\){_GAP}*)?(?={IDENTIFIER}|[\[:\"])")
_LINKAGE = re.compile(rf'extern{_GAP}*"C"{_GAP}*')
_TAG = re.compile(rf"{IDENTIFIER}$")
_WRITTEN = re.compile(r"(?:(?:export\s+)?import|module)\b[^;]*;")
_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|/\*.*?\*/|//.*$')


class ModuleForm(msgspec.Struct, frozen=True, gc=False):
    """`module;` (`name` None) or `module NAME;`."""

    name: str | None


class ImportForm(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An import statement; `fault` says what is wrong with one that only looks like it."""

    path: str = ""
    header: bool = False
    tags: tuple[str, ...] = ()
    tagged: bool = False
    untagged: bool = True
    alias: str | None = None
    export: bool = False
    ordered: bool = False
    fault: str | None = None


class Prefix(msgspec.Struct, frozen=True, gc=False):
    """`export`, `export(tag, …)` and `extern "C"` before a definition, and how long they are in the text."""

    exported: bool = False
    tags: tuple[str, ...] = ()
    tagged: bool = False
    linkage: bool = False
    length: int = 0
    fault: str | None = None


def module_form(text: str) -> ModuleForm | None:
    """The module declaration that `text` is, if it is one."""
    if not text.startswith("module"):
        return None
    match = _MODULE.match(text)
    if match is None:
        return None
    name = match[1]
    return ModuleForm(re.sub(r"\s+", "", name).strip('"') if name else None)


def import_form(text: str) -> ImportForm | None:
    """The import that `text` is, if it has a form of one."""
    if not text.startswith(("import", "export")):
        return None
    match = _IMPORT.match(text)
    if match is None:
        if not _IMPORT_LIKE.match(text):
            return None
        return ImportForm(
            fault="this is no form of import; write 'import path;', 'import path(tag);' or 'import path as name;'"
        )
    path = match["path"]
    quoted = path[0] in '"<'
    path = path[1:-1] if quoted else re.sub(r"\s+", "", path)
    form = ImportForm(
        path=path,
        header=match["path"][0] == "<",
        alias=match["alias"],
        export=match["export"] is not None,
        ordered=match["ordered"] is not None,
    )
    if form.alias and form.export:
        return ImportForm(fault="an import under an alias cannot be exported; write two imports")
    if match["tags"] is None:
        return form
    words = [word.strip() for word in match["tags"].split(",")]
    untagged = words[0] != "-"
    tags = words if untagged else words[1:]
    if not tags or not all(_TAG.match(tag) for tag in tags):
        return ImportForm(
            fault="expected the names of tags between the parentheses, as in 'import m(tag);' or 'import m(-, tag);'"
        )
    return ImportForm(
        form.path, form.header, tuple(sorted(set(tags))), True, untagged, form.alias, form.export, form.ordered
    )


def prefix(text: str) -> Prefix:
    """What stands before the definition in `text`."""
    exported, tags, tagged, at = False, (), False, 0
    match = _EXPORT.match(text)
    if match:
        exported, at = True, match.end()
        if match["tags"] is not None:
            words = [word.strip() for word in match["tags"].split(",")]
            if not all(_TAG.match(word) for word in words):
                return Prefix(
                    True, (), True, False, at, "expected the names of tags after 'export(', as in 'export(internal)'"
                )
            tags, tagged = tuple(sorted(set(words))), True
    linkage = _LINKAGE.match(text, at)
    if linkage:
        at = linkage.end()
    return Prefix(exported, tags, tagged, linkage is not None, at)


def written_forms(line: str) -> list[str]:
    """The module and import statements on one line of a source file, as they were written before macro expansion."""
    bare = _COMMENT.sub(lambda m: m[0] if m[0][0] == '"' else " ", line)
    return [match[0] for match in _WRITTEN.finditer(bare)]
