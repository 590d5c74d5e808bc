"""Stage `probe`: the same cheap questions to the base and to every model of a training run.

`items/<model>.jsonl` holds every answer, `curves.jsonl` a point for each model, measure, set and
language, `fits.jsonl` the power laws, `verdicts.jsonl` what may be said of forgetting, and
`movers.jsonl` the items that moved most. Answers that a model of equal weights gave in another run
are taken from there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from auroram.evaluate.probes.curves import Cell, Point, cells, fits, points
from auroram.evaluate.probes.movers import movers
from auroram.evaluate.probes.questions import rounds
from auroram.evaluate.probes.rounds import Round, Subject
from auroram.evaluate.probes.settings import Probe
from auroram.evaluate.probes.verdict import Verdict, verdict_on
from auroram.evaluate.store import Store
from auroram.evaluate.weights import tokens_seen, weights_digest
from auroram.ports import Inputs
from auroram.records.item_file import write_items
from auroram.records.json_lines import write_json_lines
from auroram.records.manifest import Outcome
from auroram.records.measurement import Measurement
from auroram.records.scored_item import ScoredItem
from auroram.records.snapshots import snapshots

__all__ = ["Probe", "run"]

ANSWERS = ".answers"
UNITS = {"bits_per_byte": "bits/byte", "divergence_from_base": "nats/token"}


def run(settings: Probe, inputs: Inputs, out: Path) -> Outcome:
    """Ask every model, then write what the answers add up to.

    Raises:
        DataError: where a text or a model is missing or broken.
    """
    base = _base(settings, inputs)
    asked = rounds(settings, inputs, base.run)
    store = Store(inputs.scores or out / ANSWERS)
    total = (1 + _trained(settings, inputs)) * sum(len(one.asked) for one in asked)
    inputs.progress.start(f"probe {inputs.name}", total=total, unit="answers")
    items: list[ScoredItem] = []
    for subject in _subjects(settings, inputs, base):
        own = list(chain.from_iterable(_put(one, subject, store, inputs) for one in asked))
        write_items(out, subject.name, own)
        items += own
    by_cell = cells(items)
    curve = list(points(by_cell))
    verdicts = list(_verdicts(settings, by_cell))
    write_json_lines(out / "curves.jsonl", curve)
    write_json_lines(out / "fits.jsonl", fits(curve))
    write_json_lines(out / "verdicts.jsonl", verdicts)
    texts = {(one.split, one.language, one.cluster): one.read[-1] for one in asked[0].asked}
    write_json_lines(out / "movers.jsonl", movers(by_cell, texts, settings.base))
    return Outcome(
        measurements=tuple(_measured(settings, curve)),
        facts={"verdicts": {one.model: one.sentence for one in verdicts}},
    )


def _put(one: Round, subject: Subject, store: Store, inputs: Inputs) -> list[ScoredItem]:
    answers = one.put(subject, store)
    inputs.progress.advance(len(answers))
    return answers


def _subjects(settings: Probe, inputs: Inputs, base: Subject) -> Iterator[Subject]:
    """The base, then each stage's snapshots and its model; the base and one more are in memory."""
    yield base
    before = 0
    for name in settings.trained:
        stage = inputs.stages[name]
        for tokens, folder in snapshots(stage.folder).items():
            yield _beside(base, f"{name}@{tokens}", folder, before + tokens)
        before = tokens_seen(stage)
        yield _beside(base, name, inputs.model(name), before)


def _trained(settings: Probe, inputs: Inputs) -> int:
    """How many models there are beside the base."""
    return sum(1 + len(snapshots(inputs.folder(name))) for name in settings.trained)


def _base(settings: Probe, inputs: Inputs) -> Subject:
    folder = inputs.model(settings.base)
    return Subject(
        name=settings.base,
        run=weights_digest(folder),
        tokens_seen=0,
        folder=folder,
        device=inputs.device,
        settings=settings,
    )


def _beside(base: Subject, name: str, folder: Path, tokens: int) -> Subject:
    """Another model, which began as the base."""
    return replace(
        base,
        name=name,
        run=weights_digest(folder),
        tokens_seen=tokens,
        folder=folder,
        base=base,
    )


def _verdicts(
    settings: Probe, by_cell: Mapping[Cell, Mapping[str, Sequence[ScoredItem]]]
) -> Iterator[Verdict]:
    """One for the last model of each stage."""
    for name in settings.trained:
        verdict = verdict_on(
            name,
            settings.base,
            by_cell,
            upstream=settings.upstream,
            margin=settings.margin,
        )
        if verdict:
            yield verdict


def _measured(settings: Probe, curve: Sequence[Point]) -> Iterator[Measurement]:
    """The figures of the stages' last models; the way there is in `curves.jsonl`."""
    for one in curve:
        if one.model in (settings.base, *settings.trained):
            yield Measurement(
                stage=one.model,
                measure=f"probe_{one.measure}",
                language=one.language,
                value=one.value,
                low=one.low,
                high=one.high,
                n=one.n,
                unit=UNITS.get(one.measure, "share"),
                split=one.split,
            )
