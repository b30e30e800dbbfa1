"""A plain importer that imports a module of all its own names: C's scopes have to hide every one of them.

In comes a C file; out go the names that were bound to the module's although the file declares them. The
module exports a function for each identifier of the file that no header declares, so a scope that is missed
shows as a link name in what comes out; then it exports types of these names, and structs. Names that the
file uses without declaring them at file scope (C89's calls, `extern` and prototypes in blocks) mean the
module's: which these are, the compiler is asked.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Sequence

from modcore.deep import deeply
from modcore.diagnostics import Problem
from modcore.finder import Module
from modcore.linknames import demangle
from modcore.preprocess import Toolchain, preprocess
from modcore.program import Options, Program
from modcore.source import lines_of
from modcore.stage1_names import Unit, names_of
from modcore.syntax import Tokens
from modcore.syntax.body_classify import WORDS
from modcore.syntax.declared import TAG
from modcore.syntax.tokens import is_identifier
from tests.corpora.comparison import SOURCE as FILE
from tests.corpora.comparison import Failure, emitted

_MODULE = "words.cm"
_IMPORT = "import words;"
_BEGIN = f'\n# 1 "{FILE}"\n'
_NOT_NAMES = frozenset(("module", "import", "export", "main", *WORDS))
_LINK_NAME = re.compile(r"_ZN\w+")
_UNDECLARED = re.compile(r"(?:implicit|nested extern) declaration of (?:built-in )?(?:function )?'(\w+)'")


class Texts:
    """The files of a program, of which nothing but one preprocessed text was ever on disk."""

    def __init__(self, texts: dict[str, str], preprocessed: dict[str, str]) -> None:
        self._texts = texts
        self._preprocessed = preprocessed

    def exists(self, file: str) -> bool:
        return file in self._texts

    def read_text(self, file: str) -> str | None:
        return self._texts.get(file)

    def unit(self, module: Module) -> Unit:
        return names_of(module, self._preprocessed[module.file], lines_of(self.read_text))

    def others(self) -> Iterable[str]:
        return ()


class Hiding:
    """The file FILE of the running directory, whose first line is empty, and what imports make of it."""

    def __init__(self, compiler: str, flags: Sequence[str]) -> None:
        """Raises Failure if the file cannot be preprocessed."""
        self._compiler = compiler
        self._flags = flags
        self._why = ""
        with open(FILE, encoding="utf-8", errors="surrogateescape") as stream:
            self._text = stream.read()
        try:
            self._preprocessed = preprocess(FILE, Toolchain((compiler,), tuple(flags)))
        except Problem as problem:
            raise Failure(str(problem)) from problem

    @property
    def size(self) -> int:
        """How many characters of preprocessed text the file has."""
        return len(self._preprocessed)

    def captured(self) -> set[str]:
        """The names that were bound to the import although the file declares them.

        Raises Failure if an import that nothing means changes what comes out, or for a diagnostic.
        """
        names, tags = self._names()
        functions = {name: f"int {name}() {{ return 0; }}" for name in names}
        found = self._bound(self._emitted([*functions.values()]))
        hidden = [name for name in names if name not in found]
        types = [f"typedef int {name};" for name in hidden]
        if self._changes(types + [f"struct {tag} {{ int {tag}; }};" for tag in tags]) and not (
            # What C89 declares without a type is another thing where its name is a type.
            self._said("-Wimplicit-int", "-Wold-style-definition")
            and not self._changes([functions[name] for name in hidden])
        ):
            raise Failure(self._why or "an import that nothing means changes what comes out")
        if found:
            said = self._said("-Wimplicit-function-declaration", "-Wnested-externs")
            found -= {*_UNDECLARED.findall(said)}
        return found

    def _changes(self, exported: list[str]) -> bool:
        """Whether an import of a module with these definitions changes what comes out; `_why` says more."""
        try:
            self._why = ""
            return self._emitted(exported) != self._emitted(None)
        except Failure as failure:
            self._why = str(failure)
            return True

    def _names(self) -> tuple[list[str], list[str]]:
        """The identifiers of the file that no header declares, and the tags that it has at file scope."""
        program = self._program({FILE: self._preprocessed})
        unit = program.unit(program.module(FILE))
        words = {word for statement in unit.statements for word in Tokens(statement.text).words}
        names = {word for word in words - _NOT_NAMES if is_identifier(word) and not word.startswith("__")}
        tags = [name for space, name in unit.names if space == TAG and is_identifier(name)]
        return sorted(name for name in names if not unit.headers.has_word(name)), tags

    def _emitted(self, exported: list[str] | None) -> str:
        """What comes out with an import of a module of these definitions, or without one. Raises Failure."""
        preprocessed = {FILE: self._preprocessed}
        if exported is not None:
            exports = "".join(f"export {definition}\n" for definition in exported)
            preprocessed[_MODULE] = f'# 1 "{_MODULE}"\nmodule;\n{exports}'
            before, begin, after = self._preprocessed.partition(_BEGIN)
            preprocessed[FILE] = before + begin + _IMPORT + ("" if after[:1] == "\n" else "\n") + after
        return deeply(lambda: self._checked(preprocessed, exported is not None))

    def _checked(self, preprocessed: dict[str, str], imports: bool) -> str:
        program = self._program(preprocessed)
        if bool(program.unit(program.module(FILE)).imports) != imports:
            raise ValueError("the import is not where it should be")
        return emitted(program, [FILE])[FILE]

    def _program(self, preprocessed: dict[str, str]) -> Program:
        texts = {file: self._text if file == FILE else text for file, text in preprocessed.items()}
        return Program(Options(Toolchain((self._compiler,), tuple(self._flags))), Texts(texts, preprocessed))

    @staticmethod
    def _bound(text: str) -> set[str]:
        return {demangle(link_name).split("::")[1] for link_name in _LINK_NAME.findall(text)}

    def _said(self, *warnings: str) -> str:
        """What the compiler says with these warnings. Raises Failure if it does not take the file."""
        command = [self._compiler, *(flag for flag in self._flags if flag != "-w"), *warnings]
        done = subprocess.run(
            [*command, "-fsyntax-only", "-x", "cpp-output", "-"],
            input=self._preprocessed.encode(errors="surrogateescape"),
            capture_output=True, env={**os.environ, "LC_ALL": "C"}, check=False,
        )  # fmt: skip
        if done.returncode:
            raise Failure("the compiler does not take the file")
        lines = done.stderr.decode(errors="replace").splitlines()
        return "\n".join(line for line in lines if "[-W" in line)
