"""What `auroram plan` says of a recipe that has been read."""

import argparse
import sys
from pathlib import Path

from auroram.adapters.folder import FolderModel
from auroram.cli.progress import Display, duration, memory_bytes
from auroram.config.recipe import LoadedRecipe
from auroram.corpus.settings import Corpus
from auroram.errors import ConfigError, DataError
from auroram.model.stored import weightless_model
from auroram.model.tokenizer import load_tokenizer
from auroram.pipeline.base import cache_folder
from auroram.pipeline.plan import (
    Crossing,
    Machine,
    StagePlan,
    crossings,
    measured_speed,
    stage_plans,
)
from auroram.pipeline.plan_memory import Memory
from auroram.pipeline.plan_refusals import RefusalsMemory
from auroram.pipeline.run_folder import RunFolder
from auroram.records.manifest import Finished, Resources
from auroram.vocabulary.fertility import advice
from auroram.vocabulary.settings import ExtendVocabulary


def tell(loaded: LoadedRecipe, arguments: argparse.Namespace) -> None:
    """Print the plan."""
    machine = _machine(arguments)
    folder = _shape(loaded)
    finished = _finished(arguments.run or Path("runs") / loaded.recipe.name)
    model = weightless_model(folder)
    print(f"model: {model.num_parameters():,} parameters, {model.config.model_type}")
    plans = stage_plans(loaded.recipe.stages, folder, machine, finished)
    print(
        f"machine: {machine.devices} x {machine.operations_per_second / 1e12:.2f} Tflop/s "
        f"({machine.basis})"
    )
    for plan in plans:
        print("\n".join(_lines(plan)))
    print(_sum(plans))
    for crossing in crossings(sum(plan.six_nd for plan in plans)):
        print(_threshold(crossing))
    for sentence in _advice(loaded, folder):
        print(sentence)


def _advice(loaded: LoadedRecipe, folder: Path) -> tuple[str, ...]:
    """What the tokenizer makes dear, where the folder has one and no stage extends it."""
    stages = loaded.recipe.stages.values()
    extended = any(isinstance(stage, ExtendVocabulary) for stage in stages)
    if extended or not (folder / "tokenizer.json").is_file():
        return ()
    sources = [s for stage in stages if isinstance(stage, Corpus) for s in stage.sources.values()]
    return advice(load_tokenizer(folder), sorted({source.language for source in sources}))


def _shape(loaded: LoadedRecipe) -> Path:
    """A folder with the model's config.json; weights are fetched where there is no other way."""
    base = loaded.recipe.base
    if base is None:
        raise ConfigError("the recipe has no table [base]; a plan counts a model's operations")
    if not isinstance(base, FolderModel):
        return base.fetch(loaded.root, cache_folder(), Display(sys.stderr))
    folder = loaded.root / base.path
    if not (folder / "config.json").is_file():
        raise DataError(f"{folder}: has no config.json; name a Hugging Face model folder")
    return folder


def _finished(folder: Path) -> dict[str, Finished]:
    run = RunFolder(folder)
    return run.finished() if (folder / "recipe.json").is_file() else {}


def _machine(arguments: argparse.Namespace) -> Machine:
    reached, given = arguments.reached, arguments.reached or arguments.tflops
    return Machine(
        devices=arguments.devices,
        operations_per_second=given * 1e12 if given else measured_speed(),
        basis="reached, as given" if reached else "as given" if given else "measured here",
        utilisation=arguments.utilisation,
        tensor=arguments.tensor,
        pipeline=arguments.pipeline,
        watts=arguments.watts,
        price=arguments.price,
        process_bytes=memory_bytes(),
    )


def _lines(plan: StagePlan) -> list[str]:
    mesh = plan.degrees
    lines = [
        f"{plan.stage}: {plan.tokens:,} tokens in {plan.steps:,} steps, "
        f"{plan.operations:.2e} operations ({plan.six_nd:.2e} as 6 N D), "
        f"about {duration(3600 * plan.hours)}, {plan.device_hours:,.3g} device hours, "
        f"checkpoint {plan.checkpoint_bytes / 1e9:.1f} GB{_paid(plan)}",
        f"  {plan.memory.total / 1e9:.1f} GB a device of data {mesh.data} x tensor {mesh.tensor} "
        f"x pipeline {mesh.pipeline} x context {mesh.context}: {_parts(plan.memory)}",
    ]
    if plan.refusals:
        lines.append(
            f"  {plan.refusals.total / 1e9:.1f} GB on the first device after the last step, to "
            f"settle refusals: {_parts(plan.refusals)}"
        )
    return lines if plan.measured is None else [*lines, _measured(plan.measured)]


def _parts(memory: Memory | RefusalsMemory) -> str:
    return ", ".join(f"{name} {size / 1e9:.2f}" for name, size in memory.parts().items())


def _paid(plan: StagePlan) -> str:
    energy = "" if plan.kilowatt_hours is None else f", {plan.kilowatt_hours:.3g} kWh"
    return energy if plan.cost is None else f"{energy}, cost {plan.cost:,.2f}"


def _measured(took: Resources) -> str:
    energy = "" if took.energy_joules is None else f", {took.energy_joules / 3.6e6:.3g} kWh"
    return (
        f"  measured in a finished run: {took.peak_memory_bytes / 1e9:.1f} GB, "
        f"{duration(took.wall_seconds)}{energy}"
    )


def _sum(plans: list[StagePlan]) -> str:
    exact, rounded = (sum(getattr(p, name) for p in plans) for name in ("operations", "six_nd"))
    return (
        f"in all: {sum(p.steps for p in plans):,} steps, {exact:.2e} operations "
        f"({rounded:.2e} as 6 N D), {sum(p.device_hours for p in plans):,.4g} device hours, "
        f"{duration(3600 * sum(p.hours for p in plans))}{_peak(plans)}"
    )


def _peak(plans: list[StagePlan]) -> str:
    if not plans:
        return ""
    fullest = max(plans, key=lambda plan: plan.peak_bytes)
    return f", at most {fullest.peak_bytes / 1e9:.1f} GB a device ({fullest.stage})"


def _threshold(crossing: Crossing) -> str:
    reached = "CROSSED" if crossing.share >= 1 else f"{crossing.share:.1e} of it"
    base = ", without the base model's own training" if crossing.of == "total" else ""
    return f"{crossing.operations:.2e} ({crossing.status}): {reached}{base}. {crossing.rule}"
