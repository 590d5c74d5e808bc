"""The Slurm script of a run on several nodes: one launcher a node, and a requeue when it fails."""

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


def slurm_script(chosen: Launch, words: Sequence[str], options: Sequence[str]) -> str:
    """What `sbatch` is to be handed.

    A job that fails goes back to the queue as often as `restarts` says and goes on from the last
    checkpoint; one whose input is wrong does not. The folder of the run must be one that all nodes
    see.

    Args:
        chosen: how many nodes, and how many ranks on each.
        words: what follows `auroram run`.
        options: of `sbatch`, such as `--partition=gpu`.
    """
    each = ["--nodes", str(chosen.nodes), "--ranks", str(chosen.ranks)]
    each += ["--restarts", str(chosen.restarts)]
    asked = [f"--nodes={chosen.nodes}", "--ntasks-per-node=1", "--requeue", *options]
    return "\n".join(
        [
            "#!/bin/bash",
            *(f"#SBATCH {option}" for option in asked),
            'first=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)',
            f"srun --kill-on-bad-exit=0 --wait={WAIT_SECONDS} "
            f'auroram launch {join(words)} {join(each)} --meet "$first:{PORT}"',
            "code=$?",
            f'if [ "$code" -ne 0 ] && [ "$code" -ne {WRONG_INPUT} ] && '
            f'[ "${{SLURM_RESTART_COUNT:-0}}" -lt {chosen.restarts} ]; then',
            '  scontrol requeue "$SLURM_JOB_ID"',
            "fi",
            'exit "$code"',
            "",
        ]
    )
