"""Requests that say nearly the same: one of each cluster stays, and no cluster is in both splits.

Two requests of a language are alike where their MinHash signatures, over pairs of units, say so
(`text.minhash`); alike to alike makes a cluster. Of a cluster with a test request all training
requests go, for a test that was trained on measures nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from auroram.redteam.request import Dropped, Request
from auroram.text.buffers import Buffer
from auroram.text.minhash import estimated_similarity
from auroram.text.signals import signals_of

_SHINGLE = 2
"""Units: requests are short, and pairs tell their order without making every change count."""
_BANDS, _ROWS = 28, 4
"""A pair at 0.7 is compared with a probability of 0.9995."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct:
    """Requests that are unlike one another."""

    requests: tuple[Request, ...]
    """In the order given, each with its cluster."""
    dropped: tuple[Dropped, ...]


def distinct(requests: Sequence[Request], similarity: float) -> Distinct:
    """Keep one request of each cluster: a test request before a training one, else the first."""
    kept: dict[int, Request] = {}
    dropped: list[Dropped] = []
    by_language: dict[str, list[int]] = defaultdict(list)
    for i, request in enumerate(requests):
        by_language[request.language].append(i)
    for members in by_language.values():
        own = [requests[i] for i in members]
        for cluster in clusters([one.text for one in own], similarity):
            stays = min(cluster, key=lambda i: (own[i].split != "test", i))
            named = f"{own[stays].language}-{own[stays].id}"
            kept[members[stays]] = replace(own[stays], cluster=named)
            dropped += [_drop(own[i], own[stays]) for i in cluster if i != stays]
    return Distinct(requests=tuple(kept[i] for i in sorted(kept)), dropped=tuple(dropped))


def clusters(texts: Sequence[str], similarity: float) -> list[list[int]]:
    """Indices of texts that are alike, directly or through others; each text is in one list."""
    parents = list(range(len(texts)))
    buffer = Buffer.of(list(texts))
    signatures = signals_of(buffer, shingle=_SHINGLE, hashes=_BANDS * _ROWS).signatures
    for left, right in _candidates(signatures):
        if _root(parents, left) != _root(parents, right) and (
            estimated_similarity(signatures[left], signatures[right]) >= similarity
        ):
            parents[_root(parents, right)] = _root(parents, left)
    found: dict[int, list[int]] = defaultdict(list)
    for i in range(len(texts)):
        found[_root(parents, i)].append(i)
    return list(found.values())


def _candidates(signatures: NDArray[np.uint32]) -> Iterator[tuple[int, int]]:
    """Pairs that agree in a band."""
    for band in range(_BANDS):
        buckets: dict[bytes, list[int]] = defaultdict(list)
        for i, row in enumerate(signatures[:, band * _ROWS : (band + 1) * _ROWS]):
            buckets[row.tobytes()].append(i)
        yield from _pairs(buckets.values())


def _pairs(buckets: Iterable[Sequence[int]]) -> Iterator[tuple[int, int]]:
    for bucket in buckets:
        for place, left in enumerate(bucket):
            for right in bucket[place + 1 :]:
                yield left, right


def _root(parents: list[int], i: int) -> int:
    while parents[i] != i:
        parents[i] = parents[parents[i]]
        i = parents[i]
    return i


def _drop(request: Request, stays: Request) -> Dropped:
    leaks = request.split != stays.split
    return Dropped(
        language=request.language,
        concern=request.concern,
        template=request.template,
        topic=request.topic,
        changes=request.changes,
        reason="like a test request" if leaks else "like another request",
        of=stays.id,
    )
