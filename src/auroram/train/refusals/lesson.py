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

NO_PARTING = "its answers do not tell requests that are declined from those that are not"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What is to be taught."""

    requests: tuple[Request, ...]
    """What is learnt from."""
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

    def some(self, most: int) -> list[int]:
        """Numbers of a few requests of each kind in each language."""
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
    paths = [folder / "exchanges" / "train.jsonl" for folder in folders]
    exchanges = [one for path in paths if path.is_file() for one in read_exchanges(path)]
    languages = _languages(settings, exchanges, place)
    unreviewed = sum(not one.reviewed for one in exchanges if one.language in languages)
    if unreviewed and not allow_unreviewed:
        raise DataError(
            f"{place}: {unreviewed} exchanges were not reviewed by people; have them reviewed, or "
            "write allow_unreviewed = true for the stage"
        )
    requests: list[Request] = []
    left_out: dict[str, str] = {}
    for language in languages:
        if not (parting := _parting(exchanges, language, tokenizer)):
            left_out[language] = NO_PARTING
            continue
        own = [_request(one, parting, tokenizer) for one in exchanges if one.language == language]
        requests += [own[i] for i in _spread(own, settings.requests)]
    if not requests:
        raise DataError(
            f"{place}: {folders[0]} has no language with requests that are declined and others "
            "that are helped with; name a stage of safety exchanges"
        )
    return Lesson(requests=tuple(requests), left_out=left_out, unreviewed=unreviewed)


def _languages(settings: Refusals, exchanges: Sequence[Exchange], place: str) -> Sequence[str]:
    """The languages to teach, all of them with safety exchanges."""
    known = sorted({one.language for one in exchanges if one.kind != "instruction"})
    if unknown := sorted({*settings.languages} - {*known}):
        raise DataError(
            f"{place}.languages: no safety exchanges in {', '.join(unknown)}; "
            f"languages that have some are {', '.join(known)}"
        )
    return settings.languages or known


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


def _spread(requests: Sequence[Request], most: int) -> list[int]:
    """Numbers of so many of each kind in each language, or all, spread evenly over their order."""
    kinds: dict[tuple[str, bool], list[int]] = {}
    for number, one in enumerate(requests):
        kinds.setdefault((one.language, one.is_harmful), []).append(number)
    return [
        alike[i * len(alike) // count]
        for alike in kinds.values()
        for count in [min(most, len(alike))]
        for i in range(count)
    ]
