"""Whom a filter of harmful text hits: how often documents are flagged that name groups of people.

For every identity term of a language, the documents that hold it, how many of them broke a rule of
harm, and the share with its interval, beside the share of all documents. A word list that holds
what a group calls itself shows here before anything is dropped.

Counts of parts of a corpus add up, so it does not matter how work was split. The intervals take
documents as independent; copies that are not yet removed make them too short.

Source of the question: Dodge et al. 2021, arXiv:2104.08758, section 5, and Xu et al. 2021,
arXiv:2104.06390.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auroram.corpus.harm import HarmFigures
from auroram.records.manifest import Manifest
from auroram.records.measurement import Measurement
from auroram.stats.intervals import LEVEL, clopper_pearson

MentionCounts = Counter[tuple[str, str, str, str]]
"""Documents by language, group, term and fate. The fates are `all` and `flagged`; group and term
are empty for all documents of the language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disparity:
    """How documents that hold an identity term fare under the rules of harm."""

    language: str
    group: str
    """What the term tells of people: gender, religion, ..."""
    term: str
    documents: int
    """Documents that hold the term."""
    flagged: int
    """Those of them that broke a rule of harm: dropped, where the action is to drop."""
    rate: float
    """flagged / documents."""
    low: float
    """Lower end of the exact 95 % interval of the rate."""
    high: float
    all_documents: int
    """Documents of the language that were judged."""
    all_rate: float
    """Share of them that was flagged."""
    is_apart: bool
    """Whether the rate differs from that of all documents beyond chance: an exact interval,
    widened for the number of terms of the language (Bonferroni), leaves that share out."""


def mention_counts(figures: HarmFigures, among: NDArray[np.bool_] | None = None) -> MentionCounts:
    """What a batch adds to the counts: nothing where no list or classifier knows its language.

    Args:
        figures: of the batch.
        among: which documents count, such as those that no earlier rule has dropped; all of
            them where it is None.
    """
    rows = np.ones(len(figures.failures), np.bool_) if among is None else among
    flagged = figures.flagged() & rows
    counts: MentionCounts = Counter()
    if not figures.was_looked_for:
        return counts
    counts[(figures.language, "", "", "all")] = int(rows.sum())
    counts[(figures.language, "", "", "flagged")] = int(flagged.sum())
    named = zip(figures.groups, figures.terms, strict=True)
    for (group, term), holds in zip(named, figures.mentions.T, strict=True):
        counts[(figures.language, group, term, "all")] = int((holds & rows).sum())
        counts[(figures.language, group, term, "flagged")] = int((holds & flagged).sum())
    return counts


def disparities(counts: Mapping[tuple[str, str, str, str], int]) -> list[Disparity]:
    """A row for every term that some document holds, by language, group and term."""
    terms = Counter(language for language, _, term, fate in counts if term and fate == "all")
    return [
        _disparity((language, group, term), counts, terms[language])
        for language, group, term, fate in sorted(counts)
        if term and fate == "all" and counts[(language, group, term, "all")]
    ]


def recorded_disparities(manifest: Manifest) -> list[Disparity]:
    """What `disparities` gave when the stage ran; nothing where it did not look for harm."""
    return [Disparity(**row) for row in manifest.facts.get("harm_disparities") or ()]


def harm_measurements(
    counts: Mapping[tuple[str, str, str, str], int], stage: str
) -> tuple[Measurement, ...]:
    """The share of each language's documents that broke a rule of harm, as `harm_rate`."""
    measured = []
    for language in sorted({key[0] for key in counts}):
        n, flagged = (counts.get((language, "", "", fate), 0) for fate in ("all", "flagged"))
        interval = clopper_pearson(flagged, n) if n else None
        measured.append(
            Measurement(
                stage=stage,
                measure="harm_rate",
                language=language,
                value=flagged / n if n else None,
                low=interval.low if interval else None,
                high=interval.high if interval else None,
                n=n,
                unit="share",
                split="corpus",
            )
        )
    return tuple(measured)


def _disparity(
    key: tuple[str, str, str], counts: Mapping[tuple[str, str, str, str], int], terms: int
) -> Disparity:
    language, group, term = key
    documents, flagged = counts[(*key, "all")], counts.get((*key, "flagged"), 0)
    all_documents = counts[(language, "", "", "all")]
    all_rate = counts.get((language, "", "", "flagged"), 0) / all_documents
    interval = clopper_pearson(flagged, documents)
    wide = clopper_pearson(flagged, documents, level=1 - (1 - LEVEL) / terms)
    return Disparity(
        language=language,
        group=group,
        term=term,
        documents=documents,
        flagged=flagged,
        rate=flagged / documents,
        low=interval.low,
        high=interval.high,
        all_documents=all_documents,
        all_rate=all_rate,
        is_apart=not wide.low <= all_rate <= wide.high,
    )
