"""What a recipe will cost, said before it runs: tokens, memory, operations, hours, thresholds."""

import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from auroram.train.facts import operations
from auroram.train.optimizer import AdamW
from auroram.train.settings import Train

UTILISATION = 0.55
"""Share of the speed of matrix products that a training step is taken to reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the stages will run on."""

    devices: int
    operations_per_second: float
    """Speed of matrix products of one device."""
    basis: Literal["measured here", "as given"]
    watts: float | None
    """Power of one device; None where nobody said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePlan:
    """The cost of one training stage."""

    stage: str
    tokens: int
    steps: int
    operations: float
    memory_bytes: float
    """Of one device."""
    checkpoint_bytes: float
    hours: float
    kilowatt_hours: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A threshold and what of it the run reaches."""

    rule: str
    status: str
    of: str
    operations: float
    share: float
    """Of the threshold that the run's own computation makes up."""


def empty_model(folder: Path) -> PreTrainedModel:
    """The model of a Hugging Face folder without its weights."""
    with torch.device("meta"):
        model: PreTrainedModel = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
            AutoConfig.from_pretrained(folder, local_files_only=True)
        )
    return model


def stage_plans(
    stages: Mapping[str, object], model: PreTrainedModel, machine: Machine
) -> list[StagePlan]:
    """The costs of the training stages of a recipe, in order."""
    return [
        _stage_plan(name, stage, model, machine)
        for name, stage in stages.items()
        if isinstance(stage, Train)
    ]


def _stage_plan(name: str, stage: Train, model: PreTrainedModel, machine: Machine) -> StagePlan:
    tokens = stage.steps * stage.batch_tokens
    work = operations(model, tokens, stage.sequence_tokens)
    speed = machine.operations_per_second * machine.devices * UTILISATION
    hours = work / speed / 3600
    kilowatts = None if machine.watts is None else machine.watts * machine.devices / 1000
    return StagePlan(
        stage=name,
        tokens=tokens,
        steps=stage.steps,
        operations=work,
        memory_bytes=_memory(stage, model, machine.devices),
        checkpoint_bytes=model.num_parameters() * _kept_bytes(stage),
        hours=hours,
        kilowatt_hours=None if kilowatts is None else kilowatts * hours,
    )


def _kept_bytes(stage: Train) -> int:
    """Bytes a parameter of weights, moments and average."""
    moments = 8 if isinstance(stage.optimizer, AdamW) else 0
    return 4 + moments + (4 if stage.ema else 0)


def _memory(stage: Train, model: PreTrainedModel, devices: int) -> float:
    """Bytes on one device: states shared out, activations of a micro-batch, logits.

    Activations: 34 bytes a token, layer and unit of width in 16 bits, and 5 bytes a token, layer,
    head and position for attention. Source: Korthikanti et al. 2022, arXiv:2205.05198, eq. 1.
    """
    config = model.config
    states = model.num_parameters() * (_kept_bytes(stage) + 4) / devices
    tokens = stage.rows_a_micro_batch * stage.sequence_tokens
    attention = 5 * config.num_attention_heads * stage.sequence_tokens
    activations = tokens * config.num_hidden_layers * (34 * config.hidden_size + attention)
    logits = 10 * tokens * config.vocab_size
    return float(states + activations + logits)


def crossings(work: float) -> list[Crossing]:
    """Every known threshold beside the operations that a run adds."""
    text = (files("auroram.pipeline") / "thresholds.toml").read_text("utf-8")
    return [
        Crossing(share=work / entry["operations"], **entry)
        for entry in tomllib.loads(text)["thresholds"]
    ]


def measured_speed(seconds: float = 1.0) -> float:
    """Operations per second of bfloat16 matrix products of this process; the best of some."""
    size = 1024
    left, right = (torch.randn(size, size, dtype=torch.bfloat16) for _ in range(2))
    best, end = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        started = time.perf_counter()
        left @ right
        best = max(best, 2 * size**3 / (time.perf_counter() - started))
    return best
