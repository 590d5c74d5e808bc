"""Whose tokens each model of a recipe reads, and stages that bring models of other tokens together.

Such a stage would be refused when its turn comes: a merge after all of its models were trained.
"""

from collections.abc import Iterator

from auroram.align.preference_settings import PreferenceTuning
from auroram.align.private_settings import PrivateTuning
from auroram.config.recipe import BASE
from auroram.config.texts import Stages
from auroram.settings import StageSettings
from auroram.train.merge_settings import MergeModels, MergeSweep
from auroram.train.settings import Train
from auroram.vocabulary.settings import ExtendVocabulary, Tokens


def faults_of_vocabularies(name: str, stage: StageSettings, stages: Stages) -> Iterator[str]:
    """One sentence for each model or stage of tokens whose tokens are not the stage's own model's.

    Args:
        name: of the stage.
        stage: its settings.
        stages: all of the recipe's; of one that is wrong itself, or missing, nothing is asked.
    """
    for field, own, other in _together(stage):
        ours, theirs = _vocabulary(own, stages), _vocabulary(other, stages)
        if ours and theirs and ours != theirs:
            yield (
                f"stages.{name}.{field}: {other!r} has the tokens of {theirs!r} and {own!r} those "
                f"of {ours!r}; name stages that share their tokens"
            )


def _together(stage: StageSettings) -> Iterator[tuple[str, str, str]]:
    """Field, and the two stages that must share their tokens."""
    match stage:
        case Train():
            yield "tokens", stage.model, stage.tokens
            if stage.merge:
                yield "merge.base", stage.model, stage.merge.base
            if stage.distil:
                yield "distil.teacher", stage.model, stage.distil.teacher
        case MergeSweep():
            yield "model", stage.base, stage.model
            yield "tokens", stage.base, stage.tokens
        case MergeModels():
            for model in stage.models:
                yield f"models.{model}", stage.base, model


def _vocabulary(name: str, stages: Stages) -> str | None:
    """The stage that a model, or a stage of tokens, has its tokens from; None where unknown."""
    for _ in range(len(stages) + 1):  # stages may name one another in a ring, which is a fault too
        if name == BASE:
            return name
        match stages.get(name):
            case ExtendVocabulary():
                return name
            case (Train() | PreferenceTuning() | PrivateTuning() | Tokens()) as stage:
                name = stage.model
            case MergeModels() as stage:
                name = stage.base
            case _:
                break
    return None
