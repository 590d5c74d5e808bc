"""Figures over many items: bits and tokens per byte, and the change from the first model.

All are ratios of sums; their intervals come from drawing items with replacement (`stats`). Bits
per byte can be compared between models and tokenizers, not between languages: the same sentence
takes 2.7 times as many bytes in Hindi as in English.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from auroram.evaluate.bits import Bits
from auroram.records.measurement import Measurement
from auroram.stats.bootstrap import change_interval, ratio_interval, ratio_of_sums
from auroram.stats.intervals import Interval


def measured(bits: Iterable[Bits], models: Sequence[str], *, seed: int) -> list[Measurement]:
    """Every figure, by split, language and model; changes are against `models[0]`."""
    cells: dict[tuple[str, str, str], list[Bits]] = defaultdict(list)
    for one in bits:
        cells[one.split, one.language, one.model].append(one)
    figures = []
    for (split, language, model), items in cells.items():
        figures += [_bits_per_byte(items, seed), _tokens_per_byte(items, seed)]
        if model != models[0]:
            figures.append(_change(items, cells[split, language, models[0]], seed))
    return figures


def _bits_per_byte(items: Sequence[Bits], seed: int) -> Measurement:
    bits, sizes = [one.bits for one in items], [one.bytes for one in items]
    value, interval = ratio_of_sums(bits, sizes), ratio_interval(bits, sizes, seed=seed)
    return _figure("bits_per_byte", "bits/byte", items, value, interval)


def _tokens_per_byte(items: Sequence[Bits], seed: int) -> Measurement:
    tokens, sizes = [one.tokens for one in items], [one.bytes for one in items]
    value, interval = ratio_of_sums(tokens, sizes), ratio_interval(tokens, sizes, seed=seed)
    return _figure("tokens_per_byte", "tokens/byte", items, value, interval)


def _change(items: Sequence[Bits], reference: Sequence[Bits], seed: int) -> Measurement:
    """Relative change of bits per byte; below 0 is better. Both models read the same bytes."""
    before_of = {one.document: one.nats for one in reference}
    after, before = [one.nats for one in items], [before_of[one.document] for one in items]
    value = ratio_of_sums(after, before) - 1
    interval = change_interval(after, before, seed=seed)
    return _figure("bits_per_byte_change", "share", items, value, interval)


def _figure(
    measure: str, unit: str, items: Sequence[Bits], value: float, interval: Interval | None
) -> Measurement:
    first = items[0]
    return Measurement(
        stage=first.model,
        measure=measure,
        language=first.language,
        value=value,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        n=len(items),
        unit=unit,
        split=first.split,
    )
