"""A Slurm that runs the tasks of an array as processes of this machine."""

import sys
from pathlib import Path

SBATCH = """#!/bin/sh
# Called as: sbatch --parsable SCRIPT
[ -z "$FAKE_SLURM_REFUSES" ] || { echo "$FAKE_SLURM_REFUSES" >&2; exit 1; }
folder=$(dirname "$2")
last=$(sed -n 's/^#SBATCH --array=0-//p' "$2")
touch "$FAKE_SLURM/queued-$$"
(
  for task in $(seq 0 "$last"); do
    SLURM_ARRAY_TASK_ID=$task sh "$2" > "$folder/task-$task.log" 2>&1 &
  done
  wait
  rm -f "$FAKE_SLURM/queued-$$"
) > /dev/null 2>&1 &
echo $$
"""
SQUEUE = """#!/bin/sh
# Called as: squeue --noheader --jobs JOB
[ ! -e "$FAKE_SLURM/queued-$3" ] || echo "$3"
"""
SCANCEL = """#!/bin/sh
echo "$1" > "$FAKE_SLURM/cancelled"
"""


def install(folder: Path, monkeypatch) -> None:
    """Put the commands on the path and make test functions importable in their tasks."""
    folder.mkdir()
    for name, content in {"sbatch": SBATCH, "squeue": SQUEUE, "scancel": SCANCEL}.items():
        (folder / name).write_text(content)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("FAKE_SLURM", str(folder))
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin:{Path(sys.executable).parent}")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
