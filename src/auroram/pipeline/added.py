"""A stage that the recipe does not name, run on a finished run and kept with it."""

from dataclasses import replace

from auroram.errors import DataError
from auroram.pipeline.run_folder import RunFolder
from auroram.pipeline.runner import run_one
from auroram.ports import Inputs
from auroram.records.canonical import plain
from auroram.records.manifest import Finished
from auroram.settings import StageSettings


def add_stage(folder: RunFolder, name: str, settings: StageSettings, shared: Inputs) -> Finished:
    """Run the stage after all others and record it; done already where nothing has changed.

    Raises:
        DataError: where it reads a stage that the run has not finished.
    """
    finished = folder.finished()
    missing = [read for read in settings.reads() if read not in finished]
    if missing:
        raise DataError(
            f"{folder.path}: no finished stage {missing[0]!r}; there are {', '.join(finished)}"
        )
    earlier = {read: finished[read] for read in settings.reads()}
    inputs = replace(shared, name=name, stages=earlier, root=folder.root())
    with folder.locked():
        added = run_one(settings, inputs, folder.stage(name))
        folder.add_stage(name, plain(settings))
    return added
