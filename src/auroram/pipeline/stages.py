"""Which code runs which settings: the one table that knows all rooms."""

from functools import partial
from pathlib import Path
from typing import Any

from auroram.corpus import stage as corpus
from auroram.corpus.retrieval import source_texts
from auroram.corpus.settings import Corpus
from auroram.evaluate import stage as evaluate
from auroram.instruct import stage as instruct
from auroram.pipeline import base
from auroram.ports import Inputs
from auroram.records.manifest import Outcome
from auroram.redteam import stage as redteam
from auroram.report import stage as report
from auroram.review import stage as review
from auroram.safety import stage as safety
from auroram.settings import StageSettings
from auroram.train import merge_stage, merge_sweep
from auroram.train import stage as train
from auroram.vocabulary import extension
from auroram.vocabulary import stage as vocabulary


def _report(settings: report.Report, inputs: Inputs, out: Path) -> Outcome:
    """Rooms never import one another, so the page is handed how to read dropped text again."""
    return report.run(settings, inputs, out, partial(source_texts, root=inputs.root))


_RUN: dict[type, Any] = {
    base.Base: base.run,
    Corpus: corpus.run,
    evaluate.Evaluate: evaluate.run,
    instruct.Instructions: instruct.run,
    merge_stage.MergeModels: merge_stage.run,
    merge_sweep.MergeSweep: merge_sweep.run,
    redteam.SafetySeed: redteam.run,
    report.Report: _report,
    review.ReleasedExchanges: review.run,
    safety.Safety: safety.run,
    train.Train: train.run,
    extension.ExtendVocabulary: extension.run,
    vocabulary.Tokens: vocabulary.run,
}


def run_stage(settings: StageSettings, inputs: Inputs, out: Path) -> Outcome:
    """Run the code that belongs to the settings."""
    outcome: Outcome = _RUN[type(settings)](settings, inputs, out)
    return outcome
