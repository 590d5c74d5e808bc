"""The models of a run, for whoever names one by the stage that made it."""

from collections.abc import Mapping

from auroram.errors import DataError
from auroram.pipeline.run_folder import RunFolder
from auroram.records.manifest import Finished

LAST = ""
"""Stands for the last stage of a run that has made a model."""


def made_model(run: RunFolder, finished: Mapping[str, Finished], stage: str = LAST) -> str:
    """The name of a finished stage that made a model.

    Args:
        run: a run, which may have stages that are not done.
        finished: those that are, in order.
        stage: its name, or `LAST`.

    Raises:
        DataError: where the stage has no model, or none as yet.
    """
    models = with_models(finished)
    chosen = stage or next(reversed(models), LAST)
    if chosen in models:
        return chosen
    have = ", ".join(models) or "none"
    if chosen == LAST or (chosen in run.stage_names() and chosen not in finished):
        what = f"stage {chosen!r} is not done" if chosen else "no stage has made a model yet"
        raise DataError(f"{run.path}: {what}; go on with `auroram run` (models so far: {have})")
    raise DataError(f"{run.path}: stage {chosen!r} has no model; have: {have}")


def with_models(finished: Mapping[str, Finished]) -> list[str]:
    """The stages that made a model, in their order."""
    return [name for name, stage in finished.items() if (stage.folder / "model").is_dir()]
