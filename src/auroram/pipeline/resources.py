"""What a stretch of work took, read from the operating system, and the machine it ran on."""

import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from auroram.records.canonical import Json
from auroram.records.manifest import Resources

PACKAGES = (
    "auroram", "torch", "transformers", "tokenizers", "safetensors",
    "numpy", "numba", "pyarrow", "pydantic",
)  # fmt: skip
_ENERGY_COUNTERS = Path("/sys/class/powercap")
WATTS_A_CORE = 4.0
"""Power of a busy core where no counter can be read. Source: codecarbon 3, DEFAULT_POWER_PER_CORE
in codecarbon/core/cpu.py, its estimate for processors that it does not know."""


def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def start_meter() -> Callable[[int, float], Resources]:
    """Begin measuring; the answer, called with tokens and operations, says what it took."""
    _reset_peak_memory()
    wall, processor, energy = time.perf_counter(), _processor_seconds(), _energy_microjoules()
    children = _largest_child_bytes()

    def stop(tokens: int, operations: float) -> Resources:
        busy = _processor_seconds() - processor
        joules, method = _energy_used(energy, busy)
        return Resources(
            wall_seconds=round(time.perf_counter() - wall, 3),
            processor_seconds=round(busy, 3),
            peak_memory_bytes=max(_peak_memory_bytes(), _risen(children)),
            tokens=tokens,
            floating_point_operations=operations,
            energy_joules=joules,
            method=method,
        )

    return stop


def environment(code: str) -> Json:
    """Versions, processor and threads: what a second run elsewhere may differ in."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": _processor_name(),
        "logical_processors": os.cpu_count(),
        "threads": _torch_threads(),
        "packages": {name: _version(name) for name in PACKAGES},
        "code": code,
        "executable": sys.implementation.name,
    }


def _torch_threads() -> int | None:
    """Threads of the matrix products; None where no stage of this process needed torch so far."""
    torch = sys.modules.get("torch")
    return torch.get_num_threads() if torch else None


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _processor_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _reset_peak_memory() -> None:
    # Writing 5 to clear_refs resets VmHWM (Linux, proc(5)), so each stage has its own peak.
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def _peak_memory_bytes() -> int:
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _processor_seconds() -> float:
    """Of this process and of the workers that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _largest_child_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def _risen(before: int) -> int:
    """The largest worker that has ended, where it is larger than any that ended before."""
    now_bytes = _largest_child_bytes()
    return now_bytes if now_bytes > before else 0


def _energy_microjoules() -> Mapping[str, int]:
    readings = {}
    for counter in sorted(_ENERGY_COUNTERS.glob("intel-rapl:?/energy_uj")):
        try:
            readings[str(counter)] = int(counter.read_text())
        except OSError:
            continue
    return readings


def _energy_used(before: Mapping[str, int], busy_seconds: float) -> tuple[float, str]:
    """Joules, and how they and the other figures were obtained."""
    after = _energy_microjoules()
    used = [after[name] - start for name, start in before.items() if name in after]
    system = "wall clock, process times and peak resident size of the operating system"
    # A counter that wrapped around gives a negative difference, which says nothing.
    if used and min(used) >= 0:
        return sum(used) / 1e6, f"{system}; energy of the whole package from RAPL"
    guess = f"energy guessed at {WATTS_A_CORE:g} W a busy core, as no counter could be read"
    return round(busy_seconds * WATTS_A_CORE, 3), f"{system}; {guess}"
