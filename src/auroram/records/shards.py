"""Token shards: one indexed data set a domain, memory-mapped, that Megatron-LM reads unchanged.

`<domain>.bin` holds the tokens of all documents one after the other; `<domain>.idx` says where
each begins. Beside them `<domain>.ids` holds a document id a line in the same order, and
`<domain>.mask.bin`, for exchanges, a byte a token: 1 where it is learnt. `shards.json` sums up.

Layout of an index, little-endian: the magic, version (u64), code of the tokens' type (u8), number
of sequences n (u64), number of document borders (u64), n sizes in tokens (i32), n byte offsets
(i64), the document borders (i64). A sequence is a document here, so the borders are 0 to n.

Source: Megatron-LM, megatron/core/datasets/indexed_dataset.py.
"""

import json
import shutil
import struct
from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from auroram.errors import DataError
from auroram.records.canonical import plain
from auroram.records.files import atomic_path, write_text
from auroram.records.starts import Starts

MAGIC = b"MMIDIDX\x00\x00"
VERSION = 1
HEADER = struct.Struct("<QBQQ")
TYPES: dict[int, type[np.integer[Any]]] = {8: np.uint16, 4: np.int32}
"""Megatron's codes of the two types that we write. It has none for 32 bits without sign."""
LARGEST_SHORT_VOCABULARY = 65_499
"""Entries up to which Megatron chooses 16 bits."""
SHARDS_NAME = "shards.json"
_COPIED = 1 << 20
"""Bytes that are copied at a time."""


def _no_spans() -> NDArray[np.int64]:
    return np.zeros((0, 2), np.int64)


class ShardWriter:
    """Writes one shard; its files appear together when the `with` block ends well."""

    def __init__(
        self, prefix: Path, *, vocabulary: int, masked: bool = False, durable: bool = True
    ) -> None:
        """A shard that is empty yet.

        Args:
            prefix: path without an ending.
            vocabulary: entries of the tokenizer.
            masked: whether the shard says which tokens are learnt.
            durable: as `atomic_path` has it; False for one that is gone when the stage ends.
        """
        self._prefix = prefix
        self._durable = durable
        self._code = 8 if vocabulary <= LARGEST_SHORT_VOCABULARY else 4
        self._masked = masked
        self._sizes = array("q")
        self._stack = ExitStack()

    def __enter__(self) -> "ShardWriter":
        """Open the files beside their final places."""
        self._index = self._open(".idx")
        self._ids = self._open(".ids")
        self._mask = self._open(".mask.bin") if self._masked else None
        self._tokens = self._open(".bin")
        return self

    def add(
        self,
        ids: Sequence[int] | NDArray[np.integer[Any]],
        *,
        id: str,  # noqa: A002 -- the word of every schema
        mask: Sequence[int] | NDArray[np.integer[Any]] | None = None,
    ) -> None:
        """Append a document.

        Args:
            ids: its tokens, the end of text included.
            id: the document's own.
            mask: 1 for each token to learn, in a masked shard only.

        Raises:
            ValueError: where the mask is missing, too much, or not as long as the tokens.
        """
        if self._masked != (mask is not None) or (mask is not None and len(mask) != len(ids)):
            raise ValueError(
                f"{self._prefix}: document {id!r} needs one mask value a token, or none"
            )
        self._tokens.write(np.asarray(ids).astype(TYPES[self._code]).tobytes())
        if self._mask is not None:
            self._mask.write(np.asarray(mask, np.uint8).tobytes())
        self._ids.write(f"{id}\n".encode())
        self._sizes.append(len(ids))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write the index and move the files into place; after an error remove them."""
        if error is not None:
            self._stack.__exit__(kind, error, trace)
            return
        with self._stack:
            _write_index(self._index, self._code, np.array(self._sizes, np.int64))

    def _open(self, ending: str) -> BinaryIO:
        path = _file(self._prefix, ending)
        beside = self._stack.enter_context(atomic_path(path, durable=self._durable))
        return self._stack.enter_context(beside.open("wb"))


def join_shards(parts: Sequence[Path], prefix: Path) -> None:
    """Write the documents of several shards of one kind, in order, as one shard.

    Memory: 16 bytes a document.

    Args:
        parts: their paths without an ending; at least one.
        prefix: the path of the whole without an ending.
    """
    endings = [".ids", ".mask.bin", ".bin"]
    with ExitStack() as stack:

        def opened(ending: str) -> BinaryIO:
            beside = stack.enter_context(atomic_path(_file(prefix, ending)))
            return stack.enter_context(beside.open("wb"))

        index = opened(".idx")
        for ending in endings:
            if _file(parts[0], ending).exists():
                whole = opened(ending)
                for part in parts:
                    with _file(part, ending).open("rb") as content:
                        shutil.copyfileobj(content, whole, _COPIED)
        codes, starts = zip(*(_read_index(_file(part, ".idx")) for part in parts), strict=True)
        _write_index(index, codes[0], np.concatenate([np.diff(one[:]) for one in starts]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shard:
    """A shard to read. Everything stays on disk until it is looked at.

    Opening takes the same time and memory for any number of tokens and documents.
    """

    prefix: Path
    tokens: NDArray[np.integer[Any]]
    """All tokens, one document after the other."""
    starts: Starts
    """First token of each document, and the number of tokens at the end."""
    mask: NDArray[np.uint8] | None
    """1 where the token is learnt; None where every token is."""
    taken_down: NDArray[np.int64] = field(default_factory=_no_spans)
    """First and one past the last token of each tombstone, rising; shape (tombstones, 2)."""

    @classmethod
    def open(cls, prefix: Path, *, taken_down: NDArray[np.int64] | None = None) -> "Shard":
        """The shard whose files begin with `prefix`.

        Args:
            prefix: path without an ending.
            taken_down: tokens that are not learnt any more, as in the field.

        Raises:
            DataError: where a file is missing or is not what the index says.
        """
        code, starts = _read_index(_file(prefix, ".idx"))
        tokens = _mapped(_file(prefix, ".bin"), TYPES[code], starts[-1])
        mask_file = _file(prefix, ".mask.bin")
        mask = _mapped(mask_file, np.uint8, starts[-1]) if mask_file.exists() else None
        spans = _no_spans() if taken_down is None else taken_down
        return cls(prefix=prefix, tokens=tokens, starts=starts, mask=mask, taken_down=spans)

    @property
    def documents(self) -> int:
        """Number of documents."""
        return len(self.starts) - 1

    def document(self, index: int) -> NDArray[np.integer[Any]]:
        """The tokens of one document, its end of text included."""
        return self.tokens[self.starts[index] : self.starts[index + 1]]

    def document_at(self, token: int) -> int:
        """Number of the document that holds a token."""
        return bisect_right(self.starts, token) - 1

    def learnt(self, start: int, end: int) -> NDArray[np.bool_] | None:
        """Which of the tokens from `start` to `end` are learnt; None where all of them are."""
        first = int(np.searchsorted(self.taken_down[:, 1], start, side="right"))
        last = int(np.searchsorted(self.taken_down[:, 0], end, side="left"))
        if self.mask is None and first >= last:
            return None
        kept = np.ones(end - start, np.bool_) if self.mask is None else self.mask[start:end] == 1
        for begin, stop in self.taken_down[first:last].tolist():
            kept[max(begin - start, 0) : stop - start] = False
        return kept

    def document_ids(self) -> list[str]:
        """The documents' ids, in the order of the shard."""
        return _file(self.prefix, ".ids").read_text().splitlines()


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainShard:
    """What one shard holds."""

    documents: int
    tokens: int
    """Ends of text included."""
    text_bytes: int
    """UTF-8 bytes of the text that the tokens stand for."""
    licences: Mapping[str, int]
    """SPDX name to tokens."""
    unreviewed_documents: int
    """Exchanges that no person decided on."""
    masked: bool
    """Whether a mask says which tokens are learnt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardSet:
    """Everything that a token stage wrote."""

    tokenizer: str
    """SHA-256 of the tokenizer's file."""
    eos: int
    """The end-of-text token, last in every document."""
    vocabulary: int
    domains: Mapping[str, Mapping[str, DomainShard]]
    """Split (`train`, `held-out`) to domain to what its shard holds."""


def shard_prefix(folder: Path, split: str, domain: str) -> Path:
    """Where a token stage keeps a shard."""
    return folder / split / domain


def write_shard_set(folder: Path, shards: ShardSet) -> None:
    """Write `shards.json`."""
    table = json.dumps(plain(shards), indent=1, ensure_ascii=False)
    write_text(folder / SHARDS_NAME, table + "\n")


def read_shard_set(folder: Path) -> ShardSet:
    """What the token stage of this folder wrote.

    Raises:
        DataError: where the file is missing or is not one of ours.
    """
    path = folder / SHARDS_NAME
    try:
        table = json.loads(path.read_text())
        domains = {
            split: {domain: DomainShard(**shard) for domain, shard in shards.items()}
            for split, shards in table.pop("domains").items()
        }
        return ShardSet(**table, domains=domains)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(
            f"{path}: no list of shards ({error}); run the stage of kind 'tokens' again"
        ) from error


def _write_index(file: BinaryIO, code: int, sizes: NDArray[np.int64]) -> None:
    offsets = (np.cumsum(sizes) - sizes) * np.dtype(TYPES[code]).itemsize
    file.write(MAGIC + HEADER.pack(VERSION, code, len(sizes), len(sizes) + 1))
    file.write(sizes.astype(np.int32).tobytes())
    file.write(offsets.tobytes())
    file.write(np.arange(len(sizes) + 1, dtype=np.int64).tobytes())


def _file(prefix: Path, ending: str) -> Path:
    return prefix.with_name(prefix.name + ending)


def _read_index(path: Path) -> tuple[int, Starts]:
    """Code of the tokens' type, and where the documents begin; the file is mapped, not read."""
    try:
        content = np.memmap(path, np.uint8, mode="r")
        head = len(MAGIC) + HEADER.size
        version, code, count, borders = HEADER.unpack(bytes(content[len(MAGIC) : head]))
        if bytes(content[: len(MAGIC)]) != MAGIC or version != VERSION or code not in TYPES:
            raise ValueError(f"version {version}, type {code}")
        if len(content) != head + 12 * count + 8 * borders:
            raise ValueError(f"{len(content)} bytes for {count} documents")
        offsets = np.ndarray((count,), "<i8", content, head + 4 * count)
        width = np.dtype(TYPES[code]).itemsize
        sizes = np.ndarray((count,), "<i4", content, head)
        tokens = int(offsets[-1]) // width + int(sizes[-1]) if count else 0
        return code, Starts(offsets, width, tokens)
    except (OSError, ValueError, struct.error) as error:
        raise DataError(
            f"{path}: not an index of tokens ({error}); run the stage of kind 'tokens' again"
        ) from error


def _mapped(path: Path, kind: type[np.integer[Any]], count: int) -> NDArray[Any]:
    """The file as an array; an empty file cannot be mapped and is an empty array."""
    width = np.dtype(kind).itemsize
    size = path.stat().st_size if path.exists() else -1
    if size != count * width:
        raise DataError(
            f"{path}: not as long as its index says ({size} bytes for {count} tokens of "
            f"{width} bytes); run the stage of kind 'tokens' again"
        )
    return np.memmap(path, dtype=kind, mode="r") if count else np.zeros(0, kind)
