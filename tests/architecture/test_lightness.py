"""Help comes at once: what a verb can be told is known without what computes."""

import subprocess
import sys

from auroram.cli.main import VERBS

HELP = """
import sys, time
began = time.perf_counter()
from importlib import import_module
from auroram.cli.main import VERBS, main
main(["--help"])
print("seconds", time.perf_counter() - began)
for verb in VERBS:
    import_module(f"auroram.cli.{verb}_verb").parser()
    print(verb, *({"torch", "transformers", "numba", "ray"} & set(sys.modules)))
"""


def test_help_comes_at_once_and_that_of_a_verb_without_torch():
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True)
    *_, seconds = next(line for line in done.stdout.splitlines() if "seconds" in line).split()
    assert float(seconds) < 0.3
    told = dict(line.partition(" ")[::2] for line in done.stdout.splitlines()[-len(VERBS) :])
    assert told == dict.fromkeys(VERBS, "")
