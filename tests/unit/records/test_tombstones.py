"""Tombstones beside a token stage's folder, and what a shard makes of them."""

import numpy as np
import pytest

from auroram.errors import DataError
from auroram.records.shards import Shard, ShardWriter
from auroram.records.tombstones import (
    Tombstone,
    read_tombstones,
    spans_of,
    tombstones_file,
    valid_tombstones,
    write_tombstones,
)


def tombstone(start, end, *, domain="fi", split="train"):
    return Tombstone(
        split=split,
        domain=domain,
        start=start,
        end=end,
        document=f"d{start}",
        request="id x",
        through="",
        reason="asked",
        requested_at="2026-01-01",
        tokens="abc",
    )


def test_tombstones_lie_beside_the_folder_and_come_back_sorted(tmp_path):
    file = write_tombstones(tmp_path / "tokens", [tombstone(5, 7), tombstone(0, 2)])
    assert file == tmp_path / "tokens.tombstones.jsonl"
    assert read_tombstones(tmp_path / "tokens") == (tombstone(0, 2), tombstone(5, 7))


def test_without_a_takedown_there_are_none(tmp_path):
    assert read_tombstones(tmp_path / "tokens") == ()


def test_spans_are_those_of_one_shard(tmp_path):
    stones = [tombstone(5, 7), tombstone(0, 2), tombstone(0, 9, domain="vi")]
    assert spans_of(stones, "train", "fi").tolist() == [[0, 2], [5, 7]]
    assert spans_of(stones, "held-out", "fi").shape == (0, 2)


def test_tombstones_of_other_shards_are_refused(tmp_path):
    write_tombstones(tmp_path / "tokens", [tombstone(0, 2)])
    assert len(valid_tombstones(tmp_path / "tokens", "abc")) == 1
    with pytest.raises(DataError, match=r"made for shards that are no more.*takedown"):
        valid_tombstones(tmp_path / "tokens", "def")


@pytest.mark.parametrize("content", ["{", "[]", '{"split": "train"}'])
def test_a_damaged_file_is_named(tmp_path, content):
    tombstones_file(tmp_path / "tokens").write_text(content + "\n")
    with pytest.raises(DataError, match=r"tokens.tombstones.jsonl: damaged"):
        read_tombstones(tmp_path / "tokens")


@pytest.fixture
def shard(tmp_path):
    with ShardWriter(tmp_path / "fi", vocabulary=100) as writer:
        for number, ids in enumerate([[1, 2, 0], [3, 4, 5, 0], [6, 0]]):
            writer.add(ids, id=str(number))
    return Shard.open(tmp_path / "fi", taken_down=np.array([[3, 7]]))


def test_tokens_under_a_tombstone_are_not_learnt(shard):
    assert shard.learnt(1, 9).tolist() == [True, True, False, False, False, False, True, True]
    assert shard.learnt(4, 6).tolist() == [False, False]


def test_a_span_without_a_tombstone_is_learnt_whole(shard):
    assert shard.learnt(0, 3) is None
    assert shard.learnt(7, 9) is None


def test_the_document_at_a_token_is_found(shard):
    assert [shard.document_at(token) for token in (0, 2, 3, 6, 7)] == [0, 0, 1, 1, 2]
