"""Rows for new tokens."""

import pytest
import torch
from transformers import Gemma4ForCausalLM, Gemma4TextConfig

from auroram.errors import DataError
from auroram.model.folder import load_model
from auroram.vocabulary.embedding import add_rows

PIECES = {259: (5, 6), 260: (7, 8)}


def test_new_tokens_are_read_and_begin_as_the_mean_of_their_pieces(tiny_model):
    model = load_model(tiny_model)
    add_rows(model, PIECES)
    table_VD = model.get_input_embeddings().weight
    torch.testing.assert_close(table_VD[260], table_VD[[7, 8]].mean(0))
    assert model(torch.tensor([[260]])).logits.shape[-1] == 261


def test_a_model_with_further_tables_of_tokens_is_refused():
    shape = {"vocab_size": 259, "hidden_size": 32, "num_hidden_layers": 2, "intermediate_size": 32}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 16}
    own = {"vocab_size_per_layer_input": 259, "hidden_size_per_layer_input": 8}
    layers = {"num_kv_shared_layers": 0, "global_head_dim": 16}
    model = Gemma4ForCausalLM(Gemma4TextConfig(**shape, **heads, **own, **layers)).eval()
    with pytest.raises(DataError, match="looks tokens up in further tables"):
        add_rows(model, PIECES)
