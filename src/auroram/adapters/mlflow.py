"""MLflow: a tracking server, or a database beside the run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from auroram.adapters.tracking import needed
from auroram.ports import Tracker
from auroram.settings import settings


@settings
class Mlflow:
    """An experiment of MLflow."""

    kind: Literal["mlflow"] = "mlflow"
    packages: ClassVar[tuple[str, ...]] = ("mlflow", "sqlalchemy", "alembic")
    experiment: str = "auroram"
    """Where the run is listed."""
    address: str = "local"
    """Of the tracking server; `local` keeps everything beside the run."""

    def start(self, run: str, stage: str, folder: Path) -> Tracker:
        """Follow a stage of a run.

        Raises:
            ConfigError: where mlflow is not installed.
        """
        needed("mlflow")
        from mlflow.tracking import MlflowClient  # noqa: PLC0415 -- heavy, and an extra

        folder.mkdir(parents=True, exist_ok=True)
        local = f"sqlite:///{(folder / 'mlflow.db').resolve()}"
        client = MlflowClient(local if self.address == "local" else self.address)
        found = client.get_experiment_by_name(self.experiment)
        experiment = found.experiment_id if found else client.create_experiment(self.experiment)
        begun = client.create_run(experiment, run_name=f"{run}/{stage}")
        return _Run(client, begun.info.run_id)


class _Run:
    def __init__(self, client: Any, run: str) -> None:  # noqa: ANN401 -- untyped
        self._client = client
        self._run = run

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Tell the figures."""
        for name, value in figures.items():
            self._client.log_metric(self._run, name, value, step=step)

    def close(self, *, whole: bool) -> None:
        """End the run, as finished or as failed."""
        self._client.set_terminated(self._run, "FINISHED" if whole else "FAILED")
