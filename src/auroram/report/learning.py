"""What was learned and what was forgotten: changes, losses and mixture over tokens."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from auroram.records.measurement import Measurement
from auroram.report.amounts import amount
from auroram.report.charts import Labels, area_chart, interval_chart, line_chart
from auroram.report.figure import (
    Figure,
    Table,
    change,
    rows_by_language,
    share,
    table_by_language,
    tick_change,
)
from auroram.report.findings import (
    Findings,
    called,
    family,
    full_name,
    in_order,
    model_colour,
    named_colours,
)
from auroram.report.lineage import Lineage

SPLIT_NAMES = {
    "held-out": "Held-out documents",
    "udhr": "Universal Declaration of Human Rights, out of domain",
    "python-outside": "Python from outside the training packages",
}


def split_name(split: str) -> str:
    """A test set as a reader calls it."""
    return SPLIT_NAMES.get(split, split)


def change_figures(findings: Findings) -> Iterator[Figure]:
    """Change of bits per byte against the base, one figure a test set."""
    changes = findings.measurements("bits_per_byte_change")
    for split in dict.fromkeys(one.split for one in changes):
        yield _change_figure(findings, split, [one for one in changes if one.split == split])


def _change_figure(findings: Findings, split: str, changes: Sequence[Measurement]) -> Figure:
    shades = model_colours(findings)
    levels = [one for one in findings.measurements("bits_per_byte") if one.split == split]
    labels = Labels(
        title=f"Change in bits per byte, {split_name(split)}",
        description="Left of zero is better than the base model.",
        number=tick_change,
        axis="change in bits per byte against the base",
    )
    return Figure(
        heading=split_name(split),
        picture=interval_chart(rows_by_language(changes), shades, labels),
        caption="Left is better. Lines are 95 % intervals, paired over the same documents.",
        table=table_by_language(levels, "bits per byte"),
        legend={one.stage: shades[one.stage] for one in changes},
    )


def model_colours(findings: Findings) -> dict[str, str]:
    """The same colour class for the same model wherever it appears."""
    return {name: model_colour(index) for index, name in enumerate(findings.models())}


def validation_figure(lineage: Lineage) -> Figure | None:
    """Validation loss by domain over the tokens of a model's training."""
    lines: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for _, before, record in lineage.records("validation.jsonl"):
        lines[record["domain"]].append((before + record["tokens"], record["loss"]))
    if not lines:
        return None
    names = in_order(list(lines))
    labels = Labels(
        title=f"Validation loss over tokens{lineage.mark}",
        description="One line for each domain; lower is better.",
        number="{:g}".format,
        axis="nats per token",
    )
    return Figure(
        heading=f"Validation loss{lineage.mark}",
        picture=line_chart(
            {called(name): lines[name] for name in names},
            named_colours(names),
            labels,
            borders=lineage.borders(),
        ),
        caption="Nats per token on held-out rows of each domain. Tokens of different languages "
        "hold different amounts of text: compare a line with itself.",
        table=Table(
            headings=["domain", "first", "last", "change"],
            rows=[_first_and_last(full_name(name), lines[name]) for name in names],
        ),
    )


def _first_and_last(name: str, points: Sequence[tuple[float, float]]) -> list[str]:
    first, last = points[0][1], points[-1][1]
    return [name, f"{first:.3f}", f"{last:.3f}", change(last / first - 1) if first else ""]


def mixture_figure(lineage: Lineage) -> Figure | None:
    """Share of each domain among the tokens of each stretch of a model's training."""
    found = lineage.records("mixture.jsonl")
    records = [(before + record["tokens"], record) for _, before, record in found]
    if not records:
        return None
    names = in_order([family(name) for _, record in records for name in record["domains"]])
    totals = Counter[str]()
    shares: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for tokens, record in records:
        here = Counter[str]()
        for domain, count in record["domains"].items():
            here[family(domain)] += count
        totals += here
        for name in names:
            shares[name].append((tokens, here[name] / (here.total() or 1)))
    labels = Labels(
        title=f"Mixture over tokens{lineage.mark}",
        description="Share of each domain among the tokens trained on.",
        number=share,
        axis="share of tokens",
    )
    # A record is of the stretch that ends where it says: the first one begins with the training.
    shares = {name: [(0.0, points[0][1]), *points] for name, points in shares.items()}
    everything = totals.total() or 1
    return Figure(
        heading=f"Mixture{lineage.mark}",
        picture=area_chart(
            {called(name): points for name, points in shares.items()},
            named_colours(names),
            labels,
        ),
        caption="Share of the tokens that each domain had.",
        table=Table(
            headings=["domain", "tokens", "share"],
            rows=[
                [full_name(name), amount(totals[name]), share(totals[name] / everything)]
                for name in names
            ],
        ),
    )
