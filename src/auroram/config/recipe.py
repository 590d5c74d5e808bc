"""The recipe: what a run is made of. Its unions are the registry of what a file can name."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from auroram.adapters.embedded import Embedded
from auroram.adapters.folder import FolderModel
from auroram.adapters.gguf import GgufModel
from auroram.adapters.hub import HubModel
from auroram.adapters.mlflow import Mlflow
from auroram.adapters.ray import Ray
from auroram.adapters.slurm import Slurm
from auroram.adapters.tensorboard import TensorBoard
from auroram.adapters.trackio import Trackio
from auroram.adapters.wandb import WeightsAndBiases
from auroram.adapters.wheel import WheelModel
from auroram.align.counterfactual import Counterfactual
from auroram.align.preference_settings import PreferenceTuning
from auroram.align.private_settings import PrivateTuning
from auroram.corpus.settings import Corpus
from auroram.evaluate.probes.settings import Probe
from auroram.evaluate.settings import Evaluate
from auroram.evaluate.tasks_settings import Tasks
from auroram.instruct.stage import Instructions
from auroram.model.choices import DeviceChoice
from auroram.redteam.settings import Redteam
from auroram.redteam.stage import SafetySeed
from auroram.report.stage import Report
from auroram.review.stage import ReleasedExchanges
from auroram.safety.assess_settings import Assess
from auroram.safety.settings import Bias, Extraction, Memorisation, Safety
from auroram.settings import Count, settings
from auroram.train.merge_settings import MergeModels, MergeSweep
from auroram.train.settings import Train
from auroram.vocabulary.settings import ExtendVocabulary, Tokens

AnyBase = Annotated[WheelModel | FolderModel | HubModel | GgufModel, Field(discriminator="kind")]
"""Where a base model can come from."""

AnyEngine = Annotated[Embedded | Ray | Slurm, Field(discriminator="kind")]
"""What can spread the work of a stage. The kind is `embedded` where a recipe names none."""

AnyTracker = Annotated[
    TensorBoard | WeightsAndBiases | Mlflow | Trackio, Field(discriminator="kind")
]
"""What can follow the steps of a stage that trains."""

AnyStage = Annotated[
    Corpus
    | Instructions
    | SafetySeed
    | Redteam
    | ReleasedExchanges
    | ExtendVocabulary
    | Tokens
    | Train
    | MergeModels
    | MergeSweep
    | Evaluate
    | Probe
    | Tasks
    | Safety
    | Assess
    | Counterfactual
    | PreferenceTuning
    | PrivateTuning
    | Memorisation
    | Extraction
    | Bias
    | Report,
    Field(discriminator="kind"),
]
"""The stages that a recipe can name by `kind`."""

BASE = "base"
"""The name under which stages read the base model."""


@settings
class Recipe:
    """A whole run: a base model and the stages that follow it, in order."""

    name: str
    """Names the run's folder, `runs/<name>`."""
    seed: Count = 0
    """Decides every order, split and sample that is drawn."""
    engine: AnyEngine = Embedded()
    """What spreads the work over processes or machines. A circumstance: it changes no output."""
    device: DeviceChoice = "auto"
    """Where models are computed. A circumstance, though floats are rounded otherwise there."""
    trackers: tuple[AnyTracker, ...] = ()
    """What follows the steps of stages that train. A circumstance: it changes no output."""
    base: AnyBase | None = None
    """The model to begin with; a recipe whose stages read none, such as a corpus, leaves it out."""
    chat_template: str = ""
    """A Jinja file, relative to the recipe, that stands in the place of the base model's own chat
    template from the first stage on; most models that are not tuned to chat have none."""
    stages: Mapping[str, AnyStage]
    """Stage name to settings, in the order in which they run."""

    def files(self) -> tuple[str, ...]:
        """What is read beside the recipe, apart from what the stages read."""
        return (self.chat_template,) if self.chat_template else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedRecipe:
    """A recipe that has been checked, and where it was read."""

    recipe: Recipe
    root: Path
    """The folder of the first file: relative paths in the recipe start here."""
    command: str
    """What was typed after `auroram run`, so that messages can say how to go on."""
