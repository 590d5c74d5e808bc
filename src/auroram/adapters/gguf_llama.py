"""The Llama architecture in GGUF: its shape, its `config.json`, and where each tensor lies.

llama.cpp rotates neighbouring rows of the query and key projections, Hugging Face the two halves
of a head. Its converter interleaves the rows of each head accordingly; here they are put back.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auroram.adapters.gguf_file import GgufFile
from auroram.errors import DataError
from auroram.records.canonical import Json

ARCHITECTURE = "llama"


@dataclass(frozen=True, slots=True, kw_only=True)
class LlamaShape:
    """The sizes that make a Llama model."""

    layers: int
    width: int
    """Entries of the vector that stands for a token."""
    inner_width: int
    """Entries inside the feed-forward block."""
    heads: int
    key_heads: int
    """Heads of keys and values; fewer than `heads` where these are shared."""
    head_width: int
    vocabulary: int
    """Rows of the embedding."""
    context_tokens: int
    norm_epsilon: float
    rope_theta: float
    tied: bool
    """Whether the output projection is the embedding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a tensor of the Hugging Face folder comes from."""

    name: str
    """In the GGUF file."""
    shape: tuple[int, ...]
    interleaved_heads: int = 0
    """Heads whose rows are interleaved; 0 where they lie in order."""


def read_shape(file: GgufFile) -> LlamaShape:
    """The model's sizes.

    Raises:
        DataError: for another architecture, or a position encoding that we cannot express.
    """
    _check_architecture(file)
    _check_positions(file)
    width, heads = _size(file, "embedding_length"), _size(file, "attention.head_count")
    head_width = file.value_or("llama.attention.key_length", width // heads)
    if file.value_or("llama.rope.dimension_count", head_width) != head_width:
        raise DataError(f"{file.path}: only a part of each head is rotated; not supported")
    return LlamaShape(
        layers=_size(file, "block_count"),
        width=width,
        inner_width=_size(file, "feed_forward_length"),
        heads=heads,
        key_heads=file.value_or("llama.attention.head_count_kv", heads),
        head_width=head_width,
        vocabulary=len(file.values("tokenizer.ggml.tokens", str)),
        context_tokens=_size(file, "context_length"),
        norm_epsilon=_shortest(file.value("llama.attention.layer_norm_rms_epsilon", float)),
        rope_theta=_shortest(file.value_or("llama.rope.freq_base", 10000.0)),
        tied="output.weight" not in file.tensors(),
    )


def config(shape: LlamaShape) -> Json:
    """What `config.json` says of the shape."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "dtype": "float32",
        "attention_bias": False,
        "head_dim": shape.head_width,
        "hidden_act": "silu",
        "hidden_size": shape.width,
        "intermediate_size": shape.inner_width,
        "max_position_embeddings": shape.context_tokens,
        "mlp_bias": False,
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "num_key_value_heads": shape.key_heads,
        "rms_norm_eps": shape.norm_epsilon,
        "rope_parameters": {"rope_type": "default", "rope_theta": shape.rope_theta},
        "tie_word_embeddings": shape.tied,
        "vocab_size": shape.vocabulary,
    }


def sources(file: GgufFile, shape: LlamaShape) -> Mapping[str, Source]:
    """Name of each tensor in the Hugging Face folder to its place in the file.

    Raises:
        DataError: where a tensor is missing, misshapen, or would be left over.
    """
    if shape.layers > len(file.tensors()):
        raise DataError(
            f"{file.path}: {shape.layers} layers announced, but only {len(file.tensors())} "
            "tensors are there; fetch the file again"
        )
    wanted = _outer_sources(shape)
    for layer in range(shape.layers):
        wanted |= _layer_sources(shape, layer)
    names = {source.name for source in wanted.values()}
    for what, wrong in (
        ("lacks", names - set(file.tensors())),
        ("has unsupported", set(file.tensors()) - names),
    ):
        if wrong:
            shown = ", ".join(sorted(wrong)[:3])
            raise DataError(
                f"{file.path}: {what} tensors, {len(wrong)} in all ({shown}); "
                "choose another file of the model, or its Hugging Face folder"
            )
    for source in wanted.values():
        if file.dimensions(source.name) != source.shape:
            raise DataError(
                f"{file.path}: tensor {source.name!r} has the shape "
                f"{file.dimensions(source.name)}, the metadata say {source.shape}"
            )
    return wanted


def read_tensor(file: GgufFile, source: Source) -> NDArray[np.float32]:
    """The tensor as Hugging Face orders its rows."""
    values = file.tensor(source.name)
    if not source.interleaved_heads:
        return values
    rows, columns = values.shape
    by_head = values.reshape(source.interleaved_heads, -1, 2, columns)
    return by_head.swapaxes(1, 2).reshape(rows, columns)


def _outer_sources(shape: LlamaShape) -> dict[str, Source]:
    embedding = (shape.vocabulary, shape.width)
    outer = {
        "model.embed_tokens.weight": Source(name="token_embd.weight", shape=embedding),
        "model.norm.weight": Source(name="output_norm.weight", shape=(shape.width,)),
    }
    head = {"lm_head.weight": Source(name="output.weight", shape=embedding)}
    return outer if shape.tied else outer | head


def _layer_sources(shape: LlamaShape, layer: int) -> dict[str, Source]:
    width, inner = shape.width, shape.inner_width
    queries, keys = shape.heads * shape.head_width, shape.key_heads * shape.head_width
    table = {
        "input_layernorm": ("attn_norm", (width,), 0),
        "self_attn.q_proj": ("attn_q", (queries, width), shape.heads),
        "self_attn.k_proj": ("attn_k", (keys, width), shape.key_heads),
        "self_attn.v_proj": ("attn_v", (keys, width), 0),
        "self_attn.o_proj": ("attn_output", (width, queries), 0),
        "post_attention_layernorm": ("ffn_norm", (width,), 0),
        "mlp.gate_proj": ("ffn_gate", (inner, width), 0),
        "mlp.up_proj": ("ffn_up", (inner, width), 0),
        "mlp.down_proj": ("ffn_down", (width, inner), 0),
    }
    return {
        f"model.layers.{layer}.{name}.weight": Source(
            name=f"blk.{layer}.{part}.weight", shape=size, interleaved_heads=heads
        )
        for name, (part, size, heads) in table.items()
    }


def _size(file: GgufFile, key: str) -> int:
    size = file.value(f"llama.{key}", int)
    if size < 1:
        raise DataError(f"{file.path}: 'llama.{key}' must be positive (got {size})")
    return size


def _check_architecture(file: GgufFile) -> None:
    found = file.value("general.architecture", str)
    if found != ARCHITECTURE:
        raise DataError(
            f"{file.path}: the architecture {found!r} is not supported; "
            f"choose a GGUF file of the architecture {ARCHITECTURE!r}, or a Hugging Face folder"
        )


def _check_positions(file: GgufFile) -> None:
    scaling = file.value_or("llama.rope.scaling.type", "none")
    if scaling == "none" and "rope_freqs.weight" in file.tensors():
        scaling = "llama3"
    if scaling != "none" or file.has("llama.rope.scale_linear"):
        raise DataError(
            f"{file.path}: scaled rotary positions are not supported (got {scaling!r}); "
            "choose the model's Hugging Face folder instead"
        )


def _shortest(number: float) -> float:
    # GGUF holds 1e-5 as float32, which reads as 9.99999974737875e-06; the author wrote 1e-5.
    return float(str(np.float32(number)))
