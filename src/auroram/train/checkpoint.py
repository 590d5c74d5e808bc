"""Checkpoints: everything that a step changes, in a folder that appears whole or not at all.

`step-000123/` holds `state.safetensors` (trained weights, moments, averages) and `state.json`; one
that several ranks wrote (`auroram.train.ranks.checkpoint`) holds a file of each. What does
not change (frozen weights, settings, the order of the data) is not in it. The format is safetensors
and not torch.distributed.checkpoint, whose index is pickled: docs/decisions/0004.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from auroram.records.canonical import Json
from auroram.records.files import UNFINISHED, sync, write_text
from auroram.train.blocks import StoredTensors

FOLDER = ".checkpoints"
TENSORS, NOTE = "state.safetensors", "state.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The state after a step."""

    step: int
    """Steps done."""
    tensors: Mapping[str, Tensor]
    log_bytes: Mapping[str, int]
    """Name of a log to its size."""


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write the checkpoint durably, then remove the older ones."""
    place = folder / f"step-{checkpoint.step:06d}"
    beside = place.with_name(place.name + UNFINISHED)
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    save_file(dict(checkpoint.tensors), beside / TENSORS)
    write_text(beside / NOTE, json.dumps(note_of(checkpoint)))
    sync(beside / TENSORS)
    settle(beside, place)


class Saver(Protocol):
    """Writes checkpoints."""

    def save(self, folder: Path, checkpoint: Checkpoint) -> bool:
        """Keep the checkpoint in a folder, now or while training goes on; False if it cannot."""
        ...

    def wait(self) -> None:
        """Until what is being kept is there."""
        ...


class AtOnce:
    """Training stops while a checkpoint is written, and needs no memory for a copy of it."""

    def save(self, folder: Path, checkpoint: Checkpoint) -> bool:
        """Keep the checkpoint in a folder; it always can."""
        save_checkpoint(folder, checkpoint)
        return True

    def wait(self) -> None:
        """Nothing is written behind the back of training."""


AT_ONCE = AtOnce()
"""On one process, whose memory a copy would fill."""


def note_of(checkpoint: Checkpoint) -> Json:
    """What `state.json` says of a checkpoint."""
    return {"step": checkpoint.step, "log_bytes": dict(checkpoint.log_bytes)}


def settle(beside: Path, place: Path, *, token: str = "") -> None:
    """Let what was written beside take its place, then remove what came before.

    Args:
        beside: all of it on the disk.
        place: where it belongs.
        token: of the ranks that write here: a later checkpoint of theirs is under way already.
    """
    shutil.rmtree(place, ignore_errors=True)
    beside.rename(place)
    sync(place.parent)
    for other in place.parent.iterdir():
        if other != place and not (token and token in other.name):
            shutil.rmtree(other, ignore_errors=True)


def newest_checkpoint(folder: Path) -> Checkpoint | None:
    """The newest whole checkpoint; None where there is none. Torn ones are passed over."""
    if not folder.is_dir():
        return None
    return next(_whole(folder), None)


def rounded(
    moments: Mapping[str, Tensor], kind: Literal["float32", "bfloat16"]
) -> dict[str, Tensor]:
    """The moments as they go to the disk; the live ones are rounded to the same values."""
    kept = {}
    for name, moment in moments.items():
        kept[name] = moment
        if kind == "bfloat16" and moment.ndim:
            kept[name] = moment.to(torch.bfloat16)
            moment.copy_(kept[name])
    return kept


def _whole(folder: Path) -> Iterator[Checkpoint]:
    places = (path for path in folder.iterdir() if not path.name.endswith(UNFINISHED))
    for place in sorted(places, key=lambda path: (len(path.name), path.name), reverse=True):
        try:
            note = json.loads((place / NOTE).read_text())
            table = note.get("blocks")
            tensors = StoredTensors(place, [*table] if table else [TENSORS], table)
            yield Checkpoint(step=note["step"], tensors=tensors, log_bytes=note["log_bytes"])
        except (OSError, ValueError, KeyError, SafetensorError):
            continue
