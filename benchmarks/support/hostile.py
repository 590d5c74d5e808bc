"""Hostile input: the seeds of the tests, and a hundred thousand tiny files.

Bars: all seeds pass, within a minute of processor time; every tiny file is read.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from auroram.corpus.readers.slices import read_slice, source_slices
from auroram.corpus.sources import Fields, Source

TESTS = Path(__file__).parents[2] / "tests" / "behaviour" / "test_hostile_input.py"
BAR_SECONDS = 60.0
TINY_FILES = 100_000


def measure(options):
    """Run the tests in a process of their own, and read the files."""
    del options
    before = children_seconds()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", TESTS]
    failed = subprocess.run(command, check=False).returncode
    spent = children_seconds() - before
    print(f"seeds: {spent:.0f} CPU-seconds")
    read, seconds = tiny_files()
    print(f"{read:,} of {TINY_FILES:,} tiny files in {seconds:.1f} CPU-seconds")
    missed = ["a seed fails"] if failed else []
    missed += ["within a minute"] if spent > BAR_SECONDS else []
    missed += ["every tiny file"] if read != TINY_FILES else []
    return {"seeds_seconds": round(spent, 1), "tiny_files_seconds": round(seconds, 1)}, missed


def tiny_files():
    """How many of the files were read, and CPU-seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(TINY_FILES):
            (folder / f"{number:06}.txt").write_text("Hyvää huomenta.\n")
        source = Source(files=(".",), language="fi", licence="CC0-1.0")
        started = time.process_time()
        parts = source_slices(folder, source, "here")
        read = sum(1 for part in parts for _ in read_slice(part, Fields(), advance=lambda _: None))
        return read, time.process_time() - started


def children_seconds():
    """CPU-seconds of all processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
