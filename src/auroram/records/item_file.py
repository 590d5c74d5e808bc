"""Scored items as files of a stage: `items/<model>.jsonl`, one item a line, in order of asking."""

from collections.abc import Iterable
from pathlib import Path

from auroram.records.json_lines import read_json_lines, write_json_lines
from auroram.records.scored_item import ScoredItem

ITEMS = "items"


def write_items(folder: Path, model: str, items: Iterable[ScoredItem]) -> None:
    """Write the items of one model, atomically."""
    write_json_lines(folder / ITEMS / f"{model}.jsonl", items)


def read_items(folder: Path) -> list[ScoredItem]:
    """The items of all models of a stage; none where it has asked none."""
    files = sorted((folder / ITEMS).glob("*.jsonl"))
    return [ScoredItem(**line) for file in files for line in read_json_lines(file)]
