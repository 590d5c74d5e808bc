"""auroram launch RECIPE.toml [MORE.toml ...] [section.key=value ...] --ranks R [--nodes N]"""

import argparse
import sys
from pathlib import Path

from auroram.adapters.launch import Launch, launch
from auroram.adapters.launch_slurm import slurm_script
from auroram.cli.run_verb import split_words
from auroram.config.load import load_recipe
from auroram.errors import ConfigError
from auroram.records.files import write_text
from auroram.train.ranks.mesh import check_rows
from auroram.train.settings import Train


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
    result.add_argument("--ranks", type=int, default=1, help="processes on each node")
    result.add_argument("--nodes", type=int, default=1, help="how many nodes; 1 by default")
    result.add_argument("--restarts", type=int, default=3, help="how often to start again")
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
    _check_recipe(arguments.recipe, chosen)
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
    if arguments.nodes > 1 and not arguments.slurm and arguments.meet.startswith("localhost"):
        raise ConfigError(
            "--meet: several nodes need an address that all of them reach; give HOST:PORT of the "
            "first, or write a script with --slurm"
        )
    return Launch(
        nodes=arguments.nodes,
        ranks=arguments.ranks,
        restarts=arguments.restarts,
        meet=arguments.meet,
    )


def _check_recipe(words: list[str], chosen: Launch) -> None:
    """Refuse a recipe that is wrong, or does not fit the ranks, once and not on each rank."""
    for name, stage in load_recipe(*split_words(words)).recipe.stages.items():
        if isinstance(stage, Train):
            check_rows(stage.mesh, world=chosen.world, rows=stage.rows, place=f"stages.{name}")
