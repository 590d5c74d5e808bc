"""From sources to raw text: read all portions, judge what was bad, count what comes back."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from shutil import copyfileobj

from auroram.corpus.boilerplate import LineRange, count_lines, join_lines, ranges_for
from auroram.corpus.funnel import Funnel, most_frequent
from auroram.corpus.ingest import Ingested, Ingestion, Portion, ingest, named_fields
from auroram.corpus.languages import CODE
from auroram.corpus.plan import Plan
from auroram.corpus.quarantine import BadShare
from auroram.errors import DataError
from auroram.records.files import atomic_path

_Pairs = list[tuple[Portion, Ingested]]
_NAMED = 3
"""Files of a source without a record that the error names."""
_NAMED_FILES = 20
"""Damaged files that have a sentence of their own."""


def read_sources(plan: Plan, quarantine: Path) -> list[Ingested]:
    """Read every portion, in order; the bad records go to the file `quarantine`.

    A source is judged as its portions arrive, so the verdict is the same whoever reads them.

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
    left = Counter(portion.name for portion in plan.portions)
    shares = {name: _bad_share(plan, name) for name in left}
    ingested: list[Ingested] = []
    funnel = Funnel()
    for portion, one in zip(plan.portions, plan.mapped(ingest, tasks, sizes), strict=True):
        ingested.append(one)
        funnel.include(one.counts)
        left[portion.name] -= 1
        share, at_end = shares[portion.name], not left[portion.name]
        share.add(size=portion.bytes, documents=one.documents, bad=one.bad, first=one.first_bad)
        if fault := share.fault(at_end=at_end):
            _write_quarantine(plan.portions[: len(ingested)], quarantine)
            raise DataError(f"{fault}; all are listed in {quarantine}")
        if at_end and not share.records:
            raise DataError(_nothing(plan, portion, funnel))
    _write_quarantine(plan.portions, quarantine)
    return ingested


def _bad_share(plan: Plan, name: str) -> BadShare:
    sizes = [part.bytes for one in plan.portions if one.name == name for part in one.slices]
    return BadShare(
        place=plan.place(name),
        highest=plan.settings.highest_bad_share,
        bytes_left=sum(sizes),
        is_sized=all(sizes),
    )


def _nothing(plan: Plan, portion: Portion, funnel: Funnel) -> str:
    slices = [part for one in plan.portions if one.name == portion.name for part in one.slices]
    files = list(dict.fromkeys(part.name for part in slices))
    more = f" and {len(files) - _NAMED} more files" if files[_NAMED:] else ""
    skipped = most_frequent(funnel.reasons(*portion.where))
    what = f"; of what they hold was skipped {skipped}" if skipped else ""
    return (
        f"{', '.join(files[:_NAMED])}{more}: no record ({plan.place(portion.name)}{what}); give it "
        "text, or leave it out"
    )


def damage_notices(ingested: Sequence[Ingested]) -> tuple[str, ...]:
    """A sentence on each file that could not be read to its end."""
    damaged: dict[str, str] = {}
    for one in ingested:
        damaged = one.damaged | damaged
    told = [f"{name}: read only up to its damage: {damaged[name]}" for name in sorted(damaged)]
    more = len(told) - _NAMED_FILES
    rest = [f"{more} more files were read only up to their damage (quarantine.jsonl names them)"]
    return tuple(told[:_NAMED_FILES] + (rest if more > 0 else []))


def source_notices(plan: Plan, ingested: Sequence[Ingested], funnel: Funnel) -> tuple[str, ...]:
    """A sentence on each source of which nothing is left, and on fields that no record has."""
    told: list[str] = []
    for name, source in plan.settings.sources.items():
        here = [one for part, one in zip(plan.portions, ingested, strict=True) if part.name == name]
        stated = {field for one in here for field in one.stated}
        told += [
            f"{plan.place(name)}.fields.{field}: no record of the source has text there "
            f"({called!r}); look how its records call it"
            for field, called in named_fields(source.fields).items()
            if field not in stated
        ]
        if not funnel.written(name):
            why = most_frequent(funnel.reasons(source.language, name))
            told.append(
                f"{plan.place(name)}: no document of the source is left (dropped for {why}); "
                "auroram corpus sample shows what a rule drops"
            )
    return tuple(told)


def _write_quarantine(portions: Sequence[Portion], out: Path) -> None:
    """Write the bad records of some portions, in order."""
    with atomic_path(out) as beside, beside.open("wb") as file:
        for portion in portions:
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


def _by_source(plan: Plan, ingested: Sequence[Ingested]) -> Mapping[str, _Pairs]:
    pairs = zip(plan.portions, ingested, strict=True)
    return {name: list(some) for name, some in groupby(pairs, lambda pair: pair[0].name)}


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
