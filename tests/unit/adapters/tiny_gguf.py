"""A tiny random Llama with a real byte-level tokenizer, written as a GGUF file."""

import json
from functools import cache

import gguf
import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

WIDTH, INNER, HEADS, KEY_HEADS, LAYERS = 64, 96, 4, 2, 2
CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
)
TEXTS = {
    "en": "It's 3.14 or 2026, isn't it?\n\n  They'll say     42 times: we HAVE'nt.",
    "fi": "Äiti sanoi: «hyvää yötä», ja kello oli jo 23.45.\tÖljyä ei ollut.",
    "hi": "मनुष्य जन्म से स्वतन्त्र हैं; १२३ लोग और 456 घर।",
    "ja": "すべての人間は、生れながらにして自由であり、２０２６年に42回。",
    "vi": "Tất cả mọi người sinh ra đều được tự do, năm 2026   100%.",
    "code": "def f(x):\n    return x[ 0] + 12345  # é ½ ²\n\n\n        1",
}


@cache
def vocabulary():
    """Tokens in order of id, and merges, learnt from the texts."""
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    learner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=list(CONTROL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    learner.train_from_iterator(TEXTS.values(), trainer)
    model = json.loads(learner.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    return tokens, [" ".join(merge) for merge in model["merges"]]


def shapes():
    width = HEADS * (WIDTH // HEADS)
    key_width = KEY_HEADS * (WIDTH // HEADS)
    sizes = {"token_embd": (len(vocabulary()[0]), WIDTH), "output_norm": (WIDTH,)}
    for layer in range(LAYERS):
        sizes |= {
            f"blk.{layer}.attn_norm": (WIDTH,),
            f"blk.{layer}.attn_q": (width, WIDTH),
            f"blk.{layer}.attn_k": (key_width, WIDTH),
            f"blk.{layer}.attn_v": (key_width, WIDTH),
            f"blk.{layer}.attn_output": (WIDTH, width),
            f"blk.{layer}.ffn_norm": (WIDTH,),
            f"blk.{layer}.ffn_gate": (INNER, WIDTH),
            f"blk.{layer}.ffn_up": (INNER, WIDTH),
            f"blk.{layer}.ffn_down": (WIDTH, INNER),
        }
    return sizes


def random_tensors(*, tied=True, seed=1):
    draw = np.random.default_rng(seed)
    head = {} if tied else {"output": shapes()["token_embd"]}
    return {
        f"{name}.weight": (draw.standard_normal(size) * 0.2 + (len(size) == 1)).astype(np.float32)
        for name, size in (shapes() | head).items()
    }


def write_gguf(
    path,
    tensors=None,
    *,
    kind="F32",
    architecture="llama",
    pre="smollm",
    model="gpt2",
    layers=LAYERS,
    extra=(),
    change=None,
):
    """Write the model: matrices quantised as `kind`, further metadata as (key, value) pairs.

    `change` maps `tokens`, `merges` or `eos` to a function that spoils it.
    """
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_context_length(128)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    _add_tokenizer(writer, model, pre, change or {})
    for key, value in extra:
        add = {str: writer.add_string, float: writer.add_float32, bool: writer.add_bool}
        add.get(type(value), writer.add_uint32)(key, value)
    for name, values in (tensors or random_tensors()).items():
        type_ = gguf.GGMLQuantizationType[kind if values.ndim > 1 else "F32"]
        writer.add_tensor(name, gguf.quants.quantize(values, type_), raw_dtype=type_)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_tokenizer(writer, model, pre, change):
    tokens, merges = vocabulary()
    tokens = change.get("tokens", list)(tokens)
    merges = change.get("merges", list)(merges)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model(model)
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token in CONTROL else 1 for token in tokens])
    writer.add_token_merges(merges)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(change.get("eos", int)(2))
    writer.add_pad_token_id(2)
    writer.add_chat_template(TEMPLATE)
