"""The command line: `modcore COMMAND …`.

Here are the options that commands share and the exit statuses: 0 fine, 1 diagnostics with errors, 2 usage, 70 an
internal error. Each command is a file of its own with `add_arguments` and `run`; diagnostics go to stderr as text, or
to stdout as JSON.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shlex
import sys
from collections.abc import Iterable
from typing import Any

from modcore.atomic import write_atomically
from modcore.deep import deeply
from modcore.diagnostics import Diagnostic, Problem, as_json, has_errors, in_order
from modcore.preprocess import Toolchain
from modcore.program import Options, Program

COMMANDS = {
    "scan": "the names and imports of files (stage 1), as JSON",
    "resolve": "what the names of a file stand for (stage 2), as JSON",
    "layout": "size, alignment and member offsets of types",
    "interface": "the interface of a module (.cmi), for use without its source",
    "emit": "the C of a module",
    "check": "every diagnostic of files and of what they import",
    "target": "what is known of the compiler's target",
    "demangle": "filter: link names to module::name",
    "tool-path": "the folder to put on SCons' toolpath",
}
FINE, ERRORS, USAGE, INTERNAL = 0, 1, 2, 70


def main(argv: list[str] | None = None) -> int:
    """Runs one command; the exit status."""
    return deeply(lambda: _main(argv))


def _main(argv: list[str] | None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    flags: list[str] = []
    if "--" in words:
        at = words.index("--")
        words, flags = words[:at], words[at + 1 :]
    try:
        arguments = _arguments(words)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else USAGE
    command = importlib.import_module(_file_of(arguments.command))
    if not hasattr(arguments, "root"):
        return command.run(arguments)
    session = Session(arguments, flags)
    try:
        return command.run(arguments, session)
    except Problem as problem:
        return session.report(problem.diagnostics)
    except BrokenPipeError:
        sys.stderr.close()
        return ERRORS
    except RecursionError:
        return session.report([session.program.too_deep()])
    except Exception as error:
        if os.environ.get("MODCORE_TRACEBACK"):
            raise
        print(
            f"modcore: internal error: {type(error).__name__}: {error}\n"
            "modcore: please report this with the file that caused it; MODCORE_TRACEBACK=1 shows where it happened",
            file=sys.stderr,
        )
        return INTERNAL


def _compiler(words: str) -> tuple[str, ...]:
    """The words of a compiler."""
    try:
        return tuple(shlex.split(words))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"a quote is not closed in the compiler {words}") from error


class Session:
    """One run of a command: its program, and where its diagnostics go."""

    def __init__(self, arguments: argparse.Namespace, flags: list[str]) -> None:
        include = [f"-I{folder}" for folder in arguments.include]
        macros = arguments.macros or []
        toolchain = Toolchain(arguments.cc, (*macros, *include, *flags))
        roots = (arguments.root, *arguments.path)
        options = Options(toolchain, roots, arguments.internal == "on")
        trace = None
        if arguments.trace:
            trace = lambda stage, module, symbol: print(f"stage {stage} {module} {symbol}".rstrip(), file=sys.stderr)  # noqa: E731
        self.program = Program(options, trace=trace)
        self.as_json = arguments.diagnostics == "json"

    def report(self, diagnostics: Iterable[Diagnostic]) -> int:
        """Prints diagnostics; the exit status that they mean."""
        ordered = in_order(diagnostics)
        if self.as_json:
            print_json(as_json(ordered))
        elif ordered:
            colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
            sys.stderr.write(self.program.render(ordered, colour))
        return ERRORS if has_errors(ordered) else FINE


def print_json(value: Any) -> None:
    """Prints a value as JSON; a byte that is no UTF-8 comes out as JSON's escape of what it was read as."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    print(text.encode("utf-8", errors="backslashreplace").decode("utf-8"))


def deliver(content: bytes, file: str | None) -> None:
    """Writes a command's product to a file, whole or not at all, or to stdout."""
    if file:
        write_atomically(file, content)
    else:
        sys.stdout.flush()
        getattr(sys.stdout, "buffer", sys.stdout).write(content)


def _arguments(words: list[str]) -> argparse.Namespace:
    """The arguments of the command that the first word names, with options anywhere between them.

    Raises SystemExit when it has said what is wrong with them, or what help there is.
    """
    parser = argparse.ArgumentParser(prog="modcore", description="C with modules.", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, says in COMMANDS.items():
        command = commands.add_parser(name, help=says, description=says, allow_abbrev=False)
        if words[:1] == [name]:  # only the command that is asked for is loaded
            importlib.import_module(_file_of(name)).add_arguments(command)
            command.set_defaults(command=name)
            return command.parse_intermixed_args(words[1:])
    return parser.parse_args(words)


def _file_of(command: str) -> str:
    return f"modcore.cli.{command.replace('-', '_')}"


def add_common(parser: argparse.ArgumentParser) -> None:
    """The options of every command that reads modules."""
    add = parser.add_argument
    add(
        "--cc",
        default=os.environ.get("CC", "cc"),
        type=_compiler,
        metavar="CC",
        help="the compiler, with its words (default: $CC or cc)",
    )
    add("--root", default=".", metavar="DIR", help="the project root (default: the current folder)")
    add("--path", action="append", default=[], metavar="DIR", help="a library root; may be repeated")
    add("-I", dest="include", action="append", default=[], metavar="DIR", help="a folder of headers")
    add("-D", dest="macros", action=_Macro, metavar="NAME[=VALUE]", help="define a macro")
    add("-U", dest="macros", action=_Macro, metavar="NAME", help="undefine a macro")
    add("--diagnostics", choices=("text", "json"), default="text", help="how diagnostics are printed")
    add("--trace", action="store_true", help="tell each step of work on stderr")
    add("--internal", choices=("on", "off"), default="on", help="internal linkage for private symbols")
    parser.epilog = "Flags for the compiler follow after '--'."


class _Macro(argparse.Action):
    """-D and -U, in the order in which they were given."""

    def __call__(self, parser, namespace, values, option_string=None):  # type: ignore[no-untyped-def]
        macros = getattr(namespace, self.dest) or []
        setattr(namespace, self.dest, [*macros, f"{option_string}{values}"])
