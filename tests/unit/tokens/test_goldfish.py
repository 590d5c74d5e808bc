"""Goldfish loss: what is dropped depends on the tokens before it, and on nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from auroram.records.shards import Shard, ShardWriter
from auroram.tokens.goldfish import Goldfish
from auroram.tokens.packing import IGNORED, Row, batch
from auroram.tokens.rows import Segment, rows_of

FISH = Goldfish(k=4, context=5)
RANDOM = np.random.default_rng(0)
PASSAGE = RANDOM.integers(3, 90, 60)


@pytest.fixture
def shard(tmp_path):
    """The passage alone, and in the middle of another document."""
    other = RANDOM.integers(3, 90, 31)
    with ShardWriter(tmp_path / "fi", vocabulary=100) as writer:
        writer.add([*PASSAGE, 2], id="alone")
        writer.add([*other, *PASSAGE, 2], id="within")
    return Shard.open(tmp_path / "fi")


def dropped(row, length):
    """Positions in the shard whose token is no target though another one precedes it."""
    made = batch([row], length=length)
    at = 0
    for piece in row.segments:
        targets = made.targets_BT[0, at : at + piece.length - 1]
        yield from (piece.start + 1 + int(i) for i in np.flatnonzero(targets == IGNORED))
        at += piece.length


def test_a_passage_drops_the_same_tokens_wherever_it_stands(shard):
    alone = set(dropped(Row(shard, [Segment(0, 0, 61)], FISH), 61))
    within = set(dropped(Row(shard, [Segment(1, 61, 92)], FISH), 92))
    assert alone == {i - 92 for i in within if i >= 92 + FISH.context}
    assert alone


def test_where_rows_are_cut_does_not_change_what_is_dropped(shard):
    whole = set(dropped(Row(shard, [Segment(1, 61, 92)], FISH), 92))
    rows = rows_of(shard, 16)
    cut = {
        token
        for k in range(rows.count)
        for token in dropped(Row(shard, rows.row(k), FISH), 16)
        if token >= 61
    }
    borders = set(range(0, 160, 16))
    assert cut == whole - borders


def test_about_one_token_in_k_is_dropped():
    tokens = np.random.default_rng(1).integers(0, 50_000, 40_000)
    for k in (2, 4, 10):
        kept = Goldfish(k=k).kept(tokens, 0)
        assert 1 - kept.mean() == pytest.approx(1 / k, abs=0.01)


def test_the_first_tokens_of_a_document_stay():
    assert FISH.kept(PASSAGE, 0)[: FISH.context].all()


def test_a_document_shorter_than_the_context_keeps_all():
    assert FISH.kept(PASSAGE[:3], 0).tolist() == [True] * 3


def test_answers_keep_their_targets(shard):
    masked = replace(shard, mask=np.ones(len(shard.tokens), np.uint8))
    assert not list(dropped(Row(masked, [Segment(0, 0, 61)], FISH), 61))
