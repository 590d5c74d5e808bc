"""Endings that share a beginning, against each sequence read by itself."""

import numpy as np
import pytest

from auroram.model import endings
from auroram.model.endings import Ending, ending_nats, reads_branches, rows_of_item
from auroram.model.folder import load_model
from auroram.model.scoring import token_nats

SHOTS = [50 + i % 90 for i in range(40)]
ITEMS = [
    [Ending([7, 8, 9, 10, 11], 2), Ending([7, 8, 9, 12], 1), Ending([7, 8, 9, 10, 13, 14], 3)],
    [Ending([90, *range(20, 50), 5], 1), Ending([90, *range(20, 50), 6, 7], 2)],
    [Ending([33, 34], 1)],
]


@pytest.fixture(scope="module")
def model(tiny_model):
    return load_model(tiny_model)


def one_by_one(model, items):
    flat = [ending for item in items for ending in item]
    nats = token_nats(model, [list(ending.ids) for ending in flat], context_tokens=256)
    sums = iter(float(n[len(n) - e.wanted :].sum()) for n, e in zip(nats, flat, strict=True))
    return [[next(sums) for _ in item] for item in items]


def with_shots(items):
    return [[Ending([*SHOTS, *one.ids], one.wanted) for one in item] for item in items]


@pytest.mark.parametrize("items", [ITEMS, with_shots(ITEMS)], ids=["plain", "worked examples"])
def test_branches_give_what_each_sequence_gives_by_itself(model, items):
    assert reads_branches(model, 100) and reads_branches(model, 100, remembers=True)
    for ours, alone in zip(ending_nats(model, items), one_by_one(model, items), strict=True):
        assert np.allclose(ours, alone, atol=1e-4)


def test_what_all_items_begin_with_is_in_no_row(model):
    ((row,),) = [list(rows_of_item(0, with_shots(ITEMS)[0], len(SHOTS)))]
    assert row.tokens == [7, 8, 9, 10, 13]


def test_sequences_share_their_tokens_as_far_as_they_are_alike():
    endings = [Ending([1, 2, 3, 4, 9], 2), Ending([1, 2, 5, 6, 9], 2), Ending([1, 2, 3, 7, 9], 2)]
    (row,) = rows_of_item(0, endings, 0)
    assert row.tokens == [1, 2, 3, 4, 7, 5, 6]
    assert row.places == [0, 1, 2, 3, 3, 2, 3]
    assert row.ends == [6, 6, 4, 3, 4, 6, 6]  # the columns that each of them leads to
    assert sorted(zip(row.owners, row.targets, strict=True)) == [
        (0, 4), (0, 9), (1, 6), (1, 9), (2, 7), (2, 9)
    ]  # fmt: skip


def test_equal_sequences_are_read_once_and_each_has_its_nats(model):
    ((one, two),) = ending_nats(model, [[Ending([7, 8, 9], 1), Ending([7, 8, 9], 2)]])
    ((alone,), (longer,)) = one_by_one(model, [[Ending([7, 8, 9], 1)], [Ending([7, 8, 9], 2)]])
    assert (one, two) == (pytest.approx(alone, abs=1e-4), pytest.approx(longer, abs=1e-4))


def test_an_item_too_wide_for_a_row_is_spread_over_several(model, monkeypatch):
    whole = ending_nats(model, ITEMS)
    monkeypatch.setattr(endings, "WIDEST", 4)
    assert len(list(rows_of_item(0, ITEMS[0], 0))) == 2
    assert np.allclose(np.concatenate(ending_nats(model, ITEMS)), np.concatenate(whole), atol=1e-4)


def test_a_sequence_longer_than_the_positions_loses_its_beginning(model):
    long = [5, *range(3, 203)] * 8
    ((cut,), (known,)) = ending_nats(model, [[Ending(long, 2)], [Ending(long[-1025:], 2)]])
    assert cut == pytest.approx(known, abs=1e-4)


def test_a_model_whose_attention_slides_is_read_sequence_by_sequence(model):
    model.config.sliding_window, model.config.layer_types = 8, ["sliding_attention"] * 2
    try:
        assert not reads_branches(model, 9)
    finally:
        model.config.sliding_window, model.config.layer_types = None, None


def test_progress_counts_endings(model):
    told = []
    ending_nats(model, ITEMS, advance=told.append)
    assert sum(told) == 6


def test_no_items_give_no_nats(model):
    assert ending_nats(model, []) == []
