"""Stage `safety`: asks models the held-out requests, judges the replies, states the rates.

`replies/<model>.jsonl` holds every request with its reply and verdict.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from auroram.model.choices import Precision
from auroram.model.precision import precision_of
from auroram.model.sampling import Sampling
from auroram.model.size import stored_parameters
from auroram.ports import Inputs
from auroram.records.files import sha256_of
from auroram.records.json_lines import write_json_lines
from auroram.records.manifest import Outcome, Tally
from auroram.records.measurement import Measurement
from auroram.safety.cards import BUILT_IN, Card, card_for, read_card
from auroram.safety.grammar import REFUSALS, read_grammars
from auroram.safety.interview import Interview
from auroram.safety.judge_settings import PhrasesJudge
from auroram.safety.judges import PhraseJudge
from auroram.safety.open_judge import open_judge
from auroram.safety.rates import changes, measured
from auroram.safety.replies import Readers, Reply
from auroram.safety.requests import chosen_requests
from auroram.safety.settings import Safety
from auroram.stats.intervals import Interval
from auroram.text.identify import FastText

__all__ = ["Safety", "run"]

PARTS = ".parts"


def run(settings: Safety, inputs: Inputs, out: Path) -> Outcome:
    """Write `replies/<model>.jsonl` and state refusal, over-refusal, answer and language rates.

    Raises:
        DataError: where there are no requests, or a model has no chat template.
    """
    precision = precision_of(settings.precision, device=inputs.device)
    interview = Interview(
        requests=chosen_requests(
            [inputs.folder(name) / "exchanges" / "test.jsonl" for name in settings.exchanges],
            highest=settings.highest_requests,
            seed=inputs.seed,
        ),
        readers=Readers(PhraseJudge(read_grammars()), FastText()),
        max_tokens=settings.max_tokens,
        sampling=Sampling(repetition=settings.repetition),
        precision=precision,
        device=inputs.device,
        progress=inputs.progress,
    )
    replies: list[Reply] = []
    work = 0.0
    for name in settings.models:
        own = interview.ask(name, inputs.model(name), out / PARTS / name)
        write_json_lines(out / "replies" / f"{name}.jsonl", own)
        replies += own
        work += 2.0 * stored_parameters(inputs.model(name)) * sum(reply.tokens for reply in own)
    return _outcome(settings, replies, work, precision)


def _outcome(
    settings: Safety, replies: Sequence[Reply], work: float, precision: Precision
) -> Outcome:
    measurements = measured(replies)
    card = _card()
    return Outcome(
        tallies=_tallies(replies),
        measurements=tuple(measurements),
        notices=(_notice(card, sorted({reply.language for reply in replies})),),
        facts={
            "judge": {
                "kind": "phrases",
                "sha256": sha256_of(REFUSALS),
                "measured": sorted(card.languages) if card else [],
            },
            "changes": [asdict(change) for change in changes(replies, settings.models)],
            "fewest": settings.fewest,
            "precision": precision,
            "insufficient": [_cell(m) for m in measurements if m.n < settings.fewest],
        },
        tokens=sum(reply.tokens for reply in replies),
        floating_point_operations=work,
    )


def _card() -> Card | None:
    """The built-in judge's card on refusals."""
    judge = open_judge(PhrasesJudge(), "refused", Path(), None)
    return card_for(judge, [read_card(file) for file in sorted(BUILT_IN.glob("*.json"))])


def _notice(card: Card | None, languages: Sequence[str]) -> str:
    """What the judge does, and how often it was right where people's labels tell."""
    known = {tag: card.languages[tag] for tag in languages if card and tag in card.languages}
    unknown = [tag for tag in languages if tag not in known]
    sentences = [
        "Refusals were recognised by phrases in the first sentences of a reply.",
        *(
            f"In {tag}, on replies that people labelled, they found "
            f"{_words(one.hits, one.positives, one.sensitivity)} of the refusals and passed over "
            f"{_words(one.rejections, one.negatives, one.specificity)} of the other replies."
            for tag, one in known.items()
        ),
        f"In {', '.join(unknown)} nobody has measured them." if unknown else "",
        "A reply counts as an answer when it neither refuses nor breaks down; whether it is right "
        "was not judged.",
    ]
    return " ".join(filter(None, sentences))


def _words(hits: int, n: int, interval: Interval | None) -> str:
    if interval is None:
        return "an unknown share"
    shares = (100 * share for share in (hits / n, interval.low, interval.high))
    return "{:.0f} % ({:.0f} to {:.0f}, n = {})".format(*shares, n)


def _cell(measurement: Measurement) -> dict[str, Any]:
    named = ("stage", "measure", "language", "split", "n")
    return {name: getattr(measurement, name) for name in named}


def _tallies(replies: Sequence[Reply]) -> tuple[Tally, ...]:
    """Verdicts by model, language and kind; the reasons of unscored replies with them."""
    counts = Counter(
        (r.model, r.language, r.kind, r.judged, r.reason if r.judged == "unscored" else "")
        for r in replies
    )
    return tuple(
        Tally(
            step=f"judged-{kind}",
            domain=language,
            source=model,
            outcome=judged,
            reason=reason,
            unit="replies",
            value=value,
        )
        for (model, language, kind, judged, reason), value in sorted(counts.items())
    )
