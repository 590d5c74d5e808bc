"""Packed scoring against the model read one sequence at a time."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from auroram.errors import DataError
from auroram.model.folder import load_model
from auroram.model.scoring import rows_of, token_nats, windows_of


@pytest.fixture(scope="module")
def model(tiny_model):
    return load_model(tiny_model)


def sequences(*lengths):
    generator = np.random.default_rng(0)
    return [generator.integers(3, 259, n).tolist() for n in lengths]


def alone(model, ids):
    """Nats of a whole sequence in one row, without packing or windows."""
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([ids])).logits[0, :-1]
    return cross_entropy(logits, torch.tensor(ids[1:]), reduction="none").numpy()


def test_packed_sequences_score_as_they_do_alone(model):
    given = sequences(40, 3, 17, 64, 29, 2, 51, 8)
    for packed, ids in zip(token_nats(model, given, context_tokens=64), given, strict=True):
        np.testing.assert_allclose(packed, alone(model, ids), atol=1e-4)


def test_a_long_sequence_keeps_at_least_a_quarter_of_the_context_before_each_token(model):
    (ids,) = sequences(150)
    (nats,) = token_nats(model, [ids], context_tokens=64)
    np.testing.assert_allclose(nats[:64], alone(model, ids[:65]), atol=1e-4)
    np.testing.assert_allclose(nats[64:112], alone(model, ids[48:113])[16:], atol=1e-4)


@pytest.mark.parametrize("tokens", [0, 1, 2, 63, 64, 65, 66, 112, 113, 1_000])
def test_every_token_but_the_first_is_wanted_once(tokens):
    windows = list(windows_of(0, tokens, 64))
    wanted = [i for window in windows for i in range(window.first, window.stop)]
    assert wanted == list(range(tokens - 1))
    assert all(window.length <= 64 for window in windows)
    assert all(window.first - window.start >= 16 for window in windows[1:])


def test_rows_are_filled_and_nothing_is_lost():
    windows = [w for i, n in enumerate([61, 4, 30, 31, 64, 20]) for w in windows_of(i, n, 64)]
    rows = rows_of(windows, 64)
    assert sorted((w.sequence, w.start) for row in rows for w in row) == sorted(
        (w.sequence, w.start) for w in windows
    )
    assert max(sum(w.length for w in row) for row in rows) <= 64
    assert len(rows) == 4


def test_a_sequence_without_a_second_token_has_no_nats(model):
    assert [len(n) for n in token_nats(model, [[5], [], [5, 6]], context_tokens=8)] == [0, 0, 1]


def test_bfloat16_moves_the_sum_by_little(model):
    given = sequences(60, 60)
    exact, rough = (
        sum(n.sum() for n in token_nats(model, given, context_tokens=64, precision=precision))
        for precision in ("float32", "bfloat16")
    )
    assert rough == pytest.approx(exact, rel=1e-2) and rough != exact


def test_every_predicted_token_is_reported_once(model):
    read = []
    token_nats(model, sequences(40, 3, 200), context_tokens=64, advance=read.append)
    assert sum(read) == 39 + 2 + 199


def test_a_context_longer_than_the_positions_is_refused(tiny_model):
    with pytest.raises(DataError, match="2048 tokens of context are more than its 1024 positions"):
        token_nats(load_model(tiny_model), [[1, 2, 3]], context_tokens=2048)
