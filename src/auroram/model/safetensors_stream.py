"""Writing a safetensors file one tensor at a time, so that memory holds the largest one only.

The library's own writer wants all tensors at once. The format is a length (8 bytes, little
endian), a JSON table padded with spaces to a multiple of 8, and the tensors' bytes in order; the
result is the library's, byte for byte.
Source: https://huggingface.co/docs/safetensors, "Format".
"""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from auroram.records.canonical import Json

FLOAT32_BYTES = 4


def write_safetensors(
    path: Path,
    shapes: Mapping[str, tuple[int, ...]],
    read: Callable[[str], NDArray[np.float32]],
) -> None:
    """Write the named tensors as float32, each read when its turn comes, in order of name."""
    header = _header(shapes)
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little"))
        file.write(header)
        for name in sorted(shapes):
            values = np.ascontiguousarray(read(name), dtype="<f4")
            if values.shape != shapes[name]:
                raise ValueError(f"{name}: announced as {shapes[name]}, read as {values.shape}")
            file.write(values.data)


def _header(shapes: Mapping[str, tuple[int, ...]]) -> bytes:
    # Readers look for this key to know that names follow PyTorch's modules.
    table: Json = {"__metadata__": {"format": "pt"}}
    start = 0
    for name in sorted(shapes):
        end = start + FLOAT32_BYTES * math.prod(shapes[name])
        table[name] = {"dtype": "F32", "shape": shapes[name], "data_offsets": [start, end]}
        start = end
    text = json.dumps(table, separators=(",", ":"), ensure_ascii=False).encode()
    return text + b" " * (-len(text) % 8)
