"""Run every benchmark that fits: python benchmarks/all.py [SECONDS].

A benchmark is a script here that prints `RESULT {json}` as its last line and exits 1 where a bar
is missed. Its constant `SECONDS` says how long it takes on two cores, or how long each of its parts
does, which are then run one by one. The quickest go first, and what no longer fits into the budget
(600 s by default) is named and left out.
"""

import ast
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
BUDGET_SECONDS = 600.0


def main() -> int:
    """Run what fits; exit code 1 where any bar was missed."""
    budget = float(sys.argv[1]) if len(sys.argv) > 1 else BUDGET_SECONDS
    started, missed = time.monotonic(), []
    for seconds, name, *part in sorted(pieces()):
        words = " ".join([name, *part])
        left = budget - (time.monotonic() - started)
        if seconds > left:
            print(f"== {words}: left out, takes {seconds:.0f} s", flush=True)
            continue
        print(f"== {words}", flush=True)
        if subprocess.run([sys.executable, HERE / name, *part], check=False).returncode:
            missed.append(words)
    print(f"missed: {', '.join(missed)}" if missed else "every bar was met")
    return 1 if missed else 0


def pieces():
    """Seconds, script and, where it has parts, the part of all that can be run."""
    for script in set(HERE.glob("*.py")) - {Path(__file__)}:
        stated = stated_seconds(script)
        if isinstance(stated, dict):
            yield from ((seconds, script.name, part) for part, seconds in stated.items())
        else:
            yield (stated, script.name)


def stated_seconds(script: Path) -> float | dict[str, float]:
    """The script's own constant `SECONDS`."""
    for line in ast.parse(script.read_text()).body:
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "SECONDS":
            stated: float | dict[str, float] = ast.literal_eval(line.value)
            return stated
    raise SystemExit(f"{script}: states no SECONDS; add how long it takes")


if __name__ == "__main__":
    sys.exit(main())
