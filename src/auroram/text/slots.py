"""A hash table of positions that is never emptied: entries of earlier uses count as free.

A slot holds an index into an array of keys, raised by a mark that grows with every use; what lies
below the mark of this use is left over. So a short text after a long one touches only the few
slots that it needs, which stay in the processor's cache.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auroram.text.compiled import compiled


class Slots(NamedTuple):
    """The table: open addressing, probed in steps of one."""

    entries: NDArray[np.int64]
    mark: NDArray[np.int64]
    """One number, above all entries."""


def slots_for(keys: int) -> Slots:
    """A table that stays half free with so many keys."""
    size = 1 << max(2 * keys - 1, 1).bit_length()
    return Slots(entries=np.zeros(size, np.int64), mark=np.ones(1, np.int64))


@compiled
def opened(slots: Slots, keys: int, indices: int) -> tuple[int, int]:
    """Start a use with so many keys and indices below a limit: its mark, and the bits of a slot."""
    mark = slots.mark[0]
    slots.mark[0] += indices
    bits = 1
    while 1 << bits < 2 * keys:
        bits += 1
    return mark, bits


@compiled
def slot_of(
    keys: NDArray[np.uint64], index: int, entries: NDArray[np.int64], use: tuple[int, int]
) -> int:
    """Where `keys[index]` stands or would stand; its upper bits must be well mixed."""
    mark, bits = use
    key, mask = keys[index], (1 << bits) - 1
    slot = int(key >> np.uint64(64 - bits)) & mask
    while entries[slot] >= mark and keys[entries[slot] - mark] != key:
        slot = (slot + 1) & mask
    return slot


@compiled
def duplicates(keys: NDArray[np.uint64], sizes: NDArray[np.int32], slots: Slots) -> tuple[int, int]:
    """How many keys equal an earlier one, and the sum of their sizes."""
    use = opened(slots, len(keys), len(keys))
    count, size = 0, 0
    for index in range(len(keys)):
        slot = slot_of(keys, index, slots.entries, use)
        if slots.entries[slot] >= use[0]:
            count, size = count + 1, size + sizes[index]
        else:
            slots.entries[slot] = use[0] + index
    return count, size
