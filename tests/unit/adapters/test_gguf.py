import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from tiny_gguf import TEMPLATE, random_tensors, write_gguf
from transformers import AutoModelForCausalLM, AutoTokenizer

from auroram.adapters.gguf import GgufModel, convert
from auroram.errors import DataError
from auroram.ports import Silent

IDS = torch.arange(1, 41)[None]


def logits(folder, **options):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **options)
    with torch.inference_mode():
        return model(IDS).logits


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("kind", ["F32", "F16", "Q8_0", "Q4_1"])
def test_the_converted_model_says_what_the_gguf_loader_of_transformers_says(tmp_path, kind, tied):
    write_gguf(tmp_path / "tiny.gguf", random_tensors(tied=tied), kind=kind)
    convert(tmp_path / "tiny.gguf", tmp_path / "model")
    ours, theirs = logits(tmp_path / "model"), logits(tmp_path, gguf_file="tiny.gguf")
    assert torch.allclose(ours, theirs, atol=1e-4)


def test_query_and_key_rows_are_put_back_in_the_order_of_hugging_face(tmp_path):
    tensors = random_tensors()
    interleaved = tensors["blk.0.attn_q.weight"]
    halves = interleaved.reshape(4, 8, 2, 64).transpose(0, 2, 1, 3).reshape(64, 64)
    convert(write_gguf(tmp_path / "a.gguf", tensors), tmp_path / "model")
    stored = load_file(tmp_path / "model" / "model.safetensors")
    assert (stored["model.layers.0.self_attn.q_proj.weight"] == halves).all()


def test_the_weights_file_is_what_the_library_would_write(tmp_path):
    convert(write_gguf(tmp_path / "a.gguf"), tmp_path / "model")
    written = tmp_path / "model" / "model.safetensors"
    save_file(load_file(written), tmp_path / "theirs", metadata={"format": "pt"})
    assert written.read_bytes() == (tmp_path / "theirs").read_bytes()


def test_the_same_file_gives_the_same_bytes(tmp_path):
    write_gguf(tmp_path / "a.gguf", kind="Q8_0")
    for name in ("one", "two"):
        convert(tmp_path / "a.gguf", tmp_path / name)
    one, two = ({file.name: file.read_bytes() for file in (tmp_path / name).iterdir()}
                for name in ("one", "two"))  # fmt: skip
    assert one == two
    assert len(one) == 6


def test_the_folder_carries_the_chat_template_and_the_control_tokens(tmp_path):
    convert(write_gguf(tmp_path / "a.gguf"), tmp_path / "model")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    assert tokenizer.chat_template == TEMPLATE
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id) == (1, 2, 2)


def test_nothing_but_the_folder_is_left(tmp_path):
    convert(write_gguf(tmp_path / "a.gguf"), tmp_path / "model")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.gguf", "model"]


def test_a_folder_that_holds_something_is_not_overwritten(tmp_path):
    write_gguf(tmp_path / "a.gguf")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.txt").write_text("precious")
    with pytest.raises(DataError, match="is there already; delete it or choose another"):
        convert(tmp_path / "a.gguf", tmp_path / "model")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"architecture": "qwen3"}, "'qwen3' is not supported; choose .* 'llama'"),
        ({"pre": "unheard-of"}, "unknown pre-tokenizer .got 'unheard-of', known: gpt-2, llama-bpe"),
        ({"model": "llama"}, "tokenizer 'llama' is not supported, only byte-level BPE"),
        ({"extra": [("llama.rope.scaling.type", "yarn")]}, "scaled rotary .* 'yarn'"),
        ({"layers": 10**9}, "1000000000 layers announced, but only 20 tensors are there"),
        ({"extra": [("llama.attention.key_length", 32)]}, "only a part of each head is rotated"),
    ],
)
def test_what_cannot_be_converted_is_refused_in_words(tmp_path, settings, message):
    write_gguf(tmp_path / "a.gguf", **settings)
    with pytest.raises(DataError, match=message):
        convert(tmp_path / "a.gguf", tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_tensors_that_are_missing_left_over_or_misshapen_are_named(tmp_path):
    norm = {"output_norm.weight": np.ones(32, np.float32)}
    wrong = {
        "lacks tensors, 1 in all .output_norm.weight": {"output_norm.weight": None},
        "has unsupported tensors.* .blk.0.attn_q.bias": {"blk.0.attn_q.bias": np.ones(64)},
        "scaled rotary .* 'llama3'": {"rope_freqs.weight": np.ones(8)},
        r"'output_norm.weight' has the shape .32,., the metadata say .64,.": norm,
    }
    for message, change in wrong.items():
        tensors = {n: v for n, v in (random_tensors() | change).items() if v is not None}
        tensors = {name: np.float32(values) for name, values in tensors.items()}
        with pytest.raises(DataError, match=message):
            convert(write_gguf(tmp_path / "a.gguf", tensors), tmp_path / "model")


def test_a_value_that_is_not_finite_is_refused(tmp_path):
    tensors = random_tensors()
    tensors["blk.1.ffn_up.weight"][3, 4] = np.nan
    with pytest.raises(DataError, match=r"'blk.1.ffn_up.weight' holds values that are not finite"):
        convert(write_gguf(tmp_path / "a.gguf", tensors), tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["a.gguf"]


@pytest.mark.parametrize("share", [0.001, 0.02, 0.1, 0.3, 0.9, 0.999])
def test_a_file_that_ends_too_early_is_refused(tmp_path, share):
    whole = write_gguf(tmp_path / "a.gguf").read_bytes()
    (tmp_path / "a.gguf").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(DataError, match="truncated or damaged GGUF file"):
        convert(tmp_path / "a.gguf", tmp_path / "model")


def test_a_list_of_impossible_length_is_refused_at_once(tmp_path):
    whole = write_gguf(tmp_path / "a.gguf").read_bytes()
    length = whole.index(b"token_type") + len(b"token_type") + 8
    endless = whole[:length] + b"\xff" * 7 + whole[length + 7 :]
    (tmp_path / "a.gguf").write_bytes(endless)
    with pytest.raises(DataError, match="truncated or damaged GGUF file"):
        convert(tmp_path / "a.gguf", tmp_path / "model")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04zip", b"GG"])
def test_another_kind_of_file_is_refused(tmp_path, content):
    (tmp_path / "a.gguf").write_bytes(content)
    with pytest.raises(DataError, match="not a GGUF file"):
        convert(tmp_path / "a.gguf", tmp_path / "model")


def test_a_recipe_may_name_a_gguf_file_and_it_is_converted_once(tmp_path):
    write_gguf(tmp_path / "a.gguf")
    model = GgufModel(path="a.gguf", licence="Apache-2.0")
    folder = model.fetch(tmp_path, tmp_path / "cache", Silent())
    first = (folder / "model.safetensors").stat().st_ino
    assert model.fetch(tmp_path, tmp_path / "cache", Silent()) == folder
    assert (folder / "model.safetensors").stat().st_ino == first
    assert model.files() == ("a.gguf",)


def test_a_missing_gguf_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"lost.gguf: not found"):
        GgufModel(path="lost.gguf", licence="MIT").fetch(tmp_path, tmp_path, Silent())
