"""Machine code is kept between runs, and never for longer than the source that it was made from."""

import subprocess
import sys
from pathlib import Path

import pytest
from numba import config

from auroram.text import compiled, lines, scan, signals
from auroram.text.compiled import is_kept, kernel_folder, sources_of


def test_what_a_kernel_is_made_from_is_known_through_all_files():
    found = {source.name for source in sources_of(Path(signals.__file__))}
    assert {"signals.py", "lines.py", "scan.py", "characters.py", "compiled.py"} <= found


def test_files_with_other_sources_keep_their_kernels_apart():
    assert kernel_folder(Path(lines.__file__)) != kernel_folder(Path(scan.__file__))


def test_whether_machine_code_is_kept_is_looked_up_where_numba_was_told_to_keep_it(
    tmp_path, monkeypatch
):
    monkeypatch.setitem(vars(config), "CACHE_DIR", str(tmp_path))
    assert not is_kept(lines)
    (tmp_path / kernel_folder(Path(lines.__file__)).name).mkdir()
    assert is_kept(lines) and not is_kept(scan)


@pytest.fixture
def package(tmp_path):
    """A package with one kernel that calls another in a second file."""
    room = tmp_path / "made" / "text"
    room.mkdir(parents=True)
    (room / "compiled.py").write_text(Path(compiled.__file__).read_text())
    caller = "from made.text.called import number\n@compiled\ndef answer(): return number()\n"
    called = "@compiled\ndef number(): return 1\n"
    for name, code in (("caller", caller), ("called", called)):
        (room / f"{name}.py").write_text(f"from made.text.compiled import compiled\n{code}")
    return room


def answer(package):
    code = "from made.text.caller import answer; print(answer())"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=package.parents[1], capture_output=True, check=True)
    return int(done.stdout)


@pytest.mark.slow
def test_a_kernel_is_made_again_when_one_that_it_calls_has_changed(package):
    assert answer(package) == 1
    called = package / "called.py"
    called.write_text(called.read_text().replace("return 1", "return 2"))
    assert answer(package) == 2
