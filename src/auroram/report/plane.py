"""The learn-forget plane: what a model gained where it trained, against what it lost elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from auroram.records.canonical import Json
from auroram.report.amounts import amount
from auroram.report.charts import BOTTOM, LEFT, RIGHT, TOP
from auroram.report.figure import Figure, Table, change, tick_change
from auroram.report.findings import full_name, model_colour
from auroram.report.learning import split_name
from auroram.report.svg import WIDTH, Picture, Scale

_HEIGHT = 280.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A model in the plane."""

    name: str
    learnt: float
    """Mean over the new languages of how much bits per byte fell, as a share."""
    forgot: float
    """The largest rise among what was known before."""


def plane(
    trained: Mapping[str, Sequence[Json]],
    upstream: Sequence[str],
    swept: Mapping[str, Sequence[Json]],
) -> Iterator[Figure]:
    """The checkpoints of series and the shares of merge sweeps; nothing where one side lacks.

    Args:
        trained: name of a series to its changes on one set; the series of the page comes first.
        upstream: what was known before.
        swept: stage of a merge sweep to its records.
    """
    points = next(iter(trained.values()))
    ways = {name: _checkpoints(changes, upstream) for name, changes in trained.items()}
    ways |= {stage: _shares(records, upstream) for stage, records in swept.items()}
    ways = {name: places for name, places in ways.items() if len(places) > 1}
    if not ways:
        return
    split = split_name(points[0]["split"])
    known = ", ".join(full_name(name) for name in upstream)
    yield Figure(
        heading=f"Learnt and forgotten: {split}",
        picture=_picture(ways, f"Learn-forget plane, {split}"),
        caption=f"Right: the mean fall of bits per byte in the new languages. Up: the largest rise "
        f"among {known}. Right and low is best; the base is where the lines begin.",
        table=Table(
            headings=["model", "learnt", "forgot"],
            rows=[
                [one.name, change(one.learnt), change(one.forgot)]
                for places in ways.values()
                for one in places
            ],
        ),
        legend={name: model_colour(index) for index, name in enumerate(ways, start=1)},
    )


def _checkpoints(points: Sequence[Json], upstream: Sequence[str]) -> list[Place]:
    places = [Place(name="base", learnt=0.0, forgot=0.0)]
    for tokens in sorted({one["tokens"] for one in points if one["change"] is not None}):
        here = {one["language"]: one["change"] for one in points if one["tokens"] == tokens}
        places += _place(f"{amount(tokens)} tokens", here, upstream)
    return places


def _shares(records: Sequence[Json], upstream: Sequence[str]) -> list[Place]:
    """A merge sweep, which holds levels: the share 0 is the base."""
    levels: dict[float, dict[str, float]] = {}
    for one in records:
        if one["bits_per_byte"] is not None:
            levels.setdefault(one["share"], {})[one["domain"]] = one["bits_per_byte"]
    base = levels.get(0.0, {})
    return [
        place
        for share, here in sorted(levels.items())
        for place in _place(
            f"share {share:g}",
            {name: value / base[name] - 1 for name, value in here.items() if name in base},
            upstream,
        )
    ]


def _place(name: str, changes: Mapping[str, float], upstream: Sequence[str]) -> list[Place]:
    new = [value for language, value in changes.items() if language not in upstream]
    known = [value for language, value in changes.items() if language in upstream]
    if not new or not known:
        return []
    return [Place(name=name, learnt=-sum(new) / len(new), forgot=max(known))]


def _picture(ways: Mapping[str, Sequence[Place]], title: str) -> str:
    every = [place for places in ways.values() for place in places]
    across = _scale([one.learnt for one in every], LEFT, WIDTH - RIGHT - 30)
    up = _scale([one.forgot for one in every], _HEIGHT - BOTTOM, TOP + 8)
    description = "Each dot is a model; right is more learnt, up is more forgotten."
    picture = Picture(_HEIGHT, title=title, description=description)
    for tick in up.ticks(5):
        kind = "grid" if tick else "zero"
        picture.line((across.start, up(tick)), (across.end, up(tick)), kind)
        picture.text((across.start - 6, up(tick) + 4), tick_change(tick), "tick end")
    for tick in across.ticks(4):
        picture.text((across(tick), _HEIGHT - BOTTOM + 14), tick_change(tick), "tick middle")
    middle = (across.start + across.end) / 2
    picture.text((middle, _HEIGHT - 5), "learnt (fall of bits per byte)", "axis middle")
    for index, places in enumerate(ways.values(), start=1):
        colour = model_colour(index)
        picture.path([(across(one.learnt), up(one.forgot)) for one in places], f"line {colour}")
        for one in places:
            tip = f"{one.name}: learnt {change(one.learnt)}, forgot {change(one.forgot)}"
            picture.dot((across(one.learnt), up(one.forgot)), f"dot {colour}", tip=tip, radius=3.5)
        last = places[-1]
        picture.text((across(last.learnt) + 7, up(last.forgot) - 6), last.name, "tick end")
    return picture.markup()


def _scale(values: Sequence[float], start: float, end: float) -> Scale:
    low, high = min(0.0, *values), max(0.0, *values)
    pad = 0.06 * (high - low or 1)
    return Scale(low - pad, high + pad, start, end)
