"""From settings and earlier stages to a job that can run, or to a sentence that says why not."""

from pathlib import Path

from transformers import PreTrainedModel

from auroram.errors import ConfigError
from auroram.model.attention import backend_of, set_attention
from auroram.model.choices import Precision
from auroram.model.folder import load_model
from auroram.model.precision import precision_of
from auroram.model.speed import product_speed
from auroram.model.stored import StoredWeights
from auroram.model.tokenizer import load_tokenizer
from auroram.ports import Inputs
from auroram.records.json_lines import last_json_line
from auroram.records.shards import ShardSet
from auroram.train.checks import (
    check_alike,
    check_device,
    check_model,
    check_tokenizer,
)
from auroram.train.data import read_position
from auroram.train.distil import Teacher
from auroram.train.loop import Job
from auroram.train.low_rank import left_alone
from auroram.train.open_data import held_out_rows, open_data
from auroram.train.ranks.count import check_ranks
from auroram.train.ranks.world import world_size
from auroram.train.refusals.finish import check_lesson, lesson_for
from auroram.train.refusals.lesson import Lesson
from auroram.train.schedule import PREVIOUS, AnySchedule, continued
from auroram.train.settings import Train
from auroram.train.snapshots import Photographer
from auroram.train.telemetry import Gauges


def prepare(settings: Train, inputs: Inputs, out: Path) -> Job:
    """Everything that stays the same through the stage, checked before anything is computed.

    Raises:
        ConfigError, DataError: where model, tokens and settings do not fit together, or data was
            not reviewed.
    """
    check_ranks(settings, world_size(), inputs.name)
    check_device(settings, inputs.device, inputs.name)
    lesson = lesson_for(settings, inputs)
    data = open_data(settings, inputs, read_position(inputs.folder(settings.model)))
    check_tokenizer(
        data.shards,
        load_tokenizer(inputs.model(settings.model)),
        f"stages.{inputs.name}.model",
        settings.model,
    )
    precision = precision_of(settings.precision, device=inputs.device)
    model = _model(settings, inputs, lesson, precision)
    return Job(
        name=inputs.name,
        out=out,
        model=model,
        stream=data.stream,
        start=data.start,
        steps=settings.steps,
        schedule=_schedule(settings, inputs),
        clip=settings.clip,
        ema=settings.ema,
        teacher=_teacher(settings, inputs, data.shards, precision),
        lesson=lesson,
        precision=precision,
        float8=settings.float8,
        validation=held_out_rows(settings, inputs, data),
        tombstones=data.tombstones,
        validate_every_steps=settings.validate_every_steps,
        checkpoints=settings.checkpoints,
        photographer=_photographer(settings, inputs),
        notices=(
            *data.notices,
            *((lesson.notice(inputs.name),) if lesson else ()),
            *(left_alone(model, inputs.name) if settings.low_rank else ()),
        ),
        gauges=Gauges(
            base=inputs.model(settings.model),
            machine=product_speed(precision, inputs.device),
            devices=world_size(),
            tracker=inputs.open_tracker(inputs.name),
        ),
    )


def _model(
    settings: Train, inputs: Inputs, lesson: Lesson | None, precision: Precision
) -> PreTrainedModel:
    """The model that is trained, once all that it must be able to has been checked."""
    model = load_model(inputs.model(settings.model), inputs.device)
    check_model(settings, model, inputs.name)
    check_lesson(settings, lesson, model, inputs.name)
    _check_merge(settings, inputs, model)
    set_attention(model, backend_of(settings.attention, model, precision))
    return model


def _check_merge(settings: Train, inputs: Inputs, model: PreTrainedModel) -> None:
    """Refuse to end beside a model that the trained weights do not fit."""
    if not settings.merge:
        return
    base = inputs.model(settings.merge.base)
    check_alike(inputs.model(settings.model), base, f"stages.{inputs.name}.merge.base")
    StoredWeights(base).check({name: tuple(p.shape) for name, p in model.named_parameters()})


def _photographer(settings: Train, inputs: Inputs) -> Photographer | None:
    if not settings.snapshots:
        return None
    return Photographer(
        every_steps=max(1, round(settings.snapshots.every_tokens / settings.batch_tokens)),
        tokens_a_step=settings.rows_a_step * settings.sequence_tokens,
        steps=settings.steps,
        merge=settings.merge,
        merge_with=inputs.model(settings.merge.base if settings.merge else settings.model),
        tokenizer_from=inputs.model(settings.model),
    )


def _schedule(settings: Train, inputs: Inputs) -> AnySchedule:
    """The learning rate, which may go on from that of the stage whose model is trained further."""
    if settings.schedule.peak != PREVIOUS:
        return settings.schedule
    last = last_json_line(inputs.folder(settings.model) / "training.jsonl")
    if last is None:
        raise ConfigError(
            f"stages.{inputs.name}.schedule.peak: 'previous' goes on from a stage that trained "
            f"({settings.model!r} did not); give a number"
        )
    return continued(settings.schedule, last["learning_rate"])


def _teacher(
    settings: Train, inputs: Inputs, shards: ShardSet, precision: Precision
) -> Teacher | None:
    if not settings.distil:
        return None
    folder = inputs.model(settings.distil.teacher)
    place = f"stages.{inputs.name}.distil.teacher"
    check_tokenizer(shards, load_tokenizer(folder), place, settings.distil.teacher)
    model = load_model(folder, inputs.device)
    set_attention(model, backend_of(settings.attention, model, precision))
    replayed = (d for d, weight in settings.mixture.replay_weights.items() if weight)
    return Teacher(model=model, share=settings.distil.share, domains=frozenset(replayed))
