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

import torch

from auroram.records.canonical import Json
from auroram.records.manifest import Resources

PACKAGES = (
    "auroram", "torch", "transformers", "tokenizers", "safetensors",
    "numpy", "numba", "pyarrow", "pydantic",
)  # fmt: skip
_ENERGY_COUNTERS = Path("/sys/class/powercap")


def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def start_meter() -> Callable[[int, float], Resources]:
    """Begin measuring; the answer, called with tokens and operations, says what it took."""
    _reset_peak_memory()
    wall, processor, energy = time.perf_counter(), time.process_time(), _energy_microjoules()

    def stop(tokens: int, operations: float) -> Resources:
        joules, method = _energy_used(energy)
        return Resources(
            wall_seconds=round(time.perf_counter() - wall, 3),
            processor_seconds=round(time.process_time() - processor, 3),
            peak_memory_bytes=_peak_memory_bytes(),
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
        "threads": torch.get_num_threads(),
        "packages": {name: _version(name) for name in PACKAGES},
        "code": code,
        "executable": sys.implementation.name,
    }


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


def _energy_microjoules() -> Mapping[str, int]:
    readings = {}
    for counter in sorted(_ENERGY_COUNTERS.glob("intel-rapl:?/energy_uj")):
        try:
            readings[str(counter)] = int(counter.read_text())
        except OSError:
            continue
    return readings


def _energy_used(before: Mapping[str, int]) -> tuple[float | None, str]:
    after = _energy_microjoules()
    used = [after[name] - start for name, start in before.items() if name in after]
    system = "wall clock, process times and peak resident size of the operating system"
    # A counter that wrapped around gives a negative difference, which says nothing.
    if not used or min(used) < 0:
        return None, f"{system}; no energy counter could be read"
    return sum(used) / 1e6, f"{system}; energy of the whole package from RAPL"
