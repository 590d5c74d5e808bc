"""auroram compare RUN[:MODEL] RUN[:MODEL] ... [--flips N] [--json]"""

import argparse
import json

from auroram.errors import DataError
from auroram.evaluate.comparison import Compared, Comparison, Flip, compared
from auroram.pipeline.scored import scored_model
from auroram.records.canonical import plain


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
    result.add_argument("--flips", type=int, default=5, help="items shown that turned (default 5)")
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
        tables[f"{arguments.models[0]} {arguments.models[number]}"] = result
    if arguments.json:
        print(json.dumps(plain(tables), indent=1, ensure_ascii=False))
        return 0
    for name, result in tables.items():
        _show(name, result, arguments.flips)
    return 0


def _show(name: str, result: Comparison, most_flips: int) -> None:
    print(name.replace(" ", "  against  ", 1))
    print(
        f"\n{'task':<12}{'measure':<21}{'set':<16}{'lang':<6}{'before':>8}{'after':>8}"
        f"  {'difference, 95 %':<20}{'p (Holm)':>9}{'seen in':>9}  flips"
    )
    for line in result.lines:
        print(_line(line))
    for flip in result.flips[:most_flips]:
        print(_flip(flip))
    left = len(result.flips) - most_flips
    if left > 0:
        print(f"... and {left} more items turned; --flips shows more")
    if result.unpaired:
        print(f"\nnote: {result.unpaired} items were asked of only one of the two and are left out")


def _line(one: Compared) -> str:
    ends = "too few"
    if one.low is not None and one.high is not None:
        ends = f"{one.low:+.3f} to {one.high:+.3f}"
    p = "" if one.adjusted is None else f"{one.adjusted:.2g}"
    part = {"all": "", "clean": "unseen", "seen": "seen"}[one.part]
    turned = f"+{one.gained} -{one.lost}" if one.gained or one.lost else ""
    return (
        f"{one.task:<12}{one.measure:<21}{one.split:<16}{one.language:<6}{one.before:>8.3f}"
        f"{one.after:>8.3f}  {ends:<20}{p:>9}{part:>9}  {turned or '-':<8} n={one.n}"
    )


def _flip(one: Flip) -> str:
    turn = "gained" if one.gained else "lost"
    answers = " -> ".join(_short(words) for words in (one.before, one.after) if words)
    return f"\n{turn}: {one.task} {one.language}, {one.cluster}\n  {answers or one.item[:16]}"


def _short(words: str) -> str:
    flat = " ".join(words.split())
    return repr(flat if len(flat) <= 60 else flat[:59] + "…")
