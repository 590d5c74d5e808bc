"""Which code runs which settings: the one table that knows all rooms."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from auroram.align.counterfactual import Counterfactual
from auroram.align.preference_settings import PreferenceTuning
from auroram.align.private_settings import PrivateTuning
from auroram.corpus.settings import Corpus
from auroram.evaluate.probes.settings import Probe
from auroram.evaluate.settings import Evaluate
from auroram.evaluate.tasks_settings import Tasks
from auroram.instruct.stage import Instructions
from auroram.pipeline.base import Base
from auroram.ports import Inputs
from auroram.records.manifest import Outcome
from auroram.redteam.settings import Redteam
from auroram.redteam.stage import SafetySeed
from auroram.report.stage import Report
from auroram.review.stage import ReleasedExchanges
from auroram.safety.assess_settings import Assess
from auroram.safety.settings import Bias, Extraction, Memorisation, Safety
from auroram.settings import StageSettings
from auroram.train.merge_settings import MergeModels, MergeSweep
from auroram.train.settings import Train
from auroram.vocabulary.settings import ExtendVocabulary, Tokens

CODE: Mapping[type, str] = {
    Assess: "safety.assess",
    Base: "pipeline.base",
    Bias: "safety.bias",
    Corpus: "corpus.stage",
    Counterfactual: "align.counterfactual",
    Evaluate: "evaluate.stage",
    ExtendVocabulary: "vocabulary.extension",
    Extraction: "pipeline.extraction_stage",
    Instructions: "instruct.stage",
    Memorisation: "safety.memorisation",
    MergeModels: "train.merge_stage",
    MergeSweep: "train.merge_sweep",
    PreferenceTuning: "align.preference",
    PrivateTuning: "align.private",
    Probe: "evaluate.probes.stage",
    Redteam: "redteam.build_stage",
    ReleasedExchanges: "review.stage",
    Report: "pipeline.report_stage",
    Safety: "safety.stage",
    SafetySeed: "redteam.stage",
    Tasks: "evaluate.tasks_stage",
    Tokens: "vocabulary.stage",
    Train: "train.stage",
}
"""Settings to the module whose `run` does the work. It is imported when a stage is to be run: a
stage that is done, or needs no model, does not wait for torch."""


def code_of(settings: StageSettings) -> Callable[[Any, Inputs, Path], Outcome]:
    """The `run` that belongs to the settings."""
    run: Callable[[Any, Inputs, Path], Outcome]
    run = import_module(f"auroram.{CODE[type(settings)]}").run
    return run
