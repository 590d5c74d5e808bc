"""A step: what it adds up, what it refuses."""

import dataclasses

import numpy as np
import pytest
import torch

from auroram.errors import DataError
from auroram.model.folder import load_model
from auroram.tokens.packing import IGNORED, Batch
from auroram.train.data import MicroBatch
from auroram.train.forward import batch_nats
from auroram.train.optimizer import Group, optimizer_of
from auroram.train.optimizer_settings import Adafactor, AdamW
from auroram.train.step import gradients, move


def rows(count, ignored=0):
    draw = np.random.default_rng(count)
    tokens_BT = draw.integers(3, 259, (count, 40))
    targets_BT = np.roll(tokens_BT, -1, 1)
    targets_BT[:, :ignored] = IGNORED
    position_ids_BT = np.tile(np.arange(40), (count, 1))
    return Batch(
        tokens_BT=tokens_BT,
        targets_BT=targets_BT,
        position_ids_BT=position_ids_BT,
        document_ids_BT=np.zeros((count, 40), np.int64),
    )


def joined(*batches):
    fields = [f.name for f in dataclasses.fields(Batch) if getattr(batches[0], f.name) is not None]
    return Batch(**{f: np.concatenate([getattr(b, f) for b in batches]) for f in fields})


def stepped(folder, batches, optimizer):
    model = load_model(folder)
    parameters = list(model.parameters())
    report = gradients(
        parameters,
        [MicroBatch(batch=batch, domains=()) for batch in batches],
        nats_of=lambda part: batch_nats(model, part.batch, precision="float32"),
        highest_norm=1.0,
    )
    move(optimizer_of(optimizer, [Group(parameters)]), learning_rate=1e-2)
    return report, torch.cat([p.detach().flatten() for p in parameters])


@pytest.mark.parametrize("optimizer", [AdamW(epsilon=1e-3), Adafactor()])
def test_two_micro_batches_move_the_model_like_one(tiny_model, optimizer):
    first, second = rows(2), rows(1, ignored=35)
    together, moved = stepped(tiny_model, [joined(first, second)], optimizer)
    apart, moved_alike = stepped(tiny_model, [first, second], optimizer)
    assert together.loss == pytest.approx(apart.loss, rel=1e-6)
    torch.testing.assert_close(moved, moved_alike, atol=2e-5, rtol=1e-4)


def test_the_loss_is_that_of_transformers(tiny_model):
    batch = rows(2)
    report, _ = stepped(tiny_model, [batch], AdamW())
    labels = torch.from_numpy(batch.targets_BT)
    logits = load_model(tiny_model)(torch.from_numpy(batch.tokens_BT)).logits
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
    assert report.loss == pytest.approx(expected.item(), rel=1e-5)


def test_a_step_without_targets_is_refused(tiny_model):
    with pytest.raises(DataError, match="every target"):
        stepped(tiny_model, [rows(1, ignored=40)], AdamW())
