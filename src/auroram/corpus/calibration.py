"""Bounds for a language from documents that are trusted: quantiles of their signals.

All bounds together refuse at most a stated share of each reference, in whichever units the text is
counted. A reference should be of one kind, such as manuals, encyclopaedia, law: of several, each
bound is that of the one that asks for the loosest, so that no kind of good text has to look like
another. FineWeb-2 sets its thresholds by language in the same spirit (Penedo et al. 2025,
arXiv:2506.20920); its figures belong to other segmenters and are not used.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, fields
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auroram.corpus.languages import CODE
from auroram.corpus.quality import Quality, Rule, rules_of
from auroram.errors import DataError
from auroram.records.side_cars import judged_tables
from auroram.text.buffers import Buffer
from auroram.text.characters import tables
from auroram.text.normal import normal_code, normal_prose
from auroram.text.scripts import SCRIPTS
from auroram.text.signals import SIGNALS, signals_of
from auroram.text.stop_words import stop_word_list, stop_words_of

_DIGITS = 4
"""Significant digits of a bound, rounded away from the reference."""
_BATCH = 512
_COPIES = pa.array(["exact-duplicate", "near-duplicate"])

Figures = NDArray[np.float32]
"""Shape (documents, len(SIGNALS))."""


SIZES = ("characters", "units", "longest_line")
"""Signals that say more about how a reference was gathered and cut than about its quality."""
_REPETITION = ("duplicate_", "top_")
"""Beginnings of signals that stay bounded as they were, like sizes. Repeated lines and phrases are
a template's more than a language's: bounds wide enough for the pages of one manual would let
through most of what repeats for no reason."""


def calibrated(
    references: Sequence[Figures], share: float, base: Quality, *, also: Collection[str] = ()
) -> Quality:
    """Bounds that together refuse at most `share` of each reference.

    Args:
        references: the signals of trusted documents, by kind.
        share: in (0, 0.5).
        base: says which rules are on; its bounds on `SIZES` and on repetition stay.
        also: names of further rules to bound by the references, such as `high-characters`.

    Raises:
        DataError: where the documents are too few to say what such a share of them is, or no
            rule has such a name.
    """
    decided = _decided(base, also)
    references = [figures[_right_size(figures, base, decided)] for figures in references]
    fewest = min((len(figures) for figures in references), default=0)
    if not 0 < share < 0.5 or math.floor(share * fewest) < 1:
        raise DataError(
            f"a share of {share:g} of {fewest} trusted documents is less than one; give at "
            f"least {math.ceil(1 / share) if share > 0 else 100}, or a share between that and 0.5"
        )
    found = [_bounds_of_one(figures, share, base, decided) for figures in references]
    loosest = {
        field.name: (min if field.name.startswith("lowest") else max)(
            getattr(one, field.name) for one in found
        )
        for field in fields(base)
    }
    return Quality(**loosest)


def left_to_calibrate(
    figures: Figures, quality: Quality, base: Quality, *, also: Collection[str] = ()
) -> tuple[int, float]:
    """How many documents keep the bounds on `SIZES`, and which share the calibrated rules refuse.

    Args:
        figures: of the documents.
        quality: what `calibrated` made of them.
        base: what it was given.
        also: as it was given.
    """
    decided = _decided(base, also)
    kept = figures[_right_size(figures, base, decided)]
    return len(kept), refused_share(kept, quality, decided)


def _right_size(figures: Figures, base: Quality, decided: Collection[str]) -> NDArray[np.bool_]:
    """Which documents keep the bounds on `SIZES`; others, such as headings, say nothing here."""
    keeps = np.ones(len(figures), np.bool_)
    for rule in rules_of(base):
        if rule.signal in SIZES and rule.is_on and rule.name not in decided:
            keeps &= ~rule.broken(figures[:, SIGNALS.index(rule.signal)])
    return keeps


def _decided(base: Quality, also: Collection[str]) -> frozenset[str]:
    """Names of the rules whose bounds the references decide."""
    rules = _measured(base)
    known = [rule.name for rule in rules]
    unknown = sorted(set(also) - set(known))
    if unknown:
        raise DataError(f"{unknown[0]!r}: no such rule; known are {', '.join(known)}")
    usual = [
        rule.name
        for rule in rules
        if rule.is_on and rule.signal not in SIZES and not rule.signal.startswith(_REPETITION)
    ]
    return frozenset([*usual, *also])


def _measured(quality: Quality) -> list[Rule]:
    """The rules on text alone: a reference is of one language and says nothing of mixtures."""
    return [rule for rule in rules_of(quality) if rule.signal in SIGNALS]


def _bounds_of_one(
    figures: Figures, share: float, base: Quality, decided: Collection[str]
) -> Quality:
    """Equally strict bounds, each by itself, that together refuse at most `share`."""
    ordered = np.sort(figures, axis=0)
    beyond = math.floor(share * len(figures))
    while True:
        quality = _quantiles(ordered, beyond, base, decided)
        if not beyond or refused_share(figures, quality, decided) <= share:
            return quality
        beyond = beyond * 3 // 4


def _quantiles(ordered: Figures, beyond: int, base: Quality, decided: Collection[str]) -> Quality:
    """The bounds that so many of the documents, ordered by each signal, lie beyond."""
    bounds = asdict(base)
    for rule, field in zip(rules_of(base), fields(base), strict=True):
        if rule.name not in decided:
            continue
        column = ordered[:, SIGNALS.index(rule.signal)]
        exact = float(column[beyond] if rule.lowest else column[-1 - beyond])
        outwards = rounded(exact, up=not rule.lowest)
        whole = math.floor if rule.lowest else math.ceil
        bounds[field.name] = whole(outwards) if isinstance(rule.bound, int) else outwards
    return Quality(**bounds)


def rounded(value: float, *, up: bool) -> float:
    """The value to four significant digits, up or down.

    >>> rounded(0.123456, up=True), rounded(123456.0, up=False)
    (0.1235, 123400.0)
    """
    if value <= 0:
        return 0.0
    exact = Decimal(value)
    last = Decimal((0, (1,), exact.adjusted() - _DIGITS + 1))
    return float(exact.quantize(last, ROUND_CEILING if up else ROUND_FLOOR))


def refused_share(
    figures: Figures, quality: Quality, names: Collection[str] | None = None
) -> float:
    """Share of the documents that one bound or more refuses, in [0, 1].

    Args:
        figures: of the documents.
        quality: the bounds.
        names: of the rules that count; None for all.
    """
    broken = np.zeros(len(figures), np.bool_)
    for rule in _measured(quality):
        if names is None or rule.name in names:
            broken |= rule.broken(figures[:, SIGNALS.index(rule.signal)])
    return float(broken.mean()) if len(broken) else 0.0


def recorded_figures(folder: Path, *, domain: str, source: str = "") -> Figures:
    """The signals of a finished corpus stage's documents of a domain, copies left out.

    What the stage's own rules refused is in: bounds from what they let through would only get
    tighter. Memory: 4 bytes for each figure of a document.

    Args:
        folder: of the stage.
        domain: whose documents.
        source: only those of this source; empty for all.
    """
    chunks = [np.zeros((0, len(SIGNALS)), np.float32)]
    for table in judged_tables(folder, ["language", "source", "first"], SIGNALS):
        wanted = pc.equal(table["language"], domain)
        if source:
            wanted = pc.and_(wanted, pc.equal(table["source"], source))
        copies = pc.is_in(table["first"], value_set=_COPIES)
        rows = table.filter(pc.and_(wanted, pc.invert(copies)))
        chunks.append(np.stack([rows[name].to_numpy() for name in SIGNALS], axis=1))
    return np.concatenate(chunks)


def measured_figures(
    texts: Iterable[str], *, domain: str, stop_words: Sequence[str] = ()
) -> Figures:
    """The signals of texts in normal form; memory as for `recorded_figures`, and 512 texts.

    Args:
        texts: of trusted documents.
        domain: theirs.
        stop_words: of its language; empty for those built in.
    """
    is_prose = domain != CODE
    normal = normal_prose if is_prose else normal_code
    words = stop_word_list(tuple(stop_words) or stop_words_of(domain))
    chunks = [np.zeros((0, len(SIGNALS)), np.float32)]
    for batch in _batches(texts):
        buffer = Buffer.of([normal(text).text for text in batch])
        signals = signals_of(buffer, hashes=1, words=words, paragraph_a_line=is_prose)
        chunks.append(signals.figures)
    return np.concatenate(chunks)


def prevailing_script(texts: Iterable[str]) -> str:
    """ISO 15924 code of the script that most letters of the texts are of; empty without letters.

    Kana are `Jpan`, with or without Han characters among them.

    >>> prevailing_script(["ข้าว 12 kg"]), prevailing_script(["12"])
    ('Thai', '')
    """
    counts = np.zeros(len(SCRIPTS), np.int64)
    for text in texts:
        points = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
        scripts = tables().scripts[points]
        counts += np.bincount(scripts[scripts < len(SCRIPTS)], minlength=len(SCRIPTS))
    most = SCRIPTS[int(counts.argmax())]
    return "" if not counts.any() else "Jpan" if most in ("Hira", "Kana") else most


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
