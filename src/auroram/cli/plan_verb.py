"""auroram plan RECIPE.toml [section.key=value ...] [--devices N] [--tflops T] [--watts W]"""

import argparse
import sys

from auroram.cli.progress import Display, duration
from auroram.cli.run_verb import split_words
from auroram.config.load import load_recipe
from auroram.pipeline.base import cache_folder
from auroram.pipeline.plan import (
    Crossing,
    Machine,
    StagePlan,
    crossings,
    empty_model,
    measured_speed,
    stage_plans,
)


def parser() -> argparse.ArgumentParser:
    """What `auroram plan` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram plan",
        description="Says what a recipe will cost before it runs. Fetches the base model if it is "
        "not in the cache yet, to know its shape.",
    )
    result.add_argument("recipe", nargs="+", help="as for auroram run")
    result.add_argument("--devices", type=int, default=1, help="devices that share the states")
    result.add_argument("--tflops", type=float, help="speed of a device; measured here by default")
    result.add_argument("--watts", type=float, help="power of a device, for the energy")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Print the plan."""
    loaded = load_recipe(*split_words(arguments.recipe))
    folder = loaded.recipe.base.fetch(loaded.root, cache_folder(), Display(sys.stderr))
    model = empty_model(folder)
    machine = _machine(arguments)
    plans = stage_plans(loaded.recipe.stages, model, machine)
    print(f"model: {model.num_parameters():,} parameters, {model.config.model_type}")
    print(
        f"machine: {machine.devices} x {machine.operations_per_second / 1e12:.2f} Tflop/s "
        f"({machine.basis})"
    )
    for plan in plans:
        print(_line(plan))
    total = sum(plan.operations for plan in plans)
    print(f"in all: {total:.2e} operations, {duration(3600 * sum(p.hours for p in plans))}")
    for crossing in crossings(total):
        print(_threshold(crossing))
    return 0


def _machine(arguments: argparse.Namespace) -> Machine:
    given = arguments.tflops is not None
    return Machine(
        devices=arguments.devices,
        operations_per_second=arguments.tflops * 1e12 if given else measured_speed(),
        basis="as given" if given else "measured here",
        watts=arguments.watts,
    )


def _line(plan: StagePlan) -> str:
    energy = "" if plan.kilowatt_hours is None else f", {plan.kilowatt_hours:.3g} kWh"
    return (
        f"{plan.stage}: {plan.tokens:,} tokens in {plan.steps:,} steps, "
        f"{plan.operations:.2e} operations, about {duration(3600 * plan.hours)}, "
        f"{plan.memory_bytes / 1e9:.1f} GB a device, checkpoint {plan.checkpoint_bytes / 1e9:.1f} "
        f"GB{energy}"
    )


def _threshold(crossing: Crossing) -> str:
    reached = "CROSSED" if crossing.share >= 1 else f"{crossing.share:.1e} of it"
    base = ", without the base model's own training" if crossing.of == "total" else ""
    return f"{crossing.operations:.2e} ({crossing.status}): {reached}{base}. {crossing.rule}"
