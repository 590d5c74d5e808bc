"""What a finished training stage says of itself."""

from collections.abc import Mapping

from transformers import PreTrainedModel

from auroram.records.canonical import Json
from auroram.records.manifest import Outcome, Tally
from auroram.records.measurement import Measurement
from auroram.train.loop import Job
from auroram.train.state import State

FORMULA = "6 * (parameters in matrix products) * tokens + 6 * layers * positions * width * tokens"


def outcome_of(job: Job, state: State, losses: Mapping[str, float]) -> Outcome:
    """Figures, tallies and notices of a stage that trained to its end."""
    tokens = job.steps * job.tokens_a_step
    schedule = job.stream.schedule
    return Outcome(
        tallies=_tallies(job),
        measurements=tuple(_measured(job, domain, loss) for domain, loss in losses.items()),
        notices=job.notices,
        facts={
            "parameters": sum(p.numel() for p in job.model.parameters()),
            "trained_parameters": sum(p.numel() for p in state.weights.values()),
            "steps": job.steps,
            "samples": schedule.samples,
            "tokens": tokens,
            "tokens_by_domain": _tokens_by_domain(job),
            "precision": job.precision,
            "caps": list(schedule.notices),
            "validation_loss": dict(losses),
            "floating_point_operations": FORMULA,
        },
        tokens=tokens,
        floating_point_operations=operations(job.model, tokens, job.stream.domains.length),
    )


def operations(model: PreTrainedModel, tokens: int, positions: int) -> float:
    """Floating-point operations to train on so many tokens in rows of so many positions.

    Backward counts twice forward; attention is causal, so half of its square is computed.
    """
    config = model.config
    embeddings = sum(p.numel() for p in model.get_input_embeddings().parameters())
    tied = bool(getattr(config, "tie_word_embeddings", False))
    products = sum(p.numel() for p in model.parameters() if p.ndim > 1)
    products -= 0 if tied else embeddings
    attention = config.num_hidden_layers * positions * config.hidden_size
    return float(6 * (products + attention) * tokens)


def _tokens_by_domain(job: Job) -> Json:
    consumed = job.stream.schedule.consumed(job.stream.schedule.samples)
    return {domain: rows * job.stream.domains.length for domain, rows in consumed.items()}


def _tallies(job: Job) -> tuple[Tally, ...]:
    return tuple(
        Tally(
            step="trained", domain=domain, source="*", outcome="kept", unit="tokens", value=tokens
        )
        for domain, tokens in _tokens_by_domain(job).items()
    )


def _measured(job: Job, domain: str, loss: float) -> Measurement:
    return Measurement(
        stage=job.name,
        measure="validation_loss",
        language=domain,
        value=loss,
        n=sum(batch.targets for batch in job.validation[domain]),
        unit="nats/token",
        split="validation",
    )
