"""Steps with a bad loss: what counts as one, and what becomes of it.

A step is bad where its loss or gradient is not a number, and, where the recipe says so, where
either stands out from the steps before it. `events.jsonl` names each with its samples and what was
done. All of it follows from the reports of the steps, so that a resumed stage judges as the whole
one does: what is needed for that is read back from the logs.

Source: restarting before a spike and leaving its samples out: Chowdhery et al. 2022 (PaLM),
arXiv:2204.02311, section 5.1. They leave out hundreds of steps, as a spike comes of samples and
weights together; here each bad step is left out alone, and the next one judged anew.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from auroram.records.canonical import Json
from auroram.train.parts import Handling, Spikes
from auroram.train.step import StepReport


@dataclass(frozen=True, slots=True, kw_only=True)
class _Good:
    step: int
    loss: float
    gradient_norm: float


@dataclass(slots=True, kw_only=True)
class Watch:
    """Judges the steps of a stage, and knows which were left out."""

    handling: Handling = "stop"
    most: int = 0
    """Bad steps that are left out before the stage stops all the same."""
    spikes: Spikes | None = None
    skipped: set[int] = field(default_factory=set)
    """Numbers of the steps that were left out, counted from 0."""
    _good: list[_Good] = field(default_factory=list)

    def read_back(self, folder: Path, log_bytes: Mapping[str, int]) -> None:
        """Remember what the logs say up to where a checkpoint was made."""
        trained = _read(folder / "training.jsonl", log_bytes.get("training", 0))
        self._good = [
            _Good(step=one["step"] - 1, loss=one["loss"], gradient_norm=one["gradient_norm"])
            for one in trained
        ]
        events = _read(folder / "events.jsonl", log_bytes.get("events", 0))
        self.skipped = {one["step"] - 1 for one in events}

    def fault(self, report: StepReport) -> str | None:
        """What is wrong with a step; None where nothing is."""
        if not report.is_finite:
            return "not a number"
        if self.spikes is None or len(self._good) < self.spikes.window or not report.targets:
            return None
        last = self._good[-self.spikes.window :]
        if report.loss > self.spikes.loss * fmean([one.loss for one in last]):
            return "spike of the loss"
        if report.gradient_norm > self.spikes.gradient_norm * fmean(
            [one.gradient_norm for one in last]
        ):
            return "spike of the gradient"
        return None

    def good(self, step: int, report: StepReport) -> None:
        """Remember a step that moved the weights."""
        self._good.append(_Good(step=step, loss=report.loss, gradient_norm=report.gradient_norm))

    def forget_from(self, step: int) -> None:
        """Forget good steps that will be done again."""
        self._good = [one for one in self._good if one.step < step]

    def notices(self, stage: str) -> tuple[str, ...]:
        """A sentence where steps were left out."""
        if not self.skipped:
            return ()
        return (
            f"{stage} left out {len(self.skipped)} steps with a bad loss; its events.jsonl names "
            "their samples.",
        )

    def moved(self, step: int) -> int:
        """How many of the first `step` steps moved the weights."""
        return step - sum(one < step for one in self.skipped)


def event(
    step: int, report: StepReport, *, fault: str, done: str, samples: Sequence[object]
) -> Json:
    """The line of `events.jsonl` for a bad step, counted from 0; figures that are none are null."""
    return {
        "step": step + 1,
        "fault": fault,
        "done": done,
        "loss": _number(report.loss),
        "gradient_norm": _number(report.gradient_norm),
        "samples": list(samples),
    }


def _read(path: Path, size: int) -> list[Json]:
    if not size:
        return []
    with path.open("rb") as file:
        return [json.loads(line) for line in file.read(size).splitlines()]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
