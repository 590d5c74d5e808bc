"""auroram evaluate MODEL TASK [TASK ...]"""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from auroram.adapters.completions import open_completions
from auroram.adapters.embedded import Embedded
from auroram.adapters.folder import check_model_folder
from auroram.cli.columns import columns
from auroram.cli.numbers import at_least
from auroram.cli.progress import Display
from auroram.errors import ConfigError
from auroram.evaluate.programs.settings import UNCONFINED, Programs
from auroram.evaluate.tasks.catalog import known_names
from auroram.evaluate.tasks_settings import Tasks
from auroram.evaluate.tasks_stage import Candidate, at_endpoints, examine
from auroram.evaluate.weights import tokens_seen, weights_digest
from auroram.pipeline.run_folder import RECIPE_NAME, RunFolder
from auroram.pipeline.run_models import LAST, made_model
from auroram.ports import Inputs
from auroram.records.canonical import plain
from auroram.records.endpoint import Endpoint
from auroram.records.files import write_text
from auroram.records.measurement import Measurement

MODEL = "model"
"""The name of the one model in items, answers and figures."""


def parser() -> argparse.ArgumentParser:
    """What `auroram evaluate` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram evaluate",
        description="Puts tasks to one model, without a recipe. What was answered is kept in the "
        "folder --out; a second command asks only what is missing.",
    )
    result.add_argument(
        "model",
        nargs="?",
        help="a Hugging Face folder, a run's stage (runs/quickstart:cat; the last model of "
        "runs/quickstart alone), or an endpoint (http://localhost:8000/v1, with --served)",
    )
    result.add_argument("tasks", nargs="*", help="names, or paths of task files")
    result.add_argument("--list", action="store_true", help="name the tasks that are there")
    result.add_argument(
        "--out",
        type=Path,
        help="where items and answers go; runs/evaluations/<model> by default",
    )
    result.add_argument("--folder", action="append", default=[], help="a folder with task files")
    result.add_argument(
        "--data", action="append", default=[], metavar="TASK=PATH", help="a task's data"
    )
    result.add_argument(
        "--limit", type=at_least(1), help="items of each task, from the first on; all by default"
    )
    result.add_argument(
        "--shots",
        type=at_least(0),
        help="worked examples before each question; as the task says by default",
    )
    result.add_argument(
        "--repeats",
        type=at_least(1),
        help="programs to each prompt, for pass@k; as the task says by default",
    )
    result.add_argument(
        "--slices",
        type=at_least(1),
        default=1,
        help="processes that share the items; 1 by default",
    )
    result.add_argument(
        "--seed", type=int, default=0, help="of replies that are drawn; 0 by default"
    )
    result.add_argument("--served", default="", help="name of the model at the endpoint")
    result.add_argument(
        "--unconfined", default="", help=f"say {UNCONFINED!r} if there is no bubblewrap"
    )
    return result


def main(arguments: argparse.Namespace) -> int:
    """Evaluate, and print a line for each figure."""
    folders = [Path(one) for one in arguments.folder]
    if arguments.list:
        print("\n".join(known_names(folders)))
        return 0
    if not arguments.model or not arguments.tasks:
        raise ConfigError("evaluate: name a model and at least one task; --list shows the tasks")
    settings = _settings(arguments)
    inputs = Inputs(
        root=Path(),
        name="evaluate",
        seed=arguments.seed,
        stages={},
        progress=Display(sys.stderr),
        engine=Embedded(workers=arguments.slices).start(Path()),
        open_examinee=open_completions,
    )
    candidates = at_endpoints(settings) or [_candidate(arguments.model)]
    out = arguments.out or Path("runs", "evaluations", re.sub(r"[^\w.-]+", "-", arguments.model))
    outcome = examine(candidates, settings, inputs, out)
    write_text(out / "measurements.json", json.dumps(plain(outcome.measurements), indent=1) + "\n")
    print("\n".join(_lines(outcome.measurements)))
    print(f"items and answers: {out}", file=sys.stderr)
    return 0


def _settings(arguments: argparse.Namespace) -> Tasks:
    named = [one.partition("=") for one in arguments.data]
    if wrong := [task for task, equals, path in named if not equals or not path]:
        raise ConfigError(f"--data {wrong[0]}: no path; write TASK=PATH")
    try:
        endpoints = {}
        if arguments.model.startswith(("http://", "https://")):
            if not arguments.served:
                raise ConfigError(
                    f"evaluate {arguments.model}: say with --served which model of it"
                )
            endpoints = {MODEL: Endpoint(url=arguments.model, model=arguments.served)}
        return Tasks(
            models=() if endpoints else (MODEL,),
            endpoints=endpoints,
            tasks=tuple(arguments.tasks),
            folders=tuple(arguments.folder),
            data={task: path for task, _, path in named},
            limit=arguments.limit,
            shots=arguments.shots,
            repeats=arguments.repeats,
            slices=arguments.slices,
            programs=Programs(unconfined=arguments.unconfined),
        )
    except ValueError as error:
        raise ConfigError(f"evaluate: {error}") from None


def _candidate(model: str) -> Candidate:
    """A model folder, a run's last model, or that of a stage of it."""
    run, colon, stage = model.rpartition(":")
    place = Path(run if colon else model)
    if not colon and not (place / RECIPE_NAME).is_file():
        check_model_folder(place)
        return Candidate(name=MODEL, run=weights_digest(place), place=place)
    finished = RunFolder(place).finished()
    made = finished[made_model(RunFolder(place), finished, stage if colon else LAST)]
    folder, seen = made.folder / "model", tokens_seen(made)
    return Candidate(name=MODEL, run=weights_digest(folder), tokens_seen=seen, place=folder)


def _lines(measurements: Sequence[Measurement]) -> list[str]:
    """The figures as a table."""
    rows = [("task", "measure", "value", "95 % interval", "n")]
    for one in measurements:
        interval = "" if one.low is None else f"{one.low:.4f} to {one.high:.4f}"
        rows.append((one.split, one.measure, f"{one.value:.4f}", interval, str(one.n)))
    return columns(rows)
