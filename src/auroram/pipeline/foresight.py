"""Stages that would be refused once their turn comes are refused before the first one works.

A recipe may read for hours before it trains. The kinds of its sources' files, the tasks that its
stages name, and what they read beside the recipe, are looked at before anything else. What they
ask of the model, its tokenizer, the ranks and the device is held against the base's own files as
soon as they are there; what they ask of their tokens, before the first one trains.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from signal import SIG_IGN, SIGINT, signal
from typing import TypeAlias

from auroram.corpus.ahead import check_identifier, check_sources
from auroram.corpus.settings import Corpus
from auroram.errors import ConfigError, DataError
from auroram.evaluate.asked_tasks import asked_tasks
from auroram.evaluate.probes.settings import Probe
from auroram.evaluate.settings import Evaluate
from auroram.evaluate.tasks_settings import Tasks
from auroram.garbage import search_rarely
from auroram.model.choices import Device
from auroram.pipeline.key import deciding
from auroram.pipeline.run_folder import RunFolder
from auroram.ports import Inputs
from auroram.records.manifest import MANIFEST_NAME, read_manifest
from auroram.safety.ahead import file_checks
from auroram.safety.assess_settings import Assess
from auroram.settings import StageSettings
from auroram.train.merge_settings import MergeSweep
from auroram.train.ranks.count import check_ranks
from auroram.train.ranks.world import world_size
from auroram.train.settings import Train
from auroram.vocabulary.ahead import check_ahead as check_vocabulary
from auroram.vocabulary.settings import ExtendVocabulary, Tokens

Shaped: TypeAlias = Train | MergeSweep | Evaluate | Probe
"""Settings of a stage that asks something of the model's shape."""


def foresee_files(stages: Mapping[str, StageSettings], folder: RunFolder, root: Path) -> None:
    """Refuse stages of a run whose own files or tasks cannot be used, before the first one works.

    Args:
        stages: of the recipe.
        folder: of the run.
        root: the recipe's folder.

    Raises:
        ConfigError: naming the stages and what is wrong.
    """
    faults = [
        f"stages.{name}: {fault}"
        for name, stage in _ahead(stages, folder).items()
        for fault in _told(_file_checks(stage, root))
    ]
    if faults:
        raise ConfigError("\n  ".join(faults))


def _file_checks(stage: StageSettings, root: Path) -> Iterator[Callable[[], object]]:
    if isinstance(stage, Corpus):
        yield partial(check_sources, stage, root)
        for tag, language in stage.languages.items():
            yield partial(check_identifier, language, tag, root)
    if isinstance(stage, Tasks):
        yield partial(asked_tasks, stage, root)
    if isinstance(stage, Assess):
        yield from file_checks(stage, root)


def foresee(
    stages: Mapping[str, StageSettings], model: Path, folder: RunFolder, *, device: Device
) -> None:
    """Refuse stages of a run whose settings do not fit the model that all begin with.

    Stages that are done with the same settings are not asked again.

    Args:
        stages: of the recipe.
        model: a folder with the base's config.json and tokenizer.
        folder: of the run.
        device: where models are computed.

    Raises:
        ConfigError: naming every setting that does not fit.
        DataError: where the model's files cannot be read.
    """
    ahead = _ahead(stages, folder)
    faults = _told(
        partial(check_vocabulary, stage, model, name)
        for name, stage in ahead.items()
        if isinstance(stage, Tokens | ExtendVocabulary)
    )
    trained = {name: one for name, one in ahead.items() if isinstance(one, Train | MergeSweep)}
    if trained:
        ranks = world_size()
        # Ranks need torch from the start, and so does a stage that trains and is the next one.
        apart = ranks == 1 and next(iter(ahead)) not in trained
        measured = {n: one for n, one in ahead.items() if isinstance(one, Evaluate | Probe)}
        both = trained | measured
        faults += _faults_of_training(both, model, ranks=ranks, device=device, apart=apart)
    if faults:
        raise ConfigError("\n  ".join(faults))


def foresee_ranks(
    stages: Mapping[str, StageSettings], model: Path | None, folder: RunFolder, *, ranks: int
) -> None:
    """Refuse stages of a run that so many ranks cannot train together, before any rank is there.

    Args:
        stages: of the recipe.
        model: a folder with the base's config.json; None to ask nothing of the model.
        folder: of the run.
        ranks: that are to be started.

    Raises:
        ConfigError: naming every setting that does not fit.
        DataError: where the model's files cannot be read.
    """
    trained = {name: one for name, one in _ahead(stages, folder).items() if isinstance(one, Train)}
    faults = _told(partial(check_ranks, stage, ranks, name) for name, stage in trained.items())
    if model and trained and not faults:
        faults = _faults_of_training(trained, model, ranks=ranks, device=None, apart=True)
    if faults:
        raise ConfigError("\n  ".join(faults))


def foresee_data(stages: Mapping[str, StageSettings], folder: RunFolder, shared: Inputs) -> None:
    """Refuse stages of a run whose settings do not fit their tokens, before the first one trains.

    Args:
        stages: of the recipe.
        folder: of the run.
        shared: with the stages that are done, the tokens among them.

    Raises:
        ConfigError: naming every setting that does not fit.
    """
    trained = {name: one for name, one in _ahead(stages, folder).items() if isinstance(one, Train)}
    if not trained:
        return
    from auroram.train.data_ahead import faults_of_data  # noqa: PLC0415 -- heavy

    if faults := list(faults_of_data(trained, shared)):
        raise ConfigError("\n  ".join(faults))


def _ahead(stages: Mapping[str, StageSettings], folder: RunFolder) -> dict[str, StageSettings]:
    """The stages that are not done with the same settings."""
    return {n: stage for n, stage in stages.items() if not _is_done(stage, folder.stage(n))}


def _is_done(settings: StageSettings, out: Path) -> bool:
    if not (out / MANIFEST_NAME).exists():
        return False
    recorded, wanted = read_manifest(out).settings, deciding(settings)
    return all(name in recorded and recorded[name] == wanted[name] for name in wanted)


def _told(checks: Iterable[Callable[[], object]]) -> list[str]:
    """What is wrong with the settings, of checks that raise where one does not fit."""
    faults = []
    for check in checks:
        try:
            check()
        except (ConfigError, DataError) as error:
            faults.append(str(error))
    return faults


def _faults_of_training(
    stages: Mapping[str, Shaped],
    model: Path,
    *,
    ranks: int,
    device: Device | None,
    apart: bool,
) -> list[str]:
    """What is wrong; `apart` from a process of its own, unless this one has torch already.

    Stages that need no torch would otherwise hold its memory to their end.
    """
    if not apart or "torch" in sys.modules:
        return _faults(stages, model, ranks, device)
    context = get_context("spawn")
    with ProcessPoolExecutor(1, context, initializer=_begin) as pool:
        return pool.submit(_faults, stages, model, ranks, device).result()


def _begin() -> None:
    """In the other process: who interrupts this one has no words for that one."""
    signal(SIGINT, SIG_IGN)
    search_rarely()


def _faults(
    stages: Mapping[str, Shaped], folder: Path, ranks: int, device: Device | None
) -> list[str]:
    from auroram.evaluate.ahead import check_ahead as check_windows  # noqa: PLC0415 -- heavy
    from auroram.model.stored import weightless_model  # noqa: PLC0415 -- heavy
    from auroram.train.ahead import check_ahead  # noqa: PLC0415 -- heavy

    model = weightless_model(folder)
    return _told(
        partial(check_windows, settings, model, name)
        if isinstance(settings, Evaluate | Probe)
        else partial(check_ahead, settings, model, name, ranks=ranks, device=device)
        for name, settings in stages.items()
    )
