"""`make bench` can run every benchmark and knows how long it takes."""

import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
SCRIPTS = sorted(path for path in FOLDER.glob("*.py") if path.name != "all.py")


def test_every_benchmark_states_its_time():
    pieces = list(runpy.run_path(str(FOLDER / "all.py"), run_name="bench")["pieces"]())
    assert {name for _, name, *_ in pieces} == {path.name for path in SCRIPTS}
    assert all(0 < seconds <= 900 for seconds, *_ in pieces)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_benchmark_ends_in_a_result_and_an_exit_code(script):
    source = script.read_text()
    assert 'print("RESULT' in source and "sys.exit(" in source
    assert source.startswith(('"""', 'r"""')), "its docstring says the command to type"
