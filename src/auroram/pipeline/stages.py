"""Which code runs which settings: the one table that knows all rooms."""

from pathlib import Path
from typing import Any

from auroram.corpus import stage as corpus
from auroram.evaluate import stage as evaluate
from auroram.instruct import stage as instruct
from auroram.pipeline import base
from auroram.ports import Inputs
from auroram.records.manifest import Outcome
from auroram.redteam import stage as redteam
from auroram.report import stage as report
from auroram.safety import stage as safety
from auroram.settings import StageSettings
from auroram.train import stage as train
from auroram.vocabulary import stage as vocabulary

_RUN: dict[type, Any] = {
    base.Base: base.run,
    corpus.Corpus: corpus.run,
    evaluate.Evaluate: evaluate.run,
    instruct.Instructions: instruct.run,
    redteam.SafetySeed: redteam.run,
    report.Report: report.run,
    safety.Safety: safety.run,
    train.Train: train.run,
    vocabulary.Tokens: vocabulary.run,
}


def run_stage(settings: StageSettings, inputs: Inputs, out: Path) -> Outcome:
    """Run the code that belongs to the settings."""
    outcome: Outcome = _RUN[type(settings)](settings, inputs, out)
    return outcome
