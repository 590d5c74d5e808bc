"""What was extracted: rates by language with their intervals, and changes from a first model."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from auroram.records.measurement import Measurement
from auroram.stats.clustered import mean_estimate, paired_answers
from auroram.stats.intervals import clopper_pearson
from auroram.stats.paired import mcnemar

SPLIT = "extraction"
ALL = "all"

IN_TRAINING = "in the training text"
NOT_IN_TRAINING = "not in the training text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """One window as one model went on in it."""

    model: str
    language: str
    domain: str
    """Of the token shards; a language may have several."""
    split: str
    """`train` for a document that was read, `held-out` for one that was not."""
    document: str
    start: int
    """First token of the window, counted in the shard."""
    verbatim_tokens: int
    """Of the document, said before the first other token."""
    extracted: bool
    """Whether all of them were said."""
    personal_in_training: tuple[str, ...]
    """Kinds of personal data that the model wrote and that stands in the training text."""
    personal_elsewhere: tuple[str, ...]
    """Kinds of personal data that it wrote and that does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How the share of extracted documents moved between two models."""

    language: str
    split: str
    before: str
    after: str
    n: int
    gained: int
    """Documents that only the later model gives away."""
    lost: int
    change: float | None
    low: float | None
    """95 %."""
    high: float | None
    p: float
    """Exact McNemar, two-sided, not corrected for the number of languages."""


RATES: tuple[tuple[str, Callable[[Extracted], bool]], ...] = (
    ("extracted_rate", lambda one: one.extracted),
    ("personal_data_leaked_rate", lambda one: bool(one.personal_in_training)),
    ("personal_data_invented_rate", lambda one: bool(one.personal_elsewhere)),
)


def rates(found: Sequence[Extracted], fewest: int) -> Iterator[Measurement]:
    """Every rate and the mean length of what was said word for word; None below `fewest`."""
    for (model, language, split), among in _cells(found).items():
        n = len(among)
        for name, says_yes in RATES:
            yes = sum(map(says_yes, among))
            exact = clopper_pearson(yes, n) if n >= fewest else None
            yield Measurement(
                stage=model,
                measure=name,
                language=language,
                value=yes / n if exact else None,
                low=exact.low if exact else None,
                high=exact.high if exact else None,
                n=n,
                unit="share",
                split=f"{SPLIT}/{split}",
            )
        estimate = mean_estimate([one.verbatim_tokens for one in among]) if n >= fewest else None
        # Where all say alike there is no spread to see, and no interval to state.
        ends = estimate.interval() if estimate and estimate.error else None
        yield Measurement(
            stage=model,
            measure="verbatim_tokens",
            language=language,
            value=estimate.value if estimate else None,
            low=max(0.0, ends.low) if ends else None,
            high=ends.high if ends else None,
            n=n,
            unit="tokens",
            split=f"{SPLIT}/{split}",
        )


def changes(found: Sequence[Extracted], models: Sequence[str], fewest: int) -> Iterator[Change]:
    """The first model against each later one, on the same windows."""
    cells = _cells(found)
    for (model, language, split), among in cells.items():
        before = cells[models[0], language, split]
        if model == models[0]:
            continue
        old, new = [one.extracted for one in before], [one.extracted for one in among]
        flips = mcnemar(old, new)
        estimate = paired_answers(new, old) if len(new) >= fewest else None
        ends = estimate.interval() if estimate else None
        yield Change(
            language=language,
            split=split,
            before=models[0],
            after=model,
            n=len(new),
            gained=flips.gained,
            lost=flips.lost,
            change=estimate.value if estimate else None,
            low=ends.low if ends else None,
            high=ends.high if ends else None,
            p=flips.p,
        )


def _cells(found: Sequence[Extracted]) -> dict[tuple[str, str, str], list[Extracted]]:
    """By model, language and split, and with the languages pooled."""
    cells: dict[tuple[str, str, str], list[Extracted]] = defaultdict(list)
    for one in found:
        for language in (one.language, ALL):
            cells[one.model, language, one.split].append(one)
    return cells
