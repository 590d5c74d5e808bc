"""Starting ranks: what a Slurm script says, and what is told when a rank dies."""

import re
import signal
import subprocess
import sys
import time

import pytest

from auroram.adapters.launch import Launch, launch
from auroram.adapters.launch_death import Death, first_of
from auroram.adapters.launch_slurm import slurm_script
from auroram.errors import RunError
from free_ports import free_port
from machines import NAMES, ROAD, two_machines


@pytest.fixture
def script():
    chosen = Launch(nodes=2, ranks=8, restarts=5)
    return slurm_script(chosen, ["my recipe.toml"], ["--partition=gpu"])


def test_the_script_starts_one_launcher_on_each_node(script):
    lines = script.splitlines()
    assert {"#SBATCH --nodes=2", "#SBATCH --ntasks-per-node=1", "#SBATCH --partition=gpu"} <= {
        *lines
    }
    assert " launch 'my recipe.toml' --nodes 2 --ranks 8 --restarts 5 --meet" in script


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        (["--mem=0"], ["--cpus-per-task=8"]),
        (["--cpus-per-task=64"], ["--cpus-per-task=64"]),
        (["--exclusive"], ["--exclusive"]),
    ],
)
def test_each_rank_has_a_core_unless_the_options_say_how_many(options, asked):
    script = slurm_script(Launch(nodes=2, ranks=8), ["recipe.toml"], options)
    assert re.findall(r"#SBATCH (--cpus.*|--exclusive)", script) == asked


def test_the_options_come_last_and_so_have_the_last_word():
    script = slurm_script(Launch(nodes=2), ["recipe.toml"], ["--signal=B:USR1@600"])
    assert re.findall(r"#SBATCH --signal=(.*)", script) == ["B:USR1@120", "B:USR1@600"]


def test_the_script_is_one_that_a_shell_can_read(script):
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0


@pytest.mark.parametrize("job", [7, 19_999, 4_000_123])
def test_jobs_that_share_a_node_meet_at_unlike_ports_below_those_of_linux(script, job):
    meet = re.search(r'--meet ("[^"]+")', script)[1]
    words = subprocess.run(
        ["bash", "-c", f"first=n1; echo {meet}"],
        env={"SLURM_JOB_ID": str(job)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert words == f"n1:{10_000 + job % 20_000}\n"


def test_no_launcher_is_killed_for_the_code_of_another(script):
    assert "srun --kill-on-bad-exit=0 --wait=120 " in script


def death(**known):
    return Death(**{"node": 0, "host": "n1", "rank": 0} | known)


@pytest.mark.parametrize(
    ("cause", "consequence"),
    [
        (death(rank=None), death(node=1, code=1, at=1)),
        (death(code=2, at=5), death(node=1, code=1, at=4)),
        (death(code=2, at=5), death(rank=1, code=-signal.SIGTERM, at=5)),
        (death(code=-signal.SIGKILL, at=5), death(node=1, code=1, at=4)),
        (death(code=1, at=4), death(rank=1, code=-signal.SIGTERM, at=4)),
        (death(code=1, at=4), death(node=1, code=1, at=5)),
    ],
)
def test_the_death_that_brought_the_other_about_is_named(cause, consequence):
    assert first_of([consequence, cause]) == cause


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


@pytest.mark.slow
def test_wrong_input_ends_the_job_also_where_another_rank_is_stopped(tmp_path, monkeypatch):
    command = tmp_path / "python"
    command.write_text('#!/bin/sh\n[ "$RANK" = 1 ] && exit 2\nexec sleep 100\n')
    command.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(command))
    told = []
    assert launch(Launch(ranks=2), ["recipe.toml"], told.append) == 2
    assert told == []


LAUNCHER = """
import sys
from auroram.adapters import launch_meeting
from auroram.adapters.launch import Launch, launch
from auroram.errors import RunError
interpreter, meet, restarts, lost = sys.argv[1:]
sys.executable, launch_meeting.LOST_SECONDS = interpreter, int(lost)
chosen = Launch(nodes=2, ranks=1, restarts=int(restarts), meet=meet)
try:
    sys.exit(launch(chosen, ["recipe.toml"], lambda told: print(told, flush=True)))
except RunError as error:
    print(error)
    sys.exit(1)
"""

STARTS = 'echo "$RANK" >> started; n=$(grep -c "^$RANK" started)\n'
"""Notes a start of this rank; n is how many it has had."""

WORKS = "touch working-$RANK; while [ ! -e stop ]; do sleep 0.5; done"
"""Works until the test is over."""

IS_DEAF = f"trap '' TERM; {WORKS}"
"""Does not stop when told to."""


@pytest.fixture
def two_nodes(tmp_path):
    """Two launchers, as on two nodes, whose ranks run a script: rank 0 the one, rank 1 the other.

    Which of the launchers has rank 0 is not known beforehand.
    """
    launchers = []

    def start(rank_0: str, rank_1: str, *, lost: int = 45, at="127.0.0.1", machines=((), ())):
        command = tmp_path / "python"
        command.write_text(
            f"#!/bin/sh\ncd {tmp_path}\n{STARTS}if [ $RANK = 0 ]; then\n{rank_0}\nelse\n"
            f"{rank_1}\nfi\n"
        )
        command.chmod(0o755)
        meet, rest = f"{at}:{free_port()}", ["1", str(lost)]
        words = [sys.executable, "-c", LAUNCHER, command, meet, *rest]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        launchers.extend(subprocess.Popen([*machine, *words], **pipes) for machine in machines)
        return launchers

    yield start
    (tmp_path / "stop").touch()
    for one in launchers:
        one.kill()
        one.communicate()


def ends_of(launchers):
    """What both said, and their exit codes, in the order of the codes."""
    told = [one.communicate(timeout=150)[0] for one in launchers]
    return "".join(told), sorted(one.returncode for one in launchers)


def starts_in(folder):
    return sorted((folder / "started").read_text().split())


@pytest.mark.slow
def test_ranks_of_all_nodes_start_again_when_one_dies(two_nodes, tmp_path):
    launchers = two_nodes(f"[ $n = 2 ] || {{ {IS_DEAF}; }}", "[ $n = 2 ] || kill -9 $$")
    told, codes = ends_of(launchers)
    assert codes == [0, 0], told
    assert told.count("launch: a rank died (number 0 of 1 on") == 1 and "SIGKILL" in told, told
    assert starts_in(tmp_path) == ["0", "0", "1", "1"]


@pytest.mark.slow
def test_wrong_input_on_one_node_ends_the_launchers_of_all(two_nodes, tmp_path):
    told, codes = ends_of(two_nodes("exit 2", IS_DEAF))
    assert (told, codes) == ("", [2, 2])
    assert starts_in(tmp_path) == ["0", "1"]


@pytest.mark.slow
def test_a_node_that_is_done_starts_again_when_a_rank_of_another_dies(two_nodes, tmp_path):
    told, codes = ends_of(two_nodes("exit 0", "[ $n = 2 ] || { sleep 3; exit 1; }"))
    assert codes == [0, 0], told
    assert "exit code 1" in told
    assert starts_in(tmp_path) == ["0", "0", "1", "1"]


@pytest.mark.slow
def test_ranks_that_die_too_often_end_the_launchers_of_all_nodes(two_nodes, tmp_path):
    told, codes = ends_of(two_nodes("exit 3", WORKS))
    assert codes == [1, 1], told
    assert told.count("exit code 3); all ranks start again") == 1, told
    assert told.count("exit code 3); run again to go on") == 2, told
    assert starts_in(tmp_path) == ["0", "0", "1", "1"]


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_launcher_that_is_gone_ends_the_others(two_nodes, tmp_path, end):
    launchers = two_nodes(WORKS, WORKS, lost=10)
    wait_until_both_work(launchers, tmp_path)
    launchers[0].send_signal(end)
    told = launchers[1].communicate(timeout=150)[0]
    assert launchers[1].returncode == 1, told
    assert "launch: the launcher" in told and "run again to go on" in told, told


@pytest.mark.slow
def test_a_machine_that_loses_its_power_ends_the_launchers_of_all(two_nodes, tmp_path):
    with two_machines(tmp_path) as machines:
        launchers = two_nodes(WORKS, WORKS, lost=10, at=NAMES[0], machines=machines)
        wait_until_both_work(launchers, tmp_path)
        subprocess.run([*machines[0], "ip", "link", "set", ROAD, "down"], check=True)
        told, codes = ends_of(launchers)
    assert codes == [1, 1], told
    assert f"the launcher that holds {NAMES[0]}" in told
    assert f"the launcher on {NAMES[1]} was stopped or no longer answers" in told


def wait_until_both_work(launchers, folder):
    while len(list(folder.glob("working-*"))) < 2:
        assert all(one.poll() is None for one in launchers)
        time.sleep(0.1)


def test_whom_a_launcher_waits_for_is_told_and_it_can_be_interrupted(tmp_path):
    words = [sys.executable, "-c", LAUNCHER, "python", "nobody.invalid:4000", "1", "45"]
    launcher = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert "waits for the launcher at nobody.invalid:4000 (" in launcher.stdout.readline()
    launcher.send_signal(signal.SIGTERM)
    launcher.communicate(timeout=60)
    assert launcher.returncode != 0
