"""How far one model's predictions have moved from another's on the same text.

Shape letters: T positions, V vocabulary.
"""

from collections.abc import Sequence

import torch
from torch.nn.functional import log_softmax
from transformers import PreTrainedModel

from auroram.model.precision import Precision, autocast


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
    found = []
    for sequence in sequences:
        tokens_1T = torch.tensor([list(sequence)], device=model.device)
        with autocast(precision, model.device.type):
            log_p_TV, log_q_TV = (
                log_softmax(one(tokens_1T, use_cache=False).logits[0, :-1].float(), -1)
                for one in (base, model)
            )
        waste_T = (log_p_TV.exp() * (log_p_TV - log_q_TV)).sum(-1)
        found.append(max(0.0, float(waste_T.mean())))
    return found
