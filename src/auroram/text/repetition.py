"""How much of a text lies in n-grams of units that come back.

An n-gram can only come back where both of the shorter ones inside it do. So every length looks at
the places that the length before left, and long ones cost next to nothing in ordinary prose.

Source: Rae et al. 2021 (Gopher), arXiv:2112.11446, table A1. They divide by all characters of the
text, spaces included; we by those of units, so that shares mean the same in unspaced scripts. An
n-gram that comes once is no repetition here.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auroram.text.compiled import compiled
from auroram.text.scan import FACTOR, Units
from auroram.text.slots import Slots, opened, slot_of
from auroram.text.tallies import DUPLICATE_NGRAMS, NGRAMS, TOP_NGRAMS

_FIRST, _TOP_END, _END = TOP_NGRAMS[0], TOP_NGRAMS[-1] + 1, DUPLICATE_NGRAMS[-1] + 1


class Grams(NamedTuple):
    """Room for the n-grams of a text, by the place of their first unit."""

    keys: NDArray[np.uint64]
    places: NDArray[np.int32]
    """Places that may still hold a repeated n-gram, in order."""
    times: NDArray[np.int32]
    repeated: NDArray[np.uint8]
    """The longest n so far of which the n-gram here comes at least twice."""


def grams_for(units: int) -> Grams:
    """Room for so many units."""
    return Grams(
        keys=np.empty(units, np.uint64),
        places=np.empty(units, np.int32),
        times=np.empty(units, np.int32),
        repeated=np.empty(units, np.uint8),
    )


@compiled
def tally_repetition(
    units: Units, count: int, grams: Grams, slots: Slots, row: NDArray[np.int64]
) -> None:
    """Put the characters in repeated n-grams into the columns from `NGRAMS` on."""
    grams.repeated[: count + 1] = 0
    alive = max(count - _FIRST + 1, 0)
    for place in range(alive):
        grams.places[place] = place
        grams.keys[place] = units.hashes[place]
    for n in range(_FIRST, _END):
        _lengthen(units.hashes, grams, alive, n)
        if n < _TOP_END:
            row[NGRAMS + n - _FIRST] = _top(units.before, grams, alive, n, slots)
        else:
            row[NGRAMS + n - _FIRST] = _duplicate(units.before, grams, alive, n, slots)
        alive = _survivors(grams, alive, n)
        if alive < 2:
            break


@compiled
def _lengthen(hashes: NDArray[np.uint64], grams: Grams, alive: int, n: int) -> None:
    for i in range(alive):
        place = grams.places[i]
        grams.keys[place] = grams.keys[place] * FACTOR + hashes[place + n - 1]


@compiled
def _top(before: NDArray[np.int32], grams: Grams, alive: int, n: int, slots: Slots) -> int:
    """Characters in the n-gram that covers most of them."""
    use = opened(slots, alive, len(grams.keys))
    entries, mark, most = slots.entries, use[0], 0
    for i in range(alive):
        place = grams.places[i]
        slot = slot_of(grams.keys, place, entries, use)
        first = entries[slot] - mark
        if first < 0:
            entries[slot] = mark + place
            grams.times[place] = 1
            continue
        grams.times[first] += 1
        grams.repeated[place] = grams.repeated[first] = n
        most = max(most, grams.times[first] * (before[place + n] - before[place]))
    return most


@compiled
def _duplicate(before: NDArray[np.int32], grams: Grams, alive: int, n: int, slots: Slots) -> int:
    """Characters in n-grams that came before; none is counted twice.

    As the paper's search does, one that counts is skipped as a whole: those that start inside it
    neither count nor are remembered, which `times` says of the first of equals.
    """
    use = opened(slots, alive, len(grams.keys))
    entries, mark, covered, free = slots.entries, use[0], 0, 0
    for i in range(alive):
        place = grams.places[i]
        slot = slot_of(grams.keys, place, entries, use)
        first = entries[slot] - mark
        if first < 0:
            entries[slot] = mark + place
            grams.times[place] = int(place >= free)
            continue
        grams.repeated[place] = grams.repeated[first] = n
        if place >= free and grams.times[first]:
            covered += before[place + n] - before[place]
            free = place + n
        elif place >= free:
            grams.times[first] = 1
    return covered


@compiled
def _survivors(grams: Grams, alive: int, n: int) -> int:
    """Keep the places whose n-gram comes back, as does the one a unit later."""
    kept = 0
    for i in range(alive):
        place = grams.places[i]
        grams.places[kept] = place
        kept += int(grams.repeated[place] == n and grams.repeated[place + 1] == n)
    return kept
