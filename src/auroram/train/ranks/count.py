"""What a number of ranks refuses of a stage's settings: asked before torch is there."""

from auroram.errors import ConfigError
from auroram.train.ranks.mesh import check_rows
from auroram.train.settings import Train


def check_ranks(settings: Train, ranks: int, name: str) -> None:
    """Refuse a stage that so many ranks cannot share out, or that only one process can do.

    Raises:
        ConfigError: naming the setting.
    """
    check_rows(settings.mesh, world=ranks, rows=settings.rows, place=f"stages.{name}")
    if settings.snapshots and ranks > 1:
        raise ConfigError(
            f"stages.{name}.snapshots: for one process ({ranks} ranks train); leave it out and "
            "follow validation.jsonl"
        )
    if settings.optimizer.kind == "muon" and ranks > settings.mesh.pipeline:
        raise ConfigError(
            f"stages.{name}.optimizer: muon needs whole matrices, which {ranks} ranks share out; "
            "take kind 'adamw', or train with one process"
        )
