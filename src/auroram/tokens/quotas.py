"""Whole numbers of samples for weights, and what happens where a domain has too few rows."""

from collections.abc import Mapping


def largest_remainder(samples: int, weights: Mapping[str, float]) -> dict[str, int]:
    """`samples` shared by weight in whole numbers, each less than one off its exact part.

    Source: Hamilton's method of apportionment. Equal remainders go to the earlier domain.
    """
    total = sum(weights.values())
    exact = {domain: samples * weight / total for domain, weight in weights.items()}
    given = {domain: int(part) for domain, part in exact.items()}
    by_remainder = sorted(given, key=lambda domain: given[domain] - exact[domain])
    for domain in by_remainder[: samples - sum(given.values())]:
        given[domain] += 1
    return given


def filled(samples: int, weights: Mapping[str, float], room: Mapping[str, int]) -> dict[str, int]:
    """`samples` shared by weight, none above its room; what does not fit flows to the others.

    The domains that still have room share in the proportions of their weights, as water finds
    its level. The sum is below `samples` only where all room is used up.
    """
    full: dict[str, int] = {}
    open_weights = {domain: weight for domain, weight in weights.items() if weight > 0}
    while open_weights:
        quotas = largest_remainder(samples - sum(full.values()), open_weights)
        over = {domain: room[domain] for domain, quota in quotas.items() if quota > room[domain]}
        if not over:
            return full | quotas
        full |= over
        open_weights = {d: weight for d, weight in open_weights.items() if d not in over}
    return full


def added(*parts: Mapping[str, int]) -> dict[str, int]:
    """The sums by domain, in the order of first appearance."""
    total: dict[str, int] = {}
    for part in parts:
        for domain, value in part.items():
            total[domain] = total.get(domain, 0) + value
    return total
