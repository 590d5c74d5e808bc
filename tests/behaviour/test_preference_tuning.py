"""Direct preference optimisation on a tiny model."""

import json
import sys
from dataclasses import replace

import pytest

from auroram.align.preference import run
from auroram.align.preference_settings import PreferenceTuning
from auroram.errors import DataError, UserError
from auroram.model.folder import load_model
from auroram.model.generation import generate
from auroram.model.scoring import token_nats
from auroram.model.tokenizer import load_tokenizer
from auroram.ports import Inputs, Silent
from auroram.records.exchange import Exchange, read_exchanges, write_exchanges
from auroram.records.manifest import Finished

PAIRS = [
    {"prompt": f"Ask {i}", "chosen": "No, thanks.", "rejected": "Sure, bomb.", "reviewed": True}
    for i in range(8)
]


@pytest.fixture
def inputs(tiny_model, tmp_path):
    exchange = Exchange(
        id="en-1",
        domain="safety",
        language="en",
        request="Ask me",
        answer="No, thanks.",
        kind="harmful",
        source="test",
        licence="Apache-2.0",
        reviewed=False,
    )
    write_exchanges(tmp_path / "seed" / "exchanges" / "train.jsonl", [exchange])
    stages = {"base": tiny_model.parent, "seed": tmp_path / "seed"}
    return Inputs(
        root=tmp_path,
        name="dpo",
        seed=1,
        stages={name: Finished(folder=folder, manifest=None) for name, folder in stages.items()},
        progress=Silent(),
    )


def write_pairs(folder, pairs):
    (folder / "pairs.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs))


def preference_nats(folder):
    """How much more surprising the rejected answer is than the chosen one."""
    model, tokenizer = load_model(folder), load_tokenizer(folder)
    rows = [tokenizer.exchange("Ask 3", answer) for answer in ("No, thanks.", "Sure, bomb.")]
    nats = token_nats(model, [ids for ids, _ in rows], context_tokens=128)
    chosen, rejected = (
        sum(value for value, wanted in zip(values, mask[1:], strict=True) if wanted)
        for values, (_, mask) in zip(nats, rows, strict=True)
    )
    return rejected - chosen


def test_the_model_comes_to_prefer_what_was_chosen(inputs, tiny_model, tmp_path):
    write_pairs(tmp_path, PAIRS)
    settings = PreferenceTuning(model="base", pairs="pairs.jsonl", epochs=4, rate=1e-3)
    outcome = run(settings, inputs, tmp_path / "out")
    assert preference_nats(tmp_path / "out" / "model") > preference_nats(tiny_model) + 0.5
    assert outcome.facts["log"]["last_loss"] < outcome.facts["log"]["first_loss"]


def test_nothing_is_printed_but_the_progress(inputs, tmp_path, capsys):
    write_pairs(tmp_path, PAIRS)
    run(PreferenceTuning(model="base", pairs="pairs.jsonl"), inputs, tmp_path / "out")
    assert capsys.readouterr().out == ""


def test_pairs_can_be_made_of_what_the_model_says_itself(inputs, tmp_path):
    settings = PreferenceTuning(
        model="base", exchanges=("seed",), rate=1e-3, max_tokens=6, allow_unreviewed=True
    )
    outcome = run(settings, inputs, tmp_path / "out")
    assert outcome.facts["pairs"] == 1 and "no person reviewed" in outcome.notices[0]


class Stopped(Silent):
    """Ctrl-C in a task, after some of its units; remembers where each task began and got to."""

    def __init__(self, task="", after=0):
        self.task, self.after, self.begun, self.reached = task, after, {}, {}

    def start(self, task, *, total, unit, done=0):  # noqa: ARG002
        self.now = task
        self.begun[task] = self.reached[task] = done

    def advance(self, units, **figures):  # noqa: ARG002
        self.reached[self.now] += units
        if self.now == self.task and self.reached[self.now] == self.after:
            raise KeyboardInterrupt


def test_a_tuning_that_was_stopped_goes_on_and_ends_in_the_same_bytes(inputs, tmp_path):
    write_pairs(tmp_path, PAIRS)
    settings = PreferenceTuning(model="base", pairs="pairs.jsonl", epochs=4, batch=2, rate=1e-3)
    whole = run(settings, inputs, tmp_path / "whole")
    kept = replace(inputs, key="one", progress=Stopped("preference tuning", 7))
    with pytest.raises(KeyboardInterrupt):
        run(settings, kept, tmp_path / "out")
    half = tmp_path / "out" / ".work" / "checkpoint-99"
    half.mkdir()
    again = Stopped()
    assert run(settings, replace(kept, progress=again), tmp_path / "out") == whole
    assert (again.begun, again.reached) == ({again.now: 6}, {again.now: 16})
    models = [tmp_path / name / "model" / "model.safetensors" for name in ("whole", "out")]
    assert models[0].read_bytes() == models[1].read_bytes()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["model", "pairs.jsonl"]


def test_answers_of_the_models_own_are_not_asked_for_again(inputs, tmp_path, monkeypatch):
    exchanges = tmp_path / "seed" / "exchanges" / "train.jsonl"
    (one,) = read_exchanges(exchanges)
    write_exchanges(exchanges, [replace(one, id=f"en-{n}", request=f"Ask {n}") for n in range(3)])
    settings = PreferenceTuning(
        model="base", exchanges=("seed",), max_tokens=6, rate=1e-3, allow_unreviewed=True
    )
    whole = run(settings, inputs, tmp_path / "whole")
    monkeypatch.setattr("auroram.align.preference.AT_A_TIME", 1)
    stopped = Stopped("the model's own answers", 2)
    with pytest.raises(KeyboardInterrupt):
        run(settings, replace(inputs, key="one", progress=stopped), tmp_path / "out")
    asked = []
    monkeypatch.setattr(
        "auroram.align.preference.generate",
        lambda *about, **more: asked.append(about[2]) or generate(*about, **more),
    )
    assert run(settings, replace(inputs, key="one"), tmp_path / "out") == whole
    assert len(asked) == 1


def test_unreviewed_pairs_need_a_word_of_the_recipe(inputs, tmp_path):
    write_pairs(tmp_path, [PAIRS[0] | {"reviewed": False}])
    with pytest.raises(DataError, match="1 pairs were reviewed by nobody"):
        run(PreferenceTuning(model="base", pairs="pairs.jsonl"), inputs, tmp_path / "out")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({}, "1 pairs were reviewed by nobody"),
        ({"allow_unreviewed": True, "longest": 3}, "all 1 are longer than 3 tokens"),
    ],
)
def test_exchanges_that_cannot_be_learned_from_are_refused_before_the_model_answers(
    inputs, tmp_path, monkeypatch, said, sentence
):
    monkeypatch.setattr("auroram.align.preference.generate", None)
    settings = PreferenceTuning(model="base", exchanges=("seed",), **said)
    with pytest.raises(DataError, match=sentence):
        run(settings, inputs, tmp_path / "out")


def test_a_file_that_holds_no_pairs_is_one_sentence(inputs, tmp_path):
    write_pairs(tmp_path, [{"prompt": "only"}])
    with pytest.raises(DataError, match=r"pairs\.jsonl: not pairs"):
        run(PreferenceTuning(model="base", pairs="pairs.jsonl"), inputs, tmp_path / "out")


def test_without_trl_it_is_refused_before_the_model_answers(inputs, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "trl", None)
    settings = PreferenceTuning(model="base", exchanges=("seed",), allow_unreviewed=True)
    with pytest.raises(UserError, match=r"TRL is not installed.*auroram\[alignment\]"):
        run(settings, inputs, tmp_path / "dpo")
    assert not (tmp_path / "dpo").exists()
