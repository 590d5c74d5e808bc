"""Checkpoints of several ranks: each writes the blocks that it holds, in the background.

`step-000123/` holds `state-00000-of-00004.safetensors` and so on, and in `state.json` where each
block lies in its tensor. Reading puts together the blocks that a rank needs, so that any number of
ranks, cut in any way, goes on from what another number wrote. The folder must be one that all ranks
see. Training stops only for the copy, which takes as much memory once more as this rank's share of
weights, moments and averages. A checkpoint that comes while the one before is still being written
is left out, on all ranks, and not waited for.
"""

import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from safetensors.torch import save_file
from torch import Tensor
from torch.distributed.tensor import DTensor

from auroram.records.canonical import Json
from auroram.records.files import UNFINISHED, sync, write_text
from auroram.train.blocks import Block, block_of, local
from auroram.train.checkpoint import NOTE, Checkpoint, note_of, settle
from auroram.train.ranks.distributed import Ranks

POLL_SECONDS = 0.02


class Background:
    """Saves what the ranks hold, one checkpoint at a time."""

    def __init__(self, ranks: Ranks) -> None:
        self._ranks = ranks
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._pending: Future[None] | None = None
        self._left = threading.Event()

    def save(self, folder: Path, checkpoint: Checkpoint) -> bool:
        """Copy what this rank holds; it is written while training goes on.

        Returns:
            False where the checkpoint before is still being written.

        Raises:
            OSError: where the checkpoint before could not be written.
        """
        if not self._ranks.all_say(yes=self._is_free()):
            return False
        own = {name: t for name, t in checkpoint.tensors.items() if _is_owner(t, self._ranks)}
        blocks = {name: block_of(tensor) for name, tensor in own.items()}
        copies = {name: local(t).detach().to("cpu", copy=True) for name, t in own.items()}
        held = replace(checkpoint, tensors=copies)
        self._pending = self._thread.submit(self._write, folder, held, blocks)
        return True

    def wait(self) -> None:
        """Until the last checkpoint is whole, as far as this rank has to do with it."""
        if self._pending:
            self._pending.result()
            self._pending = None

    def _is_free(self) -> bool:
        if self._pending and self._pending.done():
            self.wait()
        return self._pending is None

    def _write(self, folder: Path, held: Checkpoint, blocks: dict[str, Block]) -> None:
        place = folder / f"step-{held.step:06d}"
        beside = place.with_name(f"{place.name}.{self._ranks.token}{UNFINISHED}")
        beside.mkdir(parents=True, exist_ok=True)
        file = self._part(self._ranks.rank)
        save_file(dict(held.tensors), beside / file)
        sync(beside / file)
        write_text(beside / f"{file}.json", json.dumps(_table(blocks)))
        if self._ranks.is_first and self._all_written(beside):
            write_text(beside / NOTE, json.dumps(note_of(held) | {"blocks": self._joined(beside)}))
            settle(beside, place, token=self._ranks.token)

    def _part(self, rank: int) -> str:
        return f"state-{rank:05d}-of-{self._ranks.world:05d}.safetensors"

    def _all_written(self, beside: Path) -> bool:
        wanted = [beside / f"{self._part(rank)}.json" for rank in range(self._ranks.world)]
        while not all(path.exists() for path in wanted):
            if self._left.wait(POLL_SECONDS):
                return False
        return True

    def _joined(self, beside: Path) -> Json:
        """File to the blocks in it."""
        parts = [self._part(rank) for rank in range(self._ranks.world)]
        return {part: json.loads((beside / f"{part}.json").read_text()) for part in parts}

    def __enter__(self) -> "Background":
        """The saver itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish what is being written; after an error give it up, as other ranks may be gone."""
        if kind:
            self._left.set()
        else:
            self.wait()
        self._thread.shutdown()


def _is_owner(tensor: Tensor, ranks: Ranks) -> bool:
    """Whether this rank writes its block: of several that hold the same, the first does."""
    cut = {"pipeline"}
    if isinstance(tensor, DTensor):
        axes = zip(tensor.device_mesh.mesh_dim_names or (), tensor.placements, strict=True)
        cut |= {axis for axis, placement in axes if not placement.is_replicate()}
    assert ranks.mesh is not None
    names = ranks.mesh.mesh_dim_names or ()
    return all(axis in cut or ranks.mesh.get_local_rank(axis) == 0 for axis in names)


def _table(blocks: dict[str, Block]) -> Json:
    return {
        name: {"offset": list(block.offset), "shape": list(block.shape)}
        for name, block in blocks.items()
    }
