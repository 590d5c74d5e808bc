"""What `auroram run` does with a recipe."""

import sys
from collections.abc import Sequence
from pathlib import Path

from auroram.adapters.completions import open_completions
from auroram.adapters.endpoint import open_endpoint
from auroram.adapters.tracking import Trackers
from auroram.adapters.wheel_file import fetch_package_file as fetched
from auroram.cli.progress import Display
from auroram.config.load import load_recipe
from auroram.config.recipe import BASE, LoadedRecipe
from auroram.model.device import device_of
from auroram.pipeline.base import Base, cache_folder
from auroram.pipeline.run_folder import SCORES, RunFolder
from auroram.pipeline.runner import run_stages
from auroram.pipeline.status import notices
from auroram.ports import Inputs, NameFinder, PackageFile, Progress
from auroram.records.canonical import plain
from auroram.records.manifest import Finished
from auroram.settings import StageSettings
from auroram.train.ranks.world import rank_number, world_size


def run_recipe(files: Sequence[Path], overrides: Sequence[str], *, folder: Path | None) -> int:
    """Run a recipe to its end, on the rank that this process is.

    Args:
        files: of the recipe, later over earlier.
        overrides: `section.key=value`, over all files.
        folder: where the run is kept; None for `runs/` and the recipe's name.
    """
    loaded = load_recipe(files, overrides)
    run = RunFolder(folder or Path("runs") / loaded.recipe.name)
    trackers = _trackers(loaded, run)
    trackers.check()
    stages = stages_of(loaded)
    shared = Inputs(
        root=loaded.root,
        name="",
        seed=loaded.recipe.seed,
        stages={},
        progress=Display(sys.stderr),
        device=device_of(loaded.recipe.device),
        engine=loaded.recipe.engine.start(run.path / ".engine"),
        open_names=_open_names,
        open_chat=open_endpoint,
        fetch_package_file=fetch_package_file,
        open_examinee=open_completions,
        open_tracker=trackers.open,
        scores=run.path.parent / SCORES,
    )
    if rank_number() > 0:
        from auroram.pipeline.common_ground import look  # noqa: PLC0415 -- heavy
        from auroram.pipeline.follow import follow  # noqa: PLC0415 -- heavy

        look(run, loaded.recipe)
        follow(stages, run, shared)
        return 0
    with run.locked():
        if world_size() > 1:
            from auroram.pipeline.common_ground import show  # noqa: PLC0415 -- heavy

            show(run, loaded.recipe)
        run.write_recipe(list(stages), plain(loaded.recipe), loaded.root)
        finished = run_stages(stages, run, shared)
    if world_size() > 1:
        from auroram.train.ranks.meeting import call  # noqa: PLC0415 -- heavy

        call("")
    for sentence in notices(finished):
        print(f"note: {sentence}")
    print(_ending(run, finished))
    return 0


def _trackers(loaded: LoadedRecipe, folder: RunFolder) -> Trackers:
    """What follows the steps; on the first rank alone, which knows the figures of all."""
    chosen = loaded.recipe.trackers if rank_number() == 0 else ()
    return Trackers(chosen=chosen, run=loaded.recipe.name, folder=folder.path / ".tracking")


def _open_names(folder: Path, labels: tuple[str, ...], lowest_score: float) -> NameFinder:
    from auroram.adapters.names import NameModel  # noqa: PLC0415 -- heavy

    model = NameModel(folder=folder, labels=labels, lowest_score=lowest_score)
    model.check()
    return model


def fetch_package_file(file: PackageFile, progress: Progress) -> Path:
    """The file, in the user's cache."""
    return fetched(file, progress, cache_folder())


def stages_of(loaded: LoadedRecipe) -> dict[str, StageSettings]:
    """The base model, where there is one, as the first stage, and then the recipe's."""
    recipe = loaded.recipe
    if recipe.base is None:
        return dict(recipe.stages)
    return {BASE: Base(model=recipe.base, chat_template=recipe.chat_template), **recipe.stages}


def _ending(folder: RunFolder, finished: dict[str, Finished]) -> str:
    pages = [
        stage.folder / file.path
        for stage in finished.values()
        for file in stage.manifest.files
        if file.path.endswith(".html")
    ]
    return f"open {pages[-1].resolve()}" if pages else f"done; everything is in {folder.path}"
