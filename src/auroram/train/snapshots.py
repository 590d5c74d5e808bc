"""Models of a stage on its way, for whoever wants to see what it learns and forgets when.

A snapshot is the model that the stage would leave if it ended there: averaged, folded and merged
as the settings say. `snapshots/<tokens>/model/` is a Hugging Face folder in bfloat16, half the size
of float32; all snapshots are rounded alike, the base and the stage's own model are not.
"""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel

from auroram.model.folder import save_model
from auroram.records.snapshots import snapshot_folder
from auroram.train.averaging import merge_back
from auroram.train.low_rank import fold
from auroram.train.parts import Merge
from auroram.train.state import State


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Photographer:
    """Takes the snapshots of one stage."""

    every_steps: int
    tokens_a_step: int
    steps: int
    merge: Merge | None
    merge_with: Path
    """Model folder that a merge goes towards."""
    tokenizer_from: Path

    def due(self, step: int) -> bool:
        """Whether the model after so many steps is kept."""
        return 0 < step < self.steps and step % self.every_steps == 0

    @torch.no_grad()
    def take(self, model: PreTrainedModel, state: State, out: Path) -> None:
        """Write the model as the stage would leave it; what trains is not touched."""
        taken = deepcopy(model)
        taken.to("cpu")  # type: ignore[arg-type]  # transformers' own
        weights = dict(taken.named_parameters())
        for name, average in state.averages.items():
            weights[name].copy_(average)
        fold(taken)
        if self.merge:
            merge_back(self.merge, dict(taken.named_parameters()), self.merge_with)
        folder = snapshot_folder(out, state.step * self.tokens_a_step)
        tokenizer = self.tokenizer_from
        save_model(taken, tokenizer_from=tokenizer, folder=folder, dtype=torch.bfloat16)
