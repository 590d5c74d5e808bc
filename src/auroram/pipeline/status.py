"""What a run has done so far, as plain values for a terminal or a program."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from auroram.pipeline.learnt import notices as takedown_notices
from auroram.pipeline.run_folder import RunFolder
from auroram.records.canonical import Json, plain
from auroram.records.manifest import Finished

_TAIL_BYTES = 1 << 16
"""That a line of a training log does not reach."""


def status(folder: RunFolder) -> Json:
    """State of every stage, and every measurement.

    A stage is `done`, `unfinished` (its folder holds work without a manifest) or `waiting`. One
    that trains has, while it is unfinished, the `step`, `tokens` and `loss` (nats a target) of its
    last step, and when that was (`at`, UTC).
    """
    finished = folder.finished()
    return {
        "run": str(folder.path),
        "stages": [_state(folder, name, finished.get(name)) for name in folder.stage_names()],
        "measurements": [
            plain(measurement)
            for stage in finished.values()
            for measurement in stage.manifest.measurements
        ],
        "notices": [*notices(finished), *takedown_notices(finished)],
    }


def notices(finished: dict[str, Finished]) -> list[str]:
    """What every page must say, each sentence once, in the order of the stages."""
    sentences = [line for stage in finished.values() for line in stage.manifest.notices]
    return list(dict.fromkeys(sentences))


def _state(folder: RunFolder, name: str, stage: Finished | None) -> Json:
    if stage is None:
        begun = folder.stage(name).is_dir()
        state = {"stage": name, "state": "unfinished" if begun else "waiting"}
        return state | _last_step(folder.stage(name) / "training.jsonl")
    manifest = stage.manifest
    return {
        "stage": name,
        "state": "done",
        "kind": manifest.kind,
        "digest": manifest.digest,
        "circumstances_digest": manifest.circumstances_digest,
        "seconds": manifest.resources.wall_seconds,
        "tokens": manifest.resources.tokens,
        "peak_memory_bytes": manifest.resources.peak_memory_bytes,
        "floating_point_operations": manifest.resources.floating_point_operations,
        "energy_joules": manifest.resources.energy_joules,
        "method": manifest.resources.method,
        "uncounted": manifest.uncounted,
        "told": manifest.environment.get("stage", {}),
    }


def _last_step(log: Path) -> Json:
    """What the last whole line of a training log says; nothing where there is none."""
    try:
        with log.open("rb") as file:
            status = os.fstat(file.fileno())
            file.seek(max(0, status.st_size - _TAIL_BYTES))
            lines = file.read().split(b"\n")[:-1]
    except FileNotFoundError:
        return {}
    if not lines:
        return {}
    step = json.loads(lines[-1])
    at = datetime.fromtimestamp(status.st_mtime, UTC).isoformat(timespec="seconds")
    return {name: step[name] for name in ("step", "tokens", "loss")} | {"at": at}
