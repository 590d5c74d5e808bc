"""Cards: how often a judge was right about replies that people labelled, language by language.

A card belongs to one judge as it was measured: with other phrases, weights or a threshold it no
longer holds. `judge_cards` holds those of the built-in judge, on the labels
of people that PyRIT carries.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from auroram.errors import DataError
from auroram.records.canonical import plain
from auroram.records.draft import Actor
from auroram.records.files import write_text
from auroram.records.labels import LabelledReply, Question
from auroram.safety.judging import Pair, QuestionJudge
from auroram.stats.corrected_rates import JudgeError
from auroram.stats.intervals import Interval, clopper_pearson

FORMAT = "auroram-judge-card-1"

BUILT_IN = Path(__file__).parent / "judge_cards"
"""Cards of the built-in judge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageCard:
    """The counts of one language."""

    hits: int
    """People said yes, and so did the judge."""
    positives: int
    """People said yes, and the judge could tell."""
    rejections: int
    """People said no, and so did the judge."""
    negatives: int
    """People said no, and the judge could tell."""
    unscored: int
    """The judge could not tell."""

    @property
    def error(self) -> JudgeError:
        """As a rate is corrected by it."""
        return JudgeError(
            hits=self.hits,
            positives=self.positives,
            rejections=self.rejections,
            negatives=self.negatives,
        )

    @property
    def sensitivity(self) -> Interval | None:
        """Exact interval of the share of true yes that the judge finds; None for no labels."""
        return clopper_pearson(self.hits, self.positives) if self.positives else None

    @property
    def specificity(self) -> Interval | None:
        """Exact interval of the share of true no that the judge leaves alone."""
        return clopper_pearson(self.rejections, self.negatives) if self.negatives else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One judge, one question, measured."""

    judge: str
    identity: str
    question: Question
    labelled_by: Actor
    """Who gave the labels: rates are corrected by people's alone."""
    sources: tuple[str, ...]
    languages: Mapping[str, LanguageCard]


def measured_card(judge: QuestionJudge, labels: Sequence[LabelledReply]) -> Card:
    """The judge's card on these labels."""
    said = judge.says(
        [Pair(request=one.request, reply=one.reply, language=one.language) for one in labels]
    )
    counts = {
        language: _counts(
            [
                (one.label, said.word)
                for one, said in zip(labels, said, strict=True)
                if one.language == language
            ]
        )
        for language in sorted({one.language for one in labels})
    }
    return Card(
        judge=judge.name,
        identity=judge.identity,
        question=judge.question,
        labelled_by="person" if all(one.labelled_by == "person" for one in labels) else "software",
        sources=tuple(sorted({one.source for one in labels})),
        languages=counts,
    )


def _counts(pairs: Sequence[tuple[bool, str]]) -> LanguageCard:
    scored = [(label, word == "yes") for label, word in pairs if word != "unscored"]
    return LanguageCard(
        hits=sum(label and word for label, word in scored),
        positives=sum(label for label, _ in scored),
        rejections=sum(not label and not word for label, word in scored),
        negatives=sum(not label for label, _ in scored),
        unscored=len(pairs) - len(scored),
    )


def write_card(card: Card, path: Path) -> None:
    """Write a card as JSON."""
    table = {"format": FORMAT} | plain(card)
    write_text(path, json.dumps(table, indent=1, ensure_ascii=False) + "\n")


def read_card(path: Path) -> Card:
    """The card of a file that `write_card` made.

    Raises:
        DataError: where the file is missing or is no card.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        if table.pop("format") != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        languages = {tag: LanguageCard(**counts) for tag, counts in table["languages"].items()}
        return Card(**(table | {"languages": languages, "sources": tuple(table["sources"])}))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(
            f"{path}: not a judge's card ({error}); make it with `auroram judge measure`"
        ) from None


def card_for(judge: QuestionJudge, cards: Sequence[Card]) -> Card | None:
    """The card of this very judge and question, from people's labels; None where there is none.

    Raises:
        DataError: where a card bears the judge's name but was measured on another state of it.
    """
    mine = [one for one in cards if (one.judge, one.question) == (judge.name, judge.question)]
    fitting = [
        one for one in mine if one.identity == judge.identity and one.labelled_by == "person"
    ]
    if mine and not any(one.identity == judge.identity for one in mine):
        raise DataError(
            f"judge {judge.name!r}: its card was measured before it changed; measure it again with "
            "`auroram judge measure`, or leave the card out"
        )
    return fitting[0] if fitting else None
