"""Reading a classifier that fastText wrote: plain (`.bin`) or quantised (`.ftz`), version 12.

The weights become arrays that a kernel can look things up in; quantised rows are unpacked, as
there are few of them. Sources: Joulin et al. 2016, arXiv:1607.01759 (the classifier, its n-grams
and hashing) and arXiv:1612.03651 (product quantisation, pruning of n-grams).
"""

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from auroram.errors import DataError

_MAGIC, _VERSION = 793712314, 12
_SUPERVISED, _HIERARCHICAL, _SOFTMAX = 3, 1, 3
_CENTROIDS = 256
_LABEL = "__label__"
_END = b"</s>"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """A classifier's words, n-grams and weights."""

    labels: tuple[str, ...]
    """Without fastText's prefix, in the order of the output rows."""
    shortest: int
    """Characters of the shortest n-gram."""
    longest: int
    """Characters of the longest n-gram; 0 where the model knows whole words only."""
    word_bytes: NDArray[np.uint8]
    """All words, one after the other, in UTF-8."""
    word_starts: NDArray[np.int64]
    """Where each word starts in `word_bytes`, and where the last one ends."""
    slots: NDArray[np.int32]
    """Open-addressed table from a word's hash to its number, -1 where empty; a power of two."""
    end: int
    """Number of the word that ends a line, -1 where there is none."""
    gram_rows: NDArray[np.int32]
    """Row of `rows` of each hash bucket of n-grams, -1 where it was pruned."""
    gram_bits: NDArray[np.uint8]
    """One bit a bucket, lowest first: set where `gram_rows` has a row. It fits into a nearer
    cache than the rows do."""
    rows: NDArray[np.float32]
    """Vectors of words, then of n-grams; shape (rows, width)."""
    output: NDArray[np.float32]
    """Vectors of the labels or, in a tree, of its inner nodes; shape (labels, width)."""
    tree: NDArray[np.int32]
    """Left and right child of each inner node, numbered as in fastText (labels first, then
    inner nodes); shape (labels - 1, 2). Empty where the labels compete in one softmax."""


def read_model(path: Path) -> Model:
    """The classifier in a file.

    Raises:
        DataError: where the file is missing, cut off, or no classifier of that version.
    """
    with _faults_told(path):
        return _model(_Cursor(path.read_bytes()))


def read_labels(path: Path) -> tuple[str, ...]:
    """The labels of the classifier in a file, whose weights, which may be gigabytes, are not read.

    Raises:
        DataError: as `read_model` does, but for faults of the weights.
    """
    with (
        _faults_told(path),
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        cursor = _Cursor(data)
        _header(cursor)
        return tuple(_dictionary(cursor)[0].labels)


@contextmanager
def _faults_told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); name a .ftz or .bin") from None
    except (struct.error, ValueError, IndexError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path}: not a fastText classifier of version {_VERSION} ({error}); "
            "name a .ftz or .bin that fastText wrote"
        ) from None


@dataclass(slots=True)
class _Cursor:
    data: bytes | mmap.mmap
    at: int = 0

    def numbers(self, shape: str) -> tuple[int, ...]:
        found = struct.unpack_from("<" + shape, self.data, self.at)
        self.at += struct.calcsize("<" + shape)
        return found

    def array(self, kind: str, count: int) -> NDArray[np.generic]:
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += found.nbytes
        return found

    def word(self) -> bytes:
        end = self.data.find(b"\0", self.at)
        if end < 0:
            raise ValueError("a word without an end")
        start, self.at = self.at, end + 1
        return self.data[start:end]


@dataclass(slots=True)
class _Dictionary:
    words: list[bytes] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    label_counts: list[int] = field(default_factory=list)


def _model(cursor: _Cursor) -> Model:
    width, loss, buckets, shortest, longest = _header(cursor)
    dictionary, pruned = _dictionary(cursor)
    rows = _matrix(cursor, quantised=bool(cursor.numbers("?")[0]))
    output = _matrix(cursor, quantised=bool(cursor.numbers("?")[0]))
    gram_rows = _gram_rows(pruned, buckets, len(dictionary.words))
    labels = len(dictionary.labels)
    if rows.shape[1] != width or output.shape != (labels, width) or not labels:
        raise ValueError(f"matrices {rows.shape} and {output.shape}, {labels} labels")
    if gram_rows.max(initial=-1) >= len(rows) or len(dictionary.words) > len(rows):
        raise ValueError(f"{len(rows)} rows are fewer than the words and n-grams need")
    return Model(
        labels=tuple(dictionary.labels),
        shortest=shortest,
        longest=longest if buckets else 0,
        word_bytes=np.frombuffer(b"".join(dictionary.words), np.uint8),
        word_starts=np.cumsum([0, *map(len, dictionary.words)], dtype=np.int64),
        slots=_slots(dictionary.words),
        end=dictionary.words.index(_END) if _END in dictionary.words else -1,
        gram_rows=gram_rows,
        gram_bits=np.packbits(gram_rows >= 0, bitorder="little"),
        rows=rows,
        output=output,
        tree=_tree(dictionary.label_counts if loss == _HIERARCHICAL else []),
    )


def _header(cursor: _Cursor) -> tuple[int, int, int, int, int]:
    """Width, loss, buckets, and the shortest and longest n-gram."""
    magic, version = cursor.numbers("2i")
    width, *_, grams, loss, kind, buckets, shortest, longest, _ = cursor.numbers("12i")
    cursor.numbers("d")
    if (magic, version, kind) != (_MAGIC, _VERSION, _SUPERVISED) or grams > 1:
        raise ValueError(f"magic {magic}, version {version}, kind {kind}, word n-grams {grams}")
    if loss not in (_HIERARCHICAL, _SOFTMAX) or not 0 < width <= 1024 or buckets < 0:
        raise ValueError(f"loss {loss}, width {width}, buckets {buckets}")
    return width, loss, buckets, shortest, longest


def _dictionary(cursor: _Cursor) -> tuple[_Dictionary, NDArray[np.generic] | None]:
    size, _, _ = cursor.numbers("3i")
    _, pruned = cursor.numbers("2q")
    found = _Dictionary()
    for _ in range(size):
        word = cursor.word()
        count, is_label = cursor.numbers("q?")
        if is_label:
            found.labels.append(word.decode().removeprefix(_LABEL))
            found.label_counts.append(count)
        else:
            found.words.append(word)
    return found, cursor.array("<i4", 2 * pruned) if pruned >= 0 else None


def _matrix(cursor: _Cursor, *, quantised: bool) -> NDArray[np.float32]:
    if not quantised:
        height, width = cursor.numbers("2q")
        return np.asarray(cursor.array("<f4", height * width).reshape(height, width), np.float32)
    (has_norms,) = cursor.numbers("?")
    height, width, size = cursor.numbers("2qi")
    codes = np.asarray(cursor.array("u1", size).reshape(height, -1), np.intp)
    rows = _unquantised(cursor, codes)
    if has_norms:
        norms = np.asarray(cursor.array("u1", height), np.intp)
        rows *= _unquantised(cursor, norms[:, None])
    if rows.shape != (height, width):
        raise ValueError(f"quantised matrix of shape {rows.shape}, not {(height, width)}")
    return rows


def _unquantised(cursor: _Cursor, codes: NDArray[np.intp]) -> NDArray[np.float32]:
    width, parts, step, last = cursor.numbers("4i")
    centroids = np.asarray(cursor.array("<f4", width * _CENTROIDS), np.float32)
    if codes.shape[1] != parts:
        raise ValueError(f"{codes.shape[1]} codes a row, but {parts} parts")
    columns = []
    for part in range(parts):
        size = last if part == parts - 1 else step
        start = part * _CENTROIDS * step
        table = centroids[start : start + _CENTROIDS * size].reshape(_CENTROIDS, size)
        columns.append(table[codes[:, part]])
    return np.ascontiguousarray(np.concatenate(columns, axis=1))


def _gram_rows(pruned: NDArray[np.generic] | None, buckets: int, words: int) -> NDArray[np.int32]:
    if pruned is None:
        return np.arange(words, words + buckets, dtype=np.int32)
    rows = np.full(buckets, -1, np.int32)
    pairs = np.asarray(pruned, np.int32).reshape(-1, 2)
    rows[pairs[:, 0]] = pairs[:, 1] + words
    return rows


def _slots(words: list[bytes]) -> NDArray[np.int32]:
    size = 1 << max(4, (4 * len(words)).bit_length())
    slots = np.full(size, -1, np.int32)
    for number, word in enumerate(words):
        slot = word_hash(word) & (size - 1)
        while slots[slot] >= 0:
            slot = (slot + 1) & (size - 1)
        slots[slot] = number
    return slots


def word_hash(word: bytes) -> int:
    """FNV-1a in 32 bits over signed bytes, as fastText hashes words and n-grams."""
    value = 2166136261
    for byte in word:
        value ^= byte | (0xFFFFFF00 if byte > 127 else 0)
        value = value * 16777619 & 0xFFFFFFFF
    return value


def _tree(counts: list[int]) -> NDArray[np.int32]:
    """The Huffman tree over the labels, whose counts fall."""
    leaves = len(counts)
    weights = [*counts, *([10**15] * max(0, leaves - 1))]
    children = np.empty((max(0, leaves - 1), 2), np.int32)
    leaf, node = leaves - 1, leaves
    for row in range(leaves - 1):
        for side in (0, 1):
            if leaf >= 0 and weights[leaf] < weights[node]:
                children[row, side], leaf = leaf, leaf - 1
            else:
                children[row, side], node = node, node + 1
        weights[leaves + row] = sum(weights[child] for child in children[row])
    return children
