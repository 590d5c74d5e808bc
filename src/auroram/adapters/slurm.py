"""The engine of a Slurm cluster: one array job a map, whose tasks share the items out.

The machines need this package in the same Python and the run's folder under the same path, on
a file system that they share. A map is a folder:

    items.pickle          the function and its items, written here
    job.sh                the script that `sbatch` was given
    result-<n>.pickle     what item n gave, or the error it raised, written by its task

Items are pickled and not JSON: they are our own settings and paths, which only their classes can
read back. No pickle comes from outside: the folder is closed to other users, and the script
states the digest of the items, which a task checks before it reads them.
"""

import hashlib
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from shlex import quote
from typing import Any, Literal

from auroram.adapters.slurm_folder import ITEMS, Failed, read_result, result_path
from auroram.errors import RunError
from auroram.ports import Engine, Item, Result
from auroram.records.files import write_bytes, write_text
from auroram.settings import Positive, PositiveFloat, settings


@settings
class Slurm:
    """Array jobs on a Slurm cluster."""

    kind: Literal["slurm"] = "slurm"
    partition: str = ""
    """Where jobs are queued; the cluster's default where left empty."""
    time: str = "04:00:00"
    """Longest time of an array task, as `sbatch` reads it."""
    memory: str = "8G"
    """Of an array task."""
    workers: Positive = 16
    """Tasks of the array; each works on its share of the items, one after another."""
    options: tuple[str, ...] = ()
    """Further lines for the script, without `#SBATCH`, such as `--account=project_1`."""
    poll_seconds: PositiveFloat = 2.0
    """How long to wait between two looks at the folder."""
    patience: Positive = 30
    """Looks at an empty queue after which results that are missing are given up."""

    def start(self, folder: Path) -> Engine:
        """The engine; its jobs' folders are made in `folder`."""
        return SlurmArray(self, folder)


class SlurmArray:
    """An engine of Slurm array jobs."""

    def __init__(self, settings: Slurm, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self.workers = settings.workers

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """The result of each item, in the order of the items.

        Raises:
            RunError: where a job cannot be queued, or ended without giving all results.
        """
        if not items:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=self._folder)).resolve()  # only its owner may enter
        job = self._submit(folder, function, items)
        done = False
        try:
            for number in range(len(items)):
                yield self._result(folder, number, job)
            done = True
        finally:
            if not done:
                subprocess.run(["scancel", job], capture_output=True, check=False)
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Jobs end by themselves."""

    def _submit(self, folder: Path, function: Callable[..., object], items: Sequence[Item]) -> str:
        content = pickle.dumps((function, list(items)))
        write_bytes(folder / ITEMS, content)
        tasks = min(self.workers, len(items))
        write_text(folder / "job.sh", self._script(folder, tasks, content))
        try:
            command = ["sbatch", "--parsable", str(folder / "job.sh")]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        except FileNotFoundError:
            raise RunError(
                "engine: there is no command sbatch here; run on a machine of the Slurm "
                "cluster, or choose another engine.kind"
            ) from None
        except subprocess.CalledProcessError as error:
            told = error.stderr.replace("sbatch: error: ", "").strip().replace("\n", "; ")
            raise RunError(f"engine: Slurm refused the job ({told}); mend [engine]") from error
        return done.stdout.strip().partition(";")[0]

    def _script(self, folder: Path, tasks: int, content: bytes) -> str:
        partition = [f"--partition={self._settings.partition}"] if self._settings.partition else []
        options = [
            "--job-name=auroram",
            f"--array=0-{tasks - 1}",
            f"--time={self._settings.time}",
            f"--mem={self._settings.memory}",
            "--cpus-per-task=1",
            "--requeue",
            f"--output={folder}/task-%a.log",
            *partition,
            *self._settings.options,
        ]
        digest = hashlib.sha256(content).hexdigest()
        words = [sys.executable, "-m", "auroram.adapters.slurm_task", str(folder)]
        command = " ".join([*map(quote, words), '"$SLURM_ARRAY_TASK_ID"', str(tasks), digest])
        lines = ["#!/bin/sh", *(f"#SBATCH {option}" for option in options), f"exec {command}"]
        return "\n".join(lines) + "\n"

    def _result(self, folder: Path, number: int, job: str) -> Any:  # noqa: ANN401 -- anything
        misses = 0
        while not result_path(folder, number).exists():
            misses = 0 if _is_queued(job) else misses + 1
            if misses >= self._settings.patience:
                raise RunError(
                    f"engine: Slurm job {job} ended without all results ({_last_words(folder)}); "
                    "run again to go on"
                )
            time.sleep(self._settings.poll_seconds)
        result = read_result(folder, number)
        if isinstance(result, Failed):
            raise result.error
        return result


def _is_queued(job: str) -> bool:
    command = ["squeue", "--noheader", "--jobs", job]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return False
    return bool(found.stdout.strip())


def _last_words(folder: Path) -> str:
    logs = [path.read_text(errors="replace").strip() for path in sorted(folder.glob("task-*.log"))]
    lines = [log.splitlines()[-1] for log in logs if log]
    return lines[0] if lines else "the tasks left no log"
