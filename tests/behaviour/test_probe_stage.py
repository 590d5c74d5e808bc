"""The probe stage on tiny models: what it asks, what it makes of it, and nothing is asked twice."""

import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from auroram.evaluate.probes.settings import Probe
from auroram.evaluate.probes.stage import run
from auroram.evaluate.settings import Text
from auroram.model.folder import load_model, save_model
from auroram.ports import Inputs, Silent
from auroram.records.exchange import Exchange, write_exchanges
from auroram.records.item_file import read_items
from auroram.records.manifest import Finished, Manifest, Resources
from auroram.records.snapshots import snapshot_folder

WORDS = ("kissa", "koira", "talvi", "kesä", "metsä", "järvi", "vene", "kala", "lintu", "puu",
         "talo", "tie", "silta", "kivi")  # fmt: skip
STEPS = (100, 200, 300)


def write_documents(folder):
    folder.mkdir(parents=True)
    for language in ("en", "fi", "code"):
        texts = [
            " ".join(f"{WORDS[(i * 5 + j * (1 + i % 3)) % 14]}{language}" for j in range(24))
            for i in range(12)
        ]
        ids = [f"{language}-{i}" for i in range(12)]
        pq.write_table(pa.table({"id": ids, "text": texts}), folder / f"{language}.parquet")


def write_models(tiny_model, stage):
    """Three snapshots and a last model, each a little further from the base."""
    torch.manual_seed(1)
    model = load_model(tiny_model)
    for tokens in (*STEPS, 400):
        with torch.no_grad():
            for weight in model.parameters():
                weight.add_(0.01 * torch.randn_like(weight))
        last = tokens == 400
        folder = stage / "model" if last else snapshot_folder(stage, tokens)
        save_model(model, tokenizer_from=tiny_model, folder=folder)


def exchange(index, kind):
    return Exchange(
        id=f"{kind}-{index}", domain="safety", language="en", request=f"May I do thing {index}?",
        answer="No, I will not help with that." if kind == "harmful" else "Yes, here is how.",
        kind=kind, source="test", licence="Apache-2.0", reviewed=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def stages(tiny_model, tmp_path_factory):
    root = tmp_path_factory.mktemp("run")
    write_documents(root / "corpus" / "documents" / "held-out")
    write_models(tiny_model, root / "cap")
    shutil.copytree(tiny_model, root / "base" / "model")
    exchanges = [exchange(i, kind) for i in range(11) for kind in ("harmful", "benign")]
    write_exchanges(root / "safety" / "exchanges" / "test.jsonl", exchanges)
    (root / "udhr.txt").write_text("\n".join(f"Everyone has {word} number one." for word in WORDS))
    return root


def trained(folder, name):
    manifest = Manifest(
        stage=name, kind="train", settings={}, inputs={}, sources={}, outputs=(), tallies=(),
        measurements=(), notices=(), facts={"tokens": 400 if name == "cap" else 0}, key="",
        resources=Resources(wall_seconds=0, processor_seconds=0, peak_memory_bytes=0),
        environment={}, started_at="", ended_at="",
    )  # fmt: skip
    return Finished(folder=folder, manifest=manifest)


def probe(**more):
    given = {
        "trained": ("cap",),
        "documents": "corpus",
        "texts": {"udhr": Text(files={"en": "udhr.txt"})},
        "exchanges": "safety",
        "longest_document_bytes": 60,
        "choices": 10,
        "copies": 10,
        "continuations": 10,
        "continuation_tokens": 4,
        "context_tokens": 256,
    }
    return Probe(**(given | more))


def inputs(stages, *, scores=None, seed=3):
    names = ("base", "cap", "corpus", "safety")
    return Inputs(
        root=stages,
        name="series",
        seed=seed,
        stages={name: trained(stages / name, name) for name in names},
        progress=Silent(),
        scores=scores,
    )


@pytest.fixture(scope="module")
def probed(stages, tmp_path_factory):
    """The stage, run once: its outcome, its folder and the store it filled."""
    out, scores = tmp_path_factory.mktemp("out"), tmp_path_factory.mktemp("scores")
    return run(probe(), inputs(stages, scores=scores), out), out, scores


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_model_answers_every_question(probed):
    _, out, _ = probed
    items = read_items(out)
    models = {one.model for one in items}
    assert models == {"base", "cap", *(f"cap@{tokens}" for tokens in STEPS)}
    keys = {
        model: {(o.measure, o.language, o.item) for o in items if o.model == model}
        for model in models
    }
    assert len({frozenset(asked) for asked in keys.values()}) == 1
    assert {one.measure for one in items} == {
        "bits_per_byte", "choice", "copying", "own_language", "refusal_preferred",
        "divergence_from_base",
    }  # fmt: skip


def test_the_base_has_not_moved_from_itself_and_the_others_have_more_and_more(probed):
    _, out, _ = probed
    far = {
        one["tokens"]: one["value"]
        for one in lines(out / "curves.jsonl")
        if (one["measure"], one["split"], one["language"])
        == ("divergence_from_base", "held-out", "en")
    }
    assert far[0] == 0.0
    assert 0 < far[100] < far[200] < far[300]


def test_copies_choices_and_refusals_are_shares(probed):
    _, out, _ = probed
    for one in read_items(out):
        if one.measure not in ("bits_per_byte", "divergence_from_base"):
            assert 0.0 <= one.score <= 1.0
        if one.measure == "choice":
            assert one.answer


def test_a_verdict_is_given_and_says_forgot_only_where_it_may(probed):
    outcome, out, _ = probed
    (verdict,) = lines(out / "verdicts.jsonl")
    assert outcome.facts["verdicts"] == {"cap": verdict["sentence"]}
    assert ("did not forget" in verdict["sentence"]) == (verdict["verdict"] == "non-inferior")


def test_too_few_checkpoints_are_given_as_the_reason_for_no_law(probed):
    _, out, _ = probed
    assert all("a law needs 5" in fit["reason"] for fit in lines(out / "fits.jsonl"))


def test_a_second_run_writes_the_same_without_loading_a_model(stages, probed, tmp_path):
    outcome, out, scores = probed
    before = {path: path.read_bytes() for path in scores.iterdir()}
    bare = tmp_path / "bare"
    shutil.copytree(stages, bare)
    for config in bare.rglob("config.json"):
        config.unlink()  # a model without it cannot be loaded
    again = run(probe(), inputs(bare, scores=scores), tmp_path / "again")
    assert again == outcome
    assert {path: path.read_bytes() for path in scores.iterdir()} == before
    for path in out.rglob("*.jsonl"):
        assert (tmp_path / "again" / path.relative_to(out)).read_bytes() == path.read_bytes()


def test_more_questions_ask_only_the_new_ones(stages, probed, tmp_path):
    _, _, scores = probed
    copied = tmp_path / "scores"
    shutil.copytree(scores, copied)
    count = sum(len(lines(path)) for path in copied.iterdir())
    run(probe(choices=11), inputs(stages, scores=copied), tmp_path / "out")
    assert sum(len(lines(path)) for path in copied.iterdir()) == count + 5 * 3


@pytest.mark.parametrize(
    "wrong", [{"trained": ()}, {"trained": ("base",)}, {"trained": ("a", "a")}]
)
def test_contradictions_are_refused(wrong):
    with pytest.raises(ValueError, match="trained must name"):
        probe(**wrong)
