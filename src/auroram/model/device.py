"""Where models are computed: a processor, or a GPU of NVIDIA or AMD.

PyTorch's build for ROCm calls AMD's GPUs `cuda` too.
"""

import os
import sys
from pathlib import Path

from auroram.errors import ConfigError
from auroram.model.choices import Device, DeviceChoice

DRIVERS = ("nvidia*", "nvhost*", "nvgpu*", "nvmap", "kfd", "dxg")
"""What the driver of a GPU puts below /dev: NVIDIA's, that of its Tegra, AMD's, and WSL's."""


def device_of(choice: DeviceChoice) -> Device:
    """What the choice means on this machine; of several GPUs each local rank takes its own.

    Raises:
        ConfigError: where a GPU is asked for and PyTorch can use none.
    """
    if choice == "cpu" or (choice == "auto" and not _has_driver()):
        return "cpu"
    import torch  # noqa: PLC0415 -- heavy, and a run whose stages are done has no need of it

    usable = torch.cuda.is_available()
    if choice == "cuda" and not usable:
        raise ConfigError(
            "device: 'cuda' was given, but PyTorch finds no GPU that it can use; write 'auto', or "
            "install PyTorch's build for the GPU"
        )
    if not usable:
        return "cpu"
    torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    return "cuda"


def _has_driver() -> bool:
    """Whether there may be a GPU: only Linux tells without asking PyTorch."""
    if sys.platform != "linux":
        return True
    return any(any(Path("/dev").glob(pattern)) for pattern in DRIVERS)
