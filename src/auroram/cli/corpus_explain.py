"""auroram corpus explain ID [RUN] [--json]"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict

from auroram.cli.corpus_stages import add_run, corpus_stages
from auroram.corpus.explanation import BoundedFigure, Explanation, explain
from auroram.errors import ConfigError, DataError

_HEXADECIMAL = frozenset("0123456789abcdef")
_FEWEST_DIGITS = 4
_GONE = "(the source is gone, out of reach or has changed)"


def parser() -> argparse.ArgumentParser:
    """What `auroram corpus explain` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram corpus explain",
        description="Says where a document came from, what was measured, what became of it and "
        "why.",
    )
    result.add_argument("id", help="the document's id, or its first digits")
    add_run(result, reads_text=True)
    return result


def main(arguments: argparse.Namespace) -> int:
    """Print the document's explanation, one for each place where it was read."""
    if len(arguments.id) < _FEWEST_DIGITS or not set(arguments.id) <= _HEXADECIMAL:
        raise ConfigError(
            f"{arguments.id!r}: not a document's id; give at least its first {_FEWEST_DIGITS} "
            "hexadecimal digits"
        )
    stages = corpus_stages(arguments)
    found = [
        explanation
        for stage in stages
        for explanation in explain(stage.finished, arguments.id, stage.root)
    ]
    if not found:
        searched = ", ".join(stage.name for stage in stages)
        raise DataError(f"{arguments.id}: no document has this id in {searched}; check the digits")
    if arguments.json:
        print(json.dumps([asdict(one) for one in found], indent=1, ensure_ascii=False))
        return 0
    for one in found:
        for line in _lines(one):
            print(line)
    return 0


def _lines(one: Explanation) -> Iterator[str]:
    decision = one.decision
    yield f"{one.id}  ({one.stage})"
    yield f"  {_fate(one)}"
    if one.taken_down:
        yield f"  taken down since, and exported and trained on no more: {one.taken_down}"
    yield f"  language  {decision['language']}"
    yield f"  source    {decision['source']}, {decision['record']}"
    for name, value in one.origin.items():
        if value is not None:
            yield f"  {name:<9} {value}"
    yield from _cluster(one)
    yield from _paragraphs(one)
    yield from _figures(one.figures)
    for span in one.personal_data:
        yield f"  personal data: {span['kind']} at {span['start']} to {span['end']}"
    for name, rows in one.others.items():
        for row in rows:
            yield f"  {name}: " + ", ".join(f"{key} {value}" for key, value in row.items())
    yield f"\n  text from {one.text_from}"
    for line in one.text.splitlines():
        yield f"  | {line}"
    yield ""


def _fate(one: Explanation) -> str:
    if one.decision["kept"]:
        return f"kept, in {one.split}"
    rules = one.decision["rules"]
    named = ", ".join(map(str, rules)) if isinstance(rules, list) else ""
    return f"dropped by {one.decision['first']} (all: {named}): {one.decision['detail']}"


def _cluster(one: Explanation) -> Iterator[str]:
    if one.cluster is not None and one.cluster.size > 1:
        cluster = one.cluster
        yield f"  cluster   {cluster.size} documents, represented by {cluster.representative}"
        for sibling in cluster.siblings:
            yield f"            {sibling}"


def _paragraphs(one: Explanation) -> Iterator[str]:
    if one.paragraphs is not None:
        kept, removed = one.paragraphs.kept, one.paragraphs.removed
        known = "" if kept is None else f"{kept:,} kept, "
        yield f"  paragraphs  {known}{len(removed):,} removed"
        for paragraph in removed:
            yield f"    {paragraph.why}, at {paragraph.start} to {paragraph.end}"
            yield f"    | {paragraph.text or _GONE}"


def _figures(figures: tuple[BoundedFigure, ...]) -> Iterator[str]:
    if figures:
        yield f"\n  {'signal':<26}{'value':>12}{'lowest':>12}{'highest':>12}"
    for one in figures:
        low, high = ("" if bound is None else f"{bound:g}" for bound in (one.lowest, one.highest))
        mark = "  " + ", ".join(one.broken) if one.broken else ""
        yield f"  {one.signal:<26}{one.value:>12.4g}{low:>12}{high:>12}{mark}"
