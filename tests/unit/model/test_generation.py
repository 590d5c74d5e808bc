"""Greedy replies against a model that is asked one prompt, one token at a time."""

import pytest
import torch

from auroram.model.folder import load_model
from auroram.model.generation import end_tokens, generate, reply_text, shared_beginning
from auroram.model.tokenizer import load_tokenizer

PROMPTS = [[5, 6, 7], [80] * 20, [9], [40, 41, 42, 43, 44, 45], [200, 7, 99]]


@pytest.fixture(scope="module")
def model(tiny_model):
    return load_model(tiny_model)


@pytest.fixture(scope="module")
def tokenizer(tiny_model):
    return load_tokenizer(tiny_model)


def step_by_step(model, prompt, ends, max_tokens):
    ids = list(prompt)
    while len(ids) < len(prompt) + max_tokens:
        with torch.inference_mode():
            token = int(model(input_ids=torch.tensor([ids])).logits[0, -1].argmax())
        if token in ends:
            break
        ids.append(token)
    return ids[len(prompt) :]


def test_a_beginning_in_common_is_read_once_and_changes_nothing(model, tokenizer):
    prompts = [[7, 8, 9, *prompt] for prompt in PROMPTS]
    expected = [step_by_step(model, p, {tokenizer.eos}, 12) for p in prompts]
    assert shared_beginning(prompts) == 3
    assert generate(model, tokenizer, prompts, max_tokens=12) == expected


def test_equal_prompts_keep_a_token_to_go_on_from(model, tokenizer):
    first, second = generate(model, tokenizer, [[5, 6], [5, 6]], max_tokens=4)
    assert first == second == step_by_step(model, [5, 6], {tokenizer.eos}, 4)


@pytest.mark.parametrize("batch", [1, 2, 32])
def test_a_batch_replies_as_one_by_one_without_a_cache(model, tokenizer, batch):
    expected = [step_by_step(model, p, {tokenizer.eos}, 12) for p in PROMPTS]
    assert generate(model, tokenizer, PROMPTS, max_tokens=12, batch=batch) == expected


def test_a_reply_stops_before_an_end_token(model, tokenizer):
    free = generate(model, tokenizer, PROMPTS, max_tokens=12)
    stop = free[1][4]
    model.generation_config.eos_token_id = [tokenizer.eos, stop]
    try:
        cut = generate(model, tokenizer, PROMPTS, max_tokens=12)
    finally:
        model.generation_config.eos_token_id = tokenizer.eos
    assert cut == [r[: r.index(stop)] if stop in r else r for r in free]


def test_the_tokenizer_and_the_generation_settings_both_name_ends(model, tokenizer):
    assert end_tokens(model, tokenizer) == {2}


def test_progress_counts_replies(model, tokenizer):
    done = []
    generate(model, tokenizer, PROMPTS, max_tokens=2, batch=2, advance=done.append)
    assert done == [2, 2, 1]


def test_no_prompts_give_no_replies(model, tokenizer):
    assert generate(model, tokenizer, [], max_tokens=3) == []


def test_a_character_that_the_limit_cut_in_two_is_left_out(tokenizer):
    ids = tokenizer.encode("hyvä")
    assert reply_text(tokenizer, ids) == "hyvä"
    assert reply_text(tokenizer, ids[:-1]) == "hyv"
