"""Rows as batches of one shape."""

import numpy as np
import pytest

from auroram.records.shards import Shard, ShardWriter
from auroram.tokens.opening import Opening
from auroram.tokens.packing import IGNORED, PADDING, Row, batch
from auroram.tokens.rows import Segment, rows_of

EOS = 0


def shard(folder, documents, masks=None):
    with ShardWriter(folder / "fi", vocabulary=100, masked=masks is not None) as writer:
        for number, ids in enumerate(documents):
            mask = masks[number] if masks else None
            writer.add(ids, id=str(number), mask=mask)
    return Shard.open(folder / "fi")


@pytest.fixture
def packed(tmp_path):
    text = shard(tmp_path, [[5, 6, EOS], [7, 8, 9, EOS]])
    return batch([Row(text, rows_of(text, 10).row(0))], length=10)


def test_tokens_are_laid_one_after_the_other_and_padded(packed):
    assert packed.tokens_BT.tolist() == [[5, 6, 0, 7, 8, 9, 0, 0, 0, 0]]


def test_no_target_crosses_a_document(packed):
    row = [6, EOS, IGNORED, 8, 9, EOS, IGNORED, IGNORED, IGNORED, IGNORED]
    assert packed.targets_BT.tolist() == [row]
    assert packed.targets == 5


def test_positions_restart_in_each_document(packed):
    assert packed.position_ids_BT.tolist() == [[0, 1, 2, 0, 1, 2, 3, 0, 0, 0]]


def test_documents_are_told_apart_and_padding_belongs_to_none(packed):
    assert packed.document_ids_BT.tolist() == [[0, 0, 0, 1, 1, 1, 1] + 3 * [PADDING]]


def test_only_what_the_mask_allows_is_learnt(tmp_path):
    masked = shard(tmp_path, [[5, 6, 7, EOS]], masks=[[0, 0, 1, 1]])
    made = batch([Row(masked, rows_of(masked, 4).row(0))], length=4)
    assert made.targets_BT.tolist() == [[IGNORED, 7, EOS, IGNORED]]


def test_the_opening_of_every_answer_weighs_more(tmp_path):
    masked = shard(tmp_path, [[5, 6, 7, 8, EOS], [5, 7, EOS]], masks=[[0, 0, 1, 1, 1], [0, 1, 1]])
    row = Row(masked, rows_of(masked, 8).row(0), opening=Opening(tokens=2, weight=3))
    made = batch([row], length=8)
    assert made.targets_BT.tolist() == [[IGNORED, 7, 8, EOS, IGNORED, 7, EOS, IGNORED]]
    assert made.weights_BT.tolist() == [[1, 3, 3, 1, 1, 3, 3, 1]]


def test_rows_of_unlike_domains_share_a_batch(tmp_path):
    one, other = shard(tmp_path / "a", [[1, 2, EOS]]), shard(tmp_path / "b", [[3, EOS]])
    made = batch([Row(s, rows_of(s, 4).row(0)) for s in (one, other)], length=4)
    assert made.tokens_BT.tolist() == [[1, 2, 0, 0], [3, 0, 0, 0]]
    assert made.tokens_BT.dtype == made.targets_BT.dtype == np.int64


def test_a_row_that_is_too_long_is_refused(tmp_path):
    text = shard(tmp_path, [[1, 2, EOS]])
    with pytest.raises(ValueError, match="more than 2 tokens"):
        batch([Row(text, [Segment(0, 0, 3)])], length=2)


def test_a_document_under_a_tombstone_is_read_and_not_learnt(tmp_path):
    whole = shard(tmp_path, [[5, 6, EOS], [7, 8, 9, EOS], [3, EOS]])
    fallen = Shard.open(tmp_path / "fi", taken_down=np.array([[3, 7]]))
    made, before = (batch([Row(s, rows_of(s, 9).row(0))], length=9) for s in (fallen, whole))
    assert made.tokens_BT.tolist() == before.tokens_BT.tolist()
    assert made.targets_BT.tolist() == [[6, EOS] + 5 * [IGNORED] + [EOS, IGNORED]]


def test_a_tombstone_and_a_mask_hide_both(tmp_path):
    shard(tmp_path, [[5, 6, EOS], [7, 8, EOS]], masks=[[0, 1, 1], [0, 1, 1]])
    fallen = Shard.open(tmp_path / "fi", taken_down=np.array([[0, 3]]))
    made = batch([Row(fallen, rows_of(fallen, 6).row(0))], length=6)
    assert sorted(made.targets_BT.ravel().tolist()) == 4 * [IGNORED] + [EOS, 8]
