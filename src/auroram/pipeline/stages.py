"""Which code runs which settings: the one table that knows all rooms."""

from functools import partial
from pathlib import Path
from typing import Any

from auroram.align import counterfactual, preference, private
from auroram.corpus import stage as corpus
from auroram.corpus.retrieval import source_texts
from auroram.corpus.settings import Corpus
from auroram.evaluate import stage as evaluate
from auroram.evaluate import tasks_stage
from auroram.evaluate.probes import stage as probe
from auroram.instruct import stage as instruct
from auroram.pipeline import base
from auroram.pipeline.learnt import pieces_read
from auroram.ports import Inputs
from auroram.records.manifest import Outcome
from auroram.redteam import build_stage as redteam_build
from auroram.redteam import stage as redteam
from auroram.report import stage as report
from auroram.review import stage as review
from auroram.safety import assess, bias, extraction, memorisation
from auroram.safety import stage as safety
from auroram.settings import StageSettings
from auroram.train import merge_stage, merge_sweep
from auroram.train import stage as train
from auroram.vocabulary import extension
from auroram.vocabulary import stage as vocabulary


def _report(settings: report.Report, inputs: Inputs, out: Path) -> Outcome:
    """Rooms never import one another, so the page is handed how to read dropped text again."""
    return report.run(settings, inputs, out, partial(source_texts, root=inputs.root))


def _extraction(settings: extraction.Extraction, inputs: Inputs, out: Path) -> Outcome:
    """Handed what a training stage read, which only the pipeline can tell."""
    return extraction.run(settings, inputs, out, pieces_read)


_RUN: dict[type, Any] = {
    assess.Assess: assess.run,
    base.Base: base.run,
    Corpus: corpus.run,
    evaluate.Evaluate: evaluate.run,
    extraction.Extraction: _extraction,
    instruct.Instructions: instruct.run,
    probe.Probe: probe.run,
    bias.Bias: bias.run,
    counterfactual.Counterfactual: counterfactual.run,
    memorisation.Memorisation: memorisation.run,
    merge_stage.MergeModels: merge_stage.run,
    merge_sweep.MergeSweep: merge_sweep.run,
    preference.PreferenceTuning: preference.run,
    private.PrivateTuning: private.run,
    redteam.SafetySeed: redteam.run,
    redteam_build.Redteam: redteam_build.run,
    report.Report: _report,
    review.ReleasedExchanges: review.run,
    safety.Safety: safety.run,
    tasks_stage.Tasks: tasks_stage.run,
    train.Train: train.run,
    extension.ExtendVocabulary: extension.run,
    vocabulary.Tokens: vocabulary.run,
}


def run_stage(settings: StageSettings, inputs: Inputs, out: Path) -> Outcome:
    """Run the code that belongs to the settings."""
    outcome: Outcome = _RUN[type(settings)](settings, inputs, out)
    return outcome
