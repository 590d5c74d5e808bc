"""What a training stage promises to the stages after it and to a reader."""

import json
import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from torch.nn.functional import kl_div
from transformers import AutoModelForCausalLM

from auroram.errors import ConfigError, DataError, RunError
from auroram.model.folder import load_model, save_model
from auroram.model.tokenizer import load_tokenizer
from auroram.ports import Silent
from auroram.records.mixture import Mixture, Phase
from auroram.records.shards import ShardWriter, read_shard_set, write_shard_set
from auroram.train.checkpoint import AtOnce
from auroram.train.data_ahead import faults_of_data
from auroram.train.parts import Checkpoints, Distil, LowRank, Merge, Selection, Validation
from auroram.train.schedule import WarmupStableDecay
from auroram.train.stage import run

_QUERY = "model.layers.0.self_attn.q_proj.weight"
_NORM = "model.layers.0.input_layernorm.weight"


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def weights(folder):
    return load_file(folder / "model" / "model.safetensors")


def only(**domains):
    return Mixture(phases=(Phase(weights=domains),), replay=0.0)


def test_training_lowers_the_held_out_loss_of_what_it_reads(
    tmp_path, training_inputs, tiny_training
):
    settings = tiny_training(schedule=WarmupStableDecay(peak=3e-3))
    run(settings, training_inputs(), tmp_path)
    losses = {(r["step"], r["domain"]): r["loss"] for r in lines(tmp_path / "validation.jsonl")}
    for domain in ("fi", "vi", "en"):
        assert losses[8, domain] < losses[0, domain] - 1


def with_a_long_exchange(folder, tokenizer, tokens, *, others):
    """The token stage's folder with exchanges of one more domain, one of them of 400 tokens."""
    shutil.copytree(tokens, folder)
    with ShardWriter(folder / "train" / "long", vocabulary=259, masked=True) as shard:
        for i, answer in enumerate(["x" * 360, *["No."] * others]):
            ids, mask = tokenizer.exchange(f"May I {i}?", answer)
            shard.add(ids, id=f"long-{i}", mask=mask)
    shards = read_shard_set(folder)
    held = replace(shards.domains["train"]["safety"], unreviewed_documents=0)
    train = {**shards.domains["train"], "long": held}
    write_shard_set(folder, replace(shards, domains={**shards.domains, "train": train}))


def test_exchanges_that_are_longer_than_a_row_are_counted_and_told(
    tmp_path, tiny_model, tiny_tokens, training_inputs, tiny_training
):
    with_a_long_exchange(tmp_path / "tokens", load_tokenizer(tiny_model), tiny_tokens, others=20)
    settings = tiny_training(mixture=only(fi=9, long=1), budget_tokens=512)
    outcome = run(settings, training_inputs(tokens=tmp_path / "tokens"), tmp_path / "out")
    assert any("1 exchanges of 'long' (" in notice for notice in outcome.notices)
    dropped = {t.unit: t.value for t in outcome.tallies if t.reason == "longer-than-a-row"}
    assert dropped["documents"] == 1 and dropped["tokens"] > 360


def test_rows_that_no_exchange_fits_into_are_refused(
    tmp_path, tiny_model, tiny_tokens, training_inputs, tiny_training
):
    with_a_long_exchange(tmp_path / "tokens", load_tokenizer(tiny_model), tiny_tokens, others=0)
    settings = tiny_training(mixture=only(fi=9, long=1))
    with pytest.raises(ConfigError, match=r"cap\.sequence_tokens: every exchange of 'long'"):
        run(settings, training_inputs(tokens=tmp_path / "tokens"), tmp_path / "out")


def test_the_exported_model_has_the_same_loss_in_plain_transformers(
    tmp_path, training_inputs, tiny_training
):
    run(tiny_training(), training_inputs(), tmp_path)
    plain = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    text = torch.tensor([load_tokenizer(tmp_path / "model").encode("Nopea ruskea kettu.")])
    ours = load_model(tmp_path / "model")(text, labels=text).loss
    assert plain(text, labels=text).loss.item() == pytest.approx(ours.item(), abs=1e-4)


def test_thin_matrices_end_in_an_ordinary_model(tmp_path, training_inputs, tiny_training):
    settings = tiny_training(low_rank=LowRank(rank=4), schedule=WarmupStableDecay(peak=1e-2))
    inputs = training_inputs()
    outcome = run(settings, inputs, tmp_path)
    before, after = weights(inputs.folder("base")), weights(tmp_path)
    assert after.keys() == before.keys()
    change = after[_QUERY] - before[_QUERY]
    assert 0 < torch.linalg.matrix_rank(change, rtol=1e-3) <= 4
    assert torch.equal(after[_NORM], before[_NORM])
    assert outcome.facts["trained_parameters"] < outcome.facts["parameters"]


def test_thin_matrices_beside_frozen_embeddings_lower_the_loss(
    tmp_path, training_inputs, tiny_training
):
    settings = tiny_training(
        low_rank=LowRank(rank=8),
        trains=Selection(embeddings=False),
        schedule=WarmupStableDecay(peak=1e-2),
    )
    run(settings, training_inputs(), tmp_path)
    losses = {(r["step"], r["domain"]): r["loss"] for r in lines(tmp_path / "validation.jsonl")}
    assert losses[8, "fi"] < losses[0, "fi"] - 0.05


def test_layers_that_are_computed_again_end_in_the_same_model(
    tmp_path, training_inputs, tiny_training
):
    for name, again in (("kept", False), ("again", True)):
        settings = tiny_training(low_rank=LowRank(rank=4), recompute=again)
        run(settings, training_inputs(), tmp_path / name)
    kept, again = (tmp_path / name / "model" / "model.safetensors" for name in ("kept", "again"))
    assert again.read_bytes() == kept.read_bytes()


def test_a_second_stage_reads_on_where_the_first_stopped(tmp_path, training_inputs, tiny_training):
    run(tiny_training(), training_inputs(), tmp_path / "cap")
    second = tiny_training(model="cap", budget_tokens=2048)
    run(second, training_inputs("cat", cap=tmp_path / "cap"), tmp_path / "cat")
    whole = tiny_training(budget_tokens=4096 + 2048)
    run(whole, training_inputs("whole"), tmp_path / "whole")
    cat, once = (json.loads((tmp_path / n / "position.json").read_text()) for n in ("cat", "whole"))
    assert cat["rows"] == once["rows"]


def test_rows_of_another_length_are_counted_anew_and_the_page_says_so(
    tmp_path, training_inputs, tiny_training
):
    run(tiny_training(), training_inputs(), tmp_path / "cap")
    second = tiny_training(model="cap", sequence_tokens=64)
    outcome = run(second, training_inputs("cat", cap=tmp_path / "cap"), tmp_path / "cat")
    assert any("from their start" in notice for notice in outcome.notices)


def test_the_mixture_that_was_read_adds_up_to_the_budget(tmp_path, training_inputs, tiny_training):
    outcome = run(tiny_training(), training_inputs(), tmp_path)
    records = lines(tmp_path / "mixture.jsonl")
    total = {d: sum(record["domains"][d] for record in records) for d in records[0]["domains"]}
    assert total == outcome.facts["tokens_by_domain"]
    assert sum(total.values()) == outcome.tokens == 4096


def test_unreviewed_exchanges_are_refused_by_name_and_number(
    tmp_path, training_inputs, tiny_training
):
    with pytest.raises(DataError, match=r"24 exchanges of 'safety'.*allow_unreviewed = true"):
        run(tiny_training(mixture=only(fi=1, safety=1)), training_inputs("cat"), tmp_path)
    assert not (tmp_path / "model").exists()


def test_unreviewed_exchanges_that_are_allowed_are_told_of(
    tmp_path, training_inputs, tiny_training
):
    settings = tiny_training(mixture=only(fi=9, safety=1), allow_unreviewed=True, budget_tokens=512)
    outcome = run(settings, training_inputs("cat"), tmp_path)
    assert "no person reviewed" in outcome.notices[0]


def test_unreviewed_exchanges_that_are_not_read_do_not_matter(
    tmp_path, training_inputs, tiny_training
):
    assert not run(tiny_training(budget_tokens=512), training_inputs(), tmp_path).notices


def test_a_loss_that_is_no_number_stops_and_names_the_samples(
    tmp_path, training_inputs, tiny_training
):
    settings = tiny_training(
        schedule=WarmupStableDecay(peak=1e30), validation=Validation(every_tokens=10**6)
    )
    with pytest.raises(RunError, match=r"cap: at step 2 .*sample 4: .. row \d+ \(..-\d+"):
        run(settings, training_inputs(), tmp_path)


def test_a_model_that_is_sick_from_the_start_is_told_of(
    tmp_path, tiny_model, training_inputs, tiny_training
):
    model = load_model(tiny_model)
    with torch.no_grad():
        model.model.norm.weight[0] = torch.inf
    save_model(model, tokenizer_from=tiny_model, folder=tmp_path / "sick" / "model")
    inputs = training_inputs(sick=tmp_path / "sick")
    with pytest.raises(RunError, match=r"after 0 steps the loss on held-out en is nan"):
        run(tiny_training(model="sick"), inputs, tmp_path / "out")


def test_frozen_parameters_keep_their_last_bit(
    tmp_path, tiny_model, training_inputs, tiny_training
):
    settings = tiny_training(trains=Selection(layers="1", embeddings=False), budget_tokens=1024)
    run(settings, training_inputs(), tmp_path)
    before, after = weights(tiny_model.parent), weights(tmp_path)
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved and all(".layers.1." in name or "model.norm" in name for name in moved)


def test_a_merged_stage_ends_between_the_base_and_what_it_trained(
    tmp_path, tiny_model, training_inputs, tiny_training
):
    run(tiny_training(), training_inputs(), tmp_path / "plain")
    run(tiny_training(merge=Merge(share=0.25)), training_inputs(), tmp_path / "merged")
    base, plain, merged = (
        weights(folder) for folder in (tiny_model.parent, tmp_path / "plain", tmp_path / "merged")
    )
    for name in base:
        torch.testing.assert_close(merged[name], torch.lerp(base[name], plain[name], 0.25))


def test_a_taught_stage_stays_nearer_to_its_teacher_on_replayed_rows(
    tmp_path, tiny_model, training_inputs, tiny_training
):
    replayed = Mixture(
        phases=(Phase(weights={"fi": 1}),), replay=0.75, replay_weights={"en": 1, "vi": 1}
    )
    distances, done = {}, {}
    for name, changes in {"plain": {}, "taught": {"distil": Distil()}}.items():
        settings = tiny_training(mixture=replayed, **changes)
        done[name] = run(settings, training_inputs(), tmp_path / name)
        base, now = (expectations(path / "model") for path in (tiny_model.parent, tmp_path / name))
        distances[name] = kl_div(now, base, reduction="sum", log_target=True).item()
    assert distances["taught"] < distances["plain"] / 2
    read = sum(done["taught"].facts["tokens_by_domain"][domain] for domain in ("en", "vi"))
    more = read / done["taught"].tokens / 3
    assert done["taught"].floating_point_operations == pytest.approx(
        done["plain"].floating_point_operations * (1 + more)
    )


def expectations(folder):
    text = torch.tensor([load_tokenizer(folder).encode("The quick brown fox jumps.")])
    with torch.no_grad():
        return load_model(folder)(text).logits.log_softmax(-1)


def test_the_domains_that_are_watched_can_be_chosen(tmp_path, training_inputs, tiny_training):
    run(tiny_training(validation=Validation(domains=("fi",))), training_inputs(), tmp_path)
    assert {r["domain"] for r in lines(tmp_path / "validation.jsonl")} == {"fi"}


WRONG = {
    "a watched domain without held-out rows": (
        {"validation": Validation(domains=("fi", "sw"))},
        r"stages\.cap\.validation\.domains: sw has no held-out rows; those that have are en, fi",
    ),
    "a domain without tokens": (
        {"mixture": only(fi=1, sw=1)},
        r"stages\.cap\.mixture: no tokens of sw \(tokens holds en, fi, safety, vi\)",
    ),
    "more passes than allowed": (
        {"mixture": only(fi=1), "budget_tokens": 10**6},
        r"stages\.cap\.mixture: .*used up",
    ),
    "rows longer than positions": (
        {"sequence_tokens": 2048, "batch_tokens": 2048},
        "1024 position",
    ),
    "no layer for thin matrices": (
        {"trains": Selection(layers="none"), "low_rank": LowRank()},
        r"stages\.cap\.trains: low_rank needs",
    ),
    "a layer that is not there": ({"trains": Selection(layers="7")}, r"stages\.cap\.trains"),
}


@pytest.mark.parametrize(("changes", "words"), WRONG.values(), ids=WRONG)
def test_settings_that_do_not_fit_are_refused_with_their_place(
    tmp_path, training_inputs, tiny_training, changes, words
):
    with pytest.raises(ConfigError, match=words):
        run(tiny_training(**changes), training_inputs(), tmp_path)


@pytest.fixture
def other_inputs(tmp_path, tiny_model, training_inputs):
    """With a model `other` whose tokenizer did not make the tokens."""
    save_model(load_model(tiny_model), tokenizer_from=tiny_model, folder=tmp_path / "other/model")
    file = tmp_path / "other" / "model" / "tokenizer.json"
    file.write_text(file.read_text() + "\n")
    return training_inputs(other=tmp_path / "other")


def test_tokens_of_another_tokenizer_are_refused(tmp_path, other_inputs, tiny_training):
    with pytest.raises(DataError, match="another tokenizer"):
        run(tiny_training(model="other"), other_inputs, tmp_path)


def test_they_are_refused_ahead_for_stages_that_go_on_from_one_another(other_inputs, tiny_training):
    stages = {"cap": tiny_training(model="other"), "cat": tiny_training(model="cap")}
    for fault, (name, stage) in zip(
        faults_of_data(stages, other_inputs), stages.items(), strict=True
    ):
        assert f"stages.{name}.model: {stage.model!r} has another tokenizer" in fault


def test_a_batch_must_hold_whole_rows(tiny_training):
    with pytest.raises(ValueError, match="multiple of sequence_tokens"):
        replace(tiny_training(), batch_tokens=500)


class Heard(Silent):
    """Keeps what is said."""

    def __init__(self):
        self.said = []

    def say(self, sentence):
        self.said.append(sentence)


def test_a_checkpoint_that_cannot_be_kept_yet_is_told(
    tmp_path, training_inputs, tiny_training, monkeypatch
):
    monkeypatch.setattr(AtOnce, "save", lambda *_: False)  # as where one is still being written
    heard = Heard()
    settings = tiny_training(checkpoints=Checkpoints(every_steps=3), budget_tokens=2048)
    run(settings, replace(training_inputs(), progress=heard), tmp_path)
    assert any("cap: no checkpoint at step 3, as the one before" in words for words in heard.said)
