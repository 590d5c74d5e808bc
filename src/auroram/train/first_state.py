"""What a job starts from: a model cut among the ranks, and the state before its first step."""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import nn
from transformers import PreTrainedModel

from auroram.errors import ConfigError
from auroram.model.attention import backend_of
from auroram.train.bad_steps import Watch
from auroram.train.compilation import Compilation, balance_of, compile_layers, decide
from auroram.train.facts import job_operations, operations
from auroram.train.float8 import multiply_in_8_bits
from auroram.train.loop import Job
from auroram.train.low_rank import attach
from auroram.train.optimizer import Group, optimizer_of
from auroram.train.ranks.parallelize import by_mesh, parallelize
from auroram.train.ranks.pipeline_cut import decoder_layers
from auroram.train.recompute import recompute_layers
from auroram.train.selection import select, token_layers
from auroram.train.settings import Train
from auroram.train.state import State
from auroram.train.thin import hasten


def first_state(settings: Train, job: Job, *, seed: int) -> tuple[Job, State]:
    """The job as this rank does its part of it, and the state before the first step.

    Raises:
        ConfigError: where the selection does not fit the model, or its cut.
    """
    model = job.model
    try:
        rates = trained_rates(settings, model, seed=seed)
        trained = {name: p for name, p in model.named_parameters() if name in rates}
        shapes = {name: p.detach().to("meta") for name, p in trained.items()}
        tokens = job.steps * job.tokens_a_step
        job.gauges.operations_a_token = job_operations(job, trained) / tokens
        own = operations(model, tokens, job.stream.domains.length, trained=trained)
        if settings.low_rank and job.ranks.mesh is None:
            hasten(model, job.precision)
        job = replace(job, compilation=_other_layers(settings, job, own))
        cut = parallelize(
            model,
            job.ranks,
            rates.keys(),
            backend=backend_of(settings.attention, model, job.precision),
            precision=job.precision,
        )
    except ValueError as error:
        raise ConfigError(f"stages.{job.name}.trains: {error}") from None
    weights = cut.weights
    watch = Watch(
        handling=settings.on_bad_loss, most=settings.most_bad_steps, spikes=settings.spikes
    )
    state = State(
        weights=weights,
        optimizer=optimizer_of(settings.optimizer, _groups(weights, rates, model)),
        averages={n: w.detach().clone() for n, w in weights.items()} if settings.ema else {},
        shapes=shapes,
        copied=frozenset(name for name, weight in weights.items() if not cut.ranks.counts(weight)),
        watch=watch,
    )
    return replace(job, ranks=cut.ranks, passes=cut.passes), state


def _other_layers(settings: Train, job: Job, work: float) -> Compilation:
    """Let the layers multiply in 8 bits, be compiled or computed again, as the settings say.

    Args:
        settings: of the stage.
        job: whose model's layers change.
        work: floating-point operations to train the model, without a teacher's.
    """
    device = job.model.device.type
    balance = balance_of(
        work,
        thin=settings.low_rank is not None,
        threads=torch.get_num_threads(),
        device=device,
    )
    compilation = decide(
        settings.compile,
        balance,
        device=device,
        ranks=job.ranks.world,
        place=f"stages.{job.name}.compile",
    )
    if not (settings.float8 or compilation.on or settings.recompute):
        return compilation
    layers = decoder_layers(job.model)
    if settings.float8:
        multiply_in_8_bits(layers)
    if compilation.on:
        compile_layers(layers)
    if settings.recompute:
        recompute_layers(layers)
    return compilation


def trained_rates(settings: Train, model: PreTrainedModel, *, seed: int) -> dict[str, float]:
    """Name of each parameter that trains to its learning rate, relative to the schedule's.

    What does not train is frozen, and thin matrices are put beside the layers where these train.

    Raises:
        ValueError: where the selection does not fit the model.
    """
    weights = select(settings.trains, model, token_layers(model))
    if settings.low_rank:
        return attach(settings.low_rank, model, weights, seed=seed)
    return dict.fromkeys(weights, 1.0)


def _groups(
    weights: Mapping[str, nn.Parameter], rates: Mapping[str, float], model: PreTrainedModel
) -> list[Group]:
    """The parameters by learning rate, by what they are and by the ranks that they lie on."""
    embeddings = {id(weight) for layer in token_layers(model) for weight in layer.parameters()}
    kinds = {name: (rates[name], id(weight) in embeddings) for name, weight in weights.items()}
    return [
        Group(part, rate=rate, embeds=embeds)
        for rate, embeds in dict.fromkeys(kinds.values())
        for part in by_mesh(w for name, w in weights.items() if kinds[name] == (rate, embeds))
    ]
