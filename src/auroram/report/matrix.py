"""What each rule dropped in each language: documents and bytes, as shaded cells with numbers."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from auroram.records.manifest import Finished, Tally
from auroram.report.amounts import amount
from auroram.report.charts import Labels
from auroram.report.figure import Figure, Table
from auroram.report.findings import called, full_name, in_order
from auroram.report.svg import WIDTH, Picture

_TOP, _NAMES, _ROW, _COLUMNS = 30, 176, 21, 6
_NOT_DROPPED = {"read": "read", "train": "kept, train", "held-out": "kept, held out"}

Counts = Mapping[str, Mapping[str, int]]
"""What became of documents, in the order of the stage's steps, to domain to how many."""


_CAPTION = (
    "A rule counts what it dropped before any other did. Shades are shares of what was read in the "
    "language."
)
_OF_BYTES = (
    " Normal form and replaced personal data change sizes on the way, so that these rows need not "
    "add up to what was read, as documents do."
)


def rule_figures(stage: Finished) -> Iterator[Figure]:
    """Documents and bytes by language and rule, six languages a figure."""
    for unit, what in (("documents", "Documents"), ("bytes", "Bytes")):
        counts = _counts(stage.manifest.tallies, unit)
        domains = in_order([domain for row in counts.values() for domain in row])
        for start in range(0, len(domains), _COLUMNS):
            yield _figure(counts, domains[start : start + _COLUMNS], what)


def _counts(tallies: Sequence[Tally], unit: str) -> Counts:
    """Rows in the order in which the stage counted them: read, dropped by each rule, written."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in tallies:
        if one.unit == unit and (one.outcome == "dropped" or one.outcome in _NOT_DROPPED):
            counts[_row_name(one)][one.domain] += one.value
    return counts


def _row_name(one: Tally) -> str:
    if one.outcome in _NOT_DROPPED:
        return _NOT_DROPPED[one.outcome]
    if one.step == "quality":
        return one.reason
    # Bytes are counted by paragraph, whose reason is the language that each was in.
    plain = one.unit == "bytes" or not one.reason or one.step.endswith("duplicate")
    return one.step if plain else f"{one.step}: {one.reason}"


def _figure(counts: Counts, domains: Sequence[str], what: str) -> Figure:
    rows = [name for name in counts if any(counts[name].get(domain) for domain in domains)]
    labels = Labels(
        title=f"{what} by language and rule",
        description="Each cell is a number; its shade is the share of what was read.",
        number=amount,
        axis="",
    )
    words = [
        [name, *(_written(counts[name].get(domain, 0)) for domain in domains)] for name in rows
    ]
    return Figure(
        heading=labels.title,
        picture=_picture(counts, rows, domains, labels),
        caption=_CAPTION + (_OF_BYTES if what == "Bytes" else ""),
        table=Table(headings=["fate", *map(called, domains)], rows=words),
    )


def _written(value: int) -> str:
    return f"{value:,}" if value else ""


def _picture(counts: Counts, rows: Sequence[str], domains: Sequence[str], labels: Labels) -> str:
    width = (WIDTH - _NAMES) / max(len(domains), _COLUMNS)
    picture = Picture(
        _TOP + _ROW * len(rows) + 6, title=labels.title, description=labels.description
    )
    for column, domain in enumerate(domains):
        picture.text((_NAMES + width * (column + 0.5), _TOP - 10), domain, "label middle")
    for index, name in enumerate(rows):
        y = float(_TOP + _ROW * index)
        picture.text((_NAMES - 6, y + 14), _short(name, _NAMES), "label end")
        kind = "kept" if name in _NOT_DROPPED.values() else "dropped"
        for column, domain in enumerate(domains):
            cell = _cell(counts, name, domain)
            if cell.value:
                x = _NAMES + width * column
                size = (width - 2, _ROW - 2.0)
                picture.cell((x + 1, y + 1), size, f"cell {kind}", share=cell.share, tip=cell.tip)
                words = labels.number(cell.value)
                picture.text((x + width / 2, y + 14.5), words, "tick label middle")
    return picture.markup()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    value: int
    share: float
    """Of what was read in the domain, in [0, 1]."""
    tip: str


def _cell(counts: Counts, row: str, domain: str) -> _Cell:
    value = counts[row].get(domain, 0)
    share = value / max(counts.get("read", {}).get(domain, value), 1)
    tip = f"{full_name(domain)}, {row}: {value:,} ({100 * share:.1f} %)"
    return _Cell(value=value, share=share, tip=tip)


def _short(name: str, width: float) -> str:
    longest = max(2, int(width / 6))
    return name if len(name) <= longest else name[: longest - 1] + "…"
