"""What a tuning under privacy needs to go on where it was stopped: one safetensors file.

It holds the weights that learn, what Adam remembers of each, and where the generators stand. Noise
that nobody may draw again is not in it: who goes on draws new noise, for which the account is the
same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from auroram.records.done import working_path

STEP = "step"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateState:
    """Everything that the steps change."""

    file: Path
    learning: Sequence[nn.Parameter]
    optimizer: torch.optim.Optimizer
    """Adam over these weights."""
    generators: Sequence[torch.Generator]
    """Those that can be set back."""

    def save(self, step: int) -> None:
        """Write the state after so many steps, whole or not at all."""
        tensors = {f"generator.{i}": one.get_state() for i, one in enumerate(self.generators)}
        for i, weight in enumerate(self.learning):
            tensors[f"weight.{i}"] = weight.detach()
            for name, value in self.optimizer.state[weight].items():
                tensors[f"adam.{i}.{name}"] = value
        with working_path(self.file) as beside:
            save_file(tensors, beside, {STEP: str(step)})

    @torch.no_grad()
    def restore(self) -> int:
        """Set everything back to the state that was written; its step, 0 where there is none."""
        if not self.file.exists():
            return 0
        with safe_open(self.file, "pt") as stored:
            tensors: dict[str, Tensor] = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
            step = int(stored.metadata()[STEP])
        for i, generator in enumerate(self.generators):
            generator.set_state(tensors[f"generator.{i}"])
        for i, weight in enumerate(self.learning):
            weight.copy_(tensors[f"weight.{i}"])
            adam = f"adam.{i}."
            self.optimizer.state[weight] = {
                name.removeprefix(adam): value
                for name, value in tensors.items()
                if name.startswith(adam)
            }
        return step
