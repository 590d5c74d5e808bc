"""Stage `redteam`: requests on every concern, with drafted answers that wait for people.

`drafts.jsonl` goes to review. `exchanges/{train,test}.jsonl` holds the same as exchanges that
nobody reviewed, which training refuses without the recipe's explicit word. `dropped.jsonl` says
what became no draft, and why; `twins-wanted.jsonl` asks people for the look-alikes that are
missing; `concerns.toml` is the taxonomy that the concerns are of.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from auroram.ports import Inputs
from auroram.records.concerns import CONCERNS, read_taxonomy
from auroram.records.draft import Draft, write_drafts
from auroram.records.exchange import Exchange, write_exchanges
from auroram.records.files import write_bytes
from auroram.records.json_lines import write_json_lines
from auroram.records.manifest import Outcome, Tally
from auroram.redteam.build import Built, build
from auroram.redteam.drafting import DOMAIN
from auroram.redteam.language import read_language
from auroram.redteam.relevance import MEASURED
from auroram.redteam.settings import Redteam
from auroram.redteam.stage import SPLITS

__all__ = ["Redteam", "run"]

NOTICE = "The drafted safety requests and answers were not reviewed by people."
PARTS = ".parts"
WANTED = "twins-wanted.jsonl"


def run(settings: Redteam, inputs: Inputs, out: Path) -> Outcome:
    """Write the drafts, the exchanges that they would make, and what was left out.

    Raises:
        DataError: where a language, a concern, a framework or a prompt set is not as it should be.
        RunError: where a package or an endpoint cannot be reached.
    """
    built = build(settings, inputs, out / PARTS)
    write_drafts(out / "drafts.jsonl", built.drafts)
    write_json_lines(out / "dropped.jsonl", built.dropped)
    write_json_lines(out / WANTED, built.wanted)
    for split in SPLITS:
        chosen = (_exchange(draft) for draft in built.drafts if draft.split == split)
        write_exchanges(out / "exchanges" / f"{split}.jsonl", chosen)
    write_bytes(out / CONCERNS.name, CONCERNS.read_bytes())
    checked = {code: list(read_language(code).checked_by) for code in settings.languages}
    return Outcome(
        tallies=(*_drafted(built.drafts), *_left_out(built)),
        notices=_notices(settings, built, checked),
        facts={
            "checked_by": checked,
            "checks": dict(Counter(check for one in built.drafts for check in one.checks)),
            "answers_replaced": built.replaced,
            "published_requests": built.published,
            "published_without_look_alike": len(built.wanted),
        },
    )


def _exchange(draft: Draft) -> Exchange:
    return Exchange(
        id=draft.id,
        domain=DOMAIN,
        language=draft.language,
        request=draft.request,
        answer=draft.answer,
        kind=draft.kind,
        concern=draft.concern,
        template=draft.template,
        attack=draft.attack,
        source=draft.source,
        licence=draft.licence,
        reviewed=False,
    )


def _drafted(drafts: Sequence[Draft]) -> list[Tally]:
    counts = Counter((one.language, one.concern, one.split, one.kind) for one in drafts)
    return [
        Tally(
            step="drafted",
            domain=language,
            source=concern,
            outcome=split,
            reason=kind,
            unit="exchanges",
            value=value,
        )
        for (language, concern, split, kind), value in sorted(counts.items())
    ]


def _left_out(built: Built) -> list[Tally]:
    counts = Counter((one.language, one.concern or "*", one.reason) for one in built.dropped)
    return [
        Tally(
            step="requests",
            domain=language,
            source=concern,
            outcome="dropped",
            reason=reason,
            unit="requests",
            value=value,
        )
        for (language, concern, reason), value in sorted(counts.items())
    ]


def _notices(settings: Redteam, built: Built, checked: dict[str, list[str]]) -> tuple[str, ...]:
    drafts = built.drafts
    unread = [code for code, people in checked.items() if not people]
    older = sum(one.older_than_requirement for one in drafts)
    framework = read_taxonomy().framework(settings.requirement)
    sentences = [NOTICE]
    if unread:
        sentences.append(f"No native reader has checked the templates in {', '.join(unread)}.")
    if older:
        sentences.append(
            f"{older} of {len(drafts)} requests are from sources older than {framework.id} "
            f"({framework.issued.isoformat()}), which they are to serve."
        )
    by_words = [name for name, prompts in settings.imports.items() if not prompts.category]
    if by_words:
        sentences.append(
            f"Words alone told the concerns of the prompts of {', '.join(by_words)}: {MEASURED}; a "
            "set with categories of its own should name them."
        )
    if built.wanted:
        sentences.append(
            f"{len(built.wanted)} of {built.published} published requests have no harmless "
            f"look-alike; {WANTED} asks people to write them."
        )
    return tuple(sentences)
