"""What the ranks other than the first do in a run: they join the stages that train."""

from collections.abc import Mapping
from dataclasses import replace

from auroram.pipeline.run_folder import RunFolder
from auroram.pipeline.stages import code_of
from auroram.ports import Inputs, Silent
from auroram.records.manifest import Finished, read_manifest
from auroram.settings import StageSettings
from auroram.train.ranks.meeting import calls


def follow(stages: Mapping[str, StageSettings], folder: RunFolder, shared: Inputs) -> None:
    """Join each stage that rank 0 calls to, until it lets this rank go.

    Args:
        stages: the recipe's, by name.
        folder: of the run, which rank 0 works in and this rank sees too.
        shared: what all stages are handed alike.
    """
    for name in calls():
        settings = stages[name]
        earlier = {
            read: Finished(folder=folder.stage(read), manifest=read_manifest(folder.stage(read)))
            for read in settings.reads()
        }
        inputs = replace(shared, name=name, stages=earlier, progress=Silent())
        code_of(settings)(settings, inputs, folder.stage(name))
