"""auroram run RECIPE.toml [MORE.toml ...] [section.key=value ...]"""

import argparse
import sys
from pathlib import Path

from auroram.adapters.completions import open_completions
from auroram.adapters.endpoint import open_endpoint
from auroram.adapters.launch_parent import end_with_launcher
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


def parser() -> argparse.ArgumentParser:
    """What `auroram run` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram run",
        description="Runs the stages of a recipe that are not done yet. Stop it with Ctrl-C, or "
        "kill it: the same command goes on.",
    )
    result.add_argument(
        "recipe", nargs="+", help="TOML files, later over earlier, and section.key=value overrides"
    )
    result.add_argument(
        "--folder", type=Path, help="where the run is kept; runs/<name of the recipe> by default"
    )
    return result


def main(arguments: argparse.Namespace) -> int:
    """Run the recipe to its end."""
    end_with_launcher()
    loaded = load_recipe(*split_words(arguments.recipe))
    folder = RunFolder(arguments.folder or Path("runs") / loaded.recipe.name)
    trackers = _trackers(loaded, folder)
    trackers.check()
    stages = stages_of(loaded)
    shared = Inputs(
        root=loaded.root,
        name="",
        seed=loaded.recipe.seed,
        stages={},
        progress=Display(sys.stderr),
        device=device_of(loaded.recipe.device),
        engine=loaded.recipe.engine.start(folder.path / ".engine"),
        open_names=_open_names,
        open_chat=open_endpoint,
        fetch_package_file=fetch_package_file,
        open_examinee=open_completions,
        open_tracker=trackers.open,
        scores=folder.path.parent / SCORES,
    )
    if rank_number() > 0:
        from auroram.pipeline.common_ground import look  # noqa: PLC0415 -- heavy
        from auroram.pipeline.follow import follow  # noqa: PLC0415 -- heavy

        look(folder, loaded.recipe)
        follow(stages, folder, shared)
        return 0
    with folder.locked():
        if world_size() > 1:
            from auroram.pipeline.common_ground import show  # noqa: PLC0415 -- heavy

            show(folder, loaded.recipe)
        folder.write_recipe(list(stages), plain(loaded.recipe), loaded.root)
        finished = run_stages(stages, folder, shared)
    if world_size() > 1:
        from auroram.train.ranks.meeting import call  # noqa: PLC0415 -- heavy

        call("")
    for sentence in notices(finished):
        print(f"note: {sentence}")
    print(_ending(folder, finished))
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


def split_words(words: list[str]) -> tuple[list[Path], list[str]]:
    """The recipe files and the overrides among the words of a command."""
    overrides = [word for word in words if "=" in word and not Path(word).is_file()]
    files = [Path(word) for word in words if word not in overrides]
    return files, overrides


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
