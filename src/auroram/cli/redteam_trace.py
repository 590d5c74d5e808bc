"""auroram redteam trace ID RUN [--beside FOLDER ...] [--json]"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from auroram.errors import DataError
from auroram.pipeline.run_folder import RunFolder
from auroram.pipeline.trace import Trace, releases_read, trace
from auroram.records.canonical import plain


def parser() -> argparse.ArgumentParser:
    """What `auroram redteam trace` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram redteam trace",
        description="Shows the whole chain of one safety item as far as the files reach: concern, "
        "source, draft, people's decisions, release, exchange, tokens, and weight in training.",
    )
    result.add_argument("id", help="the draft's id, or its first digits")
    result.add_argument("run", type=Path, help="the run's folder")
    result.add_argument(
        "--beside",
        type=Path,
        action="append",
        default=[],
        help="a folder outside of the run: of drafts, of a review's export, or of a release that "
        "no stage reads; may repeat",
    )
    result.add_argument("--json", action="store_true", help="for programs")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Print the chain."""
    for folder in arguments.beside:
        if not folder.is_dir():
            raise DataError(f"{folder}: there is no such folder; check the path")
    run = RunFolder(arguments.run)
    finished = run.finished()
    beside = [*arguments.beside, *releases_read(finished, run.root())]
    found = trace(finished, arguments.id, beside)
    if arguments.json:
        print(json.dumps(plain(found), indent=1, ensure_ascii=False, default=str))
        return 0
    for line in _lines(found):
        print(line)
    return 0


def _lines(one: Trace) -> Iterator[str]:
    draft = one.draft
    yield f"{draft.id}  {draft.kind}, {draft.language}, {draft.split}"
    yield from _required(one)
    yield from _source(one)
    yield f"draft      {one.stage}, answer by {draft.drafted_by}"
    yield f"  | {draft.request}".replace("\n", "\n  | ")
    yield f"  > {draft.answer}".replace("\n", "\n  > ")
    yield f"  checks: {', '.join(draft.checks) or 'nothing found'}"
    yield from _decisions(one)
    if not one.releases:
        yield "release    none"
    for released in one.releases:
        facts, item = released.facts, released.item
        yield (
            f"release    {facts.name}, digest {facts.digest[:12]}, {item.split}: chosen by "
            f"{item.by_people} people and {item.by_software} software"
        )
    yield from _exchanges(one)
    yield from _tokens(one)


def _required(one: Trace) -> Iterator[str]:
    concern = one.concern
    if concern is None:
        yield f"concern    {one.draft.concern or 'none'}: not of the taxonomy"
        return
    parts = ", ".join(concern.crosswalk.get(one.requirement.id, ())) or "no part"
    state = one.requirement.status
    if one.requirement.rescinded:
        state += f" {one.requirement.rescinded.isoformat()}"
    yield f"concern    {concern.id} version {concern.version}: {concern.title['en']}"
    yield f"  serves {one.requirement.id} ({state}), {parts}"


def _source(one: Trace) -> Iterator[str]:
    draft = one.draft
    yield f"source     {draft.source}, {draft.source_date}, {draft.licence}"
    yield f"  sha256 {draft.source_sha256}"
    yield f"  template {draft.template}" + (f", topic {draft.topic}" if draft.topic else "")
    if draft.mutations:
        yield f"  changed: {', '.join(draft.mutations)}"
    if draft.twin:
        yield f"  looks like {draft.twin}"
    if draft.older_than_requirement:
        issued = one.requirement.issued.isoformat()
        yield f"  older than the requirement that it serves ({issued})"


def _decisions(one: Trace) -> Iterator[str]:
    if not one.decisions:
        yield "decisions  none: nobody has decided on it"
    for entry in one.decisions:
        said = entry.decision
        undone = f" of decision {said.undoes}" if said.undoes else ""
        yield (
            f"decision   {entry.number}: {said.task}, {said.verdict}{undone} by {said.actor} "
            f"{said.reviewer} at {said.at}"
        )
        if said.answer:
            yield f"  > {said.answer}".replace("\n", "\n  > ")
        if said.flags:
            yield f"  flags: {', '.join(said.flags)}"


def _exchanges(one: Trace) -> Iterator[str]:
    if not one.exchanges:
        yield "exchange   none"
    for placed in one.exchanges:
        word = "reviewed" if placed.exchange.reviewed else "not reviewed"
        digest = f", manifest {placed.digest[:12]}" if placed.digest else ""
        yield f"exchange   {placed.place}, {placed.split}, {word}{digest}"


def _tokens(one: Trace) -> Iterator[str]:
    if not one.spans:
        yield "tokens     none"
    for span in one.spans:
        yield (
            f"tokens     {span.stage}, {span.split}/{span.domain}, {span.start} to {span.end}: "
            f"{span.learnt} of {span.end - span.start} to learn"
        )
    for read in one.reads:
        shares = ", ".join(f"{share:.1%} from {start:.0%} on" for start, share in read.weights)
        longer = f" (longer than a row of {read.row_tokens})" if read.is_too_long else ""
        yield (
            f"training   {read.stage}: {read.domain} weighs {shares}; the item was read "
            f"{read.times} times, {read.tokens} tokens{longer}"
        )
