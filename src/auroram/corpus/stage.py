"""The corpus stage: raw files in, curated documents by language out, every drop explained.

Three passes. *Ingest* reads records, brings text to normal form and counts paragraphs. *Judge*
keeps each language's own paragraphs, judges quality and replaces personal data. *Publish*
drops duplicates, sets documents aside to measure on and writes what stays, ordered by id, so
that the output depends neither on the order of the files nor on how often one ran before.

Text lies on disk between the passes. Memory holds batches of 8 MiB and, for each document, about
100 bytes in the first pass and what `corpus.duplicates` states in the third.
"""

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import ClassVar, Literal

from auroram.corpus.duplicates import NearDuplicates
from auroram.corpus.funnel import Funnel
from auroram.corpus.ingest import Boilerplate, Ingested, Reading
from auroram.corpus.judge import GOOD, SIGNAL_TABLE, Judge, SideCars
from auroram.corpus.languages import CODE, LANGUAGES, Language
from auroram.corpus.publish import Publisher
from auroram.corpus.quality import QUALITY, Quality
from auroram.corpus.quarantine import Quarantine
from auroram.corpus.redaction import Redaction
from auroram.corpus.sources import Source, source_files
from auroram.corpus.tables import SortedTable, digits_for
from auroram.errors import DataError
from auroram.ports import Inputs
from auroram.records.canonical import digest
from auroram.records.document import CLUSTERS, DECISIONS, PERSONAL_DATA
from auroram.records.files import atomic_path
from auroram.records.manifest import Outcome
from auroram.settings import Count, Share, settings
from auroram.text.identify import FastText

_WORK = ".work"


@settings
class Corpus:
    """Raw files to documents: read, normalise, select, filter, redact, deduplicate, split."""

    kind: Literal["corpus"] = "corpus"
    sources: Mapping[str, Source]
    """Name of a source to its files, language and licence. The name is part of document ids."""
    languages: Mapping[str, Language] = field(default_factory=dict)
    """Tag to how the language is told; en, fi, hi, ja and vi are known without."""
    quality: Mapping[str, Quality] = field(default_factory=dict)
    """Domain to its bounds. A table given here replaces the built-in one of that domain whole."""
    boilerplate: Boilerplate = Boilerplate()
    personal_data: Redaction = Redaction()
    near_duplicates: NearDuplicates = NearDuplicates()
    held_out_share: Share = 0.05
    """Share of each domain's documents that are never trained on, drawn by cluster."""
    fewest_held_out: Count = 20
    """Documents held out of each domain at least, but never more than half of it."""
    highest_bad_share: Share = 0.0
    """Highest share of a source's records that may be bad and are set aside in
    `quarantine.jsonl`. At 0 the first bad record stops the stage."""

    room: ClassVar[str] = "corpus"

    def __post_init__(self) -> None:
        if not self.sources:
            raise ValueError("sources must name at least one source")
        domains = sorted({source.language for source in self.sources.values()})
        spoken = [domain for domain in domains if domain != CODE]
        _refuse_unused("languages", self.languages, spoken)
        _refuse_unused("quality", self.quality, domains)
        # Defaults of the domains at hand are written out, so that the manifest shows them.
        languages = {tag: _language(tag, self.languages) for tag in spoken}
        quality = {name: _quality(name, self.quality) for name in domains}
        object.__setattr__(self, "languages", languages)
        object.__setattr__(self, "quality", quality)

    def reads(self) -> tuple[str, ...]:
        """The corpus is the start: no earlier stage."""
        return ()

    def files(self) -> tuple[str, ...]:
        """The files of all sources."""
        return tuple(sorted({name for source in self.sources.values() for name in source.files}))


def run(settings: Corpus, inputs: Inputs, out: Path) -> Outcome:
    """Curate the corpus.

    Raises:
        DataError: where a file is missing or damaged, a record bad, or a language left without
            documents.
    """
    work = out / _WORK
    shutil.rmtree(work, ignore_errors=True)
    funnel = Funnel()
    ingested = _ingest(settings, inputs, out, funnel)
    digits = digits_for(sum(source.bytes for source in ingested))
    side_cars = _side_cars(work, digits)
    good = {
        domain: SortedTable(work / "good" / domain, GOOD, ("id", "record"), digits)
        for domain in settings.quality
    }
    judge = Judge(
        quality=settings.quality,
        languages=settings.languages,
        redaction=settings.personal_data,
        near=settings.near_duplicates,
        identifier=FastText(),
        funnel=funnel,
        side_cars=side_cars,
        progress=inputs.progress,
    )
    documents = sum(source.documents for source in ingested)
    inputs.progress.start("judging documents", total=documents, unit="documents")
    for source in ingested:
        judge.judge(source, good[source.source.language])
    _refuse_empty(inputs.name, settings, good, funnel)
    publisher = Publisher(
        near=settings.near_duplicates,
        held_out_share=settings.held_out_share,
        fewest_held_out=settings.fewest_held_out,
        funnel=funnel,
        side_cars=side_cars,
        progress=inputs.progress,
        out=out,
    )
    passed = funnel.total("quality", "kept", "documents")
    inputs.progress.start("writing documents", total=passed, unit="documents")
    for domain, table in good.items():
        table.close()
        publisher.publish(domain, table)
    side_cars.write(out)
    shutil.rmtree(work)
    return Outcome(tallies=funnel.tallies(), facts={"rules": digest(settings.quality)})


def _refuse_unused(field: str, given: Mapping[str, object], domains: Sequence[str]) -> None:
    unused = sorted(set(given) - set(domains))
    if unused:
        raise ValueError(
            f"{field} names {unused[0]!r}, which no source is in (there are {', '.join(domains)})"
        )


def _language(tag: str, given: Mapping[str, Language]) -> Language:
    known = {**LANGUAGES, **given}
    if tag not in known:
        raise ValueError(
            f"languages must say the script of {tag!r} (known without are {', '.join(LANGUAGES)})"
        )
    return known[tag]


def _quality(domain: str, given: Mapping[str, Quality]) -> Quality:
    return {**QUALITY, **given}.get(domain, Quality())


def _ingest(settings: Corpus, inputs: Inputs, out: Path, funnel: Funnel) -> list[Ingested]:
    places = {name: f"stages.{inputs.name}.sources.{name}" for name in sorted(settings.sources)}
    files = {
        name: source_files(inputs.root, settings.sources[name].files, f"{place}.files")
        for name, place in places.items()
    }
    total = sum(path.stat().st_size for paths in files.values() for path in paths)
    inputs.progress.start("reading sources", total=total, unit="bytes")
    with atomic_path(out / "quarantine.jsonl") as beside, beside.open("w") as quarantine:
        reading = Reading(
            root=inputs.root,
            work=out / _WORK,
            funnel=funnel,
            quarantine=Quarantine(quarantine, settings.highest_bad_share),
            progress=inputs.progress,
            boilerplate=settings.boilerplate,
        )
        return [
            reading.ingest(name, settings.sources[name], files[name], place)
            for name, place in places.items()
        ]


def _side_cars(work: Path, digits: int) -> SideCars:
    return SideCars(
        decisions=SortedTable(work / "decisions", DECISIONS, ("id", "record"), digits),
        personal_data=SortedTable(work / "personal", PERSONAL_DATA, ("id", "start"), digits),
        signals=SortedTable(work / "signals", SIGNAL_TABLE, ("id",), digits),
        clusters=SortedTable(work / "clusters", CLUSTERS, ("id",), digits),
    )


def _refuse_empty(
    stage: str, settings: Corpus, good: Mapping[str, SortedTable], funnel: Funnel
) -> None:
    for domain, table in good.items():
        if table.is_empty():
            sources = [n for n, source in settings.sources.items() if source.language == domain]
            reasons = Counter(funnel.reasons(domain)).most_common(3)
            why = ", ".join(f"{reason}: {count}" for reason, count in reasons)
            raise DataError(
                f"stages.{stage}: no document of {domain!r} is left from {', '.join(sources)} "
                f"(dropped for {why}); look at the source's language, or loosen "
                f"stages.{stage}.quality.{domain}"
            )
