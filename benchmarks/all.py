"""Run every benchmark that fits: python benchmarks/all.py [SECONDS].

A benchmark is a script here that prints `RESULT {json}` as its last line and exits 1 where a bar
is missed. Its constant `SECONDS` says how long it takes on two cores; the quickest go first, and
what no longer fits into the budget (600 s by default) is named and left out.
"""

import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
BUDGET_SECONDS = 600.0


def main() -> int:
    """Run what fits; exit code 1 where any bar was missed."""
    budget = float(sys.argv[1]) if len(sys.argv) > 1 else BUDGET_SECONDS
    scripts = sorted(set(HERE.glob("*.py")) - {Path(__file__)}, key=stated_seconds)
    started, missed = time.monotonic(), []
    for script in scripts:
        left = budget - (time.monotonic() - started)
        if stated_seconds(script) > left:
            print(f"== {script.name}: left out, takes {stated_seconds(script):.0f} s", flush=True)
            continue
        print(f"== {script.name}", flush=True)
        if subprocess.run([sys.executable, script], check=False).returncode:
            missed.append(script.name)
    print(f"missed: {', '.join(missed)}" if missed else "every bar was met")
    return 1 if missed else 0


def stated_seconds(script: Path) -> float:
    """The script's own constant `SECONDS`."""
    found = re.search(r"^SECONDS = ([\d.]+)", script.read_text(), re.MULTILINE)
    if not found:
        raise SystemExit(f"{script}: states no SECONDS; add how long it takes")
    return float(found[1])


if __name__ == "__main__":
    sys.exit(main())
