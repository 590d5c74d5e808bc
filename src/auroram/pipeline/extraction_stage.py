"""Extraction's stage, handed what a training stage read, which only the pipeline can tell."""

from pathlib import Path

from auroram.pipeline.learnt import pieces_read
from auroram.ports import Inputs
from auroram.records.manifest import Outcome
from auroram.safety import extraction
from auroram.safety.settings import Extraction


def run(settings: Extraction, inputs: Inputs, out: Path) -> Outcome:
    """Ask the models."""
    return extraction.run(settings, inputs, out, pieces_read)
