"""Real C code for the tests: Debian source packages, unmodified, in a cache folder of the user.

In comes the name of a source package; out goes the folder of its upstream source, downloaded and unpacked
once. The download is apt's own, so signatures and digests are checked by it, but with a private state:
nothing of the machine is changed, and no right of the administrator is needed. Where to download from is
read from the machine's own configuration: each `deb` entry is taken as a `deb-src` one. A package that
cannot be had is an error, never a skip.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shlex
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import platformdirs

PACKAGES = ("bzip2", "cjson", "cmark", "libyaml", "lua5.4", "mbedtls", "original-awk", "zlib")
CACHE_VARIABLE = "MODCORE_TEST_SOURCES"
"""The environment variable that names another cache folder; `CACHE/PACKAGE` there is the unpacked source."""

_ONE_LINE = re.compile(r"deb(?:-src)?\s+(?P<options>\[[^\]]*\]\s+)?(?P<rest>(?!cdrom:)\S+\s.*)")
_NO = ("no", "false", "without", "off", "disable", "0")


class SourceUnavailable(Exception):
    """A source package could not be downloaded; the message holds the commands and what they said."""


def source(package: str) -> Path:
    """The folder of the unmodified upstream source of a package of PACKAGES; raises SourceUnavailable."""
    cache = Path(os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_path("modcore-tests") / "sources")
    folder = cache / package
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with lock(cache / ".lock"):
            missing = [name for name in PACKAGES if not (cache / name).is_dir()]
            if missing:
                _download(missing, cache)
    return folder


@contextlib.contextmanager
def lock(file: Path) -> Iterator[None]:
    """Keeps other processes out, so that parallel tests download once."""
    with file.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _download(packages: list[str], cache: Path) -> None:
    """Put the unpacked sources of the packages into the cache, each whole or not at all."""
    with tempfile.TemporaryDirectory(prefix=".download-", dir=cache) as folder:
        work = Path(folder)
        options = _private_state(work)
        _run(["apt-get", "update", "-q", *options], work)
        _run(["apt-get", "source", "-q", "--download-only", *options, *packages], work)
        for package in packages:
            archives = [file for file in work.glob(f"{package}_*.orig.tar.*") if file.suffix != ".asc"]
            if len(archives) != 1:
                raise SourceUnavailable(f"'{package}' has no upstream archive, or several: {archives}")
            unpacked = work / "unpacked" / package
            with tarfile.open(archives[0]) as archive:
                # Debian 12's Python 3.11.2 has no filters; what apt downloaded is signed in any case.
                archive.extraction_filter = getattr(tarfile, "data_filter", None)
                archive.extractall(unpacked)
            inner = list(unpacked.iterdir())
            os.replace(inner[0] if len(inner) == 1 and inner[0].is_dir() else unpacked, cache / package)


def _private_state(work: Path) -> list[str]:
    """Lists, caches and source entries of apt below `work`; the options that make apt use them."""
    parts = work / "parts"
    for folder in (parts, work / "lists" / "partial", work / "cache" / "archives" / "partial"):
        folder.mkdir(parents=True)
    number = 0
    for file in _machine_entries(work):
        entries = (stanzas if file.suffix == ".sources" else lines)(file.read_text(encoding="utf-8"))
        if entries:
            number += 1
            (parts / f"{number}{file.suffix}").write_text(entries, encoding="utf-8")
    if not number:
        raise SourceUnavailable(f"apt has no sources on this machine; configure them or set {CACHE_VARIABLE}")
    settings = {
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": parts,
        "Dir::State::lists": work / "lists",
        "Dir::Cache": work / "cache",
        # Root's apt would otherwise download as another user, who need not reach this folder.
        "APT::Sandbox::User": "root",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def _machine_entries(work: Path) -> list[Path]:
    """The files in which this machine's apt finds its sources, in apt's order."""
    asked = ["LIST", "Dir::Etc::sourcelist/f", "PARTS", "Dir::Etc::sourceparts/d"]
    said = _run(["apt-config", "shell", *asked], work)
    places = dict(word.split("=", 1) for word in shlex.split(said))
    main = [Path(places["LIST"])] if "LIST" in places else []
    parts = sorted(Path(places["PARTS"]).glob("*")) if "PARTS" in places else []
    return [file for file in [*main, *parts] if file.suffix in (".list", ".sources") and file.is_file()]


def lines(text: str) -> str:
    """The entries of a `sources.list` as `deb-src` lines; comments and CD-ROMs are left out."""
    found = (_ONE_LINE.fullmatch(line.partition("#")[0].strip()) for line in text.splitlines())
    entries = (f"deb-src {match['options'] or ''}{match['rest']}\n" for match in found if match)
    return "".join(dict.fromkeys(entries))


def stanzas(text: str) -> str:
    """The stanzas of a `.sources` file (deb822) as `deb-src` ones; disabled ones and CD-ROMs are left out."""
    uncommented = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    entries = []
    for stanza in re.split(r"\n[ \t]*\n", uncommented):
        fields = dict(_fields(stanza))
        is_off = fields.get("enabled", "").strip().lower() in _NO
        if not fields or is_off or "cdrom:" in fields.get("uris", ""):
            continue
        # Sources are for every architecture.
        kept = [f"{name}:{value}" for name, value in fields.items() if name not in ("types", "architectures")]
        entries.append("\n".join(["types: deb-src", *kept]) + "\n")
    return "\n".join(dict.fromkeys(entries))


def _fields(stanza: str) -> Iterable[tuple[str, str]]:
    """The fields of one stanza: name in small letters, value with its continuation lines as it stands."""
    for field in re.split(r"\n(?![ \t])", stanza.strip("\n")):
        name, colon, value = field.partition(":")
        if colon:
            yield name.strip().lower(), value


def _run(command: list[str], work: Path) -> str:
    """Run one of apt's programs in `work`; what it printed."""
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, cwd=work, env=environment, stdin=subprocess.DEVNULL, text=True, timeout=600,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        status, output = done.returncode, done.stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        status, output = 1, str(error)
    if status:
        raise SourceUnavailable(
            f"the tests need the Debian source packages {', '.join(PACKAGES)}, and this failed:\n"
            f"{shlex.join(command)}\n{output}\n"
            f"Mend it, or set {CACHE_VARIABLE} to a folder that holds them unpacked, one folder a package."
        )
    return output
