"""Tensors in blocks: what a rank holds of one, and how one is put together from files of blocks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor
from torch.distributed.tensor import DTensor
from torch.distributed.tensor._utils import compute_local_shape_and_global_offset

from auroram.errors import DataError

Table = Mapping[str, Mapping[str, Mapping[str, Sequence[int]]]]
"""File to the blocks in it: name of the tensor to `offset` and `shape`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A box of numbers out of a tensor."""

    offset: tuple[int, ...]
    """Where its first number stands in the tensor."""
    shape: tuple[int, ...]

    def overlap(self, other: "Block") -> "Block | None":
        """What both hold; None where that is nothing."""
        pairs = zip(self.offset, other.offset, strict=True)
        offset = tuple(max(one, two) for one, two in pairs)
        ends = zip(self.ends, other.ends, strict=True)
        shape = tuple(min(ab) - low for ab, low in zip(ends, offset, strict=True))
        return Block(offset=offset, shape=shape) if all(n > 0 for n in shape) else None

    def within(self, other: "Block") -> tuple[slice, ...]:
        """Where this block lies in the numbers of one that holds it."""
        starts = [a - b for a, b in zip(self.offset, other.offset, strict=True)]
        return tuple(slice(a, a + n) for a, n in zip(starts, self.shape, strict=True))

    @property
    def ends(self) -> tuple[int, ...]:
        """Where it stops on each axis, that place not included."""
        return tuple(a + n for a, n in zip(self.offset, self.shape, strict=True))


def block_of(tensor: Tensor) -> Block:
    """Which block of the whole tensor this rank holds."""
    if not isinstance(tensor, DTensor):
        return Block(offset=(0,) * tensor.ndim, shape=tuple(tensor.shape))
    shape, offset = compute_local_shape_and_global_offset(
        tensor.shape, tensor.device_mesh, tensor.placements
    )
    return Block(offset=tuple(offset), shape=tuple(shape))


def local(tensor: Tensor) -> Tensor:
    """What this rank holds of a tensor."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def with_local(like: DTensor, numbers: Tensor) -> DTensor:
    """A tensor cut in the same way, of which this rank holds these numbers."""
    made: DTensor = DTensor.from_local(
        numbers,
        like.device_mesh,
        like.placements,
        run_check=False,
        shape=like.shape,
        stride=like.stride(),
    )
    return made


class StoredTensors(Mapping[str, Tensor]):
    """Tensors in safetensors files, each in one block or more; read when they are asked for."""

    def __init__(self, folder: Path, files: Sequence[str], table: Table | None = None) -> None:
        """Open the files.

        Args:
            folder: where they lie.
            files: their names.
            table: where the blocks lie in their tensors; None where each file holds whole ones.

        Raises:
            OSError, SafetensorError: where a file is missing or torn.
        """
        self._folder = folder
        self._files = {name: safe_open(folder / name, framework="pt") for name in files}
        self._blocks: dict[str, list[tuple[str, Block]]] = {}
        for file, opened in self._files.items():
            for name in opened.keys():  # type: ignore[no-untyped-call]  # noqa: SIM118 -- no mapping
                block = _block(opened, name, table[file][name] if table else None)
                self._blocks.setdefault(name, []).append((file, block))

    def __getitem__(self, name: str) -> Tensor:
        """The whole tensor."""
        shape = self.shape(name)
        return self.block(name, Block(offset=(0,) * len(shape), shape=shape))

    def __iter__(self) -> Iterator[str]:
        """Names of the tensors."""
        return iter(self._blocks)

    def __len__(self) -> int:
        """How many tensors there are."""
        return len(self._blocks)

    def shape(self, name: str) -> tuple[int, ...]:
        """Of the whole tensor."""
        ends = zip(*(block.ends for _, block in self._blocks[name]), strict=True)
        return tuple(max(axis) for axis in ends)

    def block(self, name: str, wanted: Block) -> Tensor:
        """A block of a tensor, put together from those that are stored.

        Raises:
            DataError: where they do not cover it.
        """
        stored = self._blocks[name]
        if len(stored) == 1 and stored[0][1] == wanted:
            whole: Tensor = self._files[stored[0][0]].get_tensor(name)  # type: ignore[no-untyped-call]
            return whole
        return self._joined(name, wanted)

    def _joined(self, name: str, wanted: Block) -> Tensor:
        joined, found = torch.empty(0), 0
        for file, block in self._blocks[name]:
            shared = block.overlap(wanted)
            if shared is None:
                continue
            part = self._files[file].get_slice(name)[shared.within(block)]  # type: ignore[no-untyped-call]
            if not found:
                joined = torch.empty(wanted.shape, dtype=part.dtype)
            joined[shared.within(wanted)] = part
            found += part.numel()
        if found != prod(wanted.shape):
            raise DataError(
                f"{self._folder}: holds {found} of the {prod(wanted.shape)} numbers asked of "
                f"{name}; it is of another model, remove it to start the stage anew"
            )
        return joined


def _block(opened: safe_open, name: str, entry: Mapping[str, Sequence[int]] | None) -> Block:
    if entry:
        return Block(offset=tuple(entry["offset"]), shape=tuple(entry["shape"]))
    shape = tuple(opened.get_slice(name).get_shape())  # type: ignore[no-untyped-call]
    return Block(offset=(0,) * len(shape), shape=shape)
