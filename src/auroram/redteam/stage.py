"""Stage `safety-seed`: harmful requests with refusals, and look-alikes with helpful answers."""

from collections import Counter
from pathlib import Path
from typing import ClassVar, Literal

from auroram.ports import Inputs
from auroram.records.concerns import CONCERNS
from auroram.records.exchange import Exchange, write_exchanges
from auroram.records.files import write_bytes
from auroram.records.manifest import Outcome, Tally
from auroram.redteam.drafting import Caps, drafted
from auroram.redteam.seed_data import Split, read_seed, seeded_languages
from auroram.settings import Count, PositiveFloat, settings
from auroram.tokens.permutation import key_of

NOTICE = (
    "The safety requests, refusals and look-alikes were written by the project and were not "
    "reviewed by people."
)
SPLITS: tuple[Split, ...] = ("train", "test")


@settings
class SafetySeed:
    """Seed safety data on the six concerns of Executive Order 14110, split by template."""

    kind: Literal["safety-seed"] = "safety-seed"
    room: ClassVar[str] = "redteam"
    languages: tuple[str, ...] = ("en", "fi", "hi", "ja", "vi")
    """Languages of the requests; each needs seed data."""
    train_requests: Count = 20
    """Most harmful requests for training, for each concern and language."""
    test_requests: Count = 8
    """Most harmful requests for measuring, for each concern and language."""
    benign_ratio: PositiveFloat = 1.0
    """Benign look-alikes for each harmful request."""

    def __post_init__(self) -> None:
        if not self.languages:
            raise ValueError("languages must name at least one")
        if unknown := sorted({*self.languages} - {*seeded_languages()}):
            raise ValueError(
                f"languages: no requests in {', '.join(unknown)}; "
                f"languages with seed data are {', '.join(seeded_languages())}"
            )

    def reads(self) -> tuple[str, ...]:
        """None: the seed data comes with the package."""
        return ()

    def files(self) -> tuple[str, ...]:
        """None: the seed data comes with the package."""
        return ()


def run(settings: SafetySeed, inputs: Inputs, out: Path) -> Outcome:
    """Write `exchanges/{train,test}.jsonl`, and what the concerns are.

    Raises:
        DataError: where a language has no seed data, or its data is not as it should be.
    """
    seeds = [read_seed(language) for language in settings.languages]
    requests = {"train": settings.train_requests, "test": settings.test_requests}
    tallies: list[Tally] = []
    for split in SPLITS:
        caps = Caps(harmful=requests[split], benign=round(requests[split] * settings.benign_ratio))
        key = key_of(inputs.seed, "safety-seed", split)
        exchanges = [item for seed in seeds for item in drafted(seed, split, caps, key=key)]
        write_exchanges(out / "exchanges" / f"{split}.jsonl", exchanges)
        tallies += _tallies(exchanges, split)
    write_bytes(out / CONCERNS.name, CONCERNS.read_bytes())
    return Outcome(tallies=tuple(tallies), notices=(NOTICE,))


def _tallies(exchanges: list[Exchange], split: str) -> list[Tally]:
    counts = Counter((item.language, item.concern or "general", item.kind) for item in exchanges)
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
        for (language, concern, kind), value in sorted(counts.items())
    ]
