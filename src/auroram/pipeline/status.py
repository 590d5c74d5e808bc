"""What a run has done so far, as plain values for a terminal or a program."""

from auroram.pipeline.learnt import notices as takedown_notices
from auroram.pipeline.run_folder import RunFolder
from auroram.records.canonical import Json, plain
from auroram.records.manifest import Finished


def status(folder: RunFolder) -> Json:
    """State of every stage, and every measurement.

    A stage is `done`, `unfinished` (its folder holds work without a manifest) or `waiting`.
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
        return {"stage": name, "state": "unfinished" if begun else "waiting"}
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
        "told": manifest.environment.get("stage", {}),
    }
