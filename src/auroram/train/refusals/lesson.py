"""From exchanges to requests up to where their answers are settled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from auroram.errors import DataError
from auroram.model.tokenizer import Tokenizer
from auroram.records.exchange import Exchange, read_exchanges
from auroram.records.message import Message
from auroram.train.refusals.parting import parting_of
from auroram.train.refusals.reading import Request
from auroram.train.refusals.settings import Refusals

KINDS = ("harmful", "benign", "instruction")
NO_PARTING = "its answers do not tell requests that are declined from those that are not"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What is to be taught."""

    requests: tuple[Request, ...]
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

    def first(self, most: int) -> list[int]:
        """Numbers of the first requests of each kind in each language."""
        taken: dict[tuple[str, bool], list[int]] = {}
        for i, one in enumerate(self.requests):
            taken.setdefault((one.language, one.is_harmful), []).append(i)
        return [i for numbers in taken.values() for i in numbers[:most]]


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
    exchanges = [one for path in paths for one in read_exchanges(path)]
    unreviewed = sum(not one.reviewed for one in exchanges)
    if unreviewed and not allow_unreviewed:
        raise DataError(
            f"{place}: {unreviewed} exchanges were not reviewed by people; have them reviewed, or "
            "write allow_unreviewed = true for the stage"
        )
    known = sorted({one.language for one in exchanges if one.kind != "instruction"})
    if unknown := sorted({*settings.languages} - {*known}):
        raise DataError(
            f"{place}.languages: no safety exchanges in {', '.join(unknown)}; "
            f"languages that have some are {', '.join(known)}"
        )
    by_language = {
        language: _requests([e for e in exchanges if e.language == language], tokenizer, settings)
        for language in settings.languages or known
    }
    if not any(by_language.values()):
        raise DataError(
            f"{place}: {paths[0]} has no language with requests that are declined and others that "
            "are helped with; name a stage of safety exchanges"
        )
    return Lesson(
        requests=tuple(one for requests in by_language.values() for one in requests),
        left_out={tag: NO_PARTING for tag, requests in by_language.items() if not requests},
        unreviewed=unreviewed,
    )


def _requests(
    exchanges: Sequence[Exchange], tokenizer: Tokenizer, settings: Refusals
) -> list[Request]:
    """The first requests of each kind in a language; none where the answers do not part."""
    kinds = {kind: [e for e in exchanges if e.kind == kind] for kind in KINDS}
    answers = {k: tokenizer.encode_batch([e.answer for e in of]) for k, of in kinds.items()}
    parting = parting_of(answers["harmful"], answers["benign"])
    if not parting:
        return []
    return [
        Request(
            ids=(*_asked(one, tokenizer), *parting.shared),
            declining=parting.declining,
            language=one.language,
            is_harmful=one.kind == "harmful",
            template=one.template or one.id,
            group=f"{one.language} {one.kind} {one.concern}",
        )
        for of in kinds.values()
        for one in of[: settings.requests]
    ]


def _asked(exchange: Exchange, tokenizer: Tokenizer) -> list[int]:
    return tokenizer.chat([Message(role="user", content=exchange.request)], reply=True)
