"""Replies that are drawn, stop at strings, and join while others go on."""

import pytest
import torch
from transformers import RepetitionPenaltyLogitsProcessor

from auroram.model.folder import load_model
from auroram.model.generation import before_stops, generate
from auroram.model.sampling import Sampling, next_tokens
from auroram.model.tokenizer import load_tokenizer

PROMPTS = [[5 + i, 60 + i, *range(80, 80 + 3 * i)] for i in range(9)]
WARM = Sampling(temperature=1.0, seed=3)


@pytest.fixture(scope="module")
def model(tiny_model):
    return load_model(tiny_model)


@pytest.fixture(scope="module")
def tokenizer(tiny_model):
    return load_tokenizer(tiny_model)


@pytest.mark.parametrize("batch", [1, 3, 32])
def test_a_drawn_reply_does_not_depend_on_who_is_beside_it(model, tokenizer, batch):
    alone = [generate(model, tokenizer, [p], max_tokens=8, sampling=WARM)[0] for p in PROMPTS]
    assert generate(model, tokenizer, PROMPTS, max_tokens=8, sampling=WARM, batch=batch) == alone


def test_equal_prompts_are_gone_on_with_in_different_ways(model, tokenizer):
    found = generate(model, tokenizer, [PROMPTS[0]] * 6, max_tokens=8, sampling=WARM)
    assert len({tuple(reply) for reply in found}) == 6


def test_another_seed_gives_another_reply(model, tokenizer):
    other = Sampling(temperature=1.0, seed=4)
    first, second = (
        generate(model, tokenizer, PROMPTS[:1], max_tokens=12, sampling=one)
        for one in (WARM, other)
    )
    assert first != second


def test_a_reply_ends_with_the_token_that_completes_a_stop(model, tokenizer):
    free = tokenizer.decode(generate(model, tokenizer, PROMPTS[:1], max_tokens=12)[0])
    stop = free[3:5]
    (cut,) = generate(model, tokenizer, PROMPTS[:1], max_tokens=12, stops=[stop])
    assert before_stops(tokenizer.decode(cut), [stop]) == free[: free.index(stop)]
    assert len(cut) < 12


def test_only_the_likeliest_tokens_are_drawn_under_a_low_top_p():
    logits_BV = torch.log(torch.tensor([[0.1, 0.6, 0.3]]).repeat(200, 1))
    drawing = [torch.Generator().manual_seed(i) for i in range(200)]
    chosen = next_tokens(
        logits_BV, Sampling(temperature=1.0, top_p=0.7), drawing, [[]] * len(drawing)
    )
    assert set(chosen.tolist()) == {1, 2}


def test_tokens_are_drawn_as_often_as_their_probability():
    logits_BV = torch.log(torch.tensor([[0.2, 0.8]]).repeat(2000, 1))
    drawing = [torch.Generator().manual_seed(i) for i in range(2000)]
    share = (
        next_tokens(logits_BV, Sampling(temperature=1.0), drawing, [[]] * len(drawing))
        .double()
        .mean()
    )
    assert float(share) == pytest.approx(0.8, abs=0.03)


def test_what_a_reply_holds_becomes_less_likely_as_in_transformers():
    logits_BV = torch.randn(3, 12, generator=torch.Generator().manual_seed(1))
    said = [[4, 4, 7], [], [0]]
    chosen = next_tokens(logits_BV, Sampling(repetition=1.7), [], said)
    processor = RepetitionPenaltyLogitsProcessor(1.7)
    expected = [
        int(processor(torch.tensor([ids], dtype=torch.int64), row_V[None]).argmax())
        for ids, row_V in zip(said, logits_BV, strict=True)
    ]
    assert chosen.tolist() == expected


def test_a_penalty_ends_a_loop(model, tokenizer):
    (free,) = generate(model, tokenizer, PROMPTS[:1], max_tokens=40)
    (varied,) = generate(
        model, tokenizer, PROMPTS[:1], max_tokens=40, sampling=Sampling(repetition=1.5)
    )
    assert len(set(varied)) > len(set(free))
