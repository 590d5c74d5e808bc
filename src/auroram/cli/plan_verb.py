"""auroram plan RECIPE.toml [section.key=value ...] [--devices N --tensor N --pipeline N]"""

import argparse
import math
from pathlib import Path

from auroram.cli.run_verb import split_words
from auroram.errors import ConfigError

POSITIVE = (
    "devices", "tensor", "pipeline", "tflops", "utilisation", "reached", "watts", "price",
)  # fmt: skip


def parser() -> argparse.ArgumentParser:
    """What `auroram plan` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram plan",
        description="Says what a recipe will cost before it runs. Of the base model only its shape "
        "is needed: for a model folder, config.json is enough; any other is fetched.",
    )
    add = result.add_argument
    add("recipe", nargs="+", help="as for auroram run")
    add("--devices", type=int, default=1, help="devices in all; 1 by default")
    add("--tensor", type=int, help="tensor parallelism; the recipe's mesh by default")
    add("--pipeline", type=int, help="pipeline parallelism; the recipe's mesh by default")
    add("--tflops", type=float, help="speed of a device in Tflop/s; measured here by default")
    add(
        "--utilisation",
        type=float,
        default=0.55,
        help="share of it that is reached; 0.55 by default",
    )
    add("--reached", type=float, help="Tflop/s a device reaches, as papers count: 6 N D")
    add("--watts", type=float, help="power of a device in W, for the energy")
    add("--price", type=float, help="of a device for an hour, for the cost, in any currency")
    add("--run", type=Path, help="a finished run to compare with; runs/<name> by default")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Print the plan.

    Raises:
        ConfigError: where a number makes no sense, or the recipe is wrong.
    """
    _check(arguments)
    from auroram.config.load import load_recipe  # noqa: PLC0415 -- heavy, and no use to --help

    loaded = load_recipe(*split_words(arguments.recipe))
    from auroram.cli.planned import tell  # noqa: PLC0415 -- heavy, and no use to a wrong recipe

    tell(loaded, arguments)
    return 0


def _check(arguments: argparse.Namespace) -> None:
    for option in POSITIVE:
        value = getattr(arguments, option)
        if value is not None and not 0 < value < math.inf:
            raise ConfigError(f"--{option}: must be above 0 ({value:g} given)")
    if arguments.utilisation > 1:
        raise ConfigError(f"--utilisation: is a share, at most 1 ({arguments.utilisation:g} given)")
