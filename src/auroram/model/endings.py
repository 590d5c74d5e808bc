"""How likely endings are to a model: what several of them have in common is read once.

An item is a few sequences of which the last tokens are wanted, such as a question with each of
its answers. A row holds one item as a tree: sequences share their tokens as far as they are alike,
and a token looks at those that lead to it, at positions that count from the root. So nothing
changes but the amount of work. What all items begin with, such as worked examples, is read once
for all of them. Logits exist at wanted positions only.

Rows of like width share a batch, and widths are multiples of `WIDTH_STEP`, so few shapes occur.

Shape letters: B rows, T positions, S positions that may be looked at, N wanted positions,
D hidden size.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel
from transformers.cache_utils import Cache

from auroram.model.attention import has_window
from auroram.model.choices import Precision
from auroram.model.decoder import decoder_of
from auroram.model.generation import shared_beginning
from auroram.model.kept import remembered
from auroram.model.precision import autocast
from auroram.model.reading import TOLERANCE, longest_row
from auroram.model.scoring import target_nats, token_nats

CONTEXT_TOKENS = 2_048
"""Longest sequence where the model's settings name no limit."""

BATCH_TOKENS = {"cpu": 512}
"""Positions of a batch, padding with them: on a processor few rows are as fast as many, and those
of like width waste less."""

MOST_TOKENS = 32_768
"""The same on a device that wants many rows."""

FIRST_TOKENS = 96
"""Positions of the first batch, so that the first scores are there at once."""

WIDTH_STEP = 8
"""Widths of batches are multiples of this."""

WIDEST = 4_096
"""Positions of a row; the branches of an item that need more are spread over several rows."""

SHORTEST_BEGINNING = 16
"""A shorter beginning that all items have in common is not worth a cache."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A sequence of tokens of which the last are wanted; at least one stands before them."""

    ids: Sequence[int]
    wanted: int

    @property
    def given(self) -> int:
        """How many tokens are given."""
        return len(self.ids) - self.wanted


@dataclass(slots=True, kw_only=True)
class Row:
    """One item, or some of its endings, laid out as the model reads it."""

    item: int
    endings: int
    """How many endings are in it."""
    tokens: list[int]
    places: list[int]
    """Position of each token in its sequence."""
    ends: list[int]
    """Last column of what begins with each token: those columns look at it, and no others."""
    wanted: list[int]
    """Columns whose prediction is wanted."""
    targets: list[int]
    """What is to be predicted there."""
    owners: list[int]
    """Which ending of the item each target belongs to."""


@torch.inference_mode()
def ending_nats(
    model: PreTrainedModel,
    items: Sequence[Sequence[Ending]],
    *,
    precision: Precision = "float32",
    advance: Callable[[int], None] = lambda _endings: None,
) -> list[list[float]]:
    """Nats of the wanted tokens of each ending, summed: the negative log-probability.

    A sequence that is longer than the model's positions loses its beginning.

    Args:
        model: in evaluation mode, with one of our attention backends.
        items: each with endings, which are cheap where they begin alike.
        precision: of the matrix products in the body; the logits are float32 always.
        advance: told after each batch how many more endings have their nats.
    """
    limit = longest_row(model) or CONTEXT_TOKENS
    fitting = [[_fitting(ending, limit) for ending in item] for item in items]
    longest = max((len(ending.ids) for item in fitting for ending in item), default=0)
    if not reads_branches(model, longest, remembers=bool(_common(fitting))):
        return _one_by_one(model, fitting, limit, precision, advance)
    return _by_rows(model, fitting, precision, advance)


def reads_branches(model: PreTrainedModel, longest: int, *, remembers: bool = False) -> bool:
    """Whether the model reads a tree as it reads each of its sequences alone.

    Models whose attention slides over fewer tokens than `longest`, whose attention we do not
    know, or whose states run on, do not.

    Args:
        model: in evaluation mode.
        longest: tokens of the longest sequence.
        remembers: whether a beginning is to be read once for many rows, too.
    """
    config = model.config.get_text_config()
    window = getattr(config, "sliding_window", None) if has_window(model) else None
    if window and longest > window:
        return False
    found = _FOUND.setdefault(model, {})
    if remembers not in found:
        found[remembers] = _reads_branches(model, remembers=remembers)
    return found[remembers]


_FOUND: WeakKeyDictionary[PreTrainedModel, dict[bool, bool]] = WeakKeyDictionary()


def _reads_branches(model: PreTrainedModel, *, remembers: bool) -> bool:
    """Try it: the second of two branches, behind a beginning or not, against itself alone."""
    # Few tokens, as this is done before the first question of every process.
    size = model.config.get_text_config().vocab_size
    shared = [id_ % size for id_ in range(7, 7 + (SHORTEST_BEGINNING if remembers else 2))]
    last = Ending([*shared, 1, 4, 2], 2)
    items = [[Ending([*shared, 1, 3, 5], 1), last]]
    if remembers:
        items.append([Ending([*shared, 2, 6], 1)])
    try:
        ours = _by_rows(model, items, "float32", lambda _endings: None)[0][1]
        alone = _alone(model, last)
    except (TypeError, ValueError, IndexError, RuntimeError, AttributeError):
        return False
    return bool(np.isclose(ours, alone, rtol=TOLERANCE, atol=TOLERANCE))


def _alone(model: PreTrainedModel, ending: Ending) -> float:
    """Nats of an ending, as the model reads it without any mask of ours."""
    ids_1T = torch.tensor([list(ending.ids)], device=model.device)
    hidden_1TD = decoder_of(model)(input_ids=ids_1T[:, :-1], use_cache=False).last_hidden_state
    wanted = slice(ending.given - 1, None)
    nats_N = target_nats(model, hidden_1TD[0, wanted].float(), ids_1T[0, 1:][wanted])
    nats: float = nats_N.detach().double().sum().item()
    return nats


def rows_of_item(item: int, endings: Sequence[Ending], skipped: int) -> Iterator[Row]:
    """The rows of an item; the first `skipped` tokens of each sequence are read elsewhere.

    In the order of their tokens, sequences that begin alike are neighbours: each shares the way
    to where it leaves the one before.
    """
    row, way = _empty(item), list[int]()
    before: Sequence[int] = ()
    for number in sorted(range(len(endings)), key=lambda one: list(endings[one].ids)):
        own = endings[number].ids[skipped:-1]  # the last token is predicted and never read
        common = _alike(before, own)
        new = len(own) - common
        if row.endings and new and len(row.tokens) + new > WIDEST:
            yield _closed(row, way, 0)
            row, way, common = _empty(item), [], 0
        _closed(row, way, common)
        for place in range(common, len(own)):
            way.append(len(row.tokens))
            row.tokens.append(own[place])
            row.places.append(skipped + place)
            row.ends.append(-1)
        _want(row, endings[number], number, way, skipped)
        before = own
    yield _closed(row, way, 0)


def _empty(item: int) -> Row:
    return Row(
        item=item, endings=0, tokens=[], places=[], ends=[], wanted=[], targets=[], owners=[]
    )


def _alike(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens both begin with."""
    pairs = enumerate(zip(first, second, strict=False))
    shorter = min(len(first), len(second))
    return next((place for place, (one, other) in pairs if one != other), shorter)


def _closed(row: Row, way: list[int], kept: int) -> Row:
    """The row, in which nothing more begins with what lies on the way beyond `kept`."""
    while len(way) > kept:
        row.ends[way.pop()] = len(row.tokens) - 1
    return row


def _want(row: Row, ending: Ending, number: int, way: Sequence[int], skipped: int) -> None:
    """Note what is wanted of an ending whose tokens lie on the way."""
    row.endings += 1
    for place in range(ending.given - 1, len(ending.ids) - 1):
        row.wanted.append(way[place - skipped])
        row.targets.append(ending.ids[place + 1])
        row.owners.append(number)


def _fitting(ending: Ending, limit: int) -> Ending:
    """The ending without what does not fit; the last token needs no position."""
    ids = ending.ids[-limit - 1 :]
    return Ending(ids, min(ending.wanted, len(ids) - 1))


def _by_rows(
    model: PreTrainedModel,
    items: Sequence[Sequence[Ending]],
    precision: Precision,
    advance: Callable[[int], None],
) -> list[list[float]]:
    nats = [[0.0] * len(item) for item in items]
    skipped = _common(items)
    with autocast(precision, model.device.type):
        beginning = remembered(model, items[0][0].ids[:skipped]) if skipped else None
    rows = [row for i, item in enumerate(items) for row in rows_of_item(i, item, skipped)]
    rows.sort(key=lambda row: (len(row.tokens), row.item))
    most = BATCH_TOKENS.get(model.device.type, MOST_TOKENS)
    for batch in _batches(rows, most):
        values = _score(model, batch, beginning, skipped, precision)
        owners = ((row.item, owner) for row in batch for owner in row.owners)
        for (item, owner), value in zip(owners, values, strict=True):
            nats[item][owner] += value
        advance(sum(row.endings for row in batch))
    return nats


def _common(items: Sequence[Sequence[Ending]]) -> int:
    """Tokens that every sequence begins with, before any that is needed for a wanted one."""
    endings = [ending for item in items for ending in item]
    if not endings:
        return 0
    least = min(ending.given for ending in endings) - 1
    common = min(shared_beginning([ending.ids for ending in endings]), least)
    return common if common >= SHORTEST_BEGINNING and len(items) > 1 else 0


def _batches(rows: Sequence[Row], most: int) -> Iterator[Sequence[Row]]:
    """Rows of rising width, as many at a time as fit into `most` positions; few at first."""
    start, room = 0, min(FIRST_TOKENS, most)
    while start < len(rows):
        stop = start + 1
        while stop < len(rows) and (stop + 1 - start) * _width(rows[stop]) <= room:
            stop += 1
        yield rows[start:stop]
        start, room = stop, most


def _width(row: Row) -> int:
    return -(-max(1, len(row.tokens)) // WIDTH_STEP) * WIDTH_STEP


def _score(
    model: PreTrainedModel,
    rows: Sequence[Row],
    beginning: Cache | None,
    skipped: int,
    precision: Precision,
) -> list[float]:
    """Nats of every wanted token of a batch, row by row."""
    tokens_BT, places_BT, ends_BT = (part.to(model.device) for part in _laid_out(rows))
    width = tokens_BT.shape[1]
    with autocast(precision, model.device.type):
        hidden_BTD = decoder_of(model)(
            input_ids=tokens_BT,
            position_ids=places_BT,
            attention_mask=_looks(ends_BT, skipped),
            past_key_values=beginning,
            use_cache=beginning is not None,
        ).last_hidden_state
    columns_N = [b * width + column for b, row in enumerate(rows) for column in row.wanted]
    targets_N = [target for row in rows for target in row.targets]
    hidden_ND = hidden_BTD.flatten(0, 1)[torch.tensor(columns_N, device=model.device)]
    targets = torch.tensor(targets_N, device=model.device)
    nats: list[float] = target_nats(model, hidden_ND.float(), targets).double().tolist()
    return nats


def _laid_out(rows: Sequence[Row]) -> tuple[Tensor, Tensor, Tensor]:
    """Tokens, positions and ends, each (B, T); padding ends where it stands."""
    width = _width(max(rows, key=lambda row: len(row.tokens)))
    tokens_BT, places_BT = torch.zeros(2, len(rows), width, dtype=torch.int64).unbind()
    ends_BT = torch.arange(width).repeat(len(rows), 1)
    for b, row in enumerate(rows):
        own = len(row.tokens)
        tokens_BT[b, :own] = torch.tensor(row.tokens)
        places_BT[b, :own] = torch.tensor(row.places)
        ends_BT[b, :own] = torch.tensor(row.ends)
    return tokens_BT, places_BT, ends_BT


def _looks(ends_BT: Tensor, skipped: int) -> Tensor:
    """True where a position may look at another: bool, (B, 1, T, S); all see the beginning."""
    rows, width = ends_BT.shape
    columns_T = torch.arange(width, device=ends_BT.device)
    earlier_TT = columns_T[:, None] >= columns_T
    own_BTT = earlier_TT & (columns_T[:, None] <= ends_BT[:, None, :])
    before_BTS = own_BTT.new_ones(rows, width, skipped)
    return torch.cat([before_BTS, own_BTT], -1)[:, None]


def _one_by_one(
    model: PreTrainedModel,
    items: Sequence[Sequence[Ending]],
    limit: int,
    precision: Precision,
    advance: Callable[[int], None],
) -> list[list[float]]:
    """Each sequence by itself, which every decoder can read."""
    endings = [ending for item in items for ending in item]
    sequences = [list(ending.ids) for ending in endings]
    nats = token_nats(model, sequences, context_tokens=max(4, limit), precision=precision)
    sums = iter(
        float(values[len(values) - ending.wanted :].sum(dtype=np.float64))
        for ending, values in zip(endings, nats, strict=True)
    )
    advance(len(endings))
    return [[next(sums) for _ in item] for item in items]
