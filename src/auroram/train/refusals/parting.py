"""Where the answers that decline a request part from those that help."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Parting:
    """The first position at which the two kinds of answers mostly differ."""

    shared: tuple[int, ...]
    """Tokens that both kinds begin with."""
    declining: tuple[int, ...]
    """Tokens after these that are likelier in an answer that declines, in ascending order."""


def parting_of(
    declined: Sequence[Sequence[int]], helped: Sequence[Sequence[int]]
) -> Parting | None:
    """Where answers that decline part from those that help; None where most of them never do.

    A script of several bytes a letter often shares the first byte, so that it can be later than at
    the first token.

    Args:
        declined: tokens of answers that decline.
        helped: tokens of answers that help.

    >>> parting_of([[7, 1, 2], [7, 1, 3]], [[7, 4], [5]])
    Parting(shared=(7,), declining=(1,))
    """
    shared: tuple[int, ...] = ()
    while True:
        no, yes = (_following(answers, shared) for answers in (declined, helped))
        if not no or not yes:
            return None
        likeliest, _ = no.most_common(1)[0]
        if likeliest != yes.most_common(1)[0][0]:
            break
        shared = (*shared, likeliest)
    shares = no.total(), yes.total()
    declining = (t for t in no if no[t] * shares[1] > yes[t] * shares[0])
    return Parting(shared=shared, declining=tuple(sorted(declining)))


def _following(answers: Sequence[Sequence[int]], start: tuple[int, ...]) -> Counter[int]:
    """How often each token follows this start."""
    n = len(start)
    return Counter(a[n] for a in answers if len(a) > n and tuple(a[:n]) == start)
