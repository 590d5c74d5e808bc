"""What a training stage hands on beside its model: its learning rate, and an adapter."""

import json

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from auroram.errors import ConfigError
from auroram.records.mixture import Mixture, Phase
from auroram.tokens.goldfish import Goldfish
from auroram.train.parts import LowRank, Selection
from auroram.train.schedule import Infinite, WarmupStableDecay
from auroram.train.stage import run

ALONE = {"low_rank": LowRank(rank=4, keep_adapter=True), "trains": Selection(embeddings=False)}


def rates(folder):
    records = map(json.loads, (folder / "training.jsonl").read_text().splitlines())
    return [record["learning_rate"] for record in records]


def test_cat_begins_at_the_rate_where_cap_ended(tmp_path, training_inputs, tiny_training):
    cap = tiny_training(schedule=Infinite(peak=8e-4, constant=0.25), budget_tokens=2048)
    run(cap, training_inputs("cap"), tmp_path / "cap")
    falling = WarmupStableDecay(peak="previous", warmup=0.0, decay=1.0)
    cat = tiny_training(model="cap", schedule=falling, budget_tokens=1024)
    run(cat, training_inputs("cat", cap=tmp_path / "cap"), tmp_path / "cat")
    assert rates(tmp_path / "cat")[0] == rates(tmp_path / "cap")[-1]


def test_a_rate_cannot_go_on_from_a_model_that_nothing_trained(
    tmp_path, training_inputs, tiny_training
):
    settings = tiny_training(schedule=WarmupStableDecay(peak="previous"))
    with pytest.raises(ConfigError, match=r"stages.cap.schedule.peak: .*'base' did not"):
        run(settings, training_inputs(), tmp_path)


# PEFT 0.21.2 asks transformers 5.23 by a name that it gives up.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated")
def test_a_kept_adapter_on_the_base_is_the_folded_model(
    tmp_path, tiny_model, training_inputs, tiny_training
):
    settings = tiny_training(**ALONE, schedule=WarmupStableDecay(peak=1e-2))
    run(settings, training_inputs(), tmp_path)
    base = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    adapted = PeftModel.from_pretrained(base, tmp_path / "adapter")
    folded = AutoModelForCausalLM.from_pretrained(tmp_path / "model", dtype=torch.float32)
    text = torch.arange(3, 40)[None]
    torch.testing.assert_close(adapted(text).logits, folded(text).logits, atol=1e-4, rtol=1e-4)


def test_an_adapter_without_the_embeddings_that_trained_is_refused(
    tmp_path, training_inputs, tiny_training
):
    settings = tiny_training(low_rank=LowRank(keep_adapter=True))
    with pytest.raises(ConfigError, match=r"keep_adapter: embeddings train whole.*embeddings = f"):
        run(settings, training_inputs(), tmp_path)


def test_a_goldfish_learns_fewer_targets_and_is_measured_on_all(
    tmp_path, training_inputs, tiny_training
):
    counts = {}
    for name, goldfish in {"all": None, "fewer": Goldfish(k=2, context=3)}.items():
        settings = tiny_training(goldfish=goldfish, budget_tokens=1024)
        run(settings, training_inputs(), tmp_path / name)
        for log in ("training", "validation"):
            text = (tmp_path / name / f"{log}.jsonl").read_text()
            counts[name, log] = sum(json.loads(line)["targets"] for line in text.splitlines())
    assert counts["fewer", "training"] < 0.7 * counts["all", "training"]
    assert counts["fewer", "validation"] == counts["all", "validation"]


def test_of_an_exchange_the_answer_and_its_end_alone_are_learnt(
    tmp_path, training_inputs, tiny_training
):
    mixture = Mixture(phases=(Phase(weights={"safety": 1}),), replay=0.0, highest_epochs=9)
    settings = tiny_training(mixture=mixture, allow_unreviewed=True, budget_tokens=512)
    run(settings, training_inputs(), tmp_path)
    (record,) = map(json.loads, (tmp_path / "training.jsonl").read_text().splitlines())
    answer = len(b"No, ask someone.") + 1
    assert record["targets"] % answer == 0 and 0 < record["targets"] < 512 / 2
