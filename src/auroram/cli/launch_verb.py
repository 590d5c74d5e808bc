"""auroram launch RECIPE.toml [MORE.toml ...] [section.key=value ...] --ranks R [--nodes N]"""

import argparse
import sys
from pathlib import Path

from auroram.adapters.folder import FolderModel
from auroram.adapters.launch import Launch, launch
from auroram.adapters.launch_address import host_and_port
from auroram.adapters.launch_slurm import slurm_script
from auroram.cli.run_verb import split_words
from auroram.errors import ConfigError
from auroram.pipeline.run_folder import RunFolder
from auroram.records.files import write_text


def parser() -> argparse.ArgumentParser:
    """What `auroram launch` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram launch",
        description="Runs a recipe whose training stages share their work among several ranks. "
        "When a rank dies, all start again from the last checkpoint.",
    )
    result.add_argument(
        "recipe", nargs="+", help="TOML files, later over earlier, and section.key=value overrides"
    )
    result.add_argument("--ranks", type=int, default=1, help="processes on each node; 1 by default")
    result.add_argument("--nodes", type=int, default=1, help="how many nodes; 1 by default")
    result.add_argument(
        "--restarts", type=int, default=3, help="how often to start again; 3 by default"
    )
    result.add_argument("--meet", default="localhost:0", help="HOST:PORT where the nodes meet")
    result.add_argument("--folder", type=Path, help="where the run is kept, as for `auroram run`")
    result.add_argument("--slurm", type=Path, help="write a script for sbatch to this file instead")
    result.add_argument(
        "--sbatch", action="append", default=[], help="an option of the script, as --sbatch=--mem=0"
    )
    return result


def main(arguments: argparse.Namespace) -> int:
    """Start the ranks, or write the script that does."""
    chosen = _chosen(arguments)
    words = list(arguments.recipe)
    if arguments.folder:
        words += ["--folder", str(arguments.folder)]
    _check_recipe(arguments, chosen)
    if arguments.slurm:
        write_text(arguments.slurm, slurm_script(chosen, words, arguments.sbatch))
        print(f"submit it with: sbatch {arguments.slurm}")
        return 0
    return launch(chosen, words, lambda sentence: print(f"auroram: {sentence}", file=sys.stderr))


def _chosen(arguments: argparse.Namespace) -> Launch:
    for option, least in {"nodes": 1, "ranks": 1, "restarts": 0}.items():
        if getattr(arguments, option) < least:
            raise ConfigError(
                f"--{option}: must be at least {least} ({getattr(arguments, option)} given)"
            )
    if arguments.nodes > 1 and not arguments.slurm:
        _check_meeting(arguments.meet)
    return Launch(
        nodes=arguments.nodes,
        ranks=arguments.ranks,
        restarts=arguments.restarts,
        meet=arguments.meet,
    )


def _check_meeting(place: str) -> None:
    if place.startswith("localhost"):
        raise ConfigError(
            "--meet: several nodes need an address that all of them reach; give HOST:PORT of the "
            "first, or write a script with --slurm"
        )
    try:
        host_and_port(place)
    except ValueError as error:
        raise ConfigError(f"--meet: {error}") from None


def _check_recipe(arguments: argparse.Namespace, chosen: Launch) -> None:
    """Refuse a recipe that is wrong, or does not fit the ranks, once and not on each rank.

    Whether the model fits them too is told by the first rank as soon as it has the model; a script
    that is written to wait in a queue looks at a model that lies beside the recipe.
    """
    from auroram.config.load import load_recipe  # noqa: PLC0415 -- heavy, and no use to --help
    from auroram.pipeline.foresight import foresee_ranks  # noqa: PLC0415 -- as above

    loaded = load_recipe(*split_words(arguments.recipe))
    base, model = loaded.recipe.base, None
    if arguments.slurm and isinstance(base, FolderModel):
        folder = loaded.root / base.path
        model = folder if (folder / "config.json").is_file() else None
    run = RunFolder(arguments.folder or Path("runs") / loaded.recipe.name)
    foresee_ranks(loaded.recipe.stages, model, run, ranks=chosen.world)
