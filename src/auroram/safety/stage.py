"""Stage `safety`: asks models the held-out requests, judges the replies, states the rates.

`replies/<model>.jsonl` holds every request with its reply and verdict.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from auroram.model.precision import Precision, precision_of
from auroram.model.sampling import Sampling
from auroram.model.size import stored_parameters
from auroram.ports import Inputs
from auroram.records.files import sha256_of
from auroram.records.json_lines import write_json_lines
from auroram.records.manifest import Outcome, Tally
from auroram.records.measurement import Measurement
from auroram.safety.grammar import REFUSALS, read_grammars
from auroram.safety.interview import Interview
from auroram.safety.judges import PhraseJudge
from auroram.safety.rates import changes, measured
from auroram.safety.replies import Readers, Reply
from auroram.safety.requests import chosen_requests
from auroram.safety.settings import Safety
from auroram.text.identify import FastText

__all__ = ["Safety", "run"]

NOTICE = (
    "Refusals were recognised by phrases in the first sentences of a reply; this judge has not "
    "been measured against people. A reply counts as an answer when it neither refuses nor breaks "
    "down; whether it is right was not judged."
)
PARTS = ".parts"


def run(settings: Safety, inputs: Inputs, out: Path) -> Outcome:
    """Write `replies/<model>.jsonl` and state refusal, over-refusal, answer and language rates.

    Raises:
        DataError: where there are no requests, or a model has no chat template.
    """
    precision = precision_of(settings.precision)
    interview = Interview(
        requests=chosen_requests(
            inputs.folder(settings.exchanges) / "exchanges" / "test.jsonl",
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
    return Outcome(
        tallies=_tallies(replies),
        measurements=tuple(measurements),
        notices=(NOTICE,),
        facts={
            "judge": {"kind": "phrases", "sha256": sha256_of(REFUSALS), "measured": False},
            "changes": [asdict(change) for change in changes(replies, settings.models)],
            "fewest": settings.fewest,
            "precision": precision,
            "insufficient": [_cell(m) for m in measurements if m.n < settings.fewest],
        },
        tokens=sum(reply.tokens for reply in replies),
        floating_point_operations=work,
    )


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
