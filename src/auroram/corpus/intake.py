"""From sources to raw text: read all portions, judge what was bad, count what comes back."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from shutil import copyfileobj

from auroram.corpus.boilerplate import LineRange, count_lines, join_lines, ranges_for
from auroram.corpus.ingest import Ingested, Ingestion, Portion, ingest
from auroram.corpus.languages import CODE
from auroram.corpus.plan import Plan
from auroram.corpus.quarantine import NAMED, refuse_many_bad
from auroram.errors import DataError
from auroram.records.files import atomic_path

_Pairs = list[tuple[Portion, Ingested]]


def read_sources(plan: Plan) -> list[Ingested]:
    """Read every portion, in order.

    Raises:
        DataError: where a file cannot be read, too many records are bad, or a source has none.
    """
    settings = plan.settings
    tasks = [
        Ingestion(
            portion=portion,
            boilerplate=settings.boilerplate,
            rights=settings.rights,
            root=plan.inputs.root,
            highest_bad_share=settings.highest_bad_share,
        )
        for portion in plan.portions
    ]
    sizes = [portion.bytes for portion in plan.portions]
    plan.inputs.progress.start("reading sources", total=sum(sizes), unit="bytes")
    ingested = list(plan.mapped(ingest, tasks, sizes))
    for name, pairs in _by_source(plan, ingested).items():
        _refuse(plan, name, pairs)
    return ingested


def _by_source(plan: Plan, ingested: Sequence[Ingested]) -> Mapping[str, _Pairs]:
    pairs = zip(plan.portions, ingested, strict=True)
    return {name: list(some) for name, some in groupby(pairs, lambda pair: pair[0].name)}


def _refuse(plan: Plan, name: str, pairs: _Pairs) -> None:
    bad = sum(one.bad for _, one in pairs)
    records = bad + sum(one.documents for _, one in pairs)
    if not records:
        files = dict.fromkeys(part.name for portion, _ in pairs for part in portion.slices)
        raise DataError(
            f"{', '.join(files)}: no record ({plan.place(name)}); give it text, or leave it out"
        )
    first = [line for _, one in pairs for line in one.first_bad][:NAMED]
    refuse_many_bad(plan.place(name), bad, records, first, plan.settings.highest_bad_share)


def write_quarantine(plan: Plan, out: Path) -> None:
    """Write the bad records of all portions, in order."""
    with atomic_path(out) as beside, beside.open("wb") as file:
        for portion in plan.portions:
            with (portion.folder / "quarantine.jsonl").open("rb") as part:
                copyfileobj(part, file)


def count_boilerplate(plan: Plan, ingested: Sequence[Ingested]) -> None:
    """Write the fingerprints of each source's boilerplate."""
    tasks = {
        name: _ranges(plan, name, pairs)
        for name, pairs in _by_source(plan, ingested).items()
        if plan.settings.sources[name].language != CODE
    }
    every = [task for some in tasks.values() for task in some]
    for _ in plan.inputs.engine.map(count_lines, every):
        continue
    for name, some in tasks.items():
        join_lines([task.out for task in some], plan.boilerplate(name))


def _ranges(plan: Plan, name: str, pairs: _Pairs) -> list[LineRange]:
    parts = ranges_for(sum(one.lines for _, one in pairs))
    runs = [
        portion.folder / f"lines-{number}.npy"
        for portion, one in pairs
        for number in range(one.runs)
    ]
    return [
        LineRange(
            runs=tuple(runs),
            part=part,
            parts=parts,
            highest_documents=plan.settings.boilerplate.highest_documents,
            out=plan.work / "boilerplate" / name / f"{part}.npy",
        )
        for part in range(parts)
    ]
