"""auroram run RECIPE.toml [MORE.toml ...] [section.key=value ...]"""

import argparse
from pathlib import Path

from auroram.adapters.launch_parent import end_with_launcher


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
    from auroram.cli.running import run_recipe  # noqa: PLC0415 -- heavy, and no use to --help

    return run_recipe(*split_words(arguments.recipe), folder=arguments.folder)


def split_words(words: list[str]) -> tuple[list[Path], list[str]]:
    """The recipe files and the overrides among the words of a command."""
    overrides = [word for word in words if "=" in word and not Path(word).is_file()]
    files = [Path(word) for word in words if word not in overrides]
    return files, overrides
