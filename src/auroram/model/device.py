"""Where models are computed: a processor, or a GPU of NVIDIA or AMD.

PyTorch's build for ROCm calls AMD's GPUs `cuda` too.
"""

import os
from typing import Literal

import torch

from auroram.errors import ConfigError

Device = Literal["cpu", "cuda"]

DeviceChoice = Literal["auto", "cpu", "cuda"]
"""`auto` is a GPU where PyTorch can use one, and the processor elsewhere."""


def device_of(choice: DeviceChoice) -> Device:
    """What the choice means on this machine; of several GPUs each local rank takes its own.

    Raises:
        ConfigError: where a GPU is asked for and PyTorch can use none.
    """
    usable = torch.cuda.is_available()
    if choice == "cuda" and not usable:
        raise ConfigError(
            "device: 'cuda' was given, but PyTorch finds no GPU that it can use; write 'auto', or "
            "install PyTorch's build for the GPU"
        )
    if choice == "cpu" or not usable:
        return "cpu"
    torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    return "cuda"
