"""The tables beside the documents: what all portions left, in the order of ids."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from auroram.corpus.candidates import Candidates
from auroram.corpus.decontamination import Decontaminator
from auroram.corpus.judge import side_cars
from auroram.corpus.opened import opened
from auroram.corpus.plan import Plan
from auroram.corpus.shuffle import Shuffled
from auroram.corpus.tables import GroupedWriter
from auroram.records.document import CLUSTERS, CONTAMINATED_ITEMS

_KEYS: Mapping[str, tuple[str, ...]] = {
    "clusters": ("id",),
    "contamination": ("id", "set", "start", "item"),
    "decisions": ("id", "record"),
    "opt-outs": ("id", "kind", "agent", "rule", "date"),
    "originals": ("id",),
    "personal-data": ("id", "start"),
    "removed-paragraphs": ("id", "start"),
    "signals": ("id",),
}
"""What each table is sorted by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideCar:
    """A table to be put in order."""

    name: str
    schema: pa.Schema
    paths: tuple[Path, ...]
    digits: int
    out: Path


def write_side_car(task: SideCar) -> int:
    """Write all rows in order as one Parquet file; returns how many there are."""
    rows = 0
    shuffled = Shuffled(task.paths, task.schema, _KEYS[task.name], task.digits)
    with GroupedWriter(task.out, task.schema) as writer:
        for table in shuffled.tables():
            writer.append(table)
            rows += len(table)
    return rows


def write_side_cars(plan: Plan, domains: list[Candidates], digits: int, out: Path) -> None:
    """Write every table of the stage, those of all domains together."""
    settings = plan.settings
    paths = {
        name: [portion.folder / name for portion in plan.portions]
        for name in side_cars(settings.harm, settings.decontamination)
    }
    paths["decisions"] += [domain.folder / "decisions" for domain in domains]
    paths["clusters"] = [domain.folder / "clusters" for domain in domains]
    schemas = side_cars(settings.harm, settings.decontamination) | {"clusters": CLUSTERS}
    tasks = [
        SideCar(
            name=name,
            schema=schemas[name],
            paths=tuple(some),
            digits=digits,
            out=out / f"{name}.parquet",
        )
        for name, some in paths.items()
    ]
    # The largest first, so that no worker waits for the one that was handed it last.
    tasks.sort(key=lambda task: sum(path.stat().st_size for path in task.paths), reverse=True)
    for _ in plan.inputs.engine.map(write_side_car, tasks):
        continue
    if settings.decontamination.sets:
        _write_items(plan, out)


def _write_items(plan: Plan, out: Path) -> None:
    """Write the contamination seen from the evaluations; memory holds all its rows."""
    settings, root = plan.settings.decontamination, plan.inputs.root
    judge = opened("evaluations", settings, root, Decontaminator.open)
    found = pq.read_table(out / "contamination.parquet")
    with GroupedWriter(out / "contaminated-items.parquet", CONTAMINATED_ITEMS) as writer:
        writer.append(judge.items(found))
