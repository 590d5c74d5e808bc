"""How an answer is scored, under the names of lm-evaluation-harness.

Each score is of one item; a figure over items is their mean, weighted where the scores are
rates (bits per byte). What belongs to several right answers is scored against the best of them.
"""

import math
import re
import string
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from auroram.errors import RunError
from auroram.evaluate.tasks.task import Form

_CHOICE: tuple[Form, ...] = ("multiple_choice",)
_TEXT: tuple[Form, ...] = ("loglikelihood_rolling",)
_REPLY: tuple[Form, ...] = ("generate_until",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a metric is called in our records, and where it applies."""

    forms: tuple[Form, ...]
    measure: str
    unit: str = "share"


METRICS: Mapping[str, Kind] = {
    "acc": Kind(forms=_CHOICE, measure="accuracy"),
    "acc_norm": Kind(forms=_CHOICE, measure="accuracy_norm"),
    "acc_bytes": Kind(forms=_CHOICE, measure="accuracy_bytes"),
    "bits_per_byte": Kind(forms=_TEXT, measure="bits_per_byte", unit="bits/byte"),
    "exact_match": Kind(forms=_REPLY, measure="exact_match"),
    "f1": Kind(forms=_REPLY, measure="f1"),
    "char_f1": Kind(forms=_REPLY, measure="char_f1"),
    "rouge_2": Kind(forms=_REPLY, measure="rouge_2"),
    "chrf": Kind(forms=_REPLY, measure="chrf", unit="chrF"),
    "pass_at_k": Kind(forms=_REPLY, measure="pass"),
}
"""All metrics that a task can name. `pass_at_k` runs programs: see `programs`."""


def chosen(metric: str, nats: Sequence[float], choices: Sequence[str]) -> int:
    """The choice that a metric takes for the model's answer; the earlier one of equals."""
    sizes = {
        "acc": [1.0] * len(choices),
        "acc_norm": [float(len(choice)) for choice in choices],
        "acc_bytes": [float(len(choice.encode())) for choice in choices],
    }[metric]
    # numpy's division, so that a choice without characters is no error, as in the harness.
    with np.errstate(divide="ignore", invalid="ignore"):
        return int(np.argmax(-np.asarray(nats) / np.asarray(sizes)))


def bits_per_byte(nats: float, text: str) -> float:
    """Bits a byte of UTF-8."""
    return nats / math.log(2) / len(text.encode())


def reply_score(
    metric: str, reply: str, references: Sequence[str], options: Mapping[str, object]
) -> float:
    """The best score of a reply against any of the references."""
    compare = _COMPARE[metric]
    return max(compare(reply, reference, **options) for reference in references)


def _exact_match(  # noqa: PLR0913 -- the harness's options
    reply: str,
    reference: str,
    *,
    regexes_to_ignore: Sequence[str] = (),
    ignore_case: bool = False,
    ignore_punctuation: bool = False,
    ignore_numbers: bool = False,
) -> float:
    left, right = reply, reference
    for pattern in regexes_to_ignore:
        left, right = re.sub(pattern, "", left), re.sub(pattern, "", right)
    if ignore_case:
        left, right = left.lower(), right.lower()
    ignored = string.punctuation * ignore_punctuation + string.digits * ignore_numbers
    table = str.maketrans("", "", ignored)
    return float(left.translate(table) == right.translate(table))


def _f1(reply: str, reference: str) -> float:
    """Overlap of words, without articles and punctuation.

    Source: Rajpurkar et al. 2016, arXiv:1606.05250, section 6.1.
    """
    return _overlap(_words(reply), _words(reference))


def _words(text: str) -> list[str]:
    plain = text.lower().translate(str.maketrans("", "", string.punctuation))
    return re.sub(r"\b(a|an|the)\b", " ", plain).split()


def _char_f1(reply: str, reference: str) -> float:
    """Overlap of characters, for writing without spaces."""
    return _overlap(list("".join(reply.split())), list("".join(reference.split())))


def _rouge_2(reply: str, reference: str, *, unit: str = "character") -> float:
    """F1 of pairs of neighbours: characters, or `word`s. Source: Lin 2004, W04-1013."""
    left, right = (text.split() if unit == "word" else text for text in (reply, reference))
    return _overlap(list(pairwise(left)), list(pairwise(right)))


def _overlap(found: Sequence[object], wanted: Sequence[object]) -> float:
    """F1 of two bags; two empty ones agree."""
    if not found or not wanted:
        return float(not found and not wanted)
    common = sum((Counter(found) & Counter(wanted)).values())
    return 2 * common / (len(found) + len(wanted))


def _chrf(reply: str, reference: str, *, word_order: int = 0) -> float:
    """Overlap of character n-grams, 0 to 100; `word_order = 2` is chrF++.

    Source: Popovic 2015, W15-3049.
    """
    try:
        from sacrebleu.metrics.chrf import CHRF  # noqa: PLC0415 -- of an extra
    except ImportError:
        raise RunError(
            "metric chrf: sacrebleu is not installed; run pip install 'auroram[tasks]'"
        ) from None
    return float(CHRF(word_order=word_order).sentence_score(reply, [reference]).score)


_COMPARE: Mapping[str, Callable[..., float]] = {
    "exact_match": _exact_match,
    "f1": _f1,
    "char_f1": _char_f1,
    "rouge_2": _rouge_2,
    "chrf": _chrf,
}
