"""Stage `memorisation`: what a model gives away of the secrets that it was trained on.

Exposure is how much sooner than chance a secret would be guessed, in bits: the base-2 logarithm
of the number of candidates over the secret's rank among them by likelihood. The candidates are the
secret and `references` others that were drawn alike and never trained on. `extracted` is a secret
that the model says when it is asked.

Source: Carlini et al. 2019, arXiv:1802.08232, with the sampled estimate of its section 4.3.
"""

import math
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from transformers import PreTrainedModel

from auroram.model.folder import load_model
from auroram.model.generation import generate, reply_text
from auroram.model.scoring import token_nats
from auroram.model.tokenizer import Tokenizer, load_tokenizer
from auroram.ports import Inputs
from auroram.records.canary import Canary, read_canaries
from auroram.records.json_lines import read_json_lines, write_json_lines
from auroram.records.manifest import Outcome
from auroram.records.measurement import Measurement
from auroram.records.message import Message
from auroram.safety.settings import Memorisation
from auroram.stats.clustered import mean_estimate
from auroram.stats.intervals import clopper_pearson
from auroram.text.secrets import LENGTH, secret

SPLIT = "canaries"
PARTS = ".parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """One canary as one model sees it."""

    model: str
    language: str
    question: str
    rank: int
    """1 where no reference is likelier."""
    exposure_bits: float
    extracted: bool
    """Whether the model's own reply begins with the secret."""


def run(settings: Memorisation, inputs: Inputs, out: Path) -> Outcome:
    """Write `exposures.jsonl`; state exposure and the share of secrets extracted, by language."""
    canaries = read_canaries(inputs.folder(settings.canaries) / "canaries.jsonl")
    found: list[Exposed] = []
    for name in settings.models:
        part = out / PARTS / f"{name}.jsonl"
        if not part.exists():
            write_json_lines(part, _exposed(name, inputs.model(name), canaries, settings, inputs))
        found += [Exposed(**line) for line in read_json_lines(part)]
    write_json_lines(out / "exposures.jsonl", [asdict(one) for one in found])
    return Outcome(
        measurements=tuple(_measurements(found)),
        facts={"references": settings.references, "canaries": len(canaries)},
    )


def _exposed(
    name: str, folder: Path, canaries: Sequence[Canary], settings: Memorisation, inputs: Inputs
) -> list[Exposed]:
    model, tokenizer = load_model(folder, inputs.device), load_tokenizer(folder)
    inputs.progress.start(f"secrets of {name}", total=len(canaries), unit="secrets")
    generator = random.Random(f"references:{inputs.seed}")
    found = []
    for canary in canaries:
        others = [secret(generator) for _ in range(settings.references)]
        nats = secret_nats(model, tokenizer, canary.question, [canary.secret, *others])
        rank = 1 + sum(other <= nats[0] for other in nats[1:])
        asked = tokenizer.chat([Message(role="user", content=canary.question)], reply=True)
        said = generate(model, tokenizer, [asked], max_tokens=4 * LENGTH)[0]
        found.append(
            Exposed(
                model=name,
                language=canary.language,
                question=canary.question,
                rank=rank,
                exposure_bits=math.log2((settings.references + 1) / rank),
                extracted=reply_text(tokenizer, said).strip().startswith(canary.secret),
            )
        )
        inputs.progress.advance(1)
    return found


def secret_nats(
    model: PreTrainedModel, tokenizer: Tokenizer, question: str, candidates: Sequence[str]
) -> list[float]:
    """How surprising each candidate is to the model as the answer to the question."""
    rows = [tokenizer.exchange(question, candidate) for candidate in candidates]
    width = max(4, *(len(ids) for ids, _ in rows))
    nats = token_nats(model, [ids for ids, _ in rows], context_tokens=width)
    return [
        float(sum(value for value, wanted in zip(values, mask[1:], strict=True) if wanted))
        for values, (_, mask) in zip(nats, rows, strict=True)
    ]


def _measurements(found: Sequence[Exposed]) -> Iterator[Measurement]:
    groups: dict[tuple[str, str], list[Exposed]] = defaultdict(list)
    for one in found:
        groups[one.model, one.language].append(one)
        groups[one.model, "all"].append(one)
    for (model, language), among in groups.items():
        bits = [one.exposure_bits for one in among]
        estimate = mean_estimate(bits)
        ends = estimate.interval() if estimate else None
        yield Measurement(
            stage=model,
            measure="canary_exposure",
            language=language,
            value=sum(bits) / len(bits),
            low=ends.low if ends else None,
            high=ends.high if ends else None,
            n=len(bits),
            unit="bits",
            split=SPLIT,
        )
        extracted = sum(one.extracted for one in among)
        exact = clopper_pearson(extracted, len(among))
        yield Measurement(
            stage=model,
            measure="secrets_extracted",
            language=language,
            value=extracted / len(among),
            low=exact.low,
            high=exact.high,
            n=len(among),
            unit="share",
            split=SPLIT,
        )
