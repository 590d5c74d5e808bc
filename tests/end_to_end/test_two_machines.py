"""`auroram launch` on machines that have a network and a hosts file of their own."""

import subprocess
import sys

import pytest

from free_ports import free_port
from machines import ADDRESSES, NAMES, two_machines

LAUNCHES = """
import sys
from auroram.adapters.launch import Launch, launch
sys.executable, meet = sys.argv[1:]
sys.exit(launch(Launch(nodes=2, ranks=1, meet=meet), ["recipe.toml"], print))
"""

ADDS_UP = """
import torch
import torch.distributed as dist
dist.init_process_group("gloo")
total = torch.tensor(dist.get_rank() + 1)
dist.all_reduce(total)
print("together", total.item(), flush=True)
dist.destroy_process_group()
"""


@pytest.mark.slow
@pytest.mark.parametrize("place", [NAMES[0], ADDRESSES[1]])
def test_ranks_reach_each_other_though_their_own_names_lead_to_themselves(tmp_path, place):
    (tmp_path / "rank.py").write_text(ADDS_UP)
    command = tmp_path / "python"
    command.write_text(f"#!/bin/sh\nexec {sys.executable} {tmp_path}/rank.py\n")
    command.chmod(0o755)
    words = [sys.executable, "-c", LAUNCHES, command, f"{place}:{free_port()}"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with two_machines(tmp_path) as machines:
        launchers = [subprocess.Popen([*machine, *words], **pipes) for machine in machines]
        told = [one.communicate(timeout=300)[0] for one in launchers]
    assert [one.returncode for one in launchers] == [0, 0], told
    assert ["together 3" in words for words in told] == [True, True], told
    assert "[W" not in "".join(told)
