"""Every family of decoders is read, trained and written as transformers itself does it."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny_decoders import FAMILIES, random_decoder
from transformers import AutoModelForCausalLM, LlamaConfig

from auroram.errors import DataError
from auroram.model.attention import set_attention
from auroram.model.folder import load_model, save_model
from auroram.model.generation import generate
from auroram.model.reading import check_reading, packed_logits, reading_difference
from auroram.model.scoring import token_nats
from auroram.model.stored import StoredWeights, shapes_of
from auroram.model.tokenizer import load_tokenizer
from auroram.tokens.packing import IGNORED, Batch
from auroram.train.forward import batch_nats

LENGTHS = (70, 5, 150)
"""Documents longer than the window of 20 and than a block of 128 queries, and a short one."""
BACKENDS = [
    (family, backend)
    for family in FAMILIES
    for backend in ("blocked", "sdpa")
    if (family, backend) not in {("gemma2", "sdpa"), ("gpt_oss", "sdpa")}
]


@pytest.fixture(scope="module")
def folders(tiny_model, tmp_path_factory):
    """A Hugging Face folder for each family."""
    made = {}
    for family in FAMILIES:
        made[family] = tmp_path_factory.mktemp("family") / "model"
        save_model(random_decoder(family), tokenizer_from=tiny_model, folder=made[family])
    return made


def documents():
    draw = torch.Generator().manual_seed(5)
    return [torch.randint(3, 259, (n,), generator=draw) for n in LENGTHS]


def plain(folder):
    """The model as transformers itself loads and computes it."""
    return AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager").eval()


def packed():
    ids = [ids_T.numpy() for ids_T in documents()]
    return Batch(
        tokens_BT=np.concatenate(ids)[None],
        targets_BT=np.concatenate([[*part[1:], IGNORED] for part in ids])[None],
        position_ids_BT=np.concatenate([np.arange(n) for n in LENGTHS])[None],
        document_ids_BT=np.repeat(np.arange(len(LENGTHS)), LENGTHS)[None],
    )


def plain_nats(model):
    """Sum of transformers' own losses of the documents, each by itself."""
    return sum(model(ids[None], labels=ids[None]).loss * (len(ids) - 1) for ids in documents())


@pytest.mark.parametrize(("family", "backend"), BACKENDS)
def test_packed_documents_have_the_logits_that_they_have_alone(folders, family, backend):
    model = load_model(folders[family])
    set_attention(model, backend)
    reference = plain(folders[family])
    with torch.no_grad():
        alone = torch.cat([reference(ids[None]).logits[0] for ids in documents()])
    torch.testing.assert_close(packed_logits(model, documents()), alone, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_loss_and_gradients_are_those_of_transformers(folders, family):
    ours, theirs = load_model(folders[family]), plain(folders[family])
    nats, expected = batch_nats(ours, packed(), precision="float32"), plain_nats(theirs)
    assert nats.item() == pytest.approx(expected.item(), rel=1e-5)
    nats.backward()
    expected.backward()
    pairs = zip(ours.named_parameters(), theirs.named_parameters(), strict=True)
    for (name, one), (_, other) in pairs:
        if other.grad is None:  # of what sees, which text does not reach
            assert one.grad is None, name
            continue
        scale = other.grad.abs().max().item()
        torch.testing.assert_close(one.grad, other.grad, atol=1e-4 * scale, rtol=1e-3, msg=name)


@pytest.mark.parametrize("family", FAMILIES)
def test_scores_are_those_of_transformers(folders, family):
    reference = plain(folders[family])
    scored = token_nats(
        load_model(folders[family]), [d.tolist() for d in documents()], context_tokens=256
    )
    for ids, nats in zip(documents(), scored, strict=True):
        with torch.no_grad():
            chances = reference(ids[None]).logits[0].log_softmax(-1)
        expected = -chances[:-1].gather(1, ids[1:, None])[:, 0]
        assert nats == pytest.approx(expected.numpy(), abs=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_saved_decoder_is_the_same_in_every_weight(folders, family, tmp_path):
    model = load_model(folders[family])
    save_model(model, tokenizer_from=folders[family], folder=tmp_path)
    before, after = (load_file(f / "model.safetensors") for f in (folders[family], tmp_path))
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    with torch.no_grad():
        assert plain_nats(plain(tmp_path)) == plain_nats(plain(folders[family]))


@pytest.mark.parametrize("family", FAMILIES)
def test_replies_in_a_batch_are_those_of_transformers_one_by_one(folders, family):
    model, reference = load_model(folders[family]), plain(folders[family])
    prompts = [
        [9, 8, 7, *ids.tolist()[:n]] for n, ids in zip((30, 4, 50), documents(), strict=True)
    ]
    replies = generate(model, load_tokenizer(folders[family]), prompts, max_tokens=5)
    for prompt, reply in zip(prompts, replies, strict=True):
        ids = list(prompt)
        for token in reply:
            with torch.no_grad():
                assert int(reference(torch.tensor([ids])).logits[0, -1].argmax()) == token
            ids.append(token)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_check_before_training_takes_every_family(folders, family):
    check_reading(load_model(folders[family]), "stages.cap.model", row_tokens=128)


def test_a_window_that_attention_is_not_told_of_is_refused(folders):
    model = load_model(folders["mistral"])
    for layer in model.model.layers:
        layer.self_attn.config = LlamaConfig(_attn_implementation="auroram-blocked")
    with pytest.raises(DataError, match="otherwise than alone"):
        check_reading(model, "stages.cap.model", row_tokens=128)


def test_sinks_name_the_backend_that_works(folders):
    with pytest.raises(DataError, match=r"'sdpa' has no sinks .*write 'blocked'"):
        set_attention(load_model(folders["gpt_oss"]), "sdpa")


def test_what_is_written_has_the_names_of_the_hub(folders, tmp_path):
    for family in FAMILIES:
        random_decoder(family).save_pretrained(tmp_path / family)
        theirs, ours = (
            load_file(folder / "model.safetensors")
            for folder in (tmp_path / family, folders[family])
        )
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize("family", FAMILIES)
def test_stored_weights_are_found_by_their_names_in_memory(folders, family):
    stored, model = StoredWeights(folders[family]), load_model(folders[family])
    stored.check(shapes_of(model))
    weights = model.state_dict()
    assert all(torch.equal(stored.tensor(name), weights[name]) for name in shapes_of(model))


def test_capped_attention_names_the_backend_that_works(folders):
    with pytest.raises(DataError, match="'sdpa' cannot cap attention scores"):
        set_attention(load_model(folders["gemma2"]), "sdpa")


def test_a_head_that_does_more_than_we_know_is_refused(folders):
    model = load_model(folders["granite"])
    model.config.logits_scaling = 5.0
    ours = load_model(folders["llama"])
    ours.forward = model.forward
    with pytest.raises(DataError, match=r"stages\.cap\.model: a model of type 'llama' reads"):
        check_reading(ours, "stages.cap.model", row_tokens=128)


def test_weights_that_are_no_numbers_are_not_the_fault_of_the_reading(folders):
    model = load_model(folders["llama"])
    with torch.no_grad():
        model.model.norm.weight[0] = torch.nan
    assert reading_difference(model, row_tokens=128) == 0
