"""How far one model's predictions have moved from another's on the same text.

Shape letters: B sequences, T positions, V vocabulary.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import log_softmax
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedModel

from auroram.model.choices import Precision
from auroram.model.precision import autocast

BATCH = 8
"""Sequences at once: the logits of two models over a large vocabulary are in memory."""


@torch.inference_mode()
def divergences(
    base: PreTrainedModel,
    model: PreTrainedModel,
    sequences: Sequence[Sequence[int]],
    *,
    precision: Precision,
) -> list[float]:
    """Kullback-Leibler divergence of the model from the base, nats a token, by sequence.

    KL(base || model): what coding the base's predictions with the model's would waste. It is 0
    for equal models and never below, whatever the text; the vocabulary must be the same.

    Args:
        base: whose predictions are the yardstick.
        model: whose distance is measured.
        sequences: ids, at least two a sequence.
        precision: of the matrix products of both.
    """
    found: list[float] = []
    for start in range(0, len(sequences), BATCH):
        part = sequences[start : start + BATCH]
        tokens_BT = _padded(part).to(model.device)
        with autocast(precision, model.device.type):
            log_p_BTV, log_q_BTV = (
                log_softmax(one(tokens_BT, use_cache=False).logits.float(), -1)
                for one in (base, model)
            )
        waste_BT = (log_p_BTV.exp() * (log_p_BTV - log_q_BTV)).sum(-1)
        found += [
            max(0.0, float(waste_BT[row, : len(ids) - 1].mean())) for row, ids in enumerate(part)
        ]
    return found


def _padded(sequences: Sequence[Sequence[int]]) -> Tensor:
    """Rows of equal length, padded on the right, where no earlier token sees it."""
    return pad_sequence([torch.tensor(list(ids)) for ids in sequences], batch_first=True)
