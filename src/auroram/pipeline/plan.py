"""What a recipe will cost, said before it runs: tokens, memory, operations, hours, thresholds."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Literal

from transformers import PreTrainedModel

from auroram.errors import ConfigError
from auroram.model.choices import Device, Precision
from auroram.model.precision import precision_of
from auroram.model.speed import product_speed
from auroram.pipeline.plan_memory import Memory, selected, shape_of, stage_memory
from auroram.pipeline.plan_refusals import RefusalsMemory, refusals_memory
from auroram.records.manifest import Finished, Manifest
from auroram.train.ahead import check_ahead
from auroram.train.experts import met_by_token
from auroram.train.facts import operations, operations_to_read
from auroram.train.merge_settings import MergeModels
from auroram.train.ranks.distributed import Degrees
from auroram.train.settings import Train
from auroram.vocabulary.settings import ExtendVocabulary

RECOMPUTED = 4 / 3
"""Operations where layers are computed again for the gradient: one more of the three passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the stages will run on."""

    devices: int
    operations_per_second: float | None
    """Speed of matrix products of one device; None for what products in a stage's type reach on
    this machine."""
    device: Device = "cpu"
    """What kind they are; only those of this machine can be measured."""
    basis: Literal["measured here", "as given", "reached, as given"]
    """Where the speed is from. What is reached counts 6 operations a parameter and token."""
    utilisation: float = 0.55
    """Share of the speed of matrix products that a training step is taken to reach."""
    tensor: int | None = None
    """Ranks that share each layer's matrices; None for what the recipe's mesh says."""
    pipeline: int | None = None
    """Ranks that hold one layer after another; None for what the recipe's mesh says."""
    watts: float | None = None
    """Power of one device; None where nobody said."""
    price: float | None = None
    """Of a device for an hour, in any currency; None where nobody said."""
    process_bytes: float = 0.0
    """Memory of the interpreter and its libraries."""

    def taken_by(self, stage: Train) -> Train:
        """The stage as it is on this machine: its mesh, and the type of its products."""
        degrees = {"tensor": self.tensor, "pipeline": self.pipeline}
        asked = {axis: degree for axis, degree in degrees.items() if degree}
        return replace(
            stage,
            mesh=replace(stage.mesh, **asked),
            precision=precision_of(stage.precision, device=self.device),
        )

    def speed(self, precision: Precision) -> float:
        """Operations a second of one device, in products of this type."""
        return self.operations_per_second or (
            product_speed(precision, self.device).operations_per_second
        )

    def device_hours(self, exact: float, rounded: float, speed: float) -> float:
        """Hours of one device for the work.

        Args:
            exact: operations of the products that are computed.
            rounded: 6 N D, by which reached speeds are published.
            speed: of its products, in operations a second.
        """
        if self.basis == "reached, as given":
            return rounded / speed / 3600
        return exact / (speed * self.utilisation) / 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePlan:
    """The cost of one training stage."""

    stage: str
    tokens: int
    steps: int
    precision: Precision
    """Of the matrix products."""
    operations_per_second: float
    """Speed of the products of one device that the hours are reckoned with."""
    operations: float
    """Of the products that are computed, attention's and a teacher's too."""
    six_nd: float
    """6 operations a parameter and token, 4 where the parameter does not train, and 2 for those
    that a teacher reads: what papers and rules count. Of experts those that a token is sent to.
    Source: Kaplan et al. 2020, arXiv:2001.08361, section 2.1."""
    degrees: Degrees
    memory: Memory
    """Of one rank in a step."""
    checkpoint_bytes: float
    """Of all ranks."""
    hours: float
    device_hours: float
    kilowatt_hours: float | None
    cost: float | None
    measured: Manifest | None = None
    """Says what the stage took, where a run of the recipe has finished it."""
    refusals: RefusalsMemory | None = None
    """Of the first rank after the last step; None where nothing is settled there."""

    @property
    def peak_bytes(self) -> float:
        """The most that one rank needs at any time."""
        return max(self.memory.total, self.refusals.total if self.refusals else 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A threshold and what of it the run reaches."""

    rule: str
    status: str
    of: str
    operations: float
    share: float
    """Of the threshold that the run's own computation makes up."""


def stage_plans(
    stages: Mapping[str, object],
    folder: Path,
    machine: Machine,
    finished: Mapping[str, Finished] | None = None,
) -> list[StagePlan]:
    """The costs of the training stages of a recipe, in order.

    Args:
        stages: name to settings; those that do not train are passed over.
        folder: with the model's config.json.
        machine: what they will run on.
        finished: stages of a run of the recipe.

    Raises:
        ConfigError, DataError: where a run on so many devices would refuse a stage for what it asks
            of them or of the model.
    """
    done = finished or {}
    plans = []
    for name, stage in stages.items():
        if isinstance(stage, Train):
            measured = done[name].manifest if name in done else None
            taken = machine.taken_by(stage)
            here = {**stages, name: taken}
            # Before there is a shape: of that no product can be timed.
            speed = machine.speed(precision_of(taken.precision))
            with shape_of(folder, new_tokens=_new_tokens(stages, stage.model)) as model:
                plan = _stage_plan(name, here, model, machine, speed)
            plans.append(replace(plan, measured=measured))
    return plans


def _new_tokens(stages: Mapping[str, object], name: str) -> int:
    """How many a stage's model has more than the base, where extensions find all they may add."""
    stage = stages.get(name)
    if isinstance(stage, ExtendVocabulary):
        return stage.new_tokens + _new_tokens(stages, stage.model)
    if isinstance(stage, Train):
        return _new_tokens(stages, stage.model)
    if isinstance(stage, MergeModels):
        return max(_new_tokens(stages, merged) for merged in stage.models)
    return 0


def _stage_plan(
    name: str,
    stages: Mapping[str, object],
    model: PreTrainedModel,
    machine: Machine,
    speed: float,
) -> StagePlan:
    """The plan of a stage as it is on the machine, of a model without data, which changes.

    `speed` is that of one device, in operations a second.
    """
    stage = stages[name]
    assert isinstance(stage, Train)
    check_ahead(stage, model, name, ranks=machine.devices, device=None)
    degrees = Degrees.of(stage.mesh, machine.devices)
    refusals = _refusals(name, stages, model, degrees, machine)
    every = sum(met_by_token(model, dict(model.named_parameters())).values())
    trained = selected(stage, model)
    moved = sum(met_by_token(model, trained).values())
    memory = stage_memory(stage, model, trained, degrees, process=machine.process_bytes)
    learnt = memory.gradients * degrees.ranks / 4
    tokens, precision = stage.steps * stage.batch_tokens, precision_of(stage.precision)
    own = operations(model, tokens, stage.sequence_tokens, trained=trained)
    taught = round(tokens * taught_share(stage))
    teacher = operations_to_read(model, taught, stage.sequence_tokens)
    six_nd = (4 * every + 2 * moved) * tokens + 2 * every * taught
    again = RECOMPUTED if stage.recompute else 1.0
    hours = machine.device_hours(own * again + teacher, six_nd, speed)
    return StagePlan(
        stage=name,
        tokens=tokens,
        steps=stage.steps,
        precision=precision,
        operations_per_second=speed,
        operations=own + teacher,
        six_nd=six_nd,
        degrees=degrees,
        memory=memory,
        checkpoint_bytes=_checkpoint_bytes(stage, learnt, memory.moments * degrees.ranks),
        hours=hours / degrees.ranks,
        device_hours=hours,
        kilowatt_hours=None if machine.watts is None else machine.watts * hours / 1000,
        cost=None if machine.price is None else machine.price * hours,
        refusals=refusals,
    )


def _refusals(
    name: str,
    stages: Mapping[str, object],
    model: PreTrainedModel,
    degrees: Degrees,
    machine: Machine,
) -> RefusalsMemory | None:
    try:
        return refusals_memory(name, stages, model, degrees, process=machine.process_bytes)
    except ValueError as error:
        raise ConfigError(f"stages.{name}.refusals: {error}") from None


def taught_share(stage: Train) -> float:
    """Share of the rows that a teacher reads too; no domain is taken to be used up before.

    They are the replayed ones, and those that phases take from the same domains.
    """
    if not stage.distil:
        return 0.0
    mixture = stage.mixture
    replayed = {domain for domain, weight in mixture.replay_weights.items() if weight}
    borders = [*(phase.start for phase in mixture.phases), 1.0]
    of_phases = sum(
        (end - phase.start)
        * sum(weight for domain, weight in phase.weights.items() if domain in replayed)
        / sum(phase.weights.values())
        for phase, end in zip(mixture.phases, borders[1:], strict=True)
    )
    return mixture.replay + (1 - mixture.replay) * of_phases


def _checkpoint_bytes(stage: Train, learnt: float, kept: float) -> float:
    """On the disk, of so many parameters that train, and bytes of moments and averages for them."""
    averages = learnt * 4 if stage.ema else 0
    moments = kept - averages
    narrow = stage.checkpoints.moments == "bfloat16"
    return learnt * 4 + averages + (moments / 2 if narrow else moments)


def crossings(work: float) -> list[Crossing]:
    """Every known threshold beside the operations that a run adds."""
    text = (files("auroram.pipeline") / "thresholds.toml").read_text("utf-8")
    return [
        Crossing(share=work / entry["operations"], **entry)
        for entry in tomllib.loads(text)["thresholds"]
    ]
