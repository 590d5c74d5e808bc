"""Token shards on disk."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.errors import DataError
from auroram.records.shards import (
    DomainShard,
    Shard,
    ShardSet,
    ShardWriter,
    join_shards,
    read_shard_set,
    write_shard_set,
)
from auroram.records.starts import Starts

DOCUMENTS = [[1, 2, 3, 0], [4, 0], [60_000, 0]]


def write(prefix, vocabulary=65_499, documents=DOCUMENTS):
    with ShardWriter(prefix, vocabulary=vocabulary) as writer:
        for number, ids in enumerate(documents):
            writer.add(ids, id=f"document-{number}")


def megatron_documents(prefix):
    """A reader after Megatron-LM's published layout (core/datasets/indexed_dataset.py)."""
    types = {1: np.uint8, 2: np.int8, 3: np.int16, 4: np.int32, 5: np.int64, 8: np.uint16}
    tokens = prefix.with_suffix(".bin").read_bytes()
    with prefix.with_suffix(".idx").open("rb") as stream:
        assert stream.read(9) == b"MMIDIDX\x00\x00"
        assert struct.unpack("<Q", stream.read(8)) == (1,)
        kind = types[struct.unpack("<B", stream.read(1))[0]]
        sequences, borders = struct.unpack("<QQ", stream.read(16))
        sizes = np.frombuffer(stream.read(4 * sequences), np.int32)
        pointers = np.frombuffer(stream.read(8 * sequences), np.int64)
        documents = np.frombuffer(stream.read(8 * borders), np.int64)
        assert not stream.read()
    assert sizes.shape[0] == documents[-1]
    return [
        np.frombuffer(tokens, kind, int(size), int(pointer)).tolist()
        for size, pointer in zip(sizes, pointers, strict=True)
    ], kind


@pytest.mark.parametrize(("vocabulary", "kind"), [(65_499, np.uint16), (65_500, np.int32)])
def test_megatron_reads_our_shards(tmp_path, vocabulary, kind):
    write(tmp_path / "fi", vocabulary)
    assert megatron_documents(tmp_path / "fi") == (DOCUMENTS, kind)


def test_a_shard_comes_back_as_it_was_written(tmp_path):
    write(tmp_path / "fi")
    shard = Shard.open(tmp_path / "fi")
    assert [shard.document(n).tolist() for n in range(shard.documents)] == DOCUMENTS
    assert list(shard.starts) == [0, 4, 6, 8]
    assert shard.starts[1:].tolist() == [4, 6, 8]
    assert shard.document_ids() == ["document-0", "document-1", "document-2"]
    assert shard.mask is None


def test_a_mask_lies_beside_the_tokens(tmp_path):
    with ShardWriter(tmp_path / "safety", vocabulary=100, masked=True) as writer:
        writer.add([1, 2, 0], id="a", mask=[0, 1, 1])
    assert Shard.open(tmp_path / "safety").mask.tolist() == [0, 1, 1]


def test_a_mask_of_another_length_is_refused(tmp_path):
    with (
        pytest.raises(ValueError, match="one mask value a token"),
        ShardWriter(tmp_path / "safety", vocabulary=100, masked=True) as writer,
    ):
        writer.add([1, 2, 0], id="a", mask=[0, 1])


def test_a_domain_without_documents_is_a_shard_too(tmp_path):
    write(tmp_path / "fi", documents=[])
    shard = Shard.open(tmp_path / "fi")
    assert (shard.documents, len(shard.tokens), shard.document_ids()) == (0, 0, [])


@given(
    sizes=st.lists(st.integers(0, 5), max_size=6),
    first=st.integers(0, 8),
    stop=st.none() | st.integers(0, 8),
)
def test_starts_that_stay_on_disk_are_sliced_like_an_array(sizes, first, stop):
    ends = np.cumsum([0, *sizes], dtype=np.int64)
    starts = Starts(2 * ends[:-1], 2, int(ends[-1]))
    assert starts[first:stop].tolist() == ends[first:stop].tolist()
    assert list(starts) == ends.tolist()


@pytest.mark.parametrize("masked", [False, True])
def test_joined_shards_are_the_bytes_of_one(tmp_path, masked):
    documents = [[1, 2, 0], [0], [], [3, 4, 5, 0]]
    parts = {"whole": documents, "one": documents[:1], "none": [], "rest": documents[1:]}
    for name, held in parts.items():
        with ShardWriter(tmp_path / name, vocabulary=100, masked=masked) as writer:
            for ids in held:
                mask = [int(token > 1) for token in ids] if masked else None
                writer.add(ids, id=f"document {ids}", mask=mask)
    join_shards([tmp_path / name for name in ("one", "none", "rest")], tmp_path / "joined")
    for whole in tmp_path.glob("whole.*"):
        joined = whole.with_name(whole.name.replace("whole", "joined"))
        assert joined.read_bytes() == whole.read_bytes()
    assert len(list(tmp_path.glob("joined.*"))) == 3 + masked


def test_an_error_while_writing_leaves_no_file(tmp_path):
    with (
        pytest.raises(RuntimeError, match="no more"),
        ShardWriter(tmp_path / "fi", vocabulary=100) as writer,
    ):
        writer.add([1], id="a")
        raise RuntimeError("no more")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", [".bin", ".idx"])
def test_a_missing_or_cut_file_is_named(tmp_path, ending):
    write(tmp_path / "fi")
    file = tmp_path / f"fi{ending}"
    file.write_bytes(file.read_bytes()[:7])
    with pytest.raises(DataError, match=f"fi{ending}: not a"):
        Shard.open(tmp_path / "fi")
    file.unlink()
    with pytest.raises(DataError, match=f"fi{ending}: not a"):
        Shard.open(tmp_path / "fi")


def test_the_list_of_shards_comes_back_as_it_was_written(tmp_path):
    domain = DomainShard(
        documents=3,
        tokens=8,
        text_bytes=20,
        licences={"MPL-2.0": 8},
        unreviewed_documents=0,
        masked=False,
    )
    shards = ShardSet(tokenizer="ab", eos=0, vocabulary=9, domains={"train": {"fi": domain}})
    write_shard_set(tmp_path, shards)
    assert read_shard_set(tmp_path) == shards


@pytest.mark.parametrize("content", ["", "[]", '{"domains": {"train": {"fi": {"x": 1}}}}'])
def test_a_broken_list_of_shards_is_named(tmp_path, content):
    (tmp_path / "shards.json").write_text(content)
    with pytest.raises(DataError, match=r"shards.json: no list of shards"):
        read_shard_set(tmp_path)
