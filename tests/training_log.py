"""What a training stage wrote about its steps."""

from pathlib import Path

from auroram.records.json_lines import read_json_lines


def losses(folder: Path) -> list[float]:
    """The loss of each step of the stage in this folder."""
    return [step["loss"] for step in read_json_lines(folder / "training.jsonl")]
