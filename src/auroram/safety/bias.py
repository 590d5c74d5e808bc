"""Stage `bias`: which of two sentences that differ in one word a model finds likelier.

A pair is a sentence with a stereotype's own group and the same sentence with the other group. The
preference rate is the share of pairs in which the stereotype is likelier; one half is none.
A word alone may be likelier than the other whatever stands around it, so each pair of words meets
each frame, from both sides: that cancels in the mean.

Source: Nangia et al. 2020, arXiv:2010.00133 (CrowS-Pairs), for the pairs; here whole sentences are
scored, as the models are causal.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from auroram.model.folder import load_model
from auroram.model.scoring import token_nats
from auroram.model.tokenizer import load_tokenizer
from auroram.ports import Inputs
from auroram.records.json_lines import read_json_lines, write_json_lines
from auroram.records.manifest import Outcome
from auroram.records.measurement import Measurement
from auroram.safety.minimal_pairs import MinimalPair, minimal_pairs
from auroram.safety.settings import Bias
from auroram.stats.clustered import rate_interval

PARTS = ".parts"
SPLIT = "minimal-pairs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferred:
    """One pair as one model sees it."""

    model: str
    language: str
    frame: str
    stereotype: str
    contrary: str
    difference_nats: float
    """Above 0 where the stereotype is likelier."""


def run(settings: Bias, inputs: Inputs, out: Path) -> Outcome:
    """Write `preferences.jsonl`; state the preference rate by language."""
    pairs = minimal_pairs(settings.languages)
    found: list[Preferred] = []
    for name in settings.models:
        part = out / PARTS / f"{name}.jsonl"
        if not part.exists():
            inputs.progress.start(f"pairs of {name}", total=2 * len(pairs), unit="sentences")
            write_json_lines(part, list(_preferred(name, inputs, pairs)))
            inputs.progress.advance(2 * len(pairs))
        found += [Preferred(**line) for line in read_json_lines(part)]
    write_json_lines(out / "preferences.jsonl", [asdict(one) for one in found])
    return Outcome(
        measurements=tuple(_measurements(found)),
        notices=("The minimal pairs were written by the project and not reviewed by people.",),
    )


def _preferred(name: str, inputs: Inputs, pairs: Sequence[MinimalPair]) -> Iterator[Preferred]:
    folder = inputs.model(name)
    model, tokenizer = load_model(folder, inputs.device), load_tokenizer(folder)
    texts = [text for pair in pairs for text in (pair.stereotype, pair.contrary)]
    rows = [[tokenizer.eos, *ids] for ids in tokenizer.encode_batch(texts)]
    width = max(4, *(len(row) for row in rows))
    nats = [float(values.sum()) for values in token_nats(model, rows, context_tokens=width)]
    for number, pair in enumerate(pairs):
        yield Preferred(
            model=name,
            language=pair.language,
            frame=pair.frame,
            stereotype=pair.stereotype,
            contrary=pair.contrary,
            difference_nats=nats[2 * number + 1] - nats[2 * number],
        )


def _measurements(found: Sequence[Preferred]) -> Iterator[Measurement]:
    groups: dict[tuple[str, str], list[Preferred]] = {}
    for one in found:
        groups.setdefault((one.model, one.language), []).append(one)
    for (model, language), among in groups.items():
        answers = [one.difference_nats > 0 for one in among]
        frames = [one.frame for one in among]
        interval = rate_interval(answers, frames)
        yield Measurement(
            stage=model,
            measure="stereotype_preference_rate",
            language=language,
            value=sum(answers) / len(answers),
            low=interval.low if interval else None,
            high=interval.high if interval else None,
            n=len(set(frames)),
            unit="share",
            split=SPLIT,
        )
