"""From exchanges to requests up to where their answers are settled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from auroram.errors import DataError
from auroram.model.tokenizer import Tokenizer
from auroram.records.exchange import Exchange, read_exchanges
from auroram.records.message import Message
from auroram.train.refusals.parting import Parting, parting_of
from auroram.train.refusals.reading import Request
from auroram.train.refusals.settings import Refusals

EVERY = 5
"""Of so many templates one is set apart."""
NO_PARTING = "its answers do not tell requests that are declined from those that are not"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What is to be taught."""

    requests: tuple[Request, ...]
    """What is learnt from."""
    calibration: tuple[Request, ...]
    """What decides where thresholds lie; none of their templates is among those learnt from."""
    left_out: Mapping[str, str]
    """Language to the reason why it has no part."""
    unreviewed: int
    """Exchanges that no person reviewed."""

    def notice(self, stage: str) -> str:
        """What a page says of it."""
        unreviewed = f"; no person reviewed {self.unreviewed} of them" if self.unreviewed else ""
        return (
            f"Which requests {stage} declines was settled in closed form on exchanges in "
            f"{', '.join(self.languages)}{unreviewed}."
        )

    @property
    def languages(self) -> list[str]:
        """The languages that have a part, in alphabetical order."""
        return sorted({one.language for one in self.requests})

    def some(self, most: int) -> list[Request]:
        """A few requests of each kind in each language that are learnt from."""
        return _spread(self.requests, most)


def lesson_of(
    settings: Refusals,
    folders: Sequence[Path],
    tokenizer: Tokenizer,
    *,
    place: str,
    allow_unreviewed: bool,
) -> Lesson:
    """The requests of some stages' `exchanges/train.jsonl`, up to where their answers part.

    Args:
        settings: which languages, and how many requests.
        folders: of the stages.
        tokenizer: the model's.
        place: of the settings in the recipe.
        allow_unreviewed: whether exchanges may be learnt from that no person reviewed.

    Raises:
        DataError: where no language has both kinds of requests, or exchanges were not reviewed
            and have to be.
    """
    learnt, spared = _read(folders, "train"), _read(folders, "calibration")
    languages = _languages(settings, learnt, place)
    used = [one for one in (*learnt, *spared) if one.language in languages]
    unreviewed = sum(not one.reviewed for one in used)
    if unreviewed and not allow_unreviewed:
        raise DataError(
            f"{place}: {unreviewed} exchanges were not reviewed by people; have them reviewed, or "
            "write allow_unreviewed = true for the stage"
        )
    requests: list[Request] = []
    calibration: list[Request] = []
    left_out: dict[str, str] = {}
    for language in languages:
        if not (parting := _parting(learnt, language, tokenizer)):
            left_out[language] = NO_PARTING
            continue
        own, kept = (
            [_request(one, parting, tokenizer) for one in of if one.language == language]
            for of in (learnt, spared)
        )
        # Where no stage keeps templates of this language apart, that is done here.
        own, kept = (own, kept) if kept else _set_apart(own)
        requests += _spread(own, settings.requests)
        calibration += _spread(kept, settings.calibration)
    if not requests:
        raise DataError(
            f"{place}: {folders[0]} has no language with requests that are declined and others "
            "that are helped with; name a stage of safety exchanges"
        )
    return Lesson(
        requests=tuple(requests),
        calibration=tuple(calibration),
        left_out=left_out,
        unreviewed=unreviewed,
    )


def _languages(settings: Refusals, exchanges: Sequence[Exchange], place: str) -> Sequence[str]:
    """The languages to teach, all of them with safety exchanges."""
    known = sorted({one.language for one in exchanges if one.kind != "instruction"})
    if unknown := sorted({*settings.languages} - {*known}):
        raise DataError(
            f"{place}.languages: no safety exchanges in {', '.join(unknown)}; "
            f"languages that have some are {', '.join(known)}"
        )
    return settings.languages or known


def _read(folders: Sequence[Path], split: str) -> list[Exchange]:
    """The exchanges of a split, from the stages that have it."""
    paths = [folder / "exchanges" / f"{split}.jsonl" for folder in folders]
    return [one for path in paths if path.is_file() for one in read_exchanges(path)]


def _parting(exchanges: Sequence[Exchange], language: str, tokenizer: Tokenizer) -> Parting | None:
    """Where the answers of a language part."""
    answers = {
        kind: tokenizer.encode_batch(
            [one.answer for one in exchanges if (one.language, one.kind) == (language, kind)]
        )
        for kind in ("harmful", "benign")
    }
    return parting_of(answers["harmful"], answers["benign"])


def _request(exchange: Exchange, parting: Parting, tokenizer: Tokenizer) -> Request:
    asked = [Message(role="user", content=exchange.request)]
    return Request(
        ids=(*tokenizer.chat(asked, reply=True), *parting.shared),
        declining=parting.declining,
        language=exchange.language,
        is_harmful=exchange.kind == "harmful",
        template=exchange.template or exchange.id,
    )


def _set_apart(requests: Sequence[Request]) -> tuple[list[Request], list[Request]]:
    """Those to learn from, and those of every `EVERY`th template of a kind, from the second on."""
    numbers: dict[bool, dict[str, int]] = {True: {}, False: {}}
    for one in requests:
        templates = numbers[one.is_harmful]
        templates.setdefault(one.template, len(templates))
    parts: tuple[list[Request], list[Request]] = ([], [])
    for one in requests:
        parts[numbers[one.is_harmful][one.template] % EVERY == 1].append(one)
    return parts


def _spread(requests: Sequence[Request], most: int) -> list[Request]:
    """So many requests of each kind in each language, or all, spread evenly over their order."""
    kinds: dict[tuple[str, bool], list[Request]] = {}
    for one in requests:
        kinds.setdefault((one.language, one.is_harmful), []).append(one)
    return [
        alike[i * len(alike) // count]
        for alike in kinds.values()
        for count in [min(most, len(alike))]
        for i in range(count)
    ]
