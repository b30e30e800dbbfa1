"""The driver behind a pipe: jobs come in on stdin, results go out on stdout, one JSON object a line.

A build system keeps a few of these processes, so that Python and the grammars are loaded once. Three jobs
exist. `names` preprocesses a file, runs stage 1 and writes its names file, and beside it the preprocessed
text (`Text`); of an interface it makes the names file alone. `emit` writes the C of a file, `interface` its interface;
they read the names files of other modules, and of their own the preprocessed text, which is used only while
everything it was made of is unchanged. Outputs appear whole or
not at all. The process ends when stdin does; a result is always written, whatever happened.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Union

import msgspec

from modcore.atomic import write_atomically
from modcore.deep import deeply
from modcore.diagnostics import Diagnostic, Note, Problem, has_errors, in_order, render
from modcore.entities import Entity
from modcore.files import Options, facts_of, names_of_interface
from modcore.finder import INTERFACE, Finder, Module
from modcore.names_file import SUFFIX, read_names, without_names, write_names
from modcore.preprocess import Toolchain
from modcore.preprocessed import SUFFIX as TEXT
from modcore.preprocessed import Text, Texts
from modcore.program import Program
from modcore.source import Position, lines_of
from modcore.stage1_names import Unit, names_of
from modcore.stage2_imports import direct_imports
from modcore.stage3_bind.definitions import Bound

FINE, ERRORS, INTERNAL = 0, 1, 70
_KEPT_UNITS = 64
_KEPT_ENVIRONMENT = "HOME XDG_CACHE_HOME LOCALAPPDATA SYSTEMROOT TMPDIR TEMP TMP MODCORE_TRACEBACK".split()


class NamesJob(msgspec.Struct, tag="names", tag_field="job", kw_only=True):
    """Preprocess a file and write its names.

    `file` is the file's name for users and for the search of modules, `source` where its text is read.
    `variants` are pairs of folders (copy, original): files below the first are shown as those below the
    second. `text` is where the preprocessed text goes, `output` the names file.
    """

    file: str
    source: str
    output: str
    text: str
    cc: tuple[str, ...]
    flags: tuple[str, ...]
    roots: tuple[str, ...]
    suffix: str
    environment: dict[str, str]
    variants: tuple[tuple[str, str], ...] = ()
    colour: bool = False


class EmitJob(NamesJob, tag="emit", tag_field="job", kw_only=True):
    """Write the C of a file to `output`.

    `names` are the names files of the modules that it may look into, by their `file`; `sources` where the
    text of those is read that are not read under their own name. `unneeded` are modules that those import and
    that give nothing here. `builds` are the compilers and flags of imported modules that are built with others,
    `rivals` the copies that an import may mean where nothing tells them apart.
    """

    internal: bool
    names: dict[str, str]
    sources: dict[str, str]
    unneeded: tuple[str, ...]
    builds: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    rivals: dict[str, tuple[str, ...]] = {}


class InterfaceJob(EmitJob, tag="interface", tag_field="job", kw_only=True):
    """Write the interface of a module to `output`."""


class Result(msgspec.Struct):
    """`status` is 0 (done), 1 (the user's errors) or 70 (modcore's own); `messages` are to be printed, each
    once.

    `damaged` are names files that hold no names and should be made again.
    """

    status: int
    messages: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()


Job = Union[NamesJob, EmitJob, InterfaceJob]


def main() -> int:
    """Serves jobs until stdin ends."""
    # The terminal's Ctrl-C goes to every process; the build system decides when this one ends, by its pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    jobs, results = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed by accident must not look like a result
    try:
        deeply(lambda: serve(jobs, results))
    except BrokenPipeError:
        return ERRORS
    return FINE


def serve(jobs: BinaryIO, results: BinaryIO) -> None:
    """Runs the jobs of one stream in order."""
    bench = Bench()
    decoder = msgspec.json.Decoder(Job)
    for line in jobs:
        try:
            result = bench.run(decoder.decode(line))
        except Exception as error:
            result = _broken(error)
        results.write(msgspec.json.encode(result) + b"\n")
        results.flush()


def _broken(error: Exception) -> Result:
    if os.environ.get("MODCORE_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    return Result(INTERNAL, (
        f"modcore: internal error: {type(error).__name__}: {error}\n"
        "modcore: please report this with the file that caused it;"
        " MODCORE_TRACEBACK=1 shows where it happened\n",
    ))  # fmt: skip


class Bench:
    """What one worker remembers between jobs: preprocessed texts' digests, and units from names files by
    content."""

    def __init__(self) -> None:
        self.texts = Texts()
        self._names: dict[tuple[str, bytes], Unit] = {}
        self._units: dict[tuple[str, str, str | None], Unit] = {}
        self._environment = dict(os.environ)

    def run(self, job: Job) -> Result:
        kept = {name: self._environment[name] for name in _KEPT_ENVIRONMENT if name in self._environment}
        os.environ.clear()
        os.environ.update({**kept, **job.environment})
        return self._emit(job) if isinstance(job, EmitJob) else self._write_names(job)

    def _write_names(self, job: NamesJob) -> Result:
        files = JobFiles(self, job)
        try:
            if job.source.endswith(INTERFACE):
                write_atomically(job.output, files.names_of_interface(job.source))
                return Result(FINE)
            unit = files.read_unit(Finder(job.roots, os.path.isfile, job.suffix).module_of(job.file))
            if not unit.readable:
                raise Problem(*unit.diagnostics)
            # Errors that leave the names readable are told with those of the later stages, when C is emitted.
            write_atomically(job.output, write_names(unit))
        except Problem as problem:
            return Result(ERRORS, files.messages(problem.diagnostics))
        return Result(FINE)

    def _emit(self, job: EmitJob) -> Result:
        files = JobFiles(self, job)
        try:
            program = files.program()
            module = program.module(job.file)
            if job.builds or job.rivals:
                _refuse_other_builds(program, module, job)
            product = _interface if isinstance(job, InterfaceJob) else _emitted
            content = product(program, module)
            if program.broken:
                return self._blame(files, sorted(program.broken))
            messages = files.messages(program.check_emission(module))
            write_atomically(job.output, content)
        except Problem as problem:
            if files.damaged:
                return Result(ERRORS, files.messages(problem.diagnostics), tuple(files.damaged))
            return Result(ERRORS, files.messages(files.from_sources(problem.diagnostics)))
        return Result(FINE, messages)

    def _blame(self, files: JobFiles, broken: list[str]) -> Result:
        """The errors of imported modules whose declarations do not hold; their own jobs tell the same.

        Where their sources have none, the names files are not what this build has made of them.
        """
        program = files.again().program()
        found = [one for file in broken for one in program.check_emission(program.module(file))]
        return Result(ERRORS, files.messages(found if has_errors(found) else map(files.changed, broken)))

    def unit(self, module: Module, text: str, files: JobFiles) -> Unit:
        """Stage 1 of a preprocessed text; the last ones are remembered, because a file's two jobs often come
        in turn."""
        key = (module.file, text, files.read_text(module.file))
        unit = self._units.pop(key, None)
        if unit is None:
            unit = names_of(module, text, files.read_lines)
        self._units[key] = unit
        if len(self._units) > _KEPT_UNITS:
            del self._units[next(iter(self._units))]
        return unit

    def names_unit(self, content: bytes, module: Module, file: str) -> Unit:
        """The unit of a names file, made once for each content."""
        key = (module.file, content)
        unit = self._names.get(key)
        if unit is None:
            unit = self._names[key] = read_names(content, module, file)
        return unit


def _refuse_other_builds(program: _Program, module: Module, job: EmitJob) -> None:
    """Raises Problem at imports of modules that are built for another target, or of which one cannot tell which."""
    from modcore.interface.target import difference, target_of

    found = []
    for statement, imported in direct_imports(program.unit(module), program.finder):
        if not isinstance(imported, Module):
            continue
        if imported.file in job.rivals:
            copies = " and ".join(f"'{path}'" for path in job.rivals[imported.file])
            code, message = "duplicate-module", (
                f"module '{imported.name}' is built as {copies}, with other settings than this file; build one with the"
                " settings of this file, or in the same variant folder"
            )
        elif imported.file in job.builds:
            theirs, ours = (
                target_of(facts_of(Toolchain(cc, flags)), cc, flags)
                for cc, flags in (job.builds[imported.file], (job.cc, job.flags))
            )
            differs = difference(theirs, ours)
            if differs is None:
                continue
            code, message = "wrong-interface", (
                f"module '{imported.name}' {differs}; build each target in a variant folder of its own"
            )
        else:
            continue
        found.append(Diagnostic(code, message, program.import_place(module, statement)))
    if found:
        raise Problem(*found)


def _emitted(program: _Program, module: Module) -> bytes:
    try:
        text = program.emit(module)
    except RecursionError as error:
        raise Problem(program.too_deep()) from error
    return program.files.shown_text(text).encode("utf-8", errors="surrogateescape")


def _interface(program: _Program, module: Module) -> bytes:
    from modcore.interface import encoded, target_of
    from modcore.interface.making import interface_of

    diagnostics = program.check_emission(module)
    if has_errors(diagnostics):
        raise Problem(*diagnostics)
    return encoded(interface_of(program, module, target_of(program.facts(), program.options.toolchain.cc, program.options.toolchain.flags)))


class JobFiles:
    """The files of one job, as the driver asks for them (`program.Files`), under the names that users know.

    With `sources_only` the other modules are read from their sources, so that messages have their positions.
    """

    def __init__(self, bench: Bench, job: Job, sources_only: bool = False) -> None:
        self.damaged: list[str] = []
        self._bench = bench
        self._job = job
        self._toolchain = Toolchain(job.cc, job.flags)
        self._names: dict[str, str] = {}
        self._unneeded: tuple[str, ...] = ()
        self._sources = {job.file: job.source}
        if isinstance(job, EmitJob):
            self._names, self._unneeded = job.names, job.unneeded
            self._sources.update(job.sources)
        self._sources_only = sources_only
        self.read_lines = lines_of(self.read_text)

    def program(self) -> _Program:
        job = self._job
        assert isinstance(job, EmitJob)
        return _Program(Options(self._toolchain, job.roots, job.internal, job.suffix), self, job.file)

    def from_sources(self, found: tuple[Diagnostic, ...]) -> Iterable[Diagnostic]:
        """The same errors again, with all positions: names files have none."""
        program = self.again().program()
        diagnostics = program.check_emission(program.module(self._job.file))
        return diagnostics if has_errors(diagnostics) else found

    def again(self) -> JobFiles:
        """The same files without names files."""
        return JobFiles(self._bench, self._job, sources_only=True)

    # what the driver asks for

    def exists(self, file: str) -> bool:
        known = file == self._job.file or file in self._names or file in self._unneeded
        return known or self._sources_only and os.path.isfile(file)

    def read_text(self, file: str) -> str | None:
        source = self._sources.get(file, file)
        if source.endswith((SUFFIX, INTERFACE)):
            return None  # of no use to people
        try:
            with open(source, encoding="utf-8", errors="surrogateescape") as stream:
                return stream.read()
        except OSError:
            return None

    def unit(self, module: Module) -> Unit | None:
        names = self._names.get(module.file)
        source = self._sources.get(module.file, "")
        if self._sources_only and source.endswith(INTERFACE):
            return read_names(self.names_of_interface(source), module, source)
        if self._sources_only or module.file == self._job.file:
            return None
        if module.file in self._unneeded:
            return without_names(module)
        if names is None:
            return None
        try:
            with open(names, "rb") as stream:
                content = stream.read()
        except OSError as error:
            self.damaged.append(names)
            message = f"'{names}' cannot be read: {error.strerror}; build again"
            raise Problem(Diagnostic("unreadable-file", message, Position(names, 1, 1, 1, 2))) from error
        try:
            return self._bench.names_unit(content, module, names)
        except Problem:
            self.damaged.append(names)
            raise

    def changed(self, file: str) -> Diagnostic:
        """The error for a module whose names do not fit its source: somebody writes them while they are read."""
        names = self._names[file]
        message = (
            f"the names of '{file}' in '{names}' changed while they were read; another build may be writing in this"
            " folder, so run scons again when it has ended"
        )
        return Diagnostic("unreadable-file", message, Position(names, 1, 1, 1, 2))

    def names_of_interface(self, file: str) -> bytes:
        """The names file that an interface stands for. Raises Problem."""
        shown = next((known for known, source in self._sources.items() if source == file), file)
        module = Finder(self._job.roots, os.path.isfile, self._job.suffix).module_of(shown)
        try:
            with open(file, "rb") as stream:
                content = stream.read()
        except OSError as error:
            message = f"'{file}' cannot be read: {error.strerror}"
            raise Problem(Diagnostic("unreadable-file", message, Position(file, 1, 1, 1, 2))) from error
        return names_of_interface(content, module, file, self._toolchain)

    def others(self) -> Iterator[str]:
        """The module files below the roots, as users know them."""
        copies = {copy for copy, _ in self._job.variants}
        for root in self._job.roots:
            for folder, inner, files in os.walk(root):
                place = os.path.normpath(folder).replace(os.sep, "/")
                below = sorted(name for name in inner if not name.startswith("."))
                inner[:] = [name for name in below if os.path.normpath(f"{place}/{name}") not in copies]
                modules = sorted(name for name in files if name.endswith(self._job.suffix))
                yield from (os.path.normpath(f"{place}/{name}") for name in modules)

    def read_unit(self, module: Module) -> Unit:
        """Stage 1 of a module from its source. Raises Problem."""
        own = module.file == self._job.file
        names = self._names.get(module.file)
        beside = self._job.text if own else names.removesuffix(SUFFIX) + TEXT if names else ""
        wanted = Text(self._sources.get(module.file, module.file), beside, self._job.environment)
        text = self._bench.texts.get(wanted, self._toolchain, self._name_shown)
        return self._bench.unit(module, text, self)

    # what users see

    def _name_shown(self, file: str) -> str:
        """The name under which a file that the preprocessor opened is known to users, and to the search of
        modules."""
        for known, source in self._sources.items():
            if file == source:
                return known
        for copy, original in self._job.variants:
            if file.startswith(copy + "/"):
                candidate = os.path.normpath(original + file[len(copy) :])
                return candidate if os.path.isfile(candidate) else file
        return file

    def _existing(self, file: str) -> str:
        """A generated module has no file under its name in the source folder: users are shown the generated
        one."""
        source = self._sources.get(file, file)
        return file if source == file or os.path.isfile(file) else source

    def shown_text(self, emitted: str) -> str:
        """Emitted C with the line markers that users want; an interface has none to show, and changes nothing in it."""
        for file in self._sources:
            shown = self._existing(file)
            if shown != file and not shown.endswith(INTERFACE):
                emitted = emitted.replace(f' "{file}"', f' "{shown}"')
        return emitted

    def messages(self, diagnostics: Iterable[Diagnostic]) -> tuple[str, ...]:
        """Diagnostics as text, one string each; bytes that are no UTF-8 are escaped, as on stderr."""
        texts = (render([self._shown(one)], self.read_lines, self._job.colour) for one in in_order(diagnostics))
        return tuple(text.encode("utf-8", errors="backslashreplace").decode("utf-8") for text in texts)

    def _shown(self, diagnostic: Diagnostic) -> Diagnostic:
        def place(position: Position | None) -> Position | None:
            if position is None:
                return None
            file = self._existing(self._name_shown(position.file))
            return position if file == position.file else msgspec.structs.replace(position, file=file)

        position = place(diagnostic.position)
        assert position is not None
        notes = tuple(Note(note.message, place(note.position)) for note in diagnostic.notes)
        return msgspec.structs.replace(diagnostic, position=position, notes=notes)


class _Program(Program):
    """The driver, reading sources as a build does: preprocessed where the build says, remembered beside the
    names.

    `broken` are the files of other modules that have a declaration in which a name means nothing.
    """

    files: JobFiles

    def __init__(self, options: Options, files: JobFiles, own: str) -> None:
        super().__init__(options, files)
        self.broken: set[str] = set()
        self._own = own

    def bound(self, entity: Entity) -> Bound:
        bound = super().bound(entity)
        if bound.missing and entity.file != self._own and entity.origin == "module":
            self.broken.add(entity.file)
        return bound

    def _read(self, module: Module) -> Unit:
        self._trace(1, module.name, "")
        return self.files.read_unit(module)


if __name__ == "__main__":
    sys.exit(main())
