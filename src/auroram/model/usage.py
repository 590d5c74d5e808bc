"""Memory and energy that work takes, read from the operating system."""

import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

COUNTERS = Path("/sys/class/powercap")
WATTS_A_CORE = 4.0
"""Power of a busy core where no counter can be read. Source: codecarbon 3, DEFAULT_POWER_PER_CORE
in codecarbon/core/cpu.py, its estimate for processors that it does not know."""
READ_SECONDS = 60.0
"""Between two readings of the counters, which begin anew at 262 kJ: after 15 minutes at 290 W."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy:
    """What work took, and how that was obtained."""

    joules: float
    method: str


class EnergyMeter:
    """Counts from when it is made: the counters of the processors, or a guess by busy time."""

    def __init__(self, counters: Path = COUNTERS) -> None:
        self._counters = counters
        self._last = self._microjoules()
        self._counted = self._last != {}
        self._used = 0
        self._busy = processor_seconds()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        if self._counted:
            threading.Thread(target=self._keep_reading, daemon=True).start()

    def used(self) -> Energy:
        """Of the processors so far."""
        without = f"; {gpu}" if (gpu := _gpu()) else ""
        if self._counted:
            self._read()
            method = f"energy of the whole package from RAPL{without}"
            return Energy(joules=self._used / 1e6, method=method)
        guess = f"energy guessed at {WATTS_A_CORE:g} W a busy core, as no counter could be read"
        joules = round((processor_seconds() - self._busy) * WATTS_A_CORE, 3)
        return Energy(joules=joules, method=f"{guess}{without}")

    def close(self) -> None:
        """Read no more."""
        self._closed.set()

    def _keep_reading(self) -> None:
        while not self._closed.wait(READ_SECONDS):
            self._read()

    def _read(self) -> None:
        with self._lock:
            now = self._microjoules()
            for name in now.keys() & self._last.keys():
                risen = now[name] - self._last[name]
                self._used += risen if risen >= 0 else risen + self._range(name)
            self._last = now

    def _microjoules(self) -> Mapping[str, int]:
        readings = {}
        for folder in sorted(self._counters.glob("intel-rapl:?")):
            try:
                if (folder / "name").read_text().startswith("package"):
                    readings[folder.name] = int((folder / "energy_uj").read_text())
            except (OSError, ValueError):
                continue
        return readings

    def _range(self, name: str) -> int:
        """Where a counter begins anew."""
        return int((self._counters / name / "max_energy_range_uj").read_text())


def processor_seconds() -> float:
    """Of this process and of the workers that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def memory_bytes() -> int:
    """Resident size of this process; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def gpu_memory_bytes() -> int | None:
    """The most that tensors of this process took of its GPU; None where none is in use."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    return int(torch.cuda.max_memory_allocated())


def _gpu() -> str:
    """What is not counted, where a GPU works too."""
    return "" if gpu_memory_bytes() is None else "the GPU's energy is not counted"
