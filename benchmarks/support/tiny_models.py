"""Random decoders of the sizes that the benchmarks of training are stated for."""

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from auroram.model.attention import set_attention

SHAPES = {
    "10M": {"hidden_size": 256, "intermediate_size": 688, "layers": 8, "heads": 4, "keys": 4},
    "30M": {"hidden_size": 512, "intermediate_size": 1376, "layers": 7, "heads": 8, "keys": 4},
    "135M": {"hidden_size": 576, "intermediate_size": 1536, "layers": 30, "heads": 9, "keys": 3},
}
"""SmolLM2's shape at 135M, with 49,152 entries; the smaller ones have 16,384."""


def vocabulary_of(shape):
    """Entries of its vocabulary."""
    return 49_152 if shape["layers"] == 30 else 16_384


def config_of(shape):
    """The configuration of a Llama of one of the shapes."""
    return LlamaConfig(
        vocab_size=vocabulary_of(shape),
        hidden_size=shape["hidden_size"],
        intermediate_size=shape["intermediate_size"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        num_key_value_heads=shape["keys"],
        max_position_embeddings=2048,
        tie_word_embeddings=True,
    )


def random_model(shape):
    """The model with random weights, ready to train as a stage does."""
    torch.manual_seed(0)
    model = LlamaForCausalLM(config_of(shape)).eval()
    set_attention(model, "blocked")
    return model
