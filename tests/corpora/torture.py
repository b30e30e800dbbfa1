"""gcc's C torture tests, from Debian's source package: which there are, how each is compiled and run.

In comes nothing; out come the files of the suite, from a cache folder of the user: the package is
downloaded once, and of its archive in an archive only this folder is kept. A package that cannot be had is
an error, never a skip.
"""

from __future__ import annotations

import os
import re
import shutil
import tarfile
import tempfile
from pathlib import Path

import msgspec
import platformdirs

from tests.corpora import directives
from tests.real import sources

GCC = os.environ.get("CC", "gcc")
CLANG = os.environ.get("CLANG", "clang-14")
SHARDS = 40
"""Into how many parts tests deal out the samples."""

PACKAGE = "gcc-12"
_TESTS = "gcc/testsuite/gcc.c-torture"
_INNER = re.compile(r"gcc-12[\d.]*(?:-dfsg)?\.tar\.\w+")
_MORE_FLAGS = re.compile(r"^(?:set|l?append) additional_flags (.*)$", re.MULTILINE)
_FLAGS_OF_FOLDERS = {
    "execute/builtins": (
        "-fno-tree-dse", "-fno-tree-loop-distribute-patterns", "-fno-tracer", "-fno-ipa-ra",
        "-fno-inline-functions",
    ),
    "execute/ieee": ("-fno-inline",),
}  # fmt: skip
"""What the scripts of the suite add for all tests of a folder."""


class Sample(msgspec.Struct, frozen=True, gc=False):
    """One file of the suite; `name` is its path below the folder of the tests."""

    name: str
    file: Path
    flags: tuple[str, ...]

    @property
    def text(self) -> bytes:
        return self.file.read_bytes()

    def is_skipped(self, given: tuple[str, ...]) -> bool:
        """Whether the suite leaves the test out with the flags `given`."""
        return directives.is_skipped(_decoded(self.text), (*given, *self.flags))

    @property
    def others(self) -> list[Path] | None:
        """The files that it is linked with as a program; None when it is none."""
        parent = os.path.dirname(self.name)
        if parent == "execute/builtins" and not self.name.endswith("-lib.c"):
            return [self.file.with_name(f"{self.file.stem}-lib.c"), self.file.parent / "lib" / "main.c"]
        return [] if parent in ("execute", "execute/ieee") else None


def samples() -> list[Sample]:
    """All files of the suite, in order of their names."""
    root = _folder()
    return [_sample(root, file) for file in sorted(root.rglob("*.c"))]


def _sample(root: Path, file: Path) -> Sample:
    name = file.relative_to(root).as_posix()
    script = file.with_suffix(".x")
    more = _MORE_FLAGS.findall(script.read_text(encoding="utf-8")) if script.exists() else []
    added = [word.strip('"') for line in more for word in line.split()]
    folder = _FLAGS_OF_FOLDERS.get(os.path.dirname(name), ())
    return Sample(name, file, (*directives.flags(_decoded(file.read_bytes())), *folder, *added))


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


def _folder() -> Path:
    """The folder of the tests; raises SourceUnavailable."""
    given = os.environ.get(sources.CACHE_VARIABLE)
    cache = Path(given or platformdirs.user_cache_path("modcore-tests") / "sources")
    folder = cache / PACKAGE / _TESTS
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with sources.lock(cache / ".lock-gcc"):
            if not folder.is_dir():
                _download(cache)
    return folder


def _download(cache: Path) -> None:
    """Put the tests into the cache, whole or not at all."""
    with tempfile.TemporaryDirectory(prefix=".download-", dir=cache) as directory:
        work = Path(directory)
        options = sources._private_state(work)
        sources._run(["apt-get", "update", "-q", *options], work)
        sources._run(["apt-get", "source", "-q", "--download-only", *options, PACKAGE], work)
        archives = [*work.glob(f"{PACKAGE}_*.orig.tar.*")]
        if len(archives) != 1:
            raise sources.SourceUnavailable(f"'{PACKAGE}' has no upstream archive, or several: {archives}")
        _extract(archives[0], work / "kept")
        (cache / PACKAGE / _TESTS).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(work / "kept", cache / PACKAGE / _TESTS)


def _extract(archive: Path, target: Path) -> None:
    """The folder of the tests out of the archive of gcc that lies in Debian's."""
    with tarfile.open(archive) as outer:
        inner = next(entry for entry in outer if _INNER.fullmatch(os.path.basename(entry.name)))
        with tarfile.open(fileobj=outer.extractfile(inner), mode="r|*") as tree:
            for entry in tree:
                _, _, below = entry.name.partition(f"/{_TESTS}/")
                content = tree.extractfile(entry) if below and entry.isfile() else None
                if content is not None:
                    file = target / below
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(content.read())
