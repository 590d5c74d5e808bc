"""The Slurm script of a run on several nodes: one launcher a node, and a requeue when it fails."""

import sys
from collections.abc import Sequence
from shlex import join

from auroram.adapters.launch import Launch
from auroram.adapters.launch_death import WRONG_INPUT

PORT = "$((10000 + SLURM_JOB_ID % 20000))"
"""Where the nodes meet on the first of them: jobs that share a node meet at unlike ports, below
those that Linux hands out by itself."""

WAIT_SECONDS = 120
"""How long the other launchers may outlive the first one that ends; they end by themselves, all
with the same code, and one that is killed meanwhile would hide it."""

CORES = ("--cpus-per", "-c", "--exclusive")
"""Options of `sbatch` that say how many cores a task gets."""

NOTICE_SECONDS = 120
"""How long before its time is up a job goes back to the queue; Slurm may be a minute early."""


def slurm_script(chosen: Launch, words: Sequence[str], options: Sequence[str]) -> str:
    """What `sbatch` is to be handed.

    A job whose time is nearly up goes back to the queue and goes on from the last checkpoint, and
    so does one that fails, as often as `restarts` says; one whose input is wrong does not. All
    nodes must see the folder of the run and the Python that writes this. Slurm gives a task one
    core unless told otherwise, which the ranks of a node would share: one for each is asked for.
    Slurm itself counts each return to the queue, also where the time was up or a node was lost, so
    failures are noted in a file beside the job's output.

    Args:
        chosen: how many nodes, and how many ranks on each.
        words: what follows `auroram run`.
        options: of `sbatch`, such as `--partition=gpu`; they come last and so have the last word.
    """
    asked = [
        f"--nodes={chosen.nodes}",
        "--ntasks-per-node=1",
        "--requeue",
        "--open-mode=append",
        f"--signal=B:USR1@{NOTICE_SECONDS}",
    ]
    if not any(option.startswith(CORES) for option in options):
        asked.append(f"--cpus-per-task={chosen.ranks}")
    launcher = [sys.executable, "-m", "auroram.cli.main", "launch", *words]
    launcher += ["--nodes", str(chosen.nodes), "--ranks", str(chosen.ranks)]
    launcher += ["--restarts", str(chosen.restarts)]
    directives = "\n".join(f"#SBATCH {option}" for option in [*asked, *options])
    return f"""\
#!/bin/bash
{directives}
go_on_later() {{
  scontrol requeue "$SLURM_JOB_ID"
  exit
}}
trap go_on_later USR1  # the time of the job is nearly up
failures="slurm-$SLURM_JOB_ID.failures"
first=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
srun --kill-on-bad-exit=0 --wait={WAIT_SECONDS} {join(launcher)} --meet "$first:{PORT}" &
wait "$!"
code=$?
if [ "$code" -ne 0 ] && [ "$code" -ne {WRONG_INPUT} ]; then
  echo "$(date --iso-8601=seconds) ended with code $code" >> "$failures"
  [ "$(wc -l < "$failures")" -gt {chosen.restarts} ] || go_on_later
fi
exit "$code"
"""
