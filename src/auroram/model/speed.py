"""How fast this machine multiplies matrices: the peak that a training step is compared with."""

import time
from dataclasses import dataclass, replace
from functools import cache

import torch
from torch._subclasses.fake_tensor import FakeTensor

from auroram.model.choices import Device, Precision

SIZES = {"cpu": 1024, "cuda": 8192}
"""Rows and columns of the matrices, large enough to keep all of the device busy."""

WITHIN = 0.2
"""Seconds in which products are timed."""

FEWEST = 3
"""Products that are timed, however long each takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """What matrix products reach with the threads of this process."""

    operations_per_second: float
    precision: Precision = "float32"
    device: Device = "cpu"
    threads: int = 1

    @property
    def method(self) -> str:
        """How it was measured."""
        where = f"{self.threads} threads"
        if self.device == "cuda":
            where = torch.cuda.get_device_name()
        size = SIZES[self.device]
        return (
            f"second fastest {self.precision} product of {size} x {size} matrices within {WITHIN} "
            f"s on {where}"
        )

    def again(self) -> "Speed":
        """This speed, or that of new products where they are faster.

        Processors that others use too are slow at times. A GPU is not asked again: its memory may
        be full by now.
        """
        if self.device == "cuda":
            return self
        anew = _products(self.precision, self.device)
        return replace(self, operations_per_second=max(self.operations_per_second, anew))


def product_speed(precision: Precision, device: Device = "cpu") -> Speed:
    """The second fastest of some products of two square matrices, as a clock may slip once.

    Measured once for as many threads.
    """
    return _measured(precision, device, torch.get_num_threads())


@cache
def _measured(precision: Precision, device: Device, threads: int) -> Speed:
    return Speed(
        operations_per_second=_products(precision, device),
        precision=precision,
        device=device,
        threads=threads,
    )


def _products(precision: Precision, device: Device) -> float:
    """Operations a second."""
    size, kind = SIZES[device], torch.bfloat16 if precision == "bfloat16" else torch.float32
    left, right = (torch.ones(size, size, dtype=kind, device=device) for _ in range(2))
    # Where models are computed without data, a product takes no time at all.
    assert not isinstance(left, FakeTensor)
    taken: list[float] = []
    end = time.perf_counter() + WITHIN
    while len(taken) < FEWEST or time.perf_counter() < end:
        started = time.perf_counter()
        left @ right
        if device == "cuda":
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - started)
    return float(2 * size**3 / sorted(taken)[1])
