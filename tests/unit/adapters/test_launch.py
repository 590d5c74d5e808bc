"""Starting ranks: what a Slurm script says, and what is told when a rank dies."""

import subprocess
import sys

import pytest

from auroram.adapters.launch import Launch, launch
from auroram.adapters.launch_slurm import slurm_script
from auroram.errors import RunError


@pytest.fixture
def script():
    chosen = Launch(nodes=2, ranks=8, restarts=5)
    return slurm_script(chosen, ["my recipe.toml"], ["--partition=gpu"])


def test_the_script_starts_one_launcher_on_each_node(script):
    lines = script.splitlines()
    assert {"#SBATCH --nodes=2", "#SBATCH --ntasks-per-node=1", "#SBATCH --partition=gpu"} <= {
        *lines
    }
    assert "auroram launch 'my recipe.toml' --nodes 2 --ranks 8 --restarts 5 --meet" in script


def test_the_script_is_one_that_a_shell_can_read(script):
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0


@pytest.mark.slow
def test_a_recipe_that_is_not_there_ends_the_ranks_without_another_start(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = []
    assert launch(Launch(ranks=1), ["missing.toml"], told.append) == 2
    assert told == []


@pytest.fixture
def rank_that_dies(tmp_path, monkeypatch):
    """In the interpreter's place a command that notes each start and kills rank 1 so often."""

    def make(times: int):
        command = tmp_path / "python"
        command.write_text(
            "#!/bin/sh\n"
            f"cd {tmp_path}\n"
            'echo "$RANK of $WORLD_SIZE: $*" >> started\n'
            '[ "$RANK" = 1 ] || exit 0\n'
            "echo >> lives\n"
            f'[ "$(wc -l < lives)" -le {times} ] && kill -9 $$\n'
            "exit 0\n"
        )
        command.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(command))
        return tmp_path / "started"

    return make


@pytest.mark.slow
def test_a_rank_that_dies_is_named_and_all_start_again(rank_that_dies):
    started, told = rank_that_dies(times=1), []
    assert launch(Launch(ranks=2), ["recipe.toml"], told.append) == 0
    assert len(told) == 1 and "(number 1 of 2 on" in told[0] and "SIGKILL" in told[0], told
    lines = started.read_text().splitlines()
    assert lines.count("1 of 2: -m auroram.cli.main run recipe.toml") == 2, lines


@pytest.mark.slow
def test_a_rank_that_dies_too_often_ends_the_job(rank_that_dies):
    rank_that_dies(times=9)
    with pytest.raises(RunError, match=r"number 1 of 2 on .*SIGKILL\); run again to go on"):
        launch(Launch(ranks=2, restarts=1), ["recipe.toml"], lambda _: None)
