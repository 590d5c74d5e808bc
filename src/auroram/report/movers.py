"""The items behind the curves: text, change, and the way there as a small picture."""

from collections.abc import Sequence
from dataclasses import dataclass

from auroram.records.canonical import Json
from auroram.report.excerpt import excerpt
from auroram.report.figure import change
from auroram.report.findings import full_name, in_order
from auroram.report.learning import split_name
from auroram.report.svg import WIDTH, Picture, Scale

_HEIGHT = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownItem:
    """One item."""

    cluster: str
    text: str
    change: str
    better: bool
    picture: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoverGroup:
    """The items of one language and set."""

    tag: str
    """BCP 47, for the page's `lang` attribute; empty for programs."""
    language: str
    split: str
    items: Sequence[ShownItem]


def mover_groups(records: Sequence[Json]) -> list[MoverGroup]:
    """The records by language and set, in the page's order of languages."""
    languages = in_order([one["language"] for one in records])
    splits = [*dict.fromkeys(one["split"] for one in records)]
    return [
        MoverGroup(
            tag="" if language == "code" else language,
            language=full_name(language),
            split=split_name(split),
            items=here,
        )
        for language in languages
        for split in splits
        if (
            here := [
                _shown(one)
                for one in records
                if (one["language"], one["split"]) == (language, split)
            ]
        )
    ]


def _shown(one: Json) -> ShownItem:
    return ShownItem(
        cluster=one["cluster"],
        text=excerpt(one["text"], one["language"]),
        change=change(one["change"]),
        better=one["change"] < 0,
        picture=_way(one),
    )


def _way(one: Json) -> str:
    """Bits per byte from the base to the last model, without axes."""
    scores = one["scores"]
    title = f"Bits per byte from {scores[0]:.2f} to {scores[-1]:.2f}"
    picture = Picture(_HEIGHT, title=title, description="One step a model, in order of training.")
    across = Scale(0, max(1, len(scores) - 1), 8, WIDTH - 150)
    up = Scale(min(scores), max(scores), _HEIGHT - 12, 12)
    colour = "m3" if one["change"] < 0 else "m2"
    points = [(across(index), up(score)) for index, score in enumerate(scores)]
    picture.path(points, f"line {colour}")
    picture.dot(points[-1], f"dot {colour}", tip=title)
    words = f"{scores[0]:.2f} to {scores[-1]:.2f} bits/byte"
    picture.text((WIDTH - 138, _HEIGHT / 2 + 4), words, "label start")
    return picture.markup()
