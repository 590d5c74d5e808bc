"""The scored items of a run's models, from whichever stages asked them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from auroram.errors import DataError
from auroram.pipeline.run_folder import RunFolder
from auroram.records.canonical import Json
from auroram.records.item_file import ITEMS, read_items
from auroram.records.scored_item import ScoredItem

CONTAMINATED = "contaminated-items.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredModel:
    """One model of a run with all that it was asked."""

    run: RunFolder
    name: str
    items: Sequence[ScoredItem]

    def seen(self) -> set[str]:
        """Evaluation items that the run's corpus stages found in their documents."""
        found: set[str] = set()
        for stage in self.run.finished().values():
            path = stage.folder / CONTAMINATED
            if path.is_file():
                rows = pq.read_table(path, columns=["item", "documents"])
                found |= {
                    item
                    for item, documents in zip(
                        rows["item"].to_pylist(), rows["documents"].to_pylist(), strict=True
                    )
                    if documents
                }
        return found

    def tasks(self) -> dict[str, Json]:
        """What the stages that put tasks say of each task, by name."""
        told = (stage.manifest.facts.get("tasks", {}) for stage in self.run.finished().values())
        return {name: about for tasks in told for name, about in tasks.items()}

    def asked_at(self) -> datetime:
        """When the last of the stages that asked it began."""
        stages = self.run.finished().values()
        began = [one.manifest.started_at for one in stages if (one.folder / ITEMS).is_dir()]
        return datetime.fromisoformat(max(began))


def scored_model(place: str) -> ScoredModel:
    """The model that `RUN` or `RUN:MODEL` names; without a name the last one that was asked.

    Raises:
        DataError: where the run has no scored items, or none of that model.
    """
    folder, _, name = place.rpartition(":")
    if not folder or Path(place).is_dir():
        folder, name = place, ""
    run = RunFolder(Path(folder))
    items = [one for stage in run.finished().values() for one in read_items(stage.folder)]
    asked = sorted({(one.tokens_seen, one.model) for one in items})
    if not asked:
        raise DataError(
            f"{folder}: no scored items; add a stage of kind evaluate, probe or tasks and run it"
        )
    names = [model for _, model in asked]
    if name and name not in names:
        raise DataError(f"{folder}: no model {name!r} was asked; known: {', '.join(names)}")
    chosen = name or names[-1]
    own = [one for one in items if one.model == chosen]
    return ScoredModel(run=run, name=chosen, items=own)
