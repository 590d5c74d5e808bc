"""A text's paragraphs: where they lie, what they are equal to, which scripts they are in."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from auroram.text.buffers import Buffer
from auroram.text.characters import absorb, decode, tables
from auroram.text.compiled import compiled
from auroram.text.scripts import SCRIPTS, written_in

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
    """Letters of other scripts, then those of each script that was asked for; shape
    (paragraphs, 1 + scripts)."""

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


def paragraphs_of(buffer: Buffer, script: str = "") -> Paragraphs:
    """Every paragraph of every text.

    Args:
        buffer: the texts.
        script: ISO 15924, whose letters are counted apart; each of the scripts that it stands for
            has a column, such as three for `Jpan`. Empty where letters of all are one.
    """
    rows = int(np.count_nonzero(buffer.data[buffer.offsets[0] : buffer.offsets[-1]] == _NEWLINE))
    rows += len(buffer)
    places = np.empty((rows, 5), np.int64)
    letters = np.zeros((rows, 1 + len(written_in(script))), np.int32)
    _fill(buffer.data, buffer.offsets, _columns(script), places, letters)
    owner, start, end, characters, fingerprint = np.ascontiguousarray(places.T)
    return Paragraphs(
        owner=owner,
        start=start,
        end=end,
        fingerprint=fingerprint.view(np.uint64),
        characters=characters,
        letters=letters,
    )


@cache
def _columns(script: str) -> NDArray[np.uint8]:
    """The column of `Paragraphs.letters` of each code point; 255 where it is no letter."""
    columns = np.zeros(256, np.uint8)
    columns[255] = 255
    for column, part in enumerate(written_in(script), start=1):
        columns[SCRIPTS.index(part)] = column
    return columns[tables().scripts]


@compiled
def _fill(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    columns: NDArray[np.uint8],
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
                column = columns[code_point]
                if column != 255:
                    letters[row, column] += 1
            i = following
