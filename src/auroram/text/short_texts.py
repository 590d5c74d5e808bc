"""Texts lighter than a window, each looked for whole.

They are of many lengths, so one pass looks for how they begin; only the texts that hold such a
beginning are read again, once for each length.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from auroram.text.buffers import Buffer
from auroram.text.contamination import (
    Places,
    Sought,
    Windows,
    found_in,
    joined,
    sought,
    weights_of,
    windows_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortTexts:
    """Short texts to look for. Make one with `short_texts`."""

    beginnings: Sought
    whole: tuple[Sought, ...]
    """The texts by weight, the lightest first."""

    def found_in(self, buffer: Buffer) -> Places:
        """Where the short texts stand in others, each as one window."""
        begun = found_in(buffer, self.beginnings)
        likely = np.unique(begun.text)
        if not len(likely):
            return begun
        some = buffer.take(likely)
        found = (found_in(some, one) for one in self.whole)
        return joined([replace(places, text=likely[places.text]) for places in found])


def short_texts(buffer: Buffer, windows: Windows, lightest: int) -> ShortTexts:
    """Those texts of a buffer that are lighter than a full window, ready to be looked for.

    Args:
        buffer: the texts.
        windows: what a text weighs, and what a window does.
        lightest: weight below which a text is too short to say anything.
    """
    begin = replace(windows, weight=lightest)
    starts, whole = [np.zeros(0, np.uint64)], []
    for at, rows in _by_weight(buffer, windows, lightest):
        some = buffer.take(rows)
        places = windows_of(some, begin)
        starts.append(places.fingerprint[places.first == 0])
        whole.append(sought(windows_of(some, at).fingerprint, at))
    return ShortTexts(beginnings=sought(np.concatenate(starts), begin), whole=tuple(whole))


def whole_windows(buffer: Buffer, windows: Windows, lightest: int) -> Places:
    """One window for each text that `short_texts` would look for: all of it."""
    parts = [windows_of(buffer.take(np.zeros(0, np.int64)), windows)]
    for at, rows in _by_weight(buffer, windows, lightest):
        places = windows_of(buffer.take(rows), at)
        parts.append(replace(places, text=rows[places.text]))
    return joined(parts)


def _by_weight(
    buffer: Buffer, windows: Windows, lightest: int
) -> Iterator[tuple[Windows, NDArray[np.int64]]]:
    """Windows of each weight that a short text has, and the texts of that weight."""
    weights = weights_of(buffer, windows)
    short = (lightest <= weights) & (weights < windows.full_weight)
    for weight in np.unique(weights[short]).tolist():
        yield replace(windows, weight=weight), np.flatnonzero(weights == weight)
