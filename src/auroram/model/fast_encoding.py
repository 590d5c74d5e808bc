"""Encoding with `fastokens` (an extra), which must prove itself on the run's own texts first.

It is another implementation of the same arithmetic, several times as fast. Whether it gives the
very ids that `tokenizers` gives is not taken on trust: both encode a sample of the run's texts and
strings that are known to tell encoders apart, and where one id differs, `tokenizers` does the work.
"""

import json
from collections.abc import Callable, Collection, Container, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Encode = Callable[[Sequence[str]], list[list[int]]]

HOSTILE = (
    "",
    " ",
    "\0\x01\x7f\x85\u2028\u2029",
    "\n\n\t \r\n  \r",
    " " * 300 + "x" + "\t" * 70,
    "a" * 999,
    "0123456789" * 20,
    "I'm don't we'LL 'S 'quoted'",
    "\ufeff\u200b\u200d\u00ad",
    "e\u0301\u0300 \u1e9b\u0323 \ufb01 \uff21",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1eb\U0001f1ee",
    "नमस्ते क्षि ไทย สวัสดี \u3000こんにちは。 한국어 العربية",
    "\ue000\ue001\ufffd\U0010ffff",
    "<s></s><unk>[INST]<|x|>{{}}%s\\n",
)
"""Strings on which encoders have differed: white space, controls, joiners, unspaced scripts."""


class FastEncoder:
    """A tokenizer file read by `fastokens`; text that spells a control token stays text.

    Args:
        file: `tokenizer.json`.
        control: control tokens, which the file may have as ordinary ones.

    Raises:
        ImportError: where the extra is not installed.
        Exception: whatever the library raises about a file that it cannot read.
    """

    def __init__(self, file: Path, control: Container[str] = ()) -> None:
        from fastokens import Tokenizer  # noqa: PLC0415 -- an extra

        table = json.loads(file.read_bytes())
        for token in table.get("added_tokens", []):
            token["special"] = token["special"] or token["content"] in control
        self._text: Any = Tokenizer.from_json_str(json.dumps(table, ensure_ascii=False))

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, on all cores."""
        return [ids.tolist() for ids in self.encode_arrays(texts)]

    def encode_arrays(self, texts: Sequence[str]) -> list[NDArray[np.uint32]]:
        """The same as arrays."""
        raw_ids, raw_bounds = self._text.encode_batch_flat(
            list(texts), add_special_tokens=False, split_special_tokens=True
        )
        ids, bounds = np.frombuffer(raw_ids, np.uint32), np.frombuffer(raw_bounds, np.uint64)
        return np.split(ids, bounds[1:-1].astype(np.int64))[: len(texts)]


def proven_encoder(
    file: Path, encode: Encode, sample: Iterable[str], control: Collection[str]
) -> FastEncoder | str:
    """The encoder, or in words why it is not to be used.

    Args:
        file: `tokenizer.json`.
        encode: what it must agree with.
        sample: some of the run's own texts.
        control: control tokens, which texts will spell.
    """
    spelled = [f"a {token}{token} b{token[:-1]}" for token in control]
    texts = [*HOSTILE, *spelled, *sample]
    try:
        encoder = FastEncoder(file, control)
        found = encoder.encode_batch(texts)
    except ImportError:
        return "it is not installed (pip install 'auroram[fast]')"
    except Exception as error:  # noqa: BLE001 -- the library raises nothing narrower
        return f"it cannot read this tokenizer ({str(error).partition(chr(10))[0][:100]})"
    unlike = sum(one != other for one, other in zip(found, encode(texts), strict=True))
    return f"it encoded {unlike} of {len(texts)} texts otherwise" if unlike else encoder
