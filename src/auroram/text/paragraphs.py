"""A text's paragraphs: where they lie, what they are equal to, which scripts they are in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auroram.text.buffers import Buffer
from auroram.text.characters import SCRIPTS, absorb, decode, tables
from auroram.text.compiled import compiled

_NEWLINE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraphs:
    """One row a line of the buffer's texts, in order; an empty text has one empty paragraph."""

    owner: NDArray[np.int64]
    """Which text the paragraph belongs to."""
    start: NDArray[np.int64]
    """First byte in the buffer."""
    end: NDArray[np.int64]
    """One past the last byte; the line's end is not part of a paragraph."""
    fingerprint: NDArray[np.uint64]
    """Equal for equal paragraphs; stable between machines."""
    characters: NDArray[np.int64]
    letters: NDArray[np.int32]
    """Letters by script, in the order of `SCRIPTS`; shape (paragraphs, scripts)."""

    def __len__(self) -> int:
        return len(self.owner)

    def take(self, rows: NDArray[np.int64]) -> "Paragraphs":
        """Some of the paragraphs, in the order of the rows."""
        return Paragraphs(
            owner=self.owner[rows],
            start=self.start[rows],
            end=self.end[rows],
            fingerprint=self.fingerprint[rows],
            characters=self.characters[rows],
            letters=self.letters[rows],
        )


def paragraphs_of(buffer: Buffer) -> Paragraphs:
    """Every paragraph of every text."""
    rows = int(np.count_nonzero(buffer.data[buffer.offsets[0] : buffer.offsets[-1]] == _NEWLINE))
    rows += len(buffer)
    places = np.empty((rows, 5), np.int64)
    letters = np.zeros((rows, len(SCRIPTS)), np.int32)
    _fill(buffer.data, buffer.offsets, tables().scripts, places, letters)
    owner, start, end, characters, fingerprint = np.ascontiguousarray(places.T)
    return Paragraphs(
        owner=owner,
        start=start,
        end=end,
        fingerprint=fingerprint.view(np.uint64),
        characters=characters,
        letters=letters,
    )


@compiled
def _fill(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    scripts: NDArray[np.uint8],
    places: NDArray[np.int64],
    letters: NDArray[np.int32],
) -> None:
    row = 0
    for text in range(len(offsets) - 1):
        i, start, characters = offsets[text], offsets[text], 0
        word = np.uint64(0)
        while True:
            at_end = i >= offsets[text + 1]
            code_point, following = (10, i) if at_end else decode(data, i)
            if code_point == 10:
                places[row, 0], places[row, 1], places[row, 2] = text, start, i
                places[row, 3] = characters
                places[row, 4] = np.int64(absorb(word, np.uint64(characters)))
                row += 1
                if at_end:
                    break
                start, characters, word = following, 0, np.uint64(0)
            else:
                characters += 1
                word = absorb(word, np.uint64(code_point))
                script = scripts[code_point]
                if script != 255:
                    letters[row, script] += 1
            i = following
