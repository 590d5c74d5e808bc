"""Which documents are never trained on.

The decision falls by cluster, so that a cluster of near duplicates is wholly on one side.
"""

import numpy as np
from numpy.typing import NDArray


def held_out_count(total: int, *, share: float, fewest: int) -> int:
    """How many of `total` documents are held out: a share, at least `fewest`, at most half.

    >>> held_out_count(1000, share=0.05, fewest=20), held_out_count(30, share=0.05, fewest=20)
    (50, 15)
    """
    return min(max(round(share * total), fewest), total // 2)


def held_out_rows(ids: NDArray[np.bytes_], count: int) -> NDArray[np.bool_]:
    """Which of the clusters' representatives are held out.

    Ids are digests, so those with the lowest second halves are a fair draw that does not
    depend on the order of the input, and that hardly changes when documents are added.
    """
    halves = np.array([identifier[len(identifier) // 2 :] for identifier in ids])
    chosen = np.zeros(len(ids), np.bool_)
    chosen[np.argsort(halves, kind="stable")[:count]] = True
    return chosen
