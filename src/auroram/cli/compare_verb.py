"""auroram compare RUN[:MODEL] RUN[:MODEL] ... [--flips N] [--json]"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace

from auroram.cli.columns import columns
from auroram.cli.numbers import at_least
from auroram.errors import DataError
from auroram.evaluate.comparison import Compared, Comparison, Flip, compared
from auroram.pipeline.scored import ScoredModel, scored_model
from auroram.records.canonical import plain
from auroram.report.figure import p_value

OF_SET = ("task", "measure", "set", "lang", "before", "after", "difference, 95 %", "p (Holm)")
HEADINGS = (*OF_SET, "seen in training", "flips", "items")


def parser() -> argparse.ArgumentParser:
    """What `auroram compare` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram compare",
        description="Compares models item by item, each with the first one named.",
        epilog="example: auroram compare runs/quickstart:base runs/quickstart:cap",
    )
    result.add_argument(
        "models",
        nargs="+",
        metavar="RUN[:MODEL]",
        help="a run's folder, and a stage of it; the last model that was asked by default",
    )
    result.add_argument(
        "--flips", type=at_least(0), default=5, help="items shown that turned; 5 by default"
    )
    result.add_argument("--json", action="store_true", help="print everything as JSON")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Print the comparisons."""
    if len(arguments.models) < 2:
        raise DataError("compare: name at least two models, such as RUN:base RUN:cap")
    first, *others = [scored_model(place) for place in arguments.models]
    tables = {}
    for number, other in enumerate(others, start=1):
        result = compared(first.items, other.items, seen=first.seen() | other.seen())
        if not result.lines:
            raise DataError(
                f"{arguments.models[number]}: shares no item with {arguments.models[0]}; "
                "ask both the same sets in the same context"
            )
        tables[f"{_named(first)} {_named(other)}"] = result
    if arguments.json:
        print(json.dumps(plain(tables), indent=1, ensure_ascii=False))
        return 0
    for name, result in tables.items():
        _show(name, result, arguments.flips)
    return 0


def _named(model: ScoredModel) -> str:
    return f"{model.run.path}:{model.name}"


def _show(name: str, result: Comparison, most_flips: int) -> None:
    print(name.replace(" ", "  against  ", 1))
    print()
    print("\n".join(columns([HEADINGS, *map(_cells, result.lines)], right={4, 5, 7, 8})))
    turned = _turned(result.flips)
    for measures, flip in turned[:most_flips]:
        print(_flip(flip, measures))
    left = len(turned) - most_flips
    if left > 0:
        print(f"... and {left} more items turned; --flips shows more")
    if result.unpaired:
        print(f"\nnote: {result.unpaired} items were asked of only one of the two and are left out")


def _cells(one: Compared) -> list[str]:
    ends = "too few"
    if one.low is not None and one.high is not None:
        ends = f"{one.low:+.3f} to {one.high:+.3f}"
    return [
        one.task,
        one.measure,
        one.split,
        one.language,
        f"{one.before:.3f}",
        f"{one.after:.3f}",
        ends,
        "" if one.adjusted is None else p_value(one.adjusted),
        {"all": "", "clean": "unseen", "seen": "seen"}[one.part],
        f"+{one.gained} -{one.lost}" if one.gained or one.lost else "-",
        f"n={one.n}",
    ]


def _turned(flips: Sequence[Flip]) -> list[tuple[str, Flip]]:
    """Each item that turned once, with the measures by which it did so alike."""
    measures: dict[Flip, list[str]] = {}
    for flip in flips:
        measures.setdefault(replace(flip, measure=""), []).append(flip.measure)
    return [(", ".join(names), flip) for flip, names in measures.items()]


def _flip(one: Flip, measures: str) -> str:
    turn = "gained" if one.gained else "lost"
    answers = " -> ".join(_short(words) for words in (one.before, one.after) if words)
    place = f"{one.task} {one.language}, {measures}, {one.cluster}"
    return f"\n{turn}: {place}\n  {answers or one.item[:16]}"


def _short(words: str) -> str:
    flat = " ".join(words.split())
    return repr(flat if len(flat) <= 60 else flat[:59] + "…")
