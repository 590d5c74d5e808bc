"""Which token comes next: the likeliest, or one that is drawn.

Each reply draws from a generator of its own, so what it says does not depend on the replies that
are written beside it, but for the rounding of floats.

Shape letters: B rows, V vocabulary.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor

from auroram.settings import Count, PositiveFloat, Share, settings


@settings
class Sampling:
    """How a token is chosen."""

    temperature: PositiveFloat | None = None
    """Logits are divided by it before a token is drawn; None takes the likeliest."""
    top_p: Share = 1.0
    """Only the likeliest tokens are drawn from whose probabilities add up to this. Source:
    Holtzman et al. 2019, arXiv:1904.09751."""
    seed: Count = 0
    repetition: PositiveFloat = 1.0
    """Above 1, tokens that the reply already holds become less likely: their logits are divided by
    it, or multiplied where negative. Source: Keskar et al. 2019, arXiv:1909.05858, section 4.1."""


GREEDY = Sampling()


def generators(sampling: Sampling, prompts: Sequence[Sequence[int]]) -> list[torch.Generator]:
    """A source of randomness for each reply.

    It follows from the seed, the prompt, and how many equal prompts stand before it.
    """
    met: Counter[tuple[int, ...]] = Counter()
    found = []
    for prompt in prompts:
        key = tuple(prompt)
        name = f"{sampling.seed}:{met[key]}:{','.join(map(str, key))}"
        met[key] += 1
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:7])
        found.append(torch.Generator().manual_seed(number))
    return found


def next_tokens(
    logits_BV: Tensor,
    sampling: Sampling,
    drawing: Sequence[torch.Generator],
    written: Sequence[Sequence[int]],
) -> Tensor:
    """The next token of each row, (B,).

    Args:
        logits_BV: of each row.
        sampling: how a token is chosen.
        drawing: a generator for each row.
        written: what each row's reply holds so far.
    """
    if sampling.repetition != 1:
        logits_BV = _less_of_the_same(logits_BV, written, sampling.repetition)
    if sampling.temperature is None:
        return logits_BV.argmax(-1)
    shares_BV = torch.softmax(logits_BV.double() / sampling.temperature, -1)
    sorted_BV, ids_BV = torch.sort(shares_BV, dim=-1, descending=True, stable=True)
    before_BV = sorted_BV.cumsum(-1) - sorted_BV
    sorted_BV = sorted_BV.masked_fill(before_BV > sampling.top_p, 0)
    sums_BV = sorted_BV.cumsum(-1)
    drawn = [torch.rand(1, generator=one, dtype=torch.float64) for one in drawing]
    drawn_B1 = torch.stack(drawn).to(logits_BV.device) * sums_BV[:, -1:]
    place_B1 = torch.searchsorted(sums_BV, drawn_B1, right=True)
    chosen_B1: Tensor = ids_BV.gather(1, place_B1.clamp(max=ids_BV.shape[1] - 1))
    return chosen_B1[:, 0]


def _less_of_the_same(
    logits_BV: Tensor, written: Sequence[Sequence[int]], penalty: float
) -> Tensor:
    logits_BV = logits_BV.clone()
    for logits_V, reply in zip(logits_BV, written, strict=True):
        ids = torch.tensor(sorted(set(reply)), dtype=torch.int64, device=logits_V.device)
        said = logits_V[ids]
        logits_V[ids] = torch.where(said > 0, said / penalty, said * penalty)
    return logits_BV
