"""Weights & Biases, offline unless the recipe says otherwise."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from auroram.adapters.tracking import needed
from auroram.ports import Tracker
from auroram.settings import settings


@settings
class WeightsAndBiases:
    """A project of Weights & Biases."""

    kind: Literal["wandb"] = "wandb"
    packages: ClassVar[tuple[str, ...]] = ("wandb",)
    project: str = "auroram"
    """Where the run is listed."""
    online: bool = False
    """Whether figures are sent while the stage works; else `wandb sync` sends them later."""

    def start(self, run: str, stage: str, folder: Path) -> Tracker:
        """Follow a stage of a run.

        Raises:
            ConfigError: where wandb is not installed.
        """
        wandb = needed("wandb")
        folder.mkdir(parents=True, exist_ok=True)
        return _Run(
            wandb.init(
                project=self.project,
                name=f"{run}/{stage}",
                group=run,
                dir=folder,
                mode="online" if self.online else "offline",
                reinit="create_new",
                settings=wandb.Settings(silent=True, console="off"),
            )
        )


class _Run:
    def __init__(self, run: Any) -> None:  # noqa: ANN401 -- untyped
        self._run = run

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Tell the figures. Steps that are done again do not go back, so the step is one too."""
        self._run.log({**figures, "step": step})

    def close(self, *, whole: bool) -> None:
        """End the run, as finished or as failed."""
        self._run.finish(exit_code=0 if whole else 1)
