"""What a stretch of work took, read from the operating system, and the machine it ran on."""

import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from auroram.model.usage import EnergyMeter, processor_seconds
from auroram.records.canonical import Json
from auroram.records.manifest import Resources
from auroram.train.ranks.world import world_size

PACKAGES = (
    "auroram", "torch", "transformers", "tokenizers", "safetensors",
    "numpy", "numba", "pyarrow", "pydantic",
)  # fmt: skip
_SYSTEM = "wall clock, process times and peak resident size of the operating system"


def now() -> str:
    """The time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def start_meter() -> Callable[[int, float], Resources]:
    """Begin measuring; the answer, called with tokens and operations, says what it took."""
    _reset_peak_memory()
    wall, processor, meter = time.perf_counter(), processor_seconds(), EnergyMeter()
    children = _largest_child_bytes()

    def stop(tokens: int, operations: float) -> Resources:
        energy = meter.used()
        meter.close()
        return Resources(
            wall_seconds=round(time.perf_counter() - wall, 3),
            processor_seconds=round(processor_seconds() - processor, 3),
            peak_memory_bytes=max(_peak_memory_bytes(), _risen(children)),
            tokens=tokens,
            floating_point_operations=operations,
            energy_joules=energy.joules,
            method=f"{_SYSTEM}; {energy.method}{_of_ranks()}",
        )

    return stop


def _of_ranks() -> str:
    ranks = world_size()
    return f"; of the first of {ranks} ranks" if ranks > 1 else ""


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


def _largest_child_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def _risen(before: int) -> int:
    """The largest worker that has ended, where it is larger than any that ended before."""
    now_bytes = _largest_child_bytes()
    return now_bytes if now_bytes > before else 0
