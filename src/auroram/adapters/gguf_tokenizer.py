"""The tokenizer inside a GGUF file, as the files of a Hugging Face folder.

Only byte-level BPE (`tokenizer.ggml.model` = "gpt2"), and only for the rules of splitting that
were compared with the family's own tokenizer: a rule that is nearly right gives ids that the
model has not learnt, and nothing would say so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers
from tokenizers import pre_tokenizers as splitters
from tokenizers.processors import TemplateProcessing

from auroram.adapters.gguf_file import GgufFile
from auroram.errors import DataError
from auroram.records.canonical import Json

UNKNOWN, CONTROL, USER_DEFINED = 2, 3, 4
"""Types of tokens (llama.h, `llama_token_type`) that are matched in text before it is split."""

_LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_QWEN2 = _LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Splitting:
    """How a family of tokenizers cuts text into words before it merges bytes."""

    single_digits: bool = False
    """Whether every digit stands alone, cut off before anything else."""
    expression: str = ""
    """What a word is; empty for the expression of GPT-2."""
    composes: bool = False
    """Whether text is brought into Unicode's composed form (NFC) first."""
    whole_words: bool = False
    """Whether a word that is a token is taken whole, whatever the merges say."""
    adds_bos: bool = False
    """Whether a text begins with the first token where the file does not say."""


SMOLLM = Splitting(single_digits=True)
LLAMA3 = Splitting(expression=_LLAMA3, whole_words=True, adds_bos=True)
SPLITTINGS: Mapping[str, Splitting] = {
    "gpt-2": Splitting(),
    "llama-bpe": LLAMA3,
    "llama-v3": LLAMA3,
    "llama3": LLAMA3,
    "qwen2": Splitting(expression=_QWEN2, composes=True),
    "smollm": SMOLLM,
    "starcoder": SMOLLM,
}
"""By `tokenizer.ggml.pre`. Source: llama.cpp, `llama-vocab.cpp`; the families' tokenizer.json."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The tokens with a role."""

    bos: str | None
    eos: str
    unknown: str | None
    pad: str | None

    def config(self, context_tokens: int) -> Json:
        """What `tokenizer_config.json` says."""
        named = {
            "bos_token": self.bos,
            "eos_token": self.eos,
            "pad_token": self.pad,
            "unk_token": self.unknown,
        }
        return {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "clean_up_tokenization_spaces": False,
            "model_max_length": context_tokens,
        } | {role: name for role, name in named.items() if name is not None}


def read_tokenizer(file: GgufFile) -> str:
    """The text of `tokenizer.json`.

    Raises:
        DataError: where the tokenizer is of a kind or family that we do not know.
    """
    splitting = _splitting(file)
    tokenizer = Tokenizer(_merging(file, splitting))
    if splitting.composes:
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = _splitter(splitting)
    tokenizer.decoder = decoders.ByteLevel()
    _add_whole_tokens(tokenizer, file)
    _add_frame(tokenizer, file, splitting)
    text: str = tokenizer.to_str(pretty=True)
    return text


def read_names(file: GgufFile) -> Names:
    """The tokens with a role.

    Raises:
        DataError: where the file names no token for the end of a text.
    """
    tokens = file.values("tokenizer.ggml.tokens", str)
    ids = read_ids(file)
    named = {role: tokens[id_] for role, id_ in ids.items()}
    unknown = file.value_or("tokenizer.ggml.unknown_token_id", len(tokens))
    return Names(
        bos=named.get("bos_token_id"),
        eos=named["eos_token_id"],
        pad=named.get("pad_token_id"),
        unknown=tokens[unknown] if unknown < len(tokens) else None,
    )


def read_ids(file: GgufFile) -> dict[str, int]:
    """Ids of the tokens that begin, end and fill, by their names in `config.json`.

    Raises:
        DataError: where the file names no token for the end of a text.
    """
    count = len(file.values("tokenizer.ggml.tokens", str))
    keys = {"bos_token_id": "bos", "eos_token_id": "eos", "pad_token_id": "padding"}
    ids = {
        role: file.value(f"tokenizer.ggml.{key}_token_id", int)
        for role, key in keys.items()
        if file.has(f"tokenizer.ggml.{key}_token_id")
    }
    wrong = {role: id_ for role, id_ in ids.items() if id_ >= count}
    if wrong or "eos_token_id" not in ids:
        raise DataError(
            f"{file.path}: must name a token that ends a text, among its {count} tokens (got {ids})"
        )
    return ids


def _splitting(file: GgufFile) -> Splitting:
    model = file.value("tokenizer.ggml.model", str)
    if model != "gpt2":
        raise DataError(
            f"{file.path}: the tokenizer {model!r} is not supported, only byte-level BPE "
            "('gpt2'); choose the model's Hugging Face folder instead"
        )
    family = file.value_or("tokenizer.ggml.pre", "")
    if family not in SPLITTINGS:
        raise DataError(
            f"{file.path}: unknown pre-tokenizer (got {family!r}, known: "
            f"{', '.join(sorted(SPLITTINGS))}); choose the model's Hugging Face folder instead"
        )
    return SPLITTINGS[family]


def _merging(file: GgufFile, splitting: Splitting) -> models.BPE:
    tokens = file.values("tokenizer.ggml.tokens", str)
    vocabulary = {token: id_ for id_, token in enumerate(tokens)}
    if len(vocabulary) != len(tokens):
        raise DataError(f"{file.path}: {len(tokens) - len(vocabulary)} tokens occur twice")
    pairs = (merge.partition(" ") for merge in file.values("tokenizer.ggml.merges", str))
    try:
        return models.BPE(
            vocabulary,
            [(left, right) for left, _, right in pairs],
            ignore_merges=splitting.whole_words,
        )
    except Exception as error:  # noqa: BLE001 -- the library raises nothing narrower
        raise DataError(f"{file.path}: the tokenizer's merges are broken ({error})") from None


def _splitter(splitting: Splitting) -> splitters.PreTokenizer:
    if splitting.expression:
        return splitters.Sequence(
            [
                splitters.Split(Regex(splitting.expression), behavior="isolated"),
                splitters.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    words = splitters.ByteLevel(add_prefix_space=False, use_regex=True)
    if splitting.single_digits:
        return splitters.Sequence([splitters.Digits(individual_digits=True), words])
    return words


def _add_whole_tokens(tokenizer: Tokenizer, file: GgufFile) -> None:
    tokens = file.values("tokenizer.ggml.tokens", str)
    types = file.values("tokenizer.ggml.token_type", int)
    tokenizer.add_special_tokens(_of_types(tokens, types, (UNKNOWN, CONTROL), special=True))
    tokenizer.add_tokens(_of_types(tokens, types, (USER_DEFINED,), special=False))


def _of_types(
    tokens: Sequence[str], types: Sequence[int], wanted: Sequence[int], *, special: bool
) -> list[AddedToken]:
    chosen = (token for token, kind in zip(tokens, types, strict=False) if kind in wanted)
    return [AddedToken(token, special=special, normalized=False) for token in chosen]


def _add_frame(tokenizer: Tokenizer, file: GgufFile, splitting: Splitting) -> None:
    names = read_names(file)
    before = names.bos if file.value_or("tokenizer.ggml.add_bos_token", splitting.adds_bos) else ""
    after = names.eos if file.value_or("tokenizer.ggml.add_eos_token", False) else ""  # noqa: FBT003
    frame = [name for name in (before, after) if name]
    if frame:
        tokenizer.post_processor = TemplateProcessing(
            single=[name for name in (before, "$A", after) if name],
            special_tokens=[(name, tokenizer.token_to_id(name)) for name in dict.fromkeys(frame)],
        )
