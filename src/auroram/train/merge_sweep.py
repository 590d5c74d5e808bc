"""Stage `merge-sweep`: what is learnt and what is forgotten, for every share of two models.

Between the base and a model trained from it, the held-out loss of what was learnt falls with the
share of the trained model and that of what was known before rises; the two together are the curve
from which a share is chosen. Memory holds one model and one tensor of each of the two; nothing is
trained. Writes `sweep.jsonl`, a line for each share and domain.
"""

import math
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from transformers import PreTrainedModel

from auroram.model.attention import backend_of, set_attention
from auroram.model.folder import load_model
from auroram.model.precision import precision_of
from auroram.model.stored import StoredWeights, shapes_of
from auroram.model.tokenizer import load_tokenizer
from auroram.ports import Inputs
from auroram.records.canonical import Json, plain
from auroram.records.done import once, work_folder
from auroram.records.json_lines import write_json_lines
from auroram.records.manifest import Outcome
from auroram.records.measurement import Measurement
from auroram.records.shards import DomainShard, read_shard_set
from auroram.records.tombstones import valid_tombstones
from auroram.tokens.packing import Batch
from auroram.train.checks import check_alike, check_model, check_tokenizer
from auroram.train.data import Domains
from auroram.train.merge_settings import MergeSweep
from auroram.train.merging import between
from auroram.train.validation import DomainLoss, validation_losses


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The model at one share, measured on one domain."""

    share: float
    domain: str
    nats_per_token: float
    bits_per_byte: float | None
    """By the bytes that a token of the domain's held-out text stands for in the mean; None for
    exchanges, of which only the answers are counted."""
    targets: int


def run(settings: MergeSweep, inputs: Inputs, out: Path) -> Outcome:
    """Measure every share and write the table.

    Raises:
        DataError: where models, tokenizer and tokens do not belong together.
    """
    base, other = inputs.model(settings.base), inputs.model(settings.model)
    check_alike(base, other, f"stages.{inputs.name}.model")
    shards = read_shard_set(inputs.folder(settings.tokens))
    place = f"stages.{inputs.name}.tokens"
    check_tokenizer(shards, load_tokenizer(base), place, settings.base)
    rows = _rows(settings, inputs, shards.domains["held-out"])
    work = work_folder(out, inputs.key)
    points = [
        _point(share, domain, loss, shards.domains["held-out"][domain])
        for share, losses in _losses(settings, inputs, rows, work)
        for domain, loss in losses.items()
    ]
    write_json_lines(out / "sweep.jsonl", points)
    shutil.rmtree(work)
    targets = sum(point.targets for point in points)
    measured = tuple(_measured(inputs.name, one) for one in points)
    return Outcome(measurements=measured, tokens=targets)


@torch.no_grad()
def _losses(
    settings: MergeSweep, inputs: Inputs, rows: Mapping[str, Sequence[Batch]], work: Path
) -> Iterator[tuple[float, Mapping[str, DomainLoss]]]:
    """Share by share, the loss of each domain: one model takes on the weights of each.

    What was measured is kept in `work`, so that a sweep that was stopped goes on with the next.
    """
    folders = inputs.model(settings.base), inputs.model(settings.model)
    model = load_model(folders[0], inputs.device)
    precision = precision_of(settings.precision, device=inputs.device)
    set_attention(model, backend_of(settings.attention, model, precision))
    check_model(settings, model, inputs.name)
    inputs.progress.start(f"sweep {inputs.name}", total=len(settings.shares), unit="shares")
    base, other = map(StoredWeights, folders)
    for stored in (base, other):
        stored.check(shapes_of(model))

    def measured(share: float) -> Json:
        _take_on(model, base, other, share)
        losses = validation_losses(model, rows, precision=precision)
        return {domain: plain(loss) for domain, loss in losses.items()}

    for number, share in enumerate(settings.shares):
        told = once(work / f"{number}.json", partial(measured, share))
        yield share, {domain: DomainLoss(**loss) for domain, loss in told.items()}
        inputs.progress.advance(1)


def _take_on(
    model: PreTrainedModel, base: StoredWeights, other: StoredWeights, share: float
) -> None:
    weights = model.state_dict()
    for name in shapes_of(model):
        weights[name].copy_(between(base.tensor(name), other.tensor(name), share))


def _rows(
    settings: MergeSweep, inputs: Inputs, held_out: Mapping[str, DomainShard]
) -> dict[str, list[Batch]]:
    names = [domain for domain, shard in held_out.items() if shard.tokens]
    stage, length = inputs.stages[settings.tokens], settings.sequence_tokens
    gone = valid_tombstones(stage.folder, stage.manifest.digest)
    domains = Domains.open(stage.folder, "held-out", names, length=length, tombstones=gone)
    at_once = max(1, settings.micro_batch_tokens // length)
    return {
        name: list(domains.sampled(name, settings.rows, at_once=at_once, seed=inputs.seed))
        for name in names
    }


def _point(share: float, domain: str, measured: DomainLoss, shard: DomainShard) -> Point:
    bits_a_token = measured.loss / math.log(2)
    return Point(
        share=share,
        domain=domain,
        nats_per_token=measured.loss,
        bits_per_byte=None if shard.masked else bits_a_token * shard.tokens / shard.text_bytes,
        targets=measured.targets,
    )


def _measured(stage: str, point: Point) -> Measurement:
    in_bytes = point.bits_per_byte is not None
    return Measurement(
        stage=stage,
        measure="merged_bits_per_byte" if in_bytes else "merged_loss",
        language=point.domain,
        value=point.bits_per_byte if in_bytes else point.nats_per_token,
        n=point.targets,
        unit="bits/byte" if in_bytes else "nats/token",
        split=f"share {point.share:g}",
    )
