"""Bits per byte as scored items, so that what one stage read can be compared with another's."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from auroram.evaluate.bits import Bits
from auroram.evaluate.passages import ReadingSet
from auroram.evaluate.settings import Evaluate
from auroram.evaluate.store import Store, item_digest
from auroram.evaluate.weights import tokens_seen, weights_digest
from auroram.model.choices import Device
from auroram.model.precision import precision_of
from auroram.ports import Inputs
from auroram.records.item_file import write_items
from auroram.records.scored_item import ScoredItem

TASK, MEASURE = "reading", "bits_per_byte"


def write_reading(
    settings: Evaluate, inputs: Inputs, sets: Sequence[ReadingSet], bits: Sequence[Bits], out: Path
) -> None:
    """Write one model's bits as items to the stage's folder and to the store of all runs."""
    name = bits[0].model
    run, seen = weights_digest(inputs.model(name)), tokens_seen(inputs.stages[name])
    items = [
        ScoredItem(
            run=run,
            model=name,
            tokens_seen=seen,
            task=TASK,
            language=one.language,
            split=one.split,
            item=item,
            cluster=one.document,
            measure=MEASURE,
            score=one.bits / one.bytes,
            weight=one.bytes,
        )
        for one, item in zip(bits, _digests(settings, sets, inputs.device), strict=True)
    ]
    write_items(out, name, items)
    Store(inputs.scores).add(items)


def _digests(settings: Evaluate, sets: Sequence[ReadingSet], device: Device) -> Iterator[str]:
    """Of each item, in the order in which a model reads them."""
    for one in sets:
        for passage in one.passages:
            texts = tuple(item.text for item in passage.items)
            for index in range(len(texts)):
                yield item_digest(
                    texts[: index + 1],
                    context_tokens=settings.context_tokens,
                    precision=precision_of(settings.precision, device=device),
                )
