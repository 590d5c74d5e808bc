"""Runs the stages of a recipe in order; what is done is not done again.

A stage works in its own folder. `.key` says for which settings, inputs and code the unfinished
work there was made: under another key the folder is emptied first. The manifest is written
last, so a kill at any instant leaves the stage unfinished and everything before it intact.
"""

import gc
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from auroram.corpus.readers.locations import is_url
from auroram.errors import RunError, UserError
from auroram.pipeline.foresight import foresee, foresee_data, foresee_files
from auroram.pipeline.key import (
    cache_key,
    code_version,
    source_digests,
    source_states,
    source_versions,
    unchecked,
)
from auroram.pipeline.resources import environment, now, start_meter
from auroram.pipeline.run_folder import RunFolder
from auroram.pipeline.stages import code_of
from auroram.pipeline.takedown import mask_fallen
from auroram.ports import Inputs
from auroram.records.canonical import Json, plain
from auroram.records.files import UNFINISHED, sha256_of, write_text
from auroram.records.manifest import (
    MANIFEST_NAME,
    Finished,
    Manifest,
    Outcome,
    OutputFile,
    Resources,
    read_manifest,
    write_manifest,
)
from auroram.report.amounts import duration
from auroram.settings import StageSettings
from auroram.train.allocator import give_back

KEY_NAME = ".key"


def run_stages(
    stages: Mapping[str, StageSettings], folder: RunFolder, shared: Inputs
) -> dict[str, Finished]:
    """Bring every stage to its end, in order, and return them all.

    Args:
        stages: name to settings; each reads only stages before it.
        folder: of the run; must be locked by the caller.
        shared: what all stages are handed alike; the name and the earlier stages are filled in.

    Raises:
        ConfigError: where a stage does not fit the base model, before any later stage works; where
            one does not fit its tokens, before any stage trains.
        UserError: where a stage's folder holds files that no run made.
    """
    for name in stages:
        _refuse_strangers(folder.stage(name))
    foresee_files(stages, folder, shared.root)
    finished: dict[str, Finished] = {}
    for name, settings in stages.items():
        wanted = tuple(finished) if "*" in settings.reads() else settings.reads()
        earlier = {read: finished[read] for read in wanted}
        inputs = replace(shared, name=name, stages=earlier)
        if settings.kind == "train":
            foresee_data(stages, folder, replace(shared, stages=finished))
        finished[name] = run_one(settings, inputs, folder.stage(name))
        if settings.kind == "base":
            foresee(stages, finished[name].folder / "model", folder, device=shared.device)
        if settings.kind == "tokens":
            mask_fallen(finished[name], finished)
    return finished


def run_one(settings: StageSettings, inputs: Inputs, out: Path) -> Finished:
    """Bring one stage to its end in its folder; `inputs` has its name and the stages it reads."""
    digests = {name: stage.manifest.digest for name, stage in inputs.stages.items()}
    files = tuple(settings.files())
    states = source_states(inputs.root, files)
    versions, fault = _versions(files, out)
    sources = source_digests(inputs.root, files) | versions
    key = cache_key(settings, seed=inputs.seed, inputs=digests, sources=sources)
    done = _already(out, key)
    if done is not None:
        unseen = f"; not looked whether its sources changed: {fault}" if fault else ""
        inputs.progress.say(f"{inputs.name}: done already{unseen}")
        return done
    if fault:
        raise fault
    _prepare(out, key)
    resumed: Json = {"resumed": True} if _holds_work(out) else {}
    started = now()
    outcome, resources = _worked(settings, replace(inputs, key=key), out)
    if changed := states.items() ^ source_states(inputs.root, files).items():
        raise _changed(min(changed)[0], inputs.name, out)
    _remove_working_files(out)
    written = _written(out)
    manifest = Manifest(
        stage=inputs.name,
        kind=settings.kind,
        settings=plain(settings) | {"seed": inputs.seed},
        inputs=digests,
        sources=sources,
        outputs=tuple(file for file in written if file.path not in outcome.renderings),
        renderings=tuple(file for file in written if file.path in outcome.renderings),
        tallies=outcome.tallies,
        measurements=outcome.measurements,
        notices=(*outcome.notices, *unchecked(sources)),
        facts=plain(dict(outcome.facts)),
        key=key,
        resources=resources,
        environment=environment(code_version(settings.room)) | _told(outcome) | resumed,
        started_at=started,
        ended_at=now(),
    )
    write_manifest(out, manifest)
    inputs.progress.say(f"{inputs.name}: done in {duration(resources.wall_seconds)}")
    return Finished(folder=out, manifest=manifest)


def _changed(source: str, stage: str, out: Path) -> RunError:
    """That a source changed under a stage; what was made of it is not gone on with."""
    (out / KEY_NAME).unlink()
    return RunError(f"{source}: changed while {stage} read it; run again once it stays as it is")


def _worked(settings: StageSettings, inputs: Inputs, out: Path) -> tuple[Outcome, Resources]:
    """What came of the stage, and what it took."""
    run = code_of(settings)  # what importing takes is none of the stage's work
    stop = start_meter()
    try:
        outcome = run(settings, inputs, out)
    finally:
        inputs.engine.close()
        # What a stage leaves in cycles would else be there in the next.
        gc.collect()
        give_back()
    return outcome, stop(outcome.tokens, outcome.floating_point_operations)


def _versions(files: tuple[str, ...], out: Path) -> tuple[dict[str, str], RunError | None]:
    """The versions of what lies at URLs; where one cannot be reached, as they were and why.

    So that a run that is finished stays finished where there is no network.
    """
    try:
        return source_versions(files), None
    except RunError as fault:
        if not (out / MANIFEST_NAME).exists():
            raise
        recorded = read_manifest(out).sources
        return {name: recorded[name] for name in recorded if is_url(name)}, fault


def _told(outcome: Outcome) -> Json:
    """What the stage says of its own circumstances, beside the machine it ran on."""
    return {"stage": plain(dict(outcome.circumstances))} if outcome.circumstances else {}


def _already(out: Path, key: str) -> Finished | None:
    """The finished stage, where it was made under this key and its files are still there."""
    if not (out / MANIFEST_NAME).exists():
        return None
    manifest = read_manifest(out)
    whole = all(_size(out / file.path) == file.size_bytes for file in manifest.files)
    return Finished(folder=out, manifest=manifest) if manifest.key == key and whole else None


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _prepare(out: Path, key: str) -> None:
    """Keep unfinished work made under the same key, empty the folder otherwise."""
    note = out / KEY_NAME
    same = note.is_file() and note.read_text() == key and not (out / MANIFEST_NAME).exists()
    if not same:
        _refuse_strangers(out)
        # A kill in the middle of the removal must leave a folder that is known as a stage's, by its
        # note, but looks neither finished nor like work to go on with.
        write_text(note, "")
        (out / MANIFEST_NAME).unlink(missing_ok=True)
        for path in sorted(out.iterdir()):
            if path != note:
                _remove(path)
    write_text(note, key)


def _holds_work(out: Path) -> bool:
    return any(path.name != KEY_NAME for path in out.iterdir())


def _refuse_strangers(out: Path) -> None:
    """Refuse to empty a folder that holds files and was never a stage's.

    Raises:
        UserError: where there is one.
    """
    if not out.exists() or (out / KEY_NAME).is_file() or (out / MANIFEST_NAME).exists():
        return
    if not out.is_dir() or any(not _is_working(path) for path in out.iterdir()):
        raise UserError(
            f"{out}: holds files that no run made, and a stage's folder is emptied; give the run "
            "another --folder, or the stage another name"
        )


def _remove_working_files(out: Path) -> None:
    for path in sorted(out.rglob("*"), reverse=True):
        if path.name == KEY_NAME or not _is_working(path):
            continue
        _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _is_working(path: Path) -> bool:
    return path.name.startswith(".") or path.name.endswith(UNFINISHED)


def _written(out: Path) -> tuple[OutputFile, ...]:
    files = sorted(path for path in out.rglob("*") if path.is_file() and not _is_working(path))
    return tuple(
        OutputFile(
            path=path.relative_to(out).as_posix(),
            size_bytes=path.stat().st_size,
            sha256=sha256_of(path),
        )
        for path in files
        if path.name != MANIFEST_NAME
    )
