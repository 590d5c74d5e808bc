"""Ranks on machines with another recipe, or another folder of the run, find out at once."""

import os
import subprocess
import sys

from local_ranks import environment_of

from free_ports import free_port

RANKS = """
import sys
from pathlib import Path
from auroram.errors import UserError
from auroram.pipeline import common_ground
from auroram.pipeline.run_folder import RunFolder
from auroram.train.ranks.meeting import hear, tell
from auroram.train.ranks.world import rank_number
shared, other = (RunFolder(Path(name)) for name in sys.argv[1:])
if rank_number() == 0:
    with shared.locked():
        common_ground.show(shared, {"seed": 1})
        hear("done")
else:
    common_ground.SEEN_SECONDS = 1.0
    for folder, recipe in ((shared, {"seed": 2}), (other, {"seed": 1}), (shared, {"seed": 1})):
        try:
            common_ground.look(folder, recipe)
        except UserError as error:
            print(error)
    print("seen")
    tell("done", "yes")
"""


def test_a_recipe_or_a_folder_that_is_another_is_told(tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / ".ranks").write_text("of another run")
    command = [sys.executable, "-c", RANKS, tmp_path / "shared", tmp_path / "other"]
    port = free_port()
    both = [
        subprocess.Popen(
            command,
            env=os.environ | environment_of(rank, 2, port),
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    told = [one.communicate(timeout=120)[0] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    recipe, folder, seen = told[1].splitlines()
    assert "shared: rank 1 on " in recipe
    assert "reads another recipe than rank 0; keep it on a file system that all" in recipe
    assert "other: rank 1 on " in folder
    assert "does not see what rank 0 writes there; keep the run on a file system" in folder
    assert seen == "seen"
