"""Rows of random tokens for the benchmarks, each one document."""

import numpy as np
import torch

from auroram.tokens.packing import Batch


def rows_of_tokens(vocabulary, rows, length, draw=None):
    """Rows that are at hand, as a stage's loader would give them."""
    tokens = torch.randint(vocabulary, (rows, length), generator=draw).numpy()
    return _documents(tokens, tokens)


def rows_of_pairs(followers, rows, length, draw):
    """Rows in which each token is followed by one of a few, as `followers` lists them."""
    words, choices = followers.shape
    tokens = [torch.randint(words, (rows,), generator=draw)]
    for _ in range(length):
        tokens.append(followers[tokens[-1], torch.randint(choices, (rows,), generator=draw)])
    said = torch.stack(tokens, 1).numpy()
    return _documents(said[:, :-1], said[:, 1:])


def _documents(tokens, targets):
    rows, length = tokens.shape
    return Batch(
        tokens_BT=tokens,
        targets_BT=targets,
        position_ids_BT=np.tile(np.arange(length), (rows, 1)),
        document_ids_BT=np.zeros((rows, length), np.int64),
    )
