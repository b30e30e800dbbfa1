"""The house keeps its shape: who may import whom, names and lengths of files, what is shipped.

The layers below are the order in which values flow. A part may import itself and the parts of the layers
above its own, never those beside it or below it; imports that only a type checker sees do not count.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
PACKAGE = REPOSITORY / "modcore"
LONGEST = 600

LAYERS = (
    ("cache", "compiler", "deep"),
    ("source", "finder", "linknames", "ctype", "entities", "pragmas", "syntax"),  # texts, names and types by themselves
    ("diagnostics", "compiler_messages", "headers", "target"),
    ("atomic", "preprocess", "stage1_names"),
    ("knowledge",),
    ("preprocessed", "stage2_imports", "stage3_bind"),
    ("stage2_scopes",),
    ("stage3_complete", "names_content"),
    ("names_file", "emit"),
    ("check", "interface"),
    ("files",),
    ("program",),  # the driver: what stands above it does not know it
    ("worker", "cli"),
    ("scons", "__main__"),
)
"""The parts of modcore, each a file or a folder of the package; the package itself holds only the version."""
LAYER = {part: number for number, layer in enumerate(LAYERS) for part in layer}

FOLDERS = [REPOSITORY / name for name in ("modcore", "tests", "site_scons")]
FILES = sorted(path for folder in FOLDERS for path in folder.rglob("*.py"))
CORE = [path for path in FILES if path.is_relative_to(PACKAGE) and not path.is_relative_to(PACKAGE / "scons")]


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(node: ast.AST) -> Iterator[str]:
    """The modules that code imports when it runs; `from m import n` counts as both `m` and `m.n`."""
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.If) and ast.unparse(inner.test) == "TYPE_CHECKING":
            continue
        if isinstance(inner, ast.Import):
            yield from (alias.name for alias in inner.names)
        elif isinstance(inner, ast.ImportFrom):
            assert inner.level == 0, "imports are written in full"
            yield inner.module or ""
            yield from (f"{inner.module}.{alias.name}" for alias in inner.names)
        yield from imported(inner)


def imports_of(path: Path) -> set[str]:
    return set(imported(ast.parse(path.read_text(encoding="utf-8"))))


def test_layers_name_every_part() -> None:
    parts = {part_of(path) for path in FILES if path.is_relative_to(PACKAGE)} - {"__init__"}
    assert parts == LAYER.keys()


@pytest.mark.parametrize("part", LAYER)
def test_imports_run_one_way(part: str) -> None:
    allowed = {part, *(other for other in LAYER if LAYER[other] < LAYER[part])}
    for path in FILES:
        if path.is_relative_to(PACKAGE) and part_of(path) == part:
            used = {name.split(".")[1] for name in imports_of(path) if name.startswith("modcore.")}
            used &= LAYER.keys()  # what else is imported from `modcore` itself is no part
            assert used <= allowed, f"{path.relative_to(REPOSITORY)} imports {sorted(used - allowed)}"


def test_only_the_tool_imports_scons() -> None:
    assert not [path for path in CORE if any(name.split(".")[0] == "SCons" for name in imports_of(path))]


def test_core_works_without_scons(tmp_path: Path) -> None:
    """The core can be imported, and a program be checked and emitted, where SCons is not installed."""
    files = [path.relative_to(REPOSITORY).with_suffix("") for path in CORE if path.stem != "__main__"]
    names = [".".join(file.parts).removesuffix(".__init__") for file in files]
    (tmp_path / "a.cm").write_text("module;\nimport b;\nint main() { return limit - 3; }\n")
    (tmp_path / "b.cm").write_text("module;\nexport enum { limit = 3 };\n")
    (tmp_path / "run.py").write_text(
        "import importlib, sys\n"
        "sys.modules['SCons'] = None\n"
        f"for name in {names!r}:\n"
        "    importlib.import_module(name)\n"
        "from modcore.cli import main\n"
        "sys.exit(main(['check', 'a.cm']) or main(['emit', 'a.cm', '-o', 'a.c']))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "run.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "a.c").exists()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_file(path: Path) -> None:
    """Files are short and do not hide a module of the standard library."""
    assert path.stem in ("__init__", "__main__") or path.stem not in sys.stdlib_module_names
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_wheel(tmp_path: Path) -> None:
    """A wheel holds the whole package, the SCons tool included, and no generated parser tables."""
    copy = tmp_path / "source"
    shutil.copytree(PACKAGE, copy / "modcore", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(REPOSITORY / name, copy)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path)]
    done = subprocess.run([*command, str(copy)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    source = {path.relative_to(REPOSITORY).as_posix() for path in FILES if path.is_relative_to(PACKAGE)}
    assert "modcore/scons/cmodule.py" in source
    assert source <= held
    assert not [name for name in held if name.endswith((".pyc", "parsetab.py", "parser.out"))]
    assert {name for name in held if name.endswith(".py")} == source
