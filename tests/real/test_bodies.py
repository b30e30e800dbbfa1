"""The grammar of bodies on the functions of cJSON and zlib: read as they are, refused where gcc refuses them broken."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from test_body_grammar import MUTATIONS, check_broken, functions, mutations, parsed, preprocessed, setup_module, unit_of

from modcore.stage1_names import OwnStatement, Unit
from modcore.syntax.body_tree import Block

__all__ = ["setup_module"]

UNITS = ["cJSON", "cJSON_Utils", "deflate", "gzread", "inflate", "inftrees", "trees"]


@pytest.fixture(params=UNITS)
def file(request: pytest.FixtureRequest, cjson: Path, zlib: Path) -> Path:
    folder = cjson if request.param.startswith("cJSON") else zlib
    return folder / f"{request.param}.c"


def test_functions_are_read(file: Path) -> None:
    unit = unit_of(preprocessed(file), str(file))
    assert functions(unit)
    for statement in functions(unit):
        assert isinstance(parsed(statement, unit), Block)


def test_broken_functions_are_refused(file: Path) -> None:
    text = preprocessed(file)
    unit = unit_of(text, str(file))
    cases = []
    for statement in random.Random(file.name).sample(functions(unit), min(6, len(functions(unit)))):
        for broken in mutations(statement.text[statement.body :], MUTATIONS, 1):
            if broken.count("{") == broken.count("}"):
                body = statement.head + broken
                cases.append((text.replace(statement.text, body), body))

    def parse(body: str, unit: Unit = unit) -> object:
        return parsed(OwnStatement(body, 0, body.index("{"), False, (), True), unit)

    check_broken(cases, parse)
