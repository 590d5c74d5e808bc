"""Greedy replies to many prompts at once.

Prompts of like length share a batch, padded on the left; the beginning that all of them have in
common (a chat template's system turn) is read once, unless attention slides; rows that have ended
leave the batch. A reply depends on the other rows only through the rounding of floats.

Shape letters: B rows still going, T positions, V vocabulary.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from auroram.model.attention import has_window
from auroram.model.tokenizer import Tokenizer

BATCH = 32
"""Prompts answered at once: beyond it a processor is no faster."""


@torch.inference_mode()
def greedy(  # noqa: PLR0913 -- the last two have defaults
    model: PreTrainedModel,
    tokenizer: Tokenizer,
    prompts: Sequence[Sequence[int]],
    *,
    max_tokens: int,
    batch: int = BATCH,
    advance: Callable[[int], None] = lambda _replies: None,
) -> list[list[int]]:
    """The likeliest token after each prompt, again and again, without the end token.

    Args:
        model: in evaluation mode.
        tokenizer: the model's; its end token and those of the model's generation settings stop.
        prompts: ids, at least one a prompt.
        max_tokens: longest reply.
        batch: prompts at once; it changes speed and memory, not the replies.
        advance: told how many replies are done after each batch.
    """
    replies: list[list[int]] = [[] for _ in prompts]
    order = sorted(range(len(prompts)), key=lambda i: (len(prompts[i]), i))
    ends = torch.tensor(sorted(end_tokens(model, tokenizer)), device=model.device)
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        into = [replies[i] for i in chosen]
        _reply(model, [prompts[i] for i in chosen], into, ends, max_tokens)
        advance(len(chosen))
    return replies


def reply_text(tokenizer: Tokenizer, ids: Sequence[int]) -> str:
    """The text of a reply, without a last character that the limit of tokens cut in two."""
    return tokenizer.decode(ids).rstrip("\N{REPLACEMENT CHARACTER}")


def end_tokens(model: PreTrainedModel, tokenizer: Tokenizer) -> set[int]:
    """Ids that end a reply."""
    stated = model.generation_config.eos_token_id if model.generation_config else None
    more = stated if isinstance(stated, list) else [stated]
    return {tokenizer.eos} | {id_ for id_ in more if id_ is not None}


def _reply(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    replies: Sequence[list[int]],
    ends: Tensor,
    max_tokens: int,
) -> None:
    """Fill the replies to one batch of prompts."""
    # A window counts columns, so padding between a shared beginning and the rest would fill it.
    shared = 0 if has_window(model) else shared_beginning(prompts)
    cache = _read(model, prompts[0][:shared], len(prompts))
    tokens_BT, mask_BT = (part.to(model.device) for part in _left_padded(prompts, shared))
    alive_B = torch.arange(len(prompts), device=model.device)
    for _ in range(max_tokens):
        position_ids_BT = (mask_BT.cumsum(1) - 1).clamp(min=0)[:, -tokens_BT.shape[1] :]
        next_B = (
            model(
                input_ids=tokens_BT,
                attention_mask=mask_BT,
                position_ids=position_ids_BT,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            .logits[:, -1]
            .argmax(-1)
        )
        going_B = ~torch.isin(next_B, ends)
        if not going_B.all():
            cache.batch_select_indices(going_B.nonzero()[:, 0])
            alive_B, next_B, mask_BT = alive_B[going_B], next_B[going_B], mask_BT[going_B]
        if not len(alive_B):
            return
        for i, token in zip(alive_B.tolist(), next_B.tolist(), strict=True):
            replies[i].append(token)
        tokens_BT = next_B[:, None]
        mask_BT = torch.cat([mask_BT, torch.ones_like(tokens_BT)], 1)


def shared_beginning(prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens all prompts begin with, leaving each at least one of its own.

    >>> shared_beginning([[1, 2, 3], [1, 2, 4, 5], [1, 2]])
    1
    """
    shortest = min(map(len, prompts)) - 1
    return next(
        (i for i in range(shortest) if len({prompt[i] for prompt in prompts}) > 1), shortest
    )


def _read(model: PreTrainedModel, beginning: Sequence[int], rows: int) -> DynamicCache:
    """Keys and values of a beginning, for each of the rows."""
    cache = DynamicCache(config=model.config)
    if beginning:
        tokens_1T = torch.tensor([list(beginning)], device=model.device)
        model(input_ids=tokens_1T, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache.batch_repeat_interleave(rows)
    return cache


def _left_padded(prompts: Sequence[Sequence[int]], shared: int) -> tuple[Tensor, Tensor]:
    """Tokens after the shared ones, (B, T - shared), and the mask of all, (B, T)."""
    width = max(map(len, prompts))
    tokens_BT = torch.zeros(len(prompts), width, dtype=torch.int64)
    mask_BT = torch.zeros_like(tokens_BT)
    mask_BT[:, :shared] = 1
    for b, prompt in enumerate(prompts):
        own = width - len(prompt) + shared
        tokens_BT[b, own:] = torch.tensor(prompt[shared:])
        mask_BT[b, own:] = 1
    return tokens_BT[:, shared:], mask_BT
