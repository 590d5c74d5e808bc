"""`auroram launch` on machines that have a network and a hosts file of their own."""

import subprocess
import sys

import pytest

from free_ports import free_port
from machines import ADDRESSES, NAMES, ROAD, two_machines
from training_log import losses

MEETS = """
import sys
from auroram.adapters.launch_meeting import met
with met(nodes=2, where=sys.argv[1], say=lambda _: None) as meeting:
    print(meeting.interface)
"""


@pytest.fixture
def on_both(tmp_path):
    """Runs the same words of Python on both machines, and gives what they said."""
    with two_machines(tmp_path) as machines:

        def run(*words):
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
            python = [sys.executable, *map(str, words)]
            both = [subprocess.Popen([*machine, *python], **pipes) for machine in machines]
            told = [one.communicate(timeout=300)[0] for one in both]
            assert [one.returncode for one in both] == [0, 0], told
            return told

        yield run


@pytest.mark.slow
def test_nodes_train_as_one_though_their_own_names_lead_to_themselves(
    on_both, forked, ranks_recipe, tmp_path
):
    launch = ["-m", "auroram.cli.main", "launch", ranks_recipe, "--folder", tmp_path / "nodes"]
    told = on_both(*launch, "--nodes", 2, "--meet", f"{NAMES[0]}:{free_port()}")
    assert "[W" not in "".join(told)
    assert forked("run", ranks_recipe, "--folder", tmp_path / "one").returncode == 0
    steps, alone = (losses(tmp_path / folder / "cap") for folder in ("nodes", "one"))
    assert steps == pytest.approx(alone, abs=1e-4)


def test_nodes_meet_at_the_address_of_one_of_them(on_both):
    told = on_both("-c", MEETS, f"{ADDRESSES[1]}:{free_port()}")
    assert [words.splitlines()[-1] for words in told] == [ROAD] * 2
