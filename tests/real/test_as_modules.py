"""Projects as modules.

Whole libraries, expanded, with the project's programs as importers (`as_modules.py`); and single files in
their own text (`self_contained.py`), each with a client in `clients/` that imports it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from tests.real import as_modules, self_contained
from tests.real.build import ProjectTree
from tests.real.project import CC, Project, matches
from tests.real.projects import EACH, PROJECTS

CLIENTS = Path(__file__).parent / "clients"


class File(msgspec.Struct, frozen=True, gc=False):
    """A file that becomes a module: what its client prints, and which plain files (as patterns) it needs."""

    package: str
    says: tuple[str, ...]
    plain: tuple[str, ...] = ()


_CMARK = ("src/*.c",)
_ZEROIZE = ("library/platform_util.c",)
FILES = {
    "cJSON.c": File("cjson", ('{"name":"bolt","sizes":[1,2.5,3],"stock":true,"sum":6.5}', "3 1 ]")),
    "src/cmark_ctype.c": File("cmark", ("6 32 62 10",)),
    "src/utf8.c": File("cmark", ("1:67 2:fc 3:20ac -1:ffffffff 1",), _CMARK),
    "src/houdini_html_e.c": File("cmark", ("a &lt; b &amp;&amp; &quot;c&quot; 33",), _CMARK),
    "huffman.c": File("bzip2", ("2:0 2:1 2:2 3:6 3:7 ",)),
    "crctable.c": File("bzip2", ("fc891918 256",)),
    "adler32.c": File("zlib", ("11e60398 1",)),
    "crc32.c": File("zlib", ("cbf43926 77073096",)),
    "library/md5.c": File("mbedtls", ("900150983cd24fb0d6963f7d28e17f72 0",), _ZEROIZE),
    "library/sha256.c": File(
        "mbedtls", ("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad 0",), _ZEROIZE
    ),
    "library/xtea.c": File("mbedtls", ("1 0 0",), _ZEROIZE),
}  # fmt: skip


@pytest.mark.parametrize("package", EACH)
def test_library_as_modules(package: str, unpacked: Callable[[Project, bool], Path], tmp_path: Path) -> None:
    """The project's own tests pass with programs that import its library."""
    project = PROJECTS[package]
    source = unpacked(project, True)
    tree = ProjectTree(tmp_path / "modules", project, source, "-O2")
    headers = as_modules.convert(tree)
    tree.build_with_scons(headers)
    reference = ProjectTree(tmp_path / "plain", project, source, "-O0")
    reference.build_with_compiler()
    project.check(tree, reference)
    assert tree.libraries() or project.programs
    for library in tree.libraries():
        defined = tree.run("nm", "-P", "-g", "--defined-only", f"lib{library}.a").splitlines()
        names = [line.split()[0] for line in defined if not line.endswith(":")]
        assert len(names) > 10 and all(name.startswith("_ZN") for name in names), names


@pytest.mark.parametrize("unit", FILES)
def test_file_as_module(unit: str, unpacked: Callable[[Project, bool], Path], tmp_path: Path) -> None:
    """A file in its own text is a module that a client can use; the rest of its project stays plain C."""
    file = FILES[unit]
    project = PROJECTS[file.package]
    tree = ProjectTree(tmp_path / "tree", project, unpacked(project, False), "-O2")
    module = f"{Path(unit).stem}.cm"
    self_contained.write_module(tree, unit, module)
    tree.write({"client.cm": (CLIENTS / module).read_text()})
    words = [tree.compile_emitted(tree.emit(one, f"{one}.c"), f"{one}.o") for one in ("client.cm", module)]
    plain = [unit for unit in tree.units.library if matches(unit, file.plain)]
    words += [tree.compile(unit, f"{unit}.o", "-w") for unit in plain]
    tree.run(CC, *words, *project.link_flags, "-o", "client")
    assert tree.run("./client").splitlines() == list(file.says)
