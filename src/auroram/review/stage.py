"""Stage `release`: the exchanges of a release, for a stage of tokens to take."""

from collections import Counter
from pathlib import Path
from typing import ClassVar, Literal

from auroram.ports import Inputs
from auroram.records.exchange import Exchange, write_exchanges
from auroram.records.manifest import Outcome, Tally
from auroram.records.release import DECISIONS, FACTS, ITEMS, Released
from auroram.review.release.reading import Release, read_release
from auroram.settings import settings

DOMAIN = "safety"


@settings
class ReleasedExchanges:
    """Takes a release that `auroram review release` made, after checking all of it."""

    kind: Literal["release"] = "release"
    room: ClassVar[str] = "review"
    folder: str
    """The release's folder, relative to the recipe."""

    def reads(self) -> tuple[str, ...]:
        """None: a release stands on its own."""
        return ()

    def files(self) -> tuple[str, ...]:
        """What the release says; its list of files names the digests of the rest."""
        return tuple(f"{self.folder}/{name}" for name in (FACTS, ITEMS, DECISIONS))


def run(settings: ReleasedExchanges, inputs: Inputs, out: Path) -> Outcome:
    """Write `exchanges/{train,test}.jsonl`.

    An exchange counts as reviewed where a person chose its answer, and no training stage takes
    the others without the recipe's explicit word.

    Raises:
        DataError: where the folder holds no release.
        IntegrityError: where a file of it was changed.
    """
    release = read_release(inputs.path(settings.folder))
    for split in ("train", "test"):
        own = [_exchange(item) for item in release.items if item.split == split]
        write_exchanges(out / "exchanges" / f"{split}.jsonl", own)
    facts = release.facts
    return Outcome(
        tallies=tuple(_tallies(release)),
        notices=_notices(release),
        facts={
            "release": facts.name,
            "release_digest": facts.digest,
            "log_number": facts.log_number,
            "log_sha256": facts.log_sha256,
            "decisions_by_people": facts.decisions_by_people,
            "decisions_by_software": facts.decisions_by_software,
        },
    )


def _exchange(item: Released) -> Exchange:
    return Exchange(
        id=item.id,
        domain=DOMAIN,
        language=item.language,
        request=item.request,
        answer=item.answer,
        kind=item.kind,
        concern=item.concern,
        template=item.template,
        attack=item.attack,
        source=item.source,
        licence=item.licence,
        reviewed=item.reviewed,
    )


def _notices(release: Release) -> tuple[str, ...]:
    facts = release.facts
    if not facts.unreviewed:
        return ()
    return (
        f"Of the {facts.accepted} safety exchanges of release {facts.name}, {facts.unreviewed} "
        "were decided by software alone and reviewed by no person.",
    )


def _tallies(release: Release) -> list[Tally]:
    counts = Counter(
        (item.language, item.concern or "general", item.split, item.reviewed)
        for item in release.items
    )
    return [
        Tally(
            step="released",
            domain=language,
            source=concern,
            outcome=split,
            reason="" if reviewed else "not reviewed by a person",
            unit="exchanges",
            value=value,
        )
        for (language, concern, split, reviewed), value in sorted(counts.items())
    ]
