"""The harness behind `tests/cases`: a folder of text in, a verdict out.

A case is `cases/<area>/<situation>/`: `.cm` files (the folder is the project root, a subfolder `lib` a
library root), legacy `.c` and `.h` files, and whatever expectation files it cares to have; what is present is
what is checked. Diagnostics that the case expects stand in the sources, on the line where they are reported:

    int f() { return g(); }   // error: unknown-name
    int h() { return g(); }   // error@18: unknown-name "what the message says"; warning: other-code

Every case is copied into a directory of its own and modcore runs inside it, so that all paths are relative.
A check that fails raises `CaseFailure`, which names that directory. The expectation files are those of
`EXPECTATIONS` below, and `emit/PATH.c` for the C of `PATH.cm`; they can be rewritten by `bless`, expectations
in sources never are.
"""
from __future__ import annotations

import contextlib
import io
import json
import os
import random
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from modcore.cli import main

CASES = Path(__file__).parent / "cases"
CC = os.environ.get("CC", "gcc")
CLANG = os.environ.get("CLANG", "clang-14")
COMPILE = ("-x", "cpp-output", "-Wall", "-Werror=implicit-function-declaration", "-c")

EXPECTATIONS = {
    "stdout": "what the linked program prints; its exit status is 0",
    "diagnostics.txt": "`check` of all files, as rendered for people",
    "scan.json": "an object: file to what `scan` says of it (empty: all files)",
    "resolve.json": "an object: file to what `resolve` says of it (empty: all files)",
    "layout.json": "an object: file to what `layout --json` says of it, without the target",
    "trace.txt": "`emit FILE --trace`; first line `# emit FILE`, then `# never REGEX` lines, then the trace",
    "symbols": "the global symbols that each module's object file defines: FILE LETTER NAME",
    "emitted": "lines `FILE has TEXT` and `FILE lacks TEXT` about the emitted C",
}
CONTROLS = {
    "flags": "compiler flags of the whole build, in one line",
    "options": "further options of modcore, in one line; a `--root` here replaces the case's folder",
    "no-clang": "why clang does not run the case as gcc does",
}


class CaseFailure(AssertionError):
    """A case did not do what it says; the message names the directory it ran in."""


class Reported(NamedTuple):
    """One diagnostic, without its notes."""

    file: str
    line: int
    column: int
    severity: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.message} [{self.code}]"


class Expected(NamedTuple):
    """One diagnostic that a source line asks for; column 0 and text "" stand for any."""

    file: str
    line: int
    column: int
    severity: str
    code: str
    text: str

    def matches(self, reported: Reported) -> bool:
        """Whether this is the diagnostic that was asked for."""
        return (
            (self.file, self.line, self.severity, self.code)
            == (reported.file, reported.line, reported.severity, reported.code)
            and self.column in (0, reported.column)
            and self.text in reported.message
        )

    def __str__(self) -> str:
        column = f":{self.column}" if self.column else ""
        return f"{self.file}:{self.line}{column}: {self.severity}: {self.text or '...'} [{self.code}]"


class Outcome(NamedTuple):
    """What one run of a command left behind."""

    status: int
    stdout: str
    stderr: str


_COMMENT = re.compile(r"//\s*((?:error|warning)(?:@\d+)?:.*)$")
_ONE = re.compile(r'\s*(error|warning)(?:@(\d+))?:\s*([a-z][a-z0-9-]*)\s*(?:"([^"]*)"\s*)?(;|$)')
_MAIN = re.compile(r"^\w[^;={}]*\bmain\s*\(", re.MULTILINE)
_IMPORT = re.compile(r"(?:export )?import [^;]*;[ \t]*(?://.*)?")


def expected_in(text: str, file: str) -> Iterator[Expected]:
    """The expectations written in a source; ValueError for a comment that starts like one and is none."""
    for number, line in enumerate(text.splitlines(), 1):
        comment = _COMMENT.search(line)
        position = 0
        while comment and position < len(comment[1]):
            one = _ONE.match(comment[1], position)
            if one is None:
                raise ValueError(f"{file}:{number}: not an expectation: {comment[1][position:]!r}")
            severity, column, code, message, _ = one.groups()
            yield Expected(file, number, int(column or 0), severity, code, message or "")
            position = one.end()


class Case:
    """A case folder, and what can be read off it without running anything."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.relative_to(CASES).as_posix()

    def __repr__(self) -> str:
        return self.name

    @cached_property
    def files(self) -> list[str]:
        """All files of the case except golden C, relative, sorted."""
        found = (file.relative_to(self.path).as_posix() for file in self.path.rglob("*") if file.is_file())
        return sorted(file for file in found if not file.startswith("emit/"))

    @cached_property
    def options(self) -> list[str]:
        """Options of modcore for every command, without what follows `--`."""
        own = shlex.split(self.text("options"))
        root = [] if "--root" in own else ["--root", "."]
        libraries = ["--path", "lib"] if (self.path / "lib").is_dir() else []
        return [*root, *libraries, "-I", ".", *own, *self._flags(preprocessor=True)]

    @cached_property
    def compiler_flags(self) -> list[str]:
        """The flags of the build that the compiler wants to see again when it reads emitted C."""
        return self._flags(preprocessor=False)

    @cached_property
    def modules(self) -> list[str]:
        """The `.cm` files below the root and the library root, relative to the case's folder."""
        own = shlex.split(self.text("options"))
        root = own[own.index("--root") + 1] + "/" if "--root" in own else ""
        return [file for file in self.files if file.endswith(".cm") and file.startswith((root, "lib/"))]

    @cached_property
    def legacy(self) -> list[str]:
        """The plain C files that are linked in."""
        return [file for file in self.files if file.endswith(".c")]

    @cached_property
    def expected(self) -> list[Expected]:
        """What the sources expect; those that name a column or a text first."""
        sources = (file for file in self.files if file.endswith((".cm", ".h")))
        found = [expected for file in sources for expected in expected_in(self.text(file), file)]
        return sorted(found, key=lambda one: (not one.column, not one.text, one))

    @property
    def fails(self) -> bool:
        """Whether an error (not only a warning) is expected."""
        return any(one.severity == "error" for one in self.expected)

    @property
    def has_main(self) -> bool:
        """Whether the case is a program."""
        return any(_MAIN.search(self.text(file)) for file in [*self.modules, *self.legacy])

    @property
    def goldens(self) -> list[str]:
        """The expectation files that are present, golden C included."""
        named = [name for name in EXPECTATIONS if name in self.files and name != "stdout"]
        emitted = sorted(file.relative_to(self.path).as_posix() for file in (self.path / "emit").rglob("*.c"))
        return named + emitted

    def text(self, file: str) -> str:
        """The text of a file of the case, empty when there is none."""
        path = self.path / file
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _flags(self, preprocessor: bool) -> list[str]:
        given = shlex.split(self.text("flags"))
        return [flag for flag in given if flag.startswith(("-I", "-D", "-U")) == preprocessor]


def discover() -> list[Case]:
    """Every case, in order of its name."""
    return [Case(path) for path in sorted(CASES.glob("*/*")) if path.is_dir()]


class Workplace:
    """A copy of a case in a directory of its own, where modcore and the compiler run."""

    def __init__(self, case: Case, directory: Path, compiler: str = CC) -> None:
        self.case = case
        self.directory = directory
        self.compiler = compiler
        for file in case.files:
            target = directory / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(case.path / file, target)

    def fail(self, problem: str) -> NoReturn:
        """Raise CaseFailure."""
        raise CaseFailure(f"{problem}\n\ncase: {self.case.name}\nkept: {self.directory}")

    def modcore(self, command: str, *arguments: str) -> Outcome:
        """Run one command of modcore in this process, as a user in this directory would."""
        flags = ["--", *self.case.compiler_flags] if self.case.compiler_flags else []
        out, err = io.BytesIO(), io.BytesIO()
        redirected = contextlib.redirect_stdout(_as_text(out)), contextlib.redirect_stderr(_as_text(err))
        with contextlib.chdir(self.directory), redirected[0], redirected[1]:
            status = main([command, *arguments, "--cc", self.compiler, *self.case.options, *flags])
        outcome = Outcome(status, out.getvalue().decode(), err.getvalue().decode())
        if status not in (0, 1):
            self.fail(f"modcore {command} {shlex.join(arguments)}: exit status {status}\n{outcome.stderr}")
        return outcome

    def run(self, *command: str) -> Outcome:
        """Run another program here; its failure is the case's."""
        done = subprocess.run(
            command, cwd=self.directory, capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode:
            self.fail(f"{shlex.join(command)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
        return Outcome(done.returncode, done.stdout, done.stderr)

    def check(self, files: Sequence[str]) -> list[Reported]:
        """The diagnostics of these files and of what they import, sorted; the exit status must agree."""
        outcome = self.modcore("check", *files, "--diagnostics=json")
        reported = sorted(
            Reported(os.path.normpath(one["file"]), *(one[key] for key in Reported._fields[1:]))
            for one in json.loads(outcome.stdout)["diagnostics"]
        )
        if outcome.status != any(one.severity == "error" for one in reported):
            self.fail(f"check: exit status {outcome.status} with {len(reported)} diagnostics")
        if "_ZN" in outcome.stdout:
            self.fail(f"a diagnostic shows a link name:\n{outcome.stdout}")
        return reported

    def emit(self, file: str) -> str:
        """The C of one module."""
        target = self.emitted_path(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        outcome = self.modcore("emit", file, "-o", target.relative_to(self.directory).as_posix())
        if outcome.status:
            self.fail(f"emit {file}: exit status {outcome.status}\n{outcome.stderr}")
        return target.read_text(encoding="utf-8")

    def emitted_path(self, file: str) -> Path:
        """Where the C of a module is put."""
        return self.directory / "out" / (file.removesuffix(".cm") + ".c")

    def compile(self, file: str) -> str:
        """Emit and compile one module; the object file, relative."""
        self.emit(file)
        source = self.emitted_path(file).relative_to(self.directory)
        target = source.with_suffix(".o").as_posix()
        self.run(self.compiler, *self.case.compiler_flags, *COMPILE, source.as_posix(), "-o", target)
        return target


def _as_text(stream: io.BytesIO) -> io.TextIOWrapper:
    return io.TextIOWrapper(stream, encoding="utf-8", write_through=True)


def check_diagnostics(work: Workplace) -> None:
    """All diagnostics of all files are the ones in the sources; a file with an error is not emitted."""
    missing = list(work.case.expected)
    extra = work.check(work.case.modules)
    for expected in list(missing):
        found = next((one for one in extra if expected.matches(one)), None)
        if found:
            missing.remove(expected)
            extra.remove(found)
    if missing or extra:
        rows = [f"expected: {one}" for one in missing] + [f"reported: {one}" for one in extra]
        work.fail("\n".join(sorted(rows)))
    wrong = {one.file for one in work.case.expected if one.severity == "error"}
    for file in sorted(wrong & {*work.case.modules}):
        if not any(one.file == file and one.severity == "error" for one in work.check([file])):
            continue  # the error is about another module's view of this file, which is fine by itself
        target = work.emitted_path(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        outcome = work.modcore("emit", file, "-o", target.relative_to(work.directory).as_posix())
        if outcome.status != 1 or target.exists():
            output = "output" if target.exists() else "no output"
            work.fail(f"emit {file}: exit status {outcome.status} and {output} despite an error")


def check_run(work: Workplace, bless: bool) -> list[str]:
    """All modules compile; when there is a `main` they link with the legacy files and print `stdout`."""
    objects = [work.compile(file) for file in work.case.modules]
    for file in work.case.legacy:
        objects.append(f"{file}.o")
        work.run(work.compiler, *work.case.compiler_flags, "-I", ".", "-c", file, "-o", objects[-1])
    if "stdout" not in work.case.files:
        return []
    work.run(work.compiler, *work.case.compiler_flags, *objects, "-o", "program", "-lm")
    return _compare(work, "stdout", work.run("./program").stdout, bless, str)


def check_golden(work: Workplace, name: str, bless: bool) -> list[str]:
    """One expectation file against what modcore says now; the names of the files that were rewritten."""
    match name:
        case "diagnostics.txt":
            return _compare(work, name, work.modcore("check", *work.case.modules).stderr, bless, str)
        case "scan.json" | "resolve.json" | "layout.json":
            return _compare(work, name, _json_of_files(work, name), bless, json.loads)
        case "trace.txt":
            return _compare(work, name, _trace(work), bless, str)
        case "symbols":
            return _compare(work, name, _symbols(work), bless, str)
        case "emitted":
            _check_emitted(work)
            return []
        case _:
            source = name.removeprefix("emit/").removesuffix(".c") + ".cm"
            return _compare(work, name, work.emit(source), bless, str)


def check_permuted(case: Case, directory: Path) -> None:
    """Neither the order of a file's imports nor that of the files changes a diagnostic or an emitted byte."""
    original = Workplace(case, directory / "as_written")
    diagnostics = original.check(case.modules)
    emitted = {} if case.fails else {file: original.emit(file) for file in case.modules}
    for order, rearrange in ORDERS.items():
        work = Workplace(case, directory / order)
        for file in case.modules:
            text = permuted_imports(case, file, rearrange)
            (work.directory / file).write_text(text, encoding="utf-8")
        if (now := work.check(rearrange(case.modules))) != diagnostics:
            rows = [f"as written: {one}" for one in diagnostics] + [f"{order}: {one}" for one in now]
            work.fail("\n".join(rows))
        for file in emitted:
            if work.emit(file) != emitted[file]:
                work.fail(f"emit {file}: other bytes than in {original.directory}")


def is_permutable(case: Case) -> bool:
    """Whether the case has an order that could matter."""
    return len(case.modules) > 1 or any(
        permuted_imports(case, file, _reversed) != case.text(file) for file in case.modules
    )


def permuted_imports(case: Case, file: str, rearrange: Callable[[Sequence[str]], list[str]]) -> str:
    """The file with each run of import lines in another order; unchanged when one of them is reported."""
    lines = case.text(file).splitlines(keepends=True)
    imports = {number for number, line in enumerate(lines) if _IMPORT.fullmatch(line.rstrip("\n"))}
    if any(one.line - 1 in imports for one in case.expected if one.file == file):
        return "".join(lines)
    for first in sorted(number for number in imports if number - 1 not in imports):
        last = next(number for number in range(first, len(lines) + 1) if number not in imports)
        lines[first:last] = rearrange(lines[first:last])
    return "".join(lines)


def _reversed(items: Sequence[str]) -> list[str]:
    return list(items)[::-1]


def _shuffled(items: Sequence[str]) -> list[str]:
    return random.Random(len(items)).sample(list(items), len(items))


ORDERS: dict[str, Callable[[Sequence[str]], list[str]]] = {"reversed": _reversed, "shuffled": _shuffled}


def _compare(work: Workplace, name: str, actual: str, bless: bool, read: Callable[[str], Any]) -> list[str]:
    """Compare as `read` sees the texts; the file, when it was rewritten."""
    expected = work.case.text(name)
    if (read(expected) if expected else None) == read(actual):
        return []
    if bless:
        (work.case.path / name).write_text(actual, encoding="utf-8")
        return [f"{work.case.name}/{name}"]
    work.fail(f"{name} differs\n--- expected\n{expected}\n--- now\n{actual}")


def _json_of_files(work: Workplace, name: str) -> str:
    command = name.removesuffix(".json")
    expected = work.case.text(name)
    result = {}
    for file in json.loads(expected) if expected else work.case.modules:
        outcome = work.modcore(command, file, *(["--json"] if command == "layout" else []))
        result[file] = json.loads(outcome.stdout)
        if command == "layout":
            del result[file]["target"]
    return json.dumps(result, indent=2) + "\n"


def _trace(work: Workplace) -> str:
    head = [line for line in work.case.text("trace.txt").splitlines() if line.startswith("#")]
    target = head[0].removeprefix("# emit ")
    trace = work.modcore("emit", target, "-o", "traced.c", "--trace").stderr
    for line in head[1:]:
        if unwanted := re.search(line.removeprefix("# never "), trace, re.MULTILINE):
            work.fail(f"the trace of {target} holds {unwanted[0]!r}:\n{trace}")
    return "\n".join(head) + "\n" + trace


def _symbols(work: Workplace) -> str:
    rows = []
    for file in work.case.modules:
        listing = work.run("nm", "-P", "-g", "--defined-only", work.compile(file)).stdout
        rows += sorted(f"{file} {line.split()[1]} {line.split()[0]}" for line in listing.splitlines())
    return "\n".join(rows) + "\n"


def _check_emitted(work: Workplace) -> None:
    for line in work.case.text("emitted").splitlines():
        file, verb, text = line.split(" ", 2)
        if verb not in ("has", "lacks"):
            raise ValueError(f"{work.case.name}/emitted: not `has` or `lacks`: {line}")
        if (text in work.emit(file)) != (verb == "has"):
            work.fail(f"the C of {file} {'lacks' if verb == 'has' else 'has'} {text!r}")
