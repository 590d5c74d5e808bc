"""The attention backends: same result, documents kept apart, plain use untouched.

Shape letters: B rows, H query heads, K key heads, T positions, D size of a head.
"""

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from auroram.errors import DataError
from auroram.model.attention import (
    document_mask,
    same_document,
    set_attention,
)
from auroram.model.blocked_attention import blocked_attention
from auroram.model.folder import load_model
from auroram.model.gpu_attention import (
    attention_by_flex,
    attention_by_varlen,
    document_bounds,
)

LAYOUTS = {
    "one document": [[300]],
    "documents that end on and off the blocks": [[128, 5, 67, 100]],
    "unlike rows": [[10, 290], [200, 100]],
    "padding at the end": [[150, -150], [250, -50]],
}


def document_ids(rows):
    return torch.stack([one_row(lengths) for lengths in rows])


def one_row(lengths):
    parts = [torch.full((abs(n),), i if n > 0 else -1) for i, n in enumerate(lengths)]
    return torch.cat(parts)


KERNELS = {
    "blocked": blocked_attention,
    "flex": attention_by_flex,
    "varlen": attention_by_varlen,
}


def heads_of(documents_BT, dtype):
    torch.manual_seed(1)
    rows, places = documents_BT.shape
    made = (torch.randn(rows, heads, places, 16).to(dtype) for heads in (6, 2, 2))
    return [heads.to(documents_BT.device) for heads in made]


def mixed_by(name, heads, documents_BT, window=None):
    """(B, T, H, D)"""
    if name in KERNELS:
        mask = document_mask(documents_BT)
        return KERNELS[name](*heads, mask, scale=0.25, window=window)
    query, key, value = heads
    key, value = (tensor.repeat_interleave(3, 1) for tensor in (key, value))
    mask = same_document(documents_BT, window)
    mixed = scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=0.25)
    return mixed.transpose(1, 2)


def attend(name, documents_BT, dtype, window=None):
    inputs = [heads.requires_grad_() for heads in heads_of(documents_BT, dtype)]
    mixed = mixed_by(name, inputs, documents_BT, window)
    # Padding has no meaning, so nothing may depend on it.
    (mixed.float().square() * (documents_BT >= 0)[..., None, None]).sum().backward()
    return [mixed.detach()[documents_BT >= 0], *(tensor.grad for tensor in inputs)]


@pytest.mark.parametrize("rows", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 6e-2)])
def test_both_backends_agree_forward_and_backward(rows, dtype, tolerance):
    documents_BT = document_ids(rows)
    blocked = attend("blocked", documents_BT, dtype)
    fused = attend("sdpa", documents_BT, dtype)
    for ours, reference in zip(blocked, fused, strict=True):
        torch.testing.assert_close(ours, reference, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("backend", ["blocked", "sdpa"])
def test_documents_packed_into_a_row_are_read_as_if_alone(tiny_model, backend):
    model = load_model(tiny_model)
    set_attention(model, backend)
    torch.manual_seed(2)
    documents = [torch.randint(3, 259, (1, n)) for n in (5, 130, 60)]
    with torch.no_grad():
        alone = torch.cat([model(document).logits for document in documents], 1)
        packed = model(
            torch.cat(documents, 1),
            position_ids=torch.cat([torch.arange(d.shape[1]) for d in documents])[None],
            attention_mask=document_mask(document_ids([[5, 130, 60]])),
        ).logits
    torch.testing.assert_close(packed, alone, atol=1e-4, rtol=1e-4)


def test_what_follows_a_document_cannot_change_it(tiny_model):
    model = load_model(tiny_model)
    row = torch.randint(3, 259, (2, 200), generator=torch.Generator().manual_seed(3))
    row[1, :140] = row[0, :140]
    logits = model(row, attention_mask=document_mask(document_ids([[140, 60]] * 2))).logits
    assert torch.equal(logits[0, :140], logits[1, :140])


def test_generation_with_padding_and_cache_is_plain_attention(tiny_model):
    model = load_model(tiny_model)
    prompts = torch.tensor([[2, 2, 50, 60], [70, 80, 90, 100]])
    mask = torch.tensor([[0, 0, 1, 1], [1, 1, 1, 1]])
    options = {"attention_mask": mask, "max_new_tokens": 8, "do_sample": False}
    ours = model.generate(prompts, **options)
    model.set_attn_implementation("sdpa")
    assert torch.equal(ours, model.generate(prompts, **options))


@pytest.mark.parametrize("rows", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("window", [2, 20, 128, 1000])
def test_both_backends_look_back_as_far_as_the_window(rows, window):
    documents_BT = document_ids(rows)
    ours = attend("blocked", documents_BT, torch.float32, window)
    for one, other in zip(ours, attend("sdpa", documents_BT, torch.float32, window), strict=True):
        torch.testing.assert_close(one, other, atol=2e-5, rtol=1e-5)


def test_what_lies_before_the_window_is_not_looked_at(tiny_model):
    model = load_model(tiny_model)
    row = torch.randint(3, 259, (2, 40), generator=torch.Generator().manual_seed(3))
    row[1, 10:] = row[0, 10:]
    mask = document_mask(document_ids([[40]] * 2))
    logits = model(row, attention_mask=mask, sliding_window=8).logits
    # Two layers of windows of 8 reach 14 positions back.
    assert torch.equal(logits[0, 24:], logits[1, 24:])
    assert not torch.equal(logits[0, 23], logits[1, 23])


@pytest.mark.parametrize("rows", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("window", [None, 20])
@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
def test_flex_gives_what_blocked_gives(rows, window):
    documents_BT = document_ids(rows)
    heads = heads_of(documents_BT, torch.float32)
    flex, blocked = (mixed_by(n, heads, documents_BT, window) for n in ("flex", "blocked"))
    held = documents_BT >= 0
    torch.testing.assert_close(flex[held], blocked[held], atol=1e-5, rtol=1e-5)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("rows", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("window", [None, 20])
@pytest.mark.parametrize("backend", ["flex", "varlen"])
def test_the_kernels_of_a_gpu_give_what_blocked_gives(rows, window, backend):
    documents_BT = document_ids(rows).cuda()
    ours = attend(backend, documents_BT, torch.bfloat16, window)
    theirs = attend("blocked", documents_BT, torch.bfloat16, window)
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, atol=6e-2, rtol=6e-2)


def test_documents_are_sequences_that_begin_where_their_ids_change():
    mask = document_mask(document_ids([[3, 2], [1, -4]]))
    assert document_bounds(mask).tolist() == [0, 3, 5, 6, 10]


def test_a_gpu_kernel_is_refused_on_a_processor(tiny_model):
    with pytest.raises(DataError, match="'varlen' needs a GPU"):
        set_attention(load_model(tiny_model), "varlen")


def test_capped_scores_have_the_gradient_of_the_formula():
    documents_BT = document_ids([[90, 60]])
    heads = [one.double().requires_grad_() for one in heads_of(documents_BT, torch.float32)]
    ours = blocked_attention(*heads, document_mask(documents_BT), scale=0.25, cap=0.8)
    query, key, value = heads
    key, value = (tensor.repeat_interleave(3, 1) for tensor in (key, value))
    scores = torch.tanh(query @ key.mT * 0.25 / 0.8) * 0.8
    scores = scores.masked_fill(~same_document(documents_BT), -torch.inf)
    theirs = (scores.softmax(-1) @ value).transpose(1, 2)
    torch.testing.assert_close(ours, theirs)
    weights = torch.randn_like(ours)
    gradients = (torch.autograd.grad((one * weights).sum(), heads) for one in (ours, theirs))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("window", [None, 20])
def test_a_sink_takes_its_share_and_learns_as_the_formula_says(window):
    documents_BT = document_ids([[90, 60], [150]])
    heads = [one.requires_grad_() for one in heads_of(documents_BT, torch.float32)]
    sink_H = torch.linspace(-2, 2, 6).requires_grad_()
    mask, options = document_mask(documents_BT), {"scale": 0.25, "window": window}
    ours = blocked_attention(*heads, mask, **options, sink_H=sink_H)
    query, key, value = heads
    key, value = (tensor.repeat_interleave(3, 1) for tensor in (key, value))
    scores = (query @ key.mT * 0.25).masked_fill(~same_document(documents_BT, window), -torch.inf)
    beside = sink_H[:, None, None].expand(2, -1, 150, 1)
    theirs = (torch.cat([scores, beside], -1).softmax(-1)[..., :-1] @ value).transpose(1, 2)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)
    weights, learnt = torch.randn_like(ours), [*heads, sink_H]
    gradients = (torch.autograd.grad((one * weights).sum(), learnt) for one in (ours, theirs))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


def test_values_may_be_narrower_than_keys():
    documents_BT = document_ids([[90, 60]])
    query, key, value = heads_of(documents_BT, torch.float32)
    narrow, whole = (
        blocked_attention(query, key, one, document_mask(documents_BT), scale=0.25)
        for one in (value[..., :10], value)
    )
    torch.testing.assert_close(narrow, whole[..., :10])


def test_attention_that_we_do_not_know_is_refused(tiny_model):
    model = load_model(tiny_model)
    row, mask = torch.ones(1, 16, dtype=torch.long), document_mask(document_ids([[16]]))
    for given in (mask, None):
        with pytest.raises(DataError, match="position_bias"):
            model(row, attention_mask=given, position_bias=torch.zeros(4))
