"""TensorBoard: event files beside the run, for `tensorboard --logdir runs/<name>/.tracking`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from auroram.adapters.tracking import needed
from auroram.ports import Tracker
from auroram.settings import settings


@settings
class TensorBoard:
    """Event files that TensorBoard reads; nothing leaves the machine."""

    kind: Literal["tensorboard"] = "tensorboard"
    packages: ClassVar[tuple[str, ...]] = ("tensorboard",)

    def start(self, run: str, stage: str, folder: Path) -> Tracker:  # noqa: ARG002
        """Follow a stage of a run.

        Raises:
            ConfigError: where tensorboard is not installed.
        """
        needed("tensorboard")
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 -- heavy, and an extra

        return _Events(SummaryWriter(str(folder / "tensorboard" / stage)))


class _Events:
    def __init__(self, writer: Any) -> None:  # noqa: ANN401 -- untyped
        self._writer = writer

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Write the figures down."""
        for name, value in figures.items():
            self._writer.add_scalar(name, value, step)

    def close(self, *, whole: bool) -> None:  # noqa: ARG002
        """Write out what is still in memory; event files do not say how a run ended."""
        self._writer.close()
