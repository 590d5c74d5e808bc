"""How large a model is, read from the heads of its files without loading it."""

import math
from pathlib import Path

from safetensors import safe_open


def stored_parameters(folder: Path) -> int:
    """Number of weights in a folder's safetensors files; tied ones are stored once."""
    total = 0
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, framework="numpy") as weights:
            total += sum(math.prod(weights.get_slice(name).get_shape()) for name in weights.keys())  # noqa: SIM118 -- not a mapping
    return total
