"""Which kinds of stages make what others ask for, so that a wrong name is a fault of the recipe."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from auroram.align.counterfactual import Counterfactual
from auroram.align.preference_settings import PreferenceTuning
from auroram.align.private_settings import PrivateTuning
from auroram.config.recipe import BASE
from auroram.config.texts import Stages
from auroram.corpus.settings import Corpus
from auroram.instruct.stage import Instructions
from auroram.redteam.settings import Redteam
from auroram.redteam.stage import SafetySeed
from auroram.review.stage import ReleasedExchanges
from auroram.settings import StageSettings
from auroram.train.merge_settings import MergeModels
from auroram.train.settings import Train
from auroram.vocabulary.settings import ExtendVocabulary, Tokens

MODEL = "model"

MAKERS: Mapping[str, tuple[type, ...]] = {
    "documents": (Corpus,),
    "exchanges": (Instructions, SafetySeed, Redteam, ReleasedExchanges, Counterfactual),
    MODEL: (ExtendVocabulary, Train, MergeModels, PreferenceTuning, PrivateTuning),
    "tokens": (Tokens,),
}
"""What a stage may make to the settings of those that do."""

ASKED: Mapping[str, str] = {
    "base": MODEL,
    "distil.teacher": MODEL,
    "documents": "documents",
    "exchanges": "exchanges",
    "merge.base": MODEL,
    "model": MODEL,
    "models": MODEL,
    "refusals.exchanges": "exchanges",
    "tokens": "tokens",
    "trained": MODEL,
}
"""Field of a stage, or of a table in it, to what it asks of the stages that it names."""


def wrong_makers(name: str, stage: StageSettings, stages: Stages) -> Iterator[str]:
    """One sentence for each stage that is named and makes something else than it is asked for.

    Args:
        name: of the stage.
        stage: its settings.
        stages: all of the recipe's; of one that is wrong itself, or missing, nothing is asked.
    """
    for field, asked in ASKED.items():
        for one in _named(stage, field):
            if not _makes(one, asked, stages):
                earlier = takewhile(lambda before: before != name, stages)
                known = [maker for maker in [BASE, *earlier] if _makes(maker, asked, stages)]
                do = f"name one that does ({', '.join(known)})" if known else "add one that does"
                yield f"stages.{name}.{field}: {one!r} makes no {asked}; {do}"


def _named(stage: StageSettings, field: str) -> Sequence[str]:
    """The stages that a field names; it may stand in a table (`merge.base`) that is left out."""
    given: Any = stage
    for part in field.split("."):
        given = getattr(given, part, None)
    return [given] if isinstance(given, str) else given or ()


def _makes(name: str, asked: str, stages: Stages) -> bool:
    """Whether a stage makes what is asked; so may one of which nothing is known."""
    if name == BASE:
        return asked == MODEL
    return stages.get(name) is None or isinstance(stages[name], MAKERS[asked])
