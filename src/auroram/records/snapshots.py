"""Where a training stage keeps models on its way: `snapshots/<tokens>/model`."""

from pathlib import Path

FOLDER = "snapshots"


def snapshot_folder(stage: Path, tokens: int) -> Path:
    """The model folder after so many tokens of the stage."""
    return stage / FOLDER / f"{tokens:012d}" / "model"


def snapshots(stage: Path) -> dict[int, Path]:
    """Tokens trained on in the stage to the model folder, rising."""
    places = sorted((stage / FOLDER).glob("*/model"))
    return {int(place.parent.name): place for place in places}
