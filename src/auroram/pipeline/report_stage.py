"""The report's stage, handed how to read dropped text again: rooms never import one another."""

from functools import partial
from pathlib import Path

from auroram.corpus.retrieval import source_texts
from auroram.ports import Inputs
from auroram.records.manifest import Outcome
from auroram.report import stage
from auroram.report.stage import Report


def run(settings: Report, inputs: Inputs, out: Path) -> Outcome:
    """Draw the page."""
    return stage.run(settings, inputs, out, partial(source_texts, root=inputs.root))
