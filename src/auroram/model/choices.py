"""What a recipe can choose of how models are computed; needs no torch."""

from typing import Literal

Device = Literal["cpu", "cuda"]

DeviceChoice = Literal["auto", "cpu", "cuda"]
"""`auto` is a GPU where PyTorch can use one, and the processor elsewhere."""

Precision = Literal["float32", "bfloat16"]

Choice = Literal["fastest", "float32", "bfloat16"]
"""`fastest` decides by the processor's features, so it is the same at every start."""

Backend = Literal["blocked", "sdpa", "flex", "varlen"]

BackendChoice = Literal["fastest", "blocked", "sdpa", "flex", "varlen"]
"""`fastest` decides by the device, the precision and what the model's attention does."""
