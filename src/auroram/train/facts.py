"""What a finished training stage says of itself."""

from collections.abc import Mapping

from torch import Tensor, nn
from transformers import PreTrainedModel

from auroram.records.canonical import Json
from auroram.records.json_lines import last_json_line
from auroram.records.manifest import Outcome, Tally
from auroram.records.measurement import Measurement
from auroram.train.experts import met_by_token
from auroram.train.loop import Job
from auroram.train.state import State
from auroram.train.too_long import too_long_tallies

FORMULA = (
    "(4 * (parameters in matrix products that a token meets) + 2 * (those of them that train)) "
    "* tokens "
    "+ 6 * layers * positions * heads * width of a head * tokens"
    "; a teacher takes a third of what its tokens would take to learn all parameters"
)


def outcome_of(
    job: Job, state: State, losses: Mapping[str, float], *, refusals: Json | None = None
) -> Outcome:
    """Figures, tallies and notices of a stage that trained to its end.

    Args:
        job: of the stage.
        state: after its last step.
        losses: on held-out rows at the end, by domain.
        refusals: what was taught in closed form; None where nothing was.
    """
    tokens = job.steps * job.tokens_a_step
    schedule = job.stream.schedule
    return Outcome(
        tallies=(*_tallies(job), *too_long_tallies(job.stream.domains)),
        measurements=tuple(_measured(job, domain, loss) for domain, loss in losses.items()),
        notices=(*job.notices, *state.watch.notices(job.name)),
        facts={
            "parameters": sum(p.numel() for p in job.model.parameters()),
            "trained_parameters": sum(p.numel() for p in state.shapes.values()),
            "steps": job.steps,
            "samples": schedule.samples,
            "tokens": tokens,
            "tokens_by_domain": _tokens_by_domain(job),
            "precision": job.precision,
            "float8": job.float8,
            "caps": list(schedule.notices),
            "validation_loss": dict(losses),
            "floating_point_operations": FORMULA,
            "last_step": _last(job, "training"),
            "drift": _last(job, "drift").get("drift", {}),
            **({} if refusals is None else {"refusals": refusals}),
        },
        circumstances=job.gauges.circumstances() | {"compilation": str(job.compilation)},
        tokens=tokens,
        floating_point_operations=job_operations(job, state.shapes),
    )


def _last(job: Job, log: str) -> Json:
    """The last line of a log of the first rank; empty where there is none."""
    return (last_json_line(job.out / f"{log}.jsonl") or {}) if job.ranks.is_first else {}


def operations(
    model: PreTrainedModel,
    tokens: int,
    positions: int,
    *,
    trained: Mapping[str, Tensor] | None = None,
) -> float:
    """Floating-point operations to train on so many tokens in rows of so many positions.

    A product takes two forward, two for the gradient of its input and, where its weights train,
    two for theirs; attention is causal, so half of its square is computed.

    Args:
        model: its shape; a folded one, where thin matrices trained beside the weights.
        tokens: trained on.
        positions: of a row.
        trained: the parameters that train by name; all of the model's where left out.

    Of experts those are counted that a token is sent to.
    """
    config = model.config.get_text_config()
    heads = config.num_attention_heads
    width = heads * (getattr(config, "head_dim", None) or config.hidden_size // heads)
    head = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    multiplied = {id(p) for p in head.parameters()}
    tables = (module for module in model.modules() if isinstance(module, nn.Embedding))
    looked_up = {id(p) for table in tables for p in table.parameters()} - multiplied
    own = _products(model, dict(model.named_parameters()), looked_up)
    trains = own if trained is None else _products(model, trained, looked_up)
    forward = sum({**own, **trains}.values())
    attention = config.num_hidden_layers * positions * width
    return float((4 * forward + 2 * sum(trains.values()) + 6 * attention) * tokens)


def operations_to_read(model: PreTrainedModel, tokens: int, positions: int) -> float:
    """Floating-point operations to read so many tokens without learning: a third of those.

    Args:
        model: its shape.
        tokens: read, in rows of so many positions.
        positions: of a row.
    """
    return operations(model, tokens, positions) / 3


def job_operations(job: Job, trained: Mapping[str, Tensor]) -> float:
    """Floating-point operations of a whole stage, of which the given parameters train."""
    positions = job.stream.domains.length
    own = operations(job.model, job.steps * job.tokens_a_step, positions, trained=trained)
    if not job.teacher:
        return own
    by_domain = _tokens_by_domain(job)
    taught = sum(by_domain.get(domain, 0) for domain in job.teacher.domains)
    return own + operations_to_read(job.teacher.model, taught, positions)


def _products(
    model: PreTrainedModel, parameters: Mapping[str, Tensor], looked_up: set[int]
) -> dict[str, float]:
    """Sizes of the matrices that are multiplied with, and not looked up in, by name."""
    matrices = {n: p for n, p in parameters.items() if p.ndim > 1 and id(p) not in looked_up}
    return met_by_token(model, matrices)


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
