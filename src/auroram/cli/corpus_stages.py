"""Which finished corpus stages a command means."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from auroram.errors import ConfigError, DataError
from auroram.pipeline.run_folder import RECIPE_NAME, RunFolder
from auroram.records.manifest import Finished

_RUNS = Path("runs")


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusStage:
    """A finished corpus stage, and where its recipe lies."""

    finished: Finished
    root: Path

    @property
    def name(self) -> str:
        """Run and stage, as a message names them."""
        return f"{self.finished.folder.parent}/{self.finished.manifest.stage}"


def add_run(parser: argparse.ArgumentParser, *, reads_text: bool) -> None:
    """Let a command be told the run, the stage and, where it reads text, the recipe's folder."""
    parser.add_argument(
        "run", type=Path, nargs="?", help="the run's folder; the runs below runs/ by default"
    )
    parser.add_argument("--stage", help="the corpus stage's name, where a run has several")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    if reads_text:
        parser.add_argument(
            "--root", type=Path, help="where the recipe's files lie now, if they were moved"
        )


def corpus_stages(arguments: argparse.Namespace) -> list[CorpusStage]:
    """The corpus stages that `add_run` let the user name.

    Raises:
        DataError: where there is none.
    """
    folders = [arguments.run] if arguments.run else _runs_here()
    every = [stage for folder in folders for stage in _stages_of(folder, arguments)]
    named = [stage for stage in every if arguments.stage in (None, stage.finished.manifest.stage)]
    if not named:
        shown = ", ".join(map(str, folders))
        known = ", ".join(stage.finished.manifest.stage for stage in every)
        wanted = f" {arguments.stage!r} (there are {known})" if every else "; run the recipe first"
        raise DataError(f"{shown}: no finished corpus stage{wanted}")
    return named


def only_stage(arguments: argparse.Namespace) -> CorpusStage:
    """The one corpus stage of `arguments.run`, or the one named by `arguments.stage`.

    Raises:
        ConfigError: where there are several and none was named.
        DataError: where there is none.
    """
    stages = corpus_stages(arguments)
    if len(stages) > 1:
        known = ", ".join(stage.finished.manifest.stage for stage in stages)
        raise ConfigError(f"{arguments.run}: has several corpus stages ({known}); add --stage NAME")
    return stages[0]


def _runs_here() -> list[Path]:
    found = sorted(path.parent for path in _RUNS.glob(f"*/{RECIPE_NAME}"))
    if not found:
        raise DataError(f"{_RUNS}: holds no run; name the folder that `auroram run` made")
    return found


def _stages_of(folder: Path, arguments: argparse.Namespace) -> list[CorpusStage]:
    run = RunFolder(folder)
    root = getattr(arguments, "root", None) or run.root()
    return [
        CorpusStage(finished=stage, root=root)
        for stage in run.finished().values()
        if stage.manifest.kind == "corpus"
    ]
