"""Hostile programs in the sandbox, and what counts as passing."""

import shutil
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from auroram.errors import RunError
from auroram.evaluate.programs.passing import Trial, passing, trial_of
from auroram.evaluate.programs.sandbox import Bubblewrap, open_sandbox
from auroram.evaluate.programs.settings import UNCONFINED, Programs
from auroram.evaluate.rows.source import Source
from auroram.evaluate.tasks.catalog import find_tasks
from auroram.evaluate.tasks.items import items_of
from auroram.stats.pass_at_k import pass_at_k

LIMITS = Programs(seconds=5, memory_bytes=400 << 20, processes=16)
PYTHON = LIMITS.runtime("python")


@pytest.fixture(scope="module")
def sandbox():
    return open_sandbox(LIMITS)


def test_a_fork_bomb_ends_at_the_limit_of_processes(sandbox):
    ran = sandbox.run(PYTHON, "import os\nwhile True: os.fork()")
    assert ran.ending == "memory" or (ran.code and "BlockingIOError" in ran.output)


def test_there_is_no_network(sandbox):
    ran = sandbox.run(PYTHON, "import socket; socket.create_connection(('1.1.1.1', 53), 2)")
    assert ran.code and "unreachable" in ran.output


def test_no_ones_home_and_nothing_of_our_environment_can_be_read(sandbox, monkeypatch, tmp_path):
    monkeypatch.setenv("API_KEY", "a-secret")
    (tmp_path / "note").write_text("a-secret")
    program = f"""
import os, pathlib
print(os.environ.get("API_KEY"))
for place in ({str(tmp_path / "note")!r}, {str(Path.home() / ".bashrc")!r}, "/etc/passwd"):
    try:
        print(pathlib.Path(place).read_text())
    except OSError as error:
        print(type(error).__name__)
"""
    assert sandbox.run(PYTHON, program).output == "None\n" + "FileNotFoundError\n" * 3


def test_nothing_of_the_machine_can_be_written(sandbox):
    for place in ("/usr/x", "/x", "/etc/x", "/var/tmp/x", str(Path.home() / "x")):
        assert sandbox.run(PYTHON, f"open({place!r}, 'w')").code, place


def test_endless_output_is_cut_off(sandbox):
    ran = sandbox.run(PYTHON, "while True: print('x' * 1000)")
    assert (ran.ending, len(ran.output)) == ("output", LIMITS.output_bytes)


def test_the_parent_and_the_rest_of_the_machine_live_on(sandbox):
    program = """
import os, signal
for victim in (os.getppid(), 1, -1):
    try:
        os.kill(victim, signal.SIGKILL)
    except OSError:
        pass
"""
    sandbox.run(PYTHON, program)
    assert sandbox.run(PYTHON, "print('alive')").output == "alive\n"


def test_memory_is_limited_in_one_process_and_in_all_of_them():
    sandbox = open_sandbox(replace(LIMITS, seconds=30))
    one = sandbox.run(PYTHON, "x = bytearray(500 << 20)")
    many = "import os, time\nfor _ in range(3): os.fork()\nx = b'1' * (120 << 20)\ntime.sleep(9)"
    assert one.code and "MemoryError" in one.output
    assert sandbox.run(PYTHON, many).ending == "memory"


def test_a_child_that_hides_in_a_session_of_its_own_ends_with_the_program(sandbox):
    hidden = "import os, time\nif not os.fork():\n  os.setsid()\n  time.sleep(300)\n"
    own = Programs(seconds=5).runtime("python")
    sandbox.run(replace(own, file="hidden.py"), f"{hidden}print('gone')")
    deadline = time.monotonic() + 10
    while running("/tmp/hidden.py") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not running("/tmp/hidden.py")


def running(word):
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(path.read_bytes())
    return any(word.encode() in command for command in found)


def test_a_program_that_never_ends_is_ended():
    ran = open_sandbox(Programs(seconds=1)).run(PYTHON, "import time; time.sleep(60)")
    assert ran.ending == "time"


def test_a_program_that_ends_before_its_tests_does_not_pass(sandbox):
    trials = [
        Trial(runtime=PYTHON, text=text)
        for text in ("assert 1 + 1 == 2", "assert False", "import os\nos._exit(0)", "1 +")
    ]
    assert list(passing(sandbox, LIMITS, trials)) == [True, False, False, False]


def test_other_languages_are_run_too(sandbox):
    bash = LIMITS.runtime("bash")
    assert Trial(runtime=bash, text="test 4 = $((2 + 2))").passes(sandbox)
    assert not Trial(runtime=bash, text="test 5 = $((2 + 2))").passes(sandbox)


# Rows as MultiPL-E's translators write them, each with a reply that is cut off at its stops.
BASH = {
    "prompt": "#!/bin/bash\n# Add.\nadd() {\n",
    "tests": '}\n\ncandidate() {\n    add "$@"\n}\n\nset -e\nrun_test() {\n'
    '    [[ $(candidate "2" "3") = "5" ]]\n}\n\nrun_test',
}
CPP = {
    "prompt": "#include<assert.h>\n#include<vector>\n// Add.\nlong add(long a, long b) {\n",
    "tests": "}\nint main() {\n    auto candidate = add;\n    assert(candidate(2, 3) == (5));\n}\n",
}
JAVASCRIPT = {
    "prompt": "//Add.\nfunction add(a, b){\n",
    "tests": "const assert = require('node:assert');\n\nfunction test() {\n  let candidate = add;\n"
    "  assert.deepEqual(candidate(2, 3),5);\n}\n\ntest();",
}


@pytest.mark.parametrize(
    ("name", "row", "replies"),
    [
        ("multipl_e_sh", BASH, ("    echo $(($1 + $2))", "    echo 4")),
        ("multipl_e_cpp", CPP, ("    return a + b;", "    return 4;")),
        ("multipl_e_js", JAVASCRIPT, ("  return a + b;\n}\n", "  return 4;\n}\n")),
    ],
)
def test_a_right_reply_in_another_language_passes_and_a_wrong_one_does_not(name, row, replies):
    if shutil.which({"sh": "bash", "cpp": "g++", "js": "node"}[name.rpartition("_")[2]]) is None:
        pytest.skip("its tools are not installed")
    (task,) = find_tasks([name])
    (item,) = items_of(task, [row], [])
    programs = Programs()
    trials = [trial_of(item, reply, task.metrics[0], programs, place=name) for reply in replies]
    assert list(passing(open_sandbox(programs), programs, trials)) == [True, False]


def test_without_a_sandbox_programs_are_refused_unless_the_words_are_said(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(RunError, match="bubblewrap is not installed"):
        open_sandbox(Programs())
    with pytest.raises(ValueError, match="must be left out or say"):
        Programs(unconfined="yes")
    ran = open_sandbox(Programs(unconfined=UNCONFINED)).run(PYTHON, "print(1)")
    assert ran.output == "1\n"


def test_a_sandbox_that_does_not_work_is_refused(monkeypatch):
    monkeypatch.setattr(Bubblewrap, "run", lambda *_: Unusable())
    with pytest.raises(RunError, match="bubblewrap does not work here"):
        open_sandbox(Programs())


class Unusable:
    ending, code, output = "exit", 1, "bwrap: No permissions to create new namespace"


def test_every_canonical_solution_of_humaneval_passes():
    programs = Programs(seconds=30)
    (task,) = find_tasks(["humaneval"])
    items = items_of(task, Source(data={}).rows(task), [])
    trials = [
        trial_of(item, item.row["canonical_solution"], task.metrics[0], programs, place=task.name)
        for item in items
    ]
    assert (len(trials), sum(passing(open_sandbox(programs), programs, trials))) == (164, 164)


@pytest.mark.parametrize(
    ("programs", "passed", "k", "share"),
    [(4, 1, 1, 0.25), (5, 2, 3, 0.9), (3, 3, 2, 1), (3, 0, 3, 0)],
)
def test_pass_at_k_is_the_share_of_sets_with_one_that_passes(programs, passed, k, share):
    assert pass_at_k(programs, passed, k) == pytest.approx(share)


def test_pass_at_more_than_there_are_programs_is_refused():
    with pytest.raises(ValueError, match="between 1 and the programs"):
        pass_at_k(3, 1, 4)
