"""In which type the matrix products are computed. Weights and sums are float32 always."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch

from auroram.model.choices import Choice, Device, Precision


def precision_of(
    choice: Choice, cpuinfo: Path = Path("/proc/cpuinfo"), *, device: Device = "cpu"
) -> Precision:
    """What `fastest` means on this machine; any other choice is itself.

    bfloat16 on a GPU that has it, as one that is elsewhere is taken to, and where the processor
    multiplies whole tiles of it (AMX), or is AMD's with AVX512-BF16: 2.1 times float32, measured on
    Zen 4. Intel's AVX512-BF16 without AMX is slower than its float32 (84 against 130 to 150
    GFLOP/s a core, measured on a Xeon of 2023), so float32 it is there.
    """
    if choice != "fastest":
        return choice
    if device == "cuda":
        lacks = torch.cuda.is_available() and not torch.cuda.is_bf16_supported()
        return "float32" if lacks else "bfloat16"
    try:
        words = set(cpuinfo.read_text().split())
    except OSError:
        return "float32"
    fast = "amx_bf16" in words or {"avx512_bf16", "AuthenticAMD"} <= words
    return "bfloat16" if fast else "float32"


def autocast(precision: Precision, device: str = "cpu") -> AbstractContextManager[object]:
    """Matrix products in the given type for as long as the context is open."""
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device, torch.bfloat16)
