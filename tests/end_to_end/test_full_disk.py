"""A disk that takes nothing stops a run with one sentence; with space again, the run goes on."""

import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MB, mounted for this test."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = (
        shutil.which("mount")
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
            check=False,
            capture_output=True,
        ).returncode
    )
    if not mounted:
        pytest.skip("this user may not mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def recipe(tiny_recipe, tmp_path):
    """The first stages, up to a model that is larger than the disk, and the page."""
    root = shutil.copytree(tiny_recipe.parent, tmp_path / "recipe")
    path, end = root / "recipe.toml", "[stages.report]"
    words = path.read_text()
    path.write_text(words[: words.index("[stages.cat]")] + words[words.index(end) :])
    return path


def test_a_full_disk_is_said_and_the_run_goes_on_when_there_is_space(forked, recipe, small_disk):
    run = small_disk / "run"
    full = forked("run", recipe, "--folder", run)
    assert full.returncode == 1, full.stderr
    assert "the disk is full" in full.stderr and "Traceback" not in full.stderr
    subprocess.run(
        ["mount", "-o", "remount,size=200m", str(small_disk)], check=True, capture_output=True
    )
    again = forked("run", recipe, "--folder", run)
    assert again.returncode == 0, again.stderr
    assert Path(run / "report" / "report.html").exists()


def test_a_disk_that_may_not_be_written_is_said(forked, recipe, small_disk):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True, capture_output=True)
    done = forked("run", recipe, "--folder", small_disk / "run")
    assert done.returncode == 2, done.stderr
    assert "run: Read-only file system; look at its rights" in done.stderr
    assert "Traceback" not in done.stderr
