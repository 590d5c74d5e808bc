"""How long `auroram --help` takes: python benchmarks/help_time.py. Bar: 0.3 s, median of 9."""

import json
import statistics
import subprocess
import sys
import time

SECONDS = 10
BAR_SECONDS = 0.3


def main() -> int:
    """Time the whole process, interpreter start included."""
    command = [sys.executable, "-m", "auroram.cli.main", "--help"]
    times = []
    for _ in range(9):
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    median = statistics.median(times)
    result = {"benchmark": "help_time", "median_seconds": round(median, 3), "bar": BAR_SECONDS}
    print("RESULT", json.dumps(result))
    return int(median > BAR_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
