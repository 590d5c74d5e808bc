import json
import unicodedata

import pytest
import regex
from tiny_gguf import CONTROL, TEXTS, vocabulary, write_gguf
from tokenizers import Tokenizer
from transformers import AutoTokenizer
from transformers.models.qwen2 import Qwen2Tokenizer

from auroram.adapters.gguf import convert
from auroram.adapters.gguf_tokenizer import SPLITTINGS
from auroram.errors import DataError

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
WORDS = {
    "gpt-2": GPT2,
    "llama-bpe": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}


def converted(folder, **settings):
    write_gguf(folder / "tiny.gguf", **settings)
    convert(folder / "tiny.gguf", folder / "model")
    return Tokenizer.from_file(str(folder / "model" / "tokenizer.json"))


def words(family, text):
    if family in WORDS:
        return regex.findall(WORDS[family], text)
    pieces = regex.split(r"(\p{N})", text)
    return [word for piece in pieces for word in regex.findall(GPT2, piece)]


@pytest.mark.parametrize("family", SPLITTINGS)
def test_text_is_cut_into_words_as_llama_cpp_cuts_it(tmp_path, family):
    splitter = converted(tmp_path, pre=family).pre_tokenizer
    known = {"llama3": "llama-bpe", "llama-v3": "llama-bpe"}.get(family, family)
    for text in TEXTS.values():
        cut = [text[start:end] for _, (start, end) in splitter.pre_tokenize_str(text)]
        assert cut == words(known, text)


@pytest.mark.parametrize("family", ["gpt-2", "llama-bpe", "qwen2"])
@pytest.mark.parametrize("language", TEXTS)
def test_ids_are_those_of_the_gguf_loader_of_transformers(tmp_path, family, language):
    ours = converted(tmp_path, pre=family)
    theirs = AutoTokenizer.from_pretrained(tmp_path, gguf_file="tiny.gguf")
    text = TEXTS[language] + "<|im_end|>\n"
    found = ours.encode(text, add_special_tokens=False).ids
    assert found == theirs(text, add_special_tokens=False)["input_ids"]


@pytest.mark.parametrize("family", ["gpt-2", "llama-bpe", "qwen2", "smollm"])
def test_transformers_reads_the_folder_as_the_file_says(tmp_path, family):
    plain = converted(tmp_path, pre=family)
    read = AutoTokenizer.from_pretrained(tmp_path / "model")
    for text in TEXTS.values():
        assert read(text)["input_ids"] == plain.encode(text).ids
        assert read.decode(plain.encode(text).ids, skip_special_tokens=True) == text


def test_smollm_takes_digits_one_by_one_and_keeps_the_spaces_before_them_together(tmp_path):
    cut = converted(tmp_path, pre="smollm").pre_tokenizer.pre_tokenize_str("x   42 b")
    assert [word for word, _ in cut] == ["x", "ĠĠĠ", "4", "2", "Ġb"]


def test_qwen2_composes_letters_as_its_own_tokenizer_does(tmp_path):
    tokens, merges = vocabulary()
    theirs = Qwen2Tokenizer(
        vocab={token: i for i, token in enumerate(tokens)},
        merges=[tuple(merge.split()) for merge in merges],
    )
    text = unicodedata.normalize("NFD", TEXTS["fi"] + TEXTS["vi"])
    assert converted(tmp_path, pre="qwen2").encode(text).ids == theirs(text)["input_ids"]


def test_a_control_token_is_one_id_and_decodes_to_nothing(tmp_path):
    tokenizer = converted(tmp_path)
    assert [tokenizer.encode(token).ids for token in CONTROL] == [[0], [1], [2]]
    assert tokenizer.decode([1, 2]) == ""


@pytest.mark.parametrize(
    ("settings", "begins", "ends"),
    [
        ({"pre": "smollm"}, [], []),
        ({"pre": "llama-bpe"}, [1], []),
        ({"pre": "llama-bpe", "extra": [("tokenizer.ggml.add_bos_token", False)]}, [], []),
        ({"extra": [("tokenizer.ggml.add_bos_token", True)]}, [1], []),
        ({"extra": [("tokenizer.ggml.add_eos_token", True)]}, [], [2]),
    ],
)
def test_a_text_begins_and_ends_as_the_file_says(tmp_path, settings, begins, ends):
    tokenizer = converted(tmp_path, **settings)
    plain = tokenizer.encode("hello", add_special_tokens=False).ids
    assert tokenizer.encode("hello").ids == begins + plain + ends


def test_the_roles_of_tokens_are_named_in_the_configuration(tmp_path):
    converted(tmp_path)
    table = json.loads((tmp_path / "model" / "tokenizer_config.json").read_text())
    roles = [table[f"{role}_token"] for role in ("bos", "eos", "pad", "unk")]
    assert roles == ["<|im_start|>", "<|im_end|>", "<|im_end|>", "<|endoftext|>"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tokens": lambda found: [*found[:-1], found[-2]]}, "1 tokens occur twice"),
        ({"merges": lambda found: [*found, "Ġnever seen"]}, "merges are broken"),
        ({"eos": lambda _: 5000}, "a token that ends a text, among its 320 tokens"),
    ],
)
def test_a_broken_tokenizer_is_refused_in_words(tmp_path, change, message):
    write_gguf(tmp_path / "a.gguf", change=change)
    with pytest.raises(DataError, match=message):
        convert(tmp_path / "a.gguf", tmp_path / "model")


def test_a_token_that_is_not_utf8_is_refused(tmp_path):
    content = write_gguf(tmp_path / "a.gguf").read_bytes()
    (tmp_path / "a.gguf").write_bytes(content.replace(b"<|im_end|>", b"<|im_\xffnd|>", 1))
    with pytest.raises(DataError, match=r"'tokenizer.ggml.tokens' is not UTF-8"):
        convert(tmp_path / "a.gguf", tmp_path / "model")
