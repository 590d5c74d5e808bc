"""Embedding rows for new tokens: the mean of the rows of the pieces that they replace.

Source: Gee et al. 2022 (EMNLP industry track), arXiv:2402.09977; that a mean, and not noise, keeps
the new logits from drowning the old: Hewitt 2021, nlp.stanford.edu/~johnhew/vocab-expansion.html.

Shape letters: V entries of the vocabulary, D hidden size.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from auroram.errors import DataError
from auroram.model.decoder import decoder_of


@torch.no_grad()
def add_rows(model: PreTrainedModel, pieces: Mapping[int, Sequence[int]]) -> None:
    """Give each new id its row in the embeddings and, where it is another matrix, in the head.

    Rows behind the tokenizer's last id, by which many models are padded, are used first.

    Args:
        model: in float32.
        pieces: new id to the old ids that its text was made of until now.

    Raises:
        DataError: where the model looks tokens up in further tables, which do not grow.
    """
    embedding: Any = model.get_input_embeddings()
    head: Any = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    is_tied = head.weight is embedding.weight
    embedding.weight = nn.Parameter(_grown(embedding.weight, pieces))
    head.weight = embedding.weight if is_tied else nn.Parameter(_grown(head.weight, pieces))
    if getattr(head, "bias", None) is not None:
        head.bias = nn.Parameter(_grown(head.bias, pieces))
    rows = embedding.weight.shape[0]
    embedding.num_embeddings = head.out_features = rows
    model.config.get_text_config().vocab_size = rows
    _check_reads(model, max(pieces))


def _check_reads(model: PreTrainedModel, token: int) -> None:
    try:
        decoder_of(model)(input_ids=torch.tensor([[token]]), use_cache=False)
    except IndexError:
        raise DataError(
            f"a model of type {model.config.model_type!r} looks tokens up in further tables, which "
            "cannot grow; leave the stage out or choose another model"
        ) from None


def _grown(old_VD: Tensor, pieces: Mapping[int, Sequence[int]]) -> Tensor:
    rows = max(len(old_VD), max(pieces) + 1)
    new_VD = old_VD.mean(0, keepdim=True).repeat(rows, *[1] * (old_VD.ndim - 1))
    new_VD[: len(old_VD)] = old_VD
    for new, old in pieces.items():
        new_VD[new] = old_VD[list(old)].mean(0)
    return new_VD
