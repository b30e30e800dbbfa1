"""Where the tests' real code is downloaded from: the machine's own entries, as entries for sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.real import sources


def test_lines_become_source_lines() -> None:
    text = (
        "# a comment\n"
        "deb http://mirror.example/debian stable main contrib  # the mirror\n"
        "deb-src http://mirror.example/debian stable main contrib\n"
        "  deb [signed-by=/k.gpg arch=amd64] https://other.example/x suite/\n"
        "deb cdrom:[disc]/ stable main\n"
        "\n"
    )
    assert sources.lines(text) == (
        "deb-src http://mirror.example/debian stable main contrib\n"
        "deb-src [signed-by=/k.gpg arch=amd64] https://other.example/x suite/\n"
    )


def test_stanzas_become_source_stanzas() -> None:
    text = (
        "Types: deb deb-src\n# a comment in a stanza\nURIs: http://mirror.example/debian\n"
        "Suites: stable\n stable-updates\nArchitectures: amd64\nSigned-By:\n -----BEGIN\n .\n KEY\n"
        " \n"
        "Enabled: no\nTypes: deb\nURIs: http://off.example/\nSuites: x\n"
        "\n"
        "\n"
        "Types: deb\nURIs: cdrom:disc/\nSuites: x\n"
    )
    assert sources.stanzas(text) == (
        "types: deb-src\nuris: http://mirror.example/debian\n"
        "suites: stable\n stable-updates\nsigned-by:\n -----BEGIN\n .\n KEY\n"
    )


def test_cached_source_is_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sources.CACHE_VARIABLE, str(tmp_path))
    monkeypatch.setenv("PATH", "")
    (tmp_path / "zlib").mkdir()
    assert sources.source("zlib") == tmp_path / "zlib"


def test_what_cannot_be_downloaded_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sources.CACHE_VARIABLE, str(tmp_path))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(sources.SourceUnavailable, match=sources.CACHE_VARIABLE):
        sources.source("cjson")
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
