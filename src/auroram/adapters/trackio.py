"""Trackio: Hugging Face's local dashboard.

What it is told lies in `runs/<name>/.tracking/trackio`; to look at it, give that folder as
TRACKIO_DIR to `trackio show`.
"""

import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, ClassVar, Literal

from auroram.adapters.tracking import needed
from auroram.ports import Tracker
from auroram.settings import settings


@settings
class Trackio:
    """A project of trackio; nothing leaves the machine."""

    kind: Literal["trackio"] = "trackio"
    packages: ClassVar[tuple[str, ...]] = ("trackio",)
    project: str = "auroram"
    """Where the run is listed."""

    def start(self, run: str, stage: str, folder: Path) -> Tracker:
        """Follow a stage of a run.

        Raises:
            ConfigError: where trackio is not installed.
        """
        # The package reads its place once, when it is imported.
        os.environ.setdefault("TRACKIO_DIR", str(folder / "trackio"))
        trackio = needed("trackio")
        with redirect_stdout(sys.stderr):
            begun = trackio.init(
                project=self.project,
                name=f"{run}/{stage}",
                group=run,
                resume="allow",
                embed=False,
                auto_log_cpu=False,
                auto_log_gpu=False,
            )
        return _Run(trackio, begun)


class _Run:
    def __init__(self, trackio: Any, run: Any) -> None:  # noqa: ANN401 -- untyped
        self._trackio = trackio
        self._run = run

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Tell the figures."""
        self._run.log(dict(figures), step=step)

    def close(self, *, whole: bool) -> None:  # noqa: ARG002
        """End the run, which the package would otherwise do once more at exit.

        It goes on under its name and does not say how it ended.
        """
        with redirect_stdout(sys.stderr):
            self._trackio.finish()
