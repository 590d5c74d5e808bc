"""The models of a run, for whoever names one by the stage that made it."""

from pathlib import Path

from auroram.errors import DataError
from auroram.pipeline.run_folder import RunFolder
from auroram.records.manifest import Finished

LAST = ""
"""Stands for the last stage of a run that has made a model."""


def made_model(run: RunFolder, stage: str = LAST) -> tuple[str, Finished]:
    """A finished stage that made a model, and its name.

    Args:
        run: a run, which may have stages that are not done.
        stage: its name, or `LAST`.

    Raises:
        DataError: where the stage has no model, or none as yet.
    """
    finished = run.finished()
    models = models_of(finished)
    chosen = stage or next(reversed(models), LAST)
    if chosen in models:
        return chosen, finished[chosen]
    have = ", ".join(models) or "none"
    if chosen == LAST or (chosen in run.stage_names() and chosen not in finished):
        what = f"stage {chosen!r} is not done" if chosen else "no stage has made a model yet"
        raise DataError(f"{run.path}: {what}; go on with `auroram run` (models so far: {have})")
    raise DataError(f"{run.path}: stage {chosen!r} has no model; have: {have}")


def models_of(finished: dict[str, Finished]) -> dict[str, Path]:
    """Model folders by the stage that made them, in the order of the stages."""
    folders = {name: stage.folder / "model" for name, stage in finished.items()}
    return {name: folder for name, folder in folders.items() if folder.is_dir()}
