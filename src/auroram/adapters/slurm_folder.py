"""What an array job of `adapters.slurm` and its tasks leave in their folder for one another."""

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auroram.errors import AuroramError

ITEMS = "items.pickle"
"""The function and its items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The result of an item that raised an error."""

    error: AuroramError


def result_path(folder: Path, number: int) -> Path:
    """Where the result of an item appears."""
    return folder / f"result-{number}.pickle"


def read_result(folder: Path, number: int) -> Any:  # noqa: ANN401 -- whatever a function returned
    """What the function gave for an item, or `Failed`."""
    return pickle.loads(result_path(folder, number).read_bytes())
