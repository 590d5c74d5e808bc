"""Stage `evaluate`: bits per byte on held-out documents and other texts, and a few samples.

`bits/<model>.jsonl` holds what each item cost each model, `items/<model>.jsonl` the same as scored
items, `samples.jsonl` the samples.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from auroram.evaluate.bits import Bits
from auroram.evaluate.examination import Examination
from auroram.evaluate.figures import measured
from auroram.evaluate.passages import ReadingSet
from auroram.evaluate.reading import reading_sets
from auroram.evaluate.reading_items import write_reading
from auroram.evaluate.samples import Sample
from auroram.evaluate.settings import Evaluate
from auroram.model.precision import precision_of
from auroram.model.size import stored_parameters
from auroram.ports import Inputs
from auroram.records.json_lines import write_json_lines
from auroram.records.manifest import Outcome, Tally

__all__ = ["Evaluate", "run"]

PARTS = ".parts"


def run(settings: Evaluate, inputs: Inputs, out: Path) -> Outcome:
    """Write `bits/<model>.jsonl` and `samples.jsonl`; state bits and tokens per byte, and changes.

    Raises:
        DataError: where a set is missing, broken or empty, or a model cannot be read.
    """
    sets = reading_sets(settings, inputs)
    examination = Examination(
        settings=settings, sets=sets, device=inputs.device, progress=inputs.progress
    )
    bits: list[Bits] = []
    written: list[Sample] = []
    work = 0.0
    for name in settings.models:
        own, samples = examination.take(name, inputs.model(name), out / PARTS / name)
        write_json_lines(out / "bits" / f"{name}.jsonl", own)
        write_reading(settings, inputs, sets, own, out)
        bits += own
        written += samples
        work += 2.0 * stored_parameters(inputs.model(name)) * sum(one.tokens for one in own)
    write_json_lines(out / "samples.jsonl", written)
    return Outcome(
        tallies=tuple(_tallies(sets)),
        measurements=tuple(measured(bits, settings.models, seed=inputs.seed)),
        facts={
            "reference": settings.models[0],
            "context_tokens": settings.context_tokens,
            "precision": precision_of(settings.precision, device=inputs.device),
        },
        tokens=sum(one.tokens for one in bits),
        floating_point_operations=work,
    )


def _tallies(sets: Sequence[ReadingSet]) -> Iterator[Tally]:
    """What was read of each set and what was left out."""
    for one in sets:
        for outcome, reason, value in (
            ("kept", "", one.kept),
            ("changed", "cut-to-its-beginning", one.cut),
            ("dropped", "beyond-the-limits", one.left_out),
        ):
            yield Tally(
                step="evaluated",
                domain=one.language,
                source=one.split,
                outcome=outcome,
                reason=reason,
                unit="items",
                value=value,
            )
