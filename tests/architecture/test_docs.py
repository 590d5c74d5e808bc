"""The documentation says what the code does."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

from auroram.config.reference import reference

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [*DOCS.rglob("*.md"), DOCS.parent / "README.md", DOCS.parent / "CONTRIBUTING.md"]
SOURCES = DOCS.parent / "src"
MODULES = [
    ".".join(file.relative_to(SOURCES).with_suffix("").parts)
    for file in sorted(SOURCES.rglob("*.py"))
    if ">>> " in file.read_text(encoding="utf-8")
]
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def test_the_reference_is_what_the_settings_say():
    written = (DOCS / "reference" / "recipe.md").read_text(encoding="utf-8")
    assert written == reference(), "the settings have changed: run `make docs`"


def test_every_anchor_of_the_reference_is_there():
    page = reference()
    headings = {
        re.sub(r"[^\w-]", "", line.lstrip("# ").lower())
        for line in page.splitlines()
        if line.startswith("#")
    }
    assert set(re.findall(r"\]\(#([^)]*)\)", page)) <= headings


def test_every_setting_is_described_where_it_stands_or_where_its_type_leads():
    settings = [line for line in reference().splitlines() if line.startswith("- `")]
    assert len(settings) > 500
    bare = [line for line in settings if line.endswith(")") and "](#" not in line]
    assert not bare, bare


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_docstrings_hold(module):
    tested = doctest.testmod(importlib.import_module(module))
    assert tested.attempted
    assert not tested.failed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS.parent)))
def test_links_between_files_lead_somewhere(page):
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target
