"""The chance that one of k programs passes, judged from more than k of them."""


def pass_at_k(programs: int, passed: int, k: int) -> float:
    """Unbiased estimate of pass@k from so many programs of which so many passed.

    1 minus the share of the sets of k programs in which none passed.

    Source: Chen et al. 2021, arXiv:2107.03374, equation 1.

    >>> pass_at_k(2, 1, 1)
    0.5

    Raises:
        ValueError: where k is more than the programs, or the numbers make no sense.
    """
    if not 1 <= k <= programs or not 0 <= passed <= programs:
        raise ValueError(
            f"k must lie between 1 and the programs ({k} of {programs}, {passed} passed)"
        )
    none = 1.0
    for left in range(programs - passed, programs - passed - k, -1):
        none *= max(0, left) / (left + passed)
    return 1 - none
