"""What diagnostics tell tools to change mends the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modcore.cli import main

MODULE = "module;\nexport int count() { return 1; }\n"
OTHER = "module;\nexport int other() { return 1; }\n"


@pytest.mark.parametrize("body", ["return cuont();", "return count() + other();"])
def test_applied_fixes_leave_nothing_to_say(
    body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.cm").write_text(MODULE)
    Path("other.cm").write_text(OTHER)
    user = Path("user.cm")
    user.write_text(f"module;\nimport m;\nexport int use() {{ {body} }}\n")
    assert main(["check", "user.cm", "--diagnostics=json"]) == 1
    (diagnostic,) = json.loads(capsys.readouterr().out)["diagnostics"]
    lines = user.read_text().split("\n")
    for edit in diagnostic["fixes"][0]["edits"]:
        assert edit["file"] == "user.cm" and edit["line"] == edit["end_line"]
        line = lines[edit["line"] - 1]
        lines[edit["line"] - 1] = line[: edit["column"] - 1] + edit["text"] + line[edit["end_column"] - 1 :]
    user.write_text("\n".join(lines))
    assert main(["check", "user.cm"]) == 0
