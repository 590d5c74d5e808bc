"""Random decoders of the sizes that the benchmarks of training are stated for."""

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from auroram.model.attention import set_attention

PARTS = ("vocabulary", "hidden_size", "intermediate_size", "layers", "heads", "keys")
SHAPES = {
    "10M": dict(zip(PARTS, (16_384, 256, 688, 8, 4, 4), strict=True)),
    "30M": dict(zip(PARTS, (16_384, 512, 1376, 7, 8, 4), strict=True)),
    "135M": dict(zip(PARTS, (49_152, 576, 1536, 30, 9, 3), strict=True)),
}
"""SmolLM2's shape at 135M."""

LARGE = {"1.7B": dict(zip(PARTS, (49_152, 2048, 8192, 24, 32, 32), strict=True))}
"""SmolLM2's shape at 1.7B, for a GPU."""


def config_of(shape):
    """The configuration of a Llama of one of the shapes."""
    return LlamaConfig(
        vocab_size=shape["vocabulary"],
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
