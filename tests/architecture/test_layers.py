"""Imports point down: a folder may import from itself and from any layer below it."""

import ast
from pathlib import Path

import pytest

import auroram

ROOT = Path(auroram.__file__).parent
LAYERS = [
    {"__main__"},
    {"cli"},
    {"pipeline"},
    {"config"},
    {"adapters"},
    {
        "align",
        "corpus",
        "vocabulary",
        "instruct",
        "redteam",
        "review",
        "train",
        "evaluate",
        "safety",
        "report",
    },
    {"text", "tokens", "stats", "model"},
    {"ports"},
    {"records"},
    {"errors", "settings", "garbage", "__init__"},
]
LEVEL = {area: level for level, areas in enumerate(LAYERS) for area in areas}


def imports_between_areas():
    for file in sorted(ROOT.rglob("*.py")):
        source = file.relative_to(ROOT).parts[0].removesuffix(".py")
        for name in imported_modules(file):
            if name == "auroram" or name.startswith("auroram."):
                target = [*name.split("."), "__init__"][1]
                yield file.relative_to(ROOT).as_posix(), source, target


def imported_modules(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_every_area_has_a_layer():
    areas = {path.relative_to(ROOT).parts[0].removesuffix(".py") for path in ROOT.rglob("*.py")}
    assert areas <= set(LEVEL)


@pytest.mark.parametrize(("file", "source", "target"), sorted(set(imports_between_areas())))
def test_imports_point_downwards(file, source, target):
    allowed = source == target or LEVEL[target] > LEVEL[source]
    assert allowed, f"{file}: {source} may not import {target}"


def test_a_folder_says_what_it_is_for_and_holds_no_code():
    for file in ROOT.rglob("*/__init__.py"):
        body = ast.parse(file.read_text()).body
        assert len(body) == 1 and ast.get_docstring(ast.parse(file.read_text())), file
