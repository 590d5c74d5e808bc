"""Rows for the benchmarks, each one document."""

import numpy as np
import torch

from auroram.tokens.packing import Batch


def rows_of_tokens(vocabulary, rows, length, draw=None):
    """Rows that are at hand, as a stage's loader would give them."""
    tokens = torch.randint(vocabulary, (rows, length), generator=draw).numpy()
    return rows_of(tokens, tokens)


def rows_of(tokens, targets):
    """Rows of tokens and, for each, the token to predict after it."""
    rows, length = tokens.shape
    return Batch(
        tokens_BT=tokens,
        targets_BT=targets,
        position_ids_BT=np.tile(np.arange(length), (rows, 1)),
        document_ids_BT=np.zeros((rows, length), np.int64),
    )
