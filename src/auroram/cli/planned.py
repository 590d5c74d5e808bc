"""What `auroram plan` says of a recipe that has been read."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from auroram.adapters.folder import FolderModel
from auroram.cli.progress import Display
from auroram.config.recipe import LoadedRecipe, Recipe
from auroram.corpus.languages import CODE
from auroram.corpus.settings import Corpus
from auroram.errors import ConfigError, DataError
from auroram.model.choices import Device, DeviceChoice
from auroram.model.device import device_of
from auroram.model.stored import weightless_model
from auroram.model.tokenizer import load_tokenizer
from auroram.model.usage import memory_bytes
from auroram.pipeline.base import cache_folder
from auroram.pipeline.foresight import foresee_files
from auroram.pipeline.plan import (
    Crossing,
    Machine,
    StagePlan,
    crossings,
    stage_plans,
)
from auroram.pipeline.plan_memory import Memory
from auroram.pipeline.plan_refusals import RefusalsMemory
from auroram.pipeline.run_folder import RunFolder
from auroram.records.manifest import Finished, Manifest
from auroram.report.amounts import duration, energy, giga, three_digits
from auroram.vocabulary.fertility import advice, not_compared
from auroram.vocabulary.settings import ExtendVocabulary


def tell(loaded: LoadedRecipe, arguments: argparse.Namespace) -> None:
    """Print the plan."""
    run = RunFolder(arguments.run or Path("runs") / loaded.recipe.name)
    foresee_files(loaded.recipe.stages, run, loaded.root)
    machine = _machine(arguments, loaded.recipe)
    folder = _shape(loaded)
    finished = _finished(run)
    model = weightless_model(folder)
    print(f"model: {model.num_parameters():,} parameters, {model.config.model_type}")
    plans = stage_plans(loaded.recipe.stages, folder, machine, finished)
    print(f"machine: {machine.devices} x {_speeds(plans)} ({machine.basis})")
    for plan in plans:
        print("\n".join(_lines(plan)))
    print(_sum(plans))
    others = [name for name in loaded.recipe.stages if name not in {plan.stage for plan in plans}]
    if others:
        print(f"not planned, as no stage of kind 'train': {', '.join(others)}")
    if machine.watts is None or machine.price is None:
        print("energy and cost: say --watts and --price, of a device and of its hour")
    print("what rules count, 6 N D:")
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
    languages = sorted({source.language for source in sources} - {CODE})
    return (*advice(load_tokenizer(folder), languages), *not_compared(languages))


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


def _finished(run: RunFolder) -> dict[str, Finished]:
    return run.finished() if (run.path / "recipe.json").is_file() else {}


def _machine(arguments: argparse.Namespace, recipe: Recipe) -> Machine:
    reached, given = arguments.reached, arguments.reached or arguments.tflops
    return Machine(
        devices=arguments.devices,
        operations_per_second=given * 1e12 if given else None,
        device=_device(recipe.device, speed_is_given=bool(given)),
        basis="reached, as given" if reached else "as given" if given else "measured here",
        utilisation=arguments.utilisation,
        tensor=arguments.tensor,
        pipeline=arguments.pipeline,
        watts=arguments.watts,
        price=arguments.price,
        process_bytes=memory_bytes(),
    )


def _device(choice: DeviceChoice, *, speed_is_given: bool) -> Device:
    """What the devices are; of a GPU that is elsewhere the speed must be given."""
    try:
        return device_of(choice)
    except ConfigError as error:
        if speed_is_given:
            return "cuda"
        raise ConfigError(f"{error}; to plan for one elsewhere, give --tflops") from None


def _speeds(plans: Sequence[StagePlan]) -> str:
    """The speed of a device; several where stages multiply in several types."""
    speeds = {plan.precision: plan.operations_per_second for plan in plans}
    each = [f"{_per_second(speed)} in {precision}" for precision, speed in speeds.items()]
    return ", ".join(each) or "nothing to train"


def _per_second(operations: float) -> str:
    if operations < 0.9995e12:
        return f"{three_digits(operations / 1e9)} Gflop/s"
    return f"{operations / 1e12:,.2f} Tflop/s"


def _lines(plan: StagePlan) -> list[str]:
    mesh = plan.degrees
    lines = [
        f"{plan.stage}: {plan.tokens:,} tokens in {plan.steps:,} steps, "
        f"{plan.operations:.2e} operations ({plan.six_nd:.2e} as 6 N D), "
        f"about {duration(3600 * plan.hours)}, {_hours(plan.device_hours)}, "
        f"checkpoint {giga(plan.checkpoint_bytes, 1)} GB{_paid([plan])}",
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
    return ", ".join(f"{name} {giga(size, 2)}" for name, size in memory.parts().items())


def _hours(hours: float) -> str:
    return f"{three_digits(hours)} device hours"


def _paid(plans: Sequence[StagePlan]) -> str:
    """Energy and cost of all of them, where somebody said what a device takes."""
    hours = [plan.kilowatt_hours for plan in plans if plan.kilowatt_hours is not None]
    cost = [plan.cost for plan in plans if plan.cost is not None]
    told = f", {three_digits(sum(hours))} kWh" if hours else ""
    return f"{told}, cost {_price(sum(cost))}" if cost else told


def _price(value: float) -> str:
    return f"{value:,.2f}" if value >= 0.01 else f"{value:.2g}"


def _measured(manifest: Manifest) -> str:
    took = manifest.resources
    paid = "" if took.energy_joules is None else f", {energy(took.energy_joules)}"
    part = ", its last process alone" if manifest.uncounted else ""
    return (
        f"  measured in a finished run{part}: {took.peak_memory_bytes / 1e9:.1f} GB, "
        f"{duration(took.wall_seconds)}{paid}, {took.floating_point_operations:.2e} operations"
    )


def _sum(plans: list[StagePlan]) -> str:
    exact, rounded = (sum(getattr(p, name) for p in plans) for name in ("operations", "six_nd"))
    return (
        f"in all: {sum(p.steps for p in plans):,} steps, {exact:.2e} operations "
        f"({rounded:.2e} as 6 N D), {_hours(sum(p.device_hours for p in plans))}, "
        f"{duration(3600 * sum(p.hours for p in plans))}{_paid(plans)}{_peak(plans)}"
    )


def _peak(plans: list[StagePlan]) -> str:
    if not plans:
        return ""
    fullest = max(plans, key=lambda plan: plan.peak_bytes)
    return f", at most {fullest.peak_bytes / 1e9:.1f} GB a device ({fullest.stage})"


def _threshold(crossing: Crossing) -> str:
    base = ", without the base model's own training" if crossing.of == "total" else ""
    return (
        f"  {_share(crossing.share)} of {crossing.operations:.3g} operations ({crossing.status})"
        f"{base}: {crossing.rule}"
    )


def _share(share: float) -> str:
    if share >= 1:
        return f"CROSSED, {three_digits(share)} times"
    return f"{three_digits(100 * share)} %" if share >= 1e-5 else "less than 0.001 %"
