"""What the pages say is true: README.md, and LANGUAGE.md and DESIGN.md beside the package.

A page is cut at its headings. The fences under one heading form one project in a folder of its own, and each
fence says in its info string what it is:

    LANG file=PATH    a file of the project. The project is treated as a folder of `tests/cases` is (format:
                      `case.py`): diagnostics are expected in comments, `stdout`, `emitted`, `scan.json` and
                      the others are expectation files, `lib` is a library root; a project without errors is
                      compiled, linked and run. A `SConstruct` is run by the real SCons.
    console           commands after `$ `, run in the project's folder, each with what it prints; a line `...`
                      stands for any lines
    console setup     commands for a bare machine, run in a copy of the checkout; the steps that make the
                      environment are compared with pyproject.toml, for the tests run in what they made
    text house        all files of the package, one a line
    text drawing      a drawing, in which there is nothing to run

Any other fence fails the test. Tables are checked where there is something to hold them against: the
catalogue of diagnostics, the commands, links.
"""
from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import case as harness
import pytest
from case import Case, Workplace
from test_cases import ISSUE, guarded

import modcore
from modcore.cli import COMMANDS
from modcore.diagnostics import CODES
from modcore.interface.format import HeaderTextEntry, Interface, MemberEntry, SymbolEntry
from modcore.interface.target import TargetEntry
from modcore.pragmas import PragmaState
from modcore.syntax.forms import ImportForm

ROOT = Path(__file__).parents[1]
PACKAGE = Path(modcore.__file__).parent
README, LANGUAGE, DESIGN = ROOT / "README.md", PACKAGE / "LANGUAGE.md", PACKAGE / "DESIGN.md"
PAGES = (README, LANGUAGE, DESIGN)
PARTS = ("README.md", "pyproject.toml", "modcore", "site_scons", "tests", "example_project")

_FILE = re.compile(r"\w+ file=(.+)")
_OTHERS = ("console", "console setup", "text house", "text drawing")


class Fence(NamedTuple):
    """One fenced block."""

    line: int
    info: str
    text: str

    @property
    def file(self) -> str | None:
        match = _FILE.fullmatch(self.info)
        return match[1] if match else None


class Section(NamedTuple):
    """What stands under one heading, up to the next."""

    page: str
    title: str
    fences: list[Fence]
    prose: str

    def __repr__(self) -> str:
        return f"{self.page}/{slug(self.title)}"

    @property
    def files(self) -> dict[str, str]:
        return {fence.file: fence.text for fence in self.fences if fence.file}

    @property
    def commands(self) -> list[tuple[str, str]]:
        """The commands of its consoles, each with the output that it shows."""
        texts = [fence.text for fence in self.fences if fence.info == "console"]
        entries = [entry for text in texts for entry in re.split(r"^\$ ", text, flags=re.M)[1:]]
        return [(first, rest) for first, _, rest in (entry.partition("\n") for entry in entries)]


class Project(Case):
    """The files of a section as a case, so that the harness of the cases can run them."""

    def __init__(self, section: Section, directory: Path) -> None:
        self.path = directory
        self.name = repr(section)
        write_files(section, directory)


def sections(page: Path) -> Iterator[Section]:
    """The sections of a page, in order."""
    title, fences, prose = page.stem, list[Fence](), list[str]()
    opened: tuple[int, str, list[str]] | None = None
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if opened is not None:
            if line == "```":
                fences.append(Fence(opened[0], opened[1], "".join(f"{one}\n" for one in opened[2])))
                opened = None
            else:
                opened[2].append(line)
        elif line.startswith("```"):
            opened = (number, line[3:], [])
        elif line.startswith("#"):
            yield Section(page.name, title, fences, "\n".join(prose))
            title, fences, prose = line.lstrip("#").strip(), [], []
        else:
            prose.append(line)
    assert opened is None, f"{page.name}:{opened[0]}: this fence is never closed"
    yield Section(page.name, title, fences, "\n".join(prose))


def slug(title: str) -> str:
    """The anchor of a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def write_files(section: Section, directory: Path) -> None:
    for file, text in section.files.items():
        (directory / file).parent.mkdir(parents=True, exist_ok=True)
        (directory / file).write_text(text, encoding="utf-8")


SECTIONS = [section for page in PAGES for section in sections(page)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_fence_is_run(page: Path) -> None:
    """No example escapes: every fence says what it is, and code stands in fences only."""
    for section in sections(page):
        names = [fence.file for fence in section.fences if fence.file]
        assert len(names) == len({*names}), f"{section}: two files of one name need two headings"
        assert not re.search(r"^(?: {4}\S|~~~)", section.prose, re.M), f"{section}: code outside of a fence"
        for fence in section.fences:
            assert fence.file or fence.info in _OTHERS, f"{page.name}:{fence.line}: what is {fence.info!r}?"


@pytest.mark.parametrize("section", [one for one in SECTIONS if one.files], ids=repr)
def test_project(section: Section, tmp_path: Path) -> None:
    """The files of a section have the diagnostics that they show, compile, and print what they show."""
    guarded(lambda: run_project(Project(section, tmp_path / "written"), tmp_path / "checked"))


def run_project(case: Case, place: Path) -> None:
    """All that the harness of the cases can check of a project."""
    if not case.modules:
        return
    work = Workplace(case, place)
    harness.check_diagnostics(work)
    if ("stdout" in case.files) != (case.has_main and not case.fails):
        work.fail("a program shows what it prints, and nothing else does")
    if not case.fails:
        harness.check_run(work, bless=False)
    for golden in case.goldens:
        harness.check_golden(work, golden, bless=False)


@pytest.mark.parametrize(
    "section", [one for one in SECTIONS if one.commands or "SConstruct" in one.files], ids=repr
)
def test_commands(section: Section, tmp_path: Path) -> None:
    """The commands of a section print what they show; one that fails says so by `; echo $?`."""
    place = tmp_path / "project"
    place.mkdir()
    write_files(section, place)
    environment = user_environment(tmp_path / "bin")
    for command, shown in section.commands or [("scons -Q", "...\n")]:
        done = subprocess.run(
            command, shell=True, cwd=place, env=environment, text=True, timeout=120, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}: exit status {done.returncode}\n{done.stdout}"
        lines = ("(?:.*\n)*?" if line == "..." else re.escape(f"{line}\n") for line in shown.splitlines())
        difference = f"{command}\n--- shown\n{shown}--- printed\n{done.stdout}"
        assert re.fullmatch("".join(lines), done.stdout), difference


SETUPS = [
    pytest.param(command, id=command.rpartition("&& ")[2])
    for section in SECTIONS
    for fence in section.fences
    if fence.info == "console setup"
    for command in fence.text.splitlines()
]


@pytest.mark.parametrize("command", SETUPS)
def test_setup(command: str, tmp_path: Path) -> None:
    """A command for a bare machine: the environment is the one this runs in, the rest is run in a copy."""
    copy = tmp_path / "checkout"
    for part in PARTS:
        if (ROOT / part).is_dir():
            left_out = shutil.ignore_patterns("__pycache__", "build", ".scons*")
            shutil.copytree(ROOT / part, copy / part, ignore=left_out)
        else:
            copy.mkdir(exist_ok=True)
            shutil.copy(ROOT / part, copy)
    environment = user_environment(copy / ".venv/bin")
    make, install, work = command.removeprefix("$ ").split(" && ")
    assert make == "python3 -m venv .venv"
    *words, what = shlex.split(install)
    assert words == [".venv/bin/pip", "install", "-q"]
    extras = tomllib.loads((copy / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert what in (".", *(f".[{extra}]" for extra in extras))
    if "-m pytest" in work:
        work += " --collect-only"  # the tests are running already
    done = subprocess.run(
        work, shell=True, cwd=copy, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout


def user_environment(folder: Path) -> dict[str, str]:
    """The environment of a user who has installed modcore, with its commands in `folder`."""
    folder.mkdir(parents=True)
    for name, words in {"modcore": "-m modcore", "scons": "-m SCons", "python": "", "python3": ""}.items():
        (folder / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {words} "$@"\n')
        (folder / name).chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONPATH": str(PACKAGE.parent),
        "CC": harness.CC,
        "MODCORE": str(ROOT),
    }


CATALOGUE = {
    code: section
    for section in SECTIONS
    if section.page == LANGUAGE.name and (code := section.title.strip("`")) in CODES
}


def test_catalogue_is_complete() -> None:
    """Every code has a row in a table and a heading of its own."""
    assert list(CATALOGUE) == list(CODES)
    rows = re.findall(r"^\| \[`([a-z-]+)`\]", LANGUAGE.read_text(encoding="utf-8"), re.M)
    assert rows == list(CODES)


@pytest.mark.parametrize("code", CODES)
def test_catalogue_entry(code: str, tmp_path: Path) -> None:
    """The example of a code causes it, and no other; a code of a later issue says that it is one."""
    section = CATALOGUE[code]
    caused = {one.code for one in Project(section, tmp_path).expected}
    caused |= set(re.findall(r" \[([a-z-]+)\]$", "\n".join(shown for _, shown in section.commands), re.M))
    if CODES[code].since <= ISSUE:
        assert caused == {code}
    else:
        assert code not in caused
        assert "Not given yet" in section.prose


def test_commands_are_listed() -> None:
    rows = re.findall(r"^\| `modcore ([a-z-]+)", README.read_text(encoding="utf-8"), re.M)
    assert list(dict.fromkeys(rows)) == list(COMMANDS)


def test_house() -> None:
    """The listing names every file of the package, and says something of each."""
    listed, folders = set[str](), list[str]()
    for section in sections(DESIGN):
        for fence in section.fences:
            for line in fence.text.splitlines() if fence.info == "text house" else ():
                name, _, says = line.strip().partition(" ")
                del folders[(len(line) - len(line.lstrip())) // 2 :]
                assert says.strip() or name == "modcore/", f"{name}: what is it for?"
                if name.endswith("/"):
                    folders.append(name)
                else:
                    listed.add("".join(folders) + name)
    files = (one for one in PACKAGE.rglob("*") if one.is_file() and one.suffix in (".py", ".md"))
    assert sorted(listed) == sorted("modcore/" + one.relative_to(PACKAGE).as_posix() for one in files)


def test_interface_format_is_documented() -> None:
    """Each key of an interface file has its place in the table of them."""
    (section,) = (one for one in sections(DESIGN) if one.title == "Interface files")
    cells = re.findall(r"^\| (`[^|]*) \|", section.prose, re.M)
    documented = {key for cell in cells for key in re.findall(r"`(\w+)`", cell)}
    parts = (Interface, TargetEntry, ImportForm, SymbolEntry, MemberEntry, HeaderTextEntry, PragmaState)
    assert documented == {key for part in parts for key in part.__struct_fields__}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links(page: Path) -> None:
    """Links inside the repository lead somewhere."""
    anchors = {one.name: {slug(section.title) for section in sections(one)} for one in PAGES}
    for section in sections(page):
        for target in re.findall(r"\]\(([^)\s]+)\)", section.prose):
            file, _, anchor = target.partition("#")
            assert not file or (page.parent / file).exists(), f"{section}: {target}"
            assert not anchor or anchor in anchors[Path(file).name or page.name], f"{section}: {target}"
