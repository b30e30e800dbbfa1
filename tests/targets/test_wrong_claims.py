"""What modcore believes of a target is held against the compiler in each file that counts with it.

Here it is made to believe something wrong: the files that owe anything to that do not compile, so that nothing wrong
can be linked.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from modcore.program import Options, Program
from modcore.target.facts import Facts, Scalar

SIZES = """\
module;
export struct Pair { char c; long l; };
export union Either { char c; long l[2]; };
export enum { LENGTH = sizeof(struct Pair) };
export const int OFFSET = __builtin_offsetof(struct Pair, l);
"""
FILES = {
    "size of a hidden struct": "module;\nimport holder;\nexport struct Holder mine;\n",
    "size of a struct": "module;\nimport sizes;\nexport struct Pair pair;\n",
    "size of a union": "module;\nimport sizes;\nexport union Either either;\n",
}


def with_small_longs(facts: Facts) -> Facts:
    return msgspec.structs.replace(facts, scalars={**facts.scalars, "long": Scalar(4, 4, 4, 4)})


def with_loose_longs(facts: Facts) -> Facts:
    return msgspec.structs.replace(facts, scalars={**facts.scalars, "long": Scalar(8, 4, 4, 4)})


def compiled(program: Program, file: str) -> str:
    """What gcc complains about in the C of a module."""
    text = program.emit(program.module(file))
    command = ["gcc", "-x", "cpp-output", "-S", "-o", "-", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False).stderr.replace("\\'", "'")


@pytest.mark.parametrize("belief", [with_small_longs, with_loose_longs])
def test_nothing_wrong_compiles(belief: Callable[[Facts], Facts], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sizes.cm").write_text(SIZES)
    Path("holder.cm").write_text("module;\nimport sizes;\nexport struct Holder { struct Pair in; };\n")
    for number, text in enumerate(FILES.values()):
        Path(f"user{number}.cm").write_text(text)
    names = ["sizes.cm", "holder.cm", *(f"user{number}.cm" for number in range(len(FILES)))]
    right, wrong = Program(Options()), Program(Options())
    facts = belief(right.facts())
    monkeypatch.setattr(wrong, "facts", lambda: facts)
    for file in names:
        assert compiled(right, file) == ""
        assert "differs between modcore and this compiler" in compiled(wrong, file), file
    said = compiled(wrong, "sizes.cm")
    for claim in ("layout of 'struct Pair'", "layout of 'union Either'", "value of 'LENGTH'", "value of 'OFFSET'"):
        assert claim in said
