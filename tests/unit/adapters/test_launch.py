"""Starting ranks: what a Slurm script says, and what is told when a rank dies."""

import subprocess

import pytest

from auroram.adapters.launch import Launch, launch
from auroram.adapters.launch_slurm import slurm_script


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
