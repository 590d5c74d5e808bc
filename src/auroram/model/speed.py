"""How fast this machine multiplies matrices: the peak that a training step is compared with."""

import time
from dataclasses import dataclass
from functools import cache

import torch

from auroram.model.choices import Device, Precision

SIZES = {"cpu": 1024, "cuda": 8192}
"""Rows and columns of the matrices, large enough to keep all of the device busy."""

FEWEST = 3
"""Products that are timed, however long each takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """What matrix products reach with the threads of this process."""

    operations_per_second: float
    method: str


def product_speed(precision: Precision, device: Device = "cpu") -> Speed:
    """The second fastest of some products of two square matrices, as a clock may slip once.

    Measured once for as many threads.
    """
    return _measured(precision, device, torch.get_num_threads())


@cache
def _measured(precision: Precision, device: Device, threads: int, seconds: float = 0.2) -> Speed:
    size, kind = SIZES[device], torch.bfloat16 if precision == "bfloat16" else torch.float32
    left, right = (torch.ones(size, size, dtype=kind, device=device) for _ in range(2))
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while len(taken) < FEWEST or time.perf_counter() < end:
        started = time.perf_counter()
        left @ right
        if device == "cuda":
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - started)
    method = (
        f"second fastest {precision} product of {size} x {size} matrices within {seconds} s on "
    )
    method += torch.cuda.get_device_name() if device == "cuda" else f"{threads} threads"
    return Speed(operations_per_second=2 * size**3 / sorted(taken)[1], method=method)
