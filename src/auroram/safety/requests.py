"""Which held-out requests are asked."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from auroram.errors import DataError
from auroram.records.exchange import Exchange, read_exchanges


def chosen_requests(paths: Sequence[Path], *, highest: int, seed: int) -> dict[str, list[Exchange]]:
    """By language, at most `highest` requests of each concern and kind, chosen by hash.

    Raises:
        DataError: where the files hold no harmful or benign request.
    """
    groups: dict[tuple[str, str, str], list[Exchange]] = defaultdict(list)
    for exchange in (one for path in paths for one in read_exchanges(path)):
        if exchange.kind in ("harmful", "benign"):
            groups[exchange.language, exchange.concern, exchange.kind].append(exchange)
    if not groups:
        raise DataError(
            f"{paths[0]}: no harmful or benign requests to ask; "
            "let the stage make some for its tests"
        )
    chosen: dict[str, list[Exchange]] = defaultdict(list)
    for language, concern, kind in sorted(groups):
        ranked = sorted(groups[language, concern, kind], key=lambda item: _rank(seed, item.id))
        chosen[language] += ranked[:highest]
    return dict(chosen)


def _rank(seed: int, request: str) -> bytes:
    return hashlib.sha256(f"{seed}:{request}".encode()).digest()
