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
import struct
from array import array
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from auroram.errors import DataError
from auroram.records.canonical import plain
from auroram.records.files import atomic_path, write_text

MAGIC = b"MMIDIDX\x00\x00"
VERSION = 1
HEADER = struct.Struct("<QBQQ")
TYPES: dict[int, type[np.integer[Any]]] = {8: np.uint16, 4: np.int32}
"""Megatron's codes of the two types that we write. It has none for 32 bits without sign."""
LARGEST_SHORT_VOCABULARY = 65_499
"""Entries up to which Megatron chooses 16 bits."""
SHARDS_NAME = "shards.json"


class ShardWriter:
    """Writes one shard; its files appear together when the `with` block ends well."""

    def __init__(self, prefix: Path, *, vocabulary: int, masked: bool = False) -> None:
        """`prefix` is the path without an ending; `masked` shards say which tokens are learnt."""
        self._prefix = prefix
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
            self._write_index()

    def _open(self, ending: str) -> BinaryIO:
        beside = self._stack.enter_context(atomic_path(_file(self._prefix, ending)))
        return self._stack.enter_context(beside.open("wb"))

    def _write_index(self) -> None:
        sizes = np.array(self._sizes, np.int64)
        width = np.dtype(TYPES[self._code]).itemsize
        offsets = (np.cumsum(sizes) - sizes) * width
        self._index.write(MAGIC + HEADER.pack(VERSION, self._code, len(sizes), len(sizes) + 1))
        self._index.write(sizes.astype(np.int32).tobytes())
        self._index.write(offsets.tobytes())
        self._index.write(np.arange(len(sizes) + 1, dtype=np.int64).tobytes())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shard:
    """A shard to read. Tokens and mask stay on disk until they are looked at."""

    prefix: Path
    tokens: NDArray[np.integer[Any]]
    """All tokens, one document after the other."""
    starts: NDArray[np.int64]
    """First token of each document, and the number of tokens at the end."""
    mask: NDArray[np.uint8] | None
    """1 where the token is learnt; None where every token is."""

    @classmethod
    def open(cls, prefix: Path) -> "Shard":
        """The shard whose files begin with `prefix`.

        Raises:
            DataError: where a file is missing or is not what the index says.
        """
        code, sizes = _read_index(_file(prefix, ".idx"))
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])
        tokens = _mapped(_file(prefix, ".bin"), TYPES[code], int(starts[-1]))
        mask_file = _file(prefix, ".mask.bin")
        mask = _mapped(mask_file, np.uint8, int(starts[-1])) if mask_file.exists() else None
        return cls(prefix=prefix, tokens=tokens, starts=starts, mask=mask)

    @property
    def documents(self) -> int:
        """Number of documents."""
        return len(self.starts) - 1

    def document(self, index: int) -> NDArray[np.integer[Any]]:
        """The tokens of one document, its end of text included."""
        return self.tokens[self.starts[index] : self.starts[index + 1]]

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


def _file(prefix: Path, ending: str) -> Path:
    return prefix.with_name(prefix.name + ending)


def _read_index(path: Path) -> tuple[int, NDArray[np.int32]]:
    try:
        content = path.read_bytes()
        version, code, count, _ = HEADER.unpack_from(content, len(MAGIC))
        if not content.startswith(MAGIC) or version != VERSION or code not in TYPES:
            raise ValueError(f"version {version}, type {code}")
        return code, np.frombuffer(content, np.int32, count, len(MAGIC) + HEADER.size)
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
