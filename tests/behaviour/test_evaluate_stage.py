"""The evaluation stage on a tiny model: what it measures, and that it goes on where it stopped."""

import gzip
import json
import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auroram.errors import DataError
from auroram.evaluate.settings import Text
from auroram.evaluate.stage import Evaluate, run
from auroram.ports import Inputs, Silent
from auroram.records.manifest import Finished

SENTENCES = [
    "Tämä on lause numero {}.",
    "Kissa istuu {} puussa ja katsoo.",
    "Talvi tulee {} kertaa.",
]


class Watched(Silent):
    """Remembers what was begun; stops the run once as many tokens as it bears were read."""

    def __init__(self, bears=math.inf):
        self.begun, self.bears = [], bears

    def start(self, task, **about):
        self.begun.append((task, about["done"]))

    def advance(self, units, **_figures):
        self.bears -= units
        if self.bears <= 0:
            raise KeyboardInterrupt


@pytest.fixture
def inputs(tiny_model, tmp_path):
    held_out = tmp_path / "corpus" / "documents" / "held-out"
    held_out.mkdir(parents=True)
    for language in ("en", "fi"):
        texts = [SENTENCES[i % 3].format(i) * (1 + i % 4) for i in range(14)]
        ids = [f"{language}-{i}" for i in range(14)]
        pq.write_table(pa.table({"id": ids, "text": texts}), held_out / f"{language}.parquet")
    (tmp_path / "udhr.txt").write_text("\n".join(s.format(7) for s in SENTENCES * 5))
    folders = {"base": tiny_model.parent, "cat": tiny_model.parent, "corpus": tmp_path / "corpus"}
    return Inputs(
        root=tmp_path,
        name="evaluation",
        seed=3,
        stages={name: Finished(folder=folder, manifest=None) for name, folder in folders.items()},
        progress=Watched(),
    )


def settings(**more):
    given = {
        "models": ("base", "cat"),
        "documents": "corpus",
        "texts": {"udhr": Text(files={"fi": "udhr.txt"})},
        "samples": {"fi": ("Mitä kuuluu?",)},
        "continuations": {"en": ("The cat",)},
        "sample_tokens": 4,
        "context_tokens": 128,
    }
    return Evaluate(**(given | more))


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def figure(outcome, measure, stage, language, split):
    (one,) = [
        m
        for m in outcome.measurements
        if (m.measure, m.stage, m.language, m.split) == (measure, stage, language, split)
    ]
    return one


def test_bits_per_byte_are_the_sum_of_bits_over_the_sum_of_bytes(inputs, tmp_path):
    outcome = run(settings(), inputs, tmp_path / "out")
    records = [r for r in lines(tmp_path / "out" / "bits" / "cat.jsonl") if r["split"] == "udhr"]
    one = figure(outcome, "bits_per_byte", "cat", "fi", "udhr")
    bits = sum(r["nats"] for r in records) / math.log(2)
    assert one.value == pytest.approx(bits / sum(r["bytes"] for r in records))
    assert one.low < one.value < one.high and one.n == len(records) == 15


def test_every_byte_is_counted_and_a_byte_model_has_a_token_for_each(inputs, tmp_path):
    outcome = run(settings(), inputs, tmp_path / "out")
    read = sum(
        r["bytes"] for r in lines(tmp_path / "out" / "bits" / "base.jsonl") if r["split"] == "udhr"
    )
    assert read == len((tmp_path / "udhr.txt").read_bytes()) + 1
    assert figure(outcome, "tokens_per_byte", "base", "fi", "udhr").value == 1.0


def test_a_model_compared_with_itself_has_not_changed(inputs, tmp_path):
    outcome = run(settings(), inputs, tmp_path / "out")
    one = figure(outcome, "bits_per_byte_change", "cat", "en", "held-out")
    assert (one.value, one.low, one.high, one.unit) == (0.0, 0.0, 0.0, "share")
    assert not [m for m in outcome.measurements if "change" in m.measure and m.stage == "base"]


def test_a_stopped_run_goes_on_with_the_set_that_is_missing(inputs, tmp_path):
    whole = run(settings(), inputs, tmp_path / "whole")
    stopped = Inputs(
        root=inputs.root, name="evaluation", seed=3, stages=inputs.stages, progress=Watched(1_400)
    )
    with pytest.raises(KeyboardInterrupt):
        run(settings(), stopped, tmp_path / "out")
    again = Watched()
    resumed = Inputs(
        root=inputs.root, name="evaluation", seed=3, stages=inputs.stages, progress=again
    )
    assert run(settings(), resumed, tmp_path / "out") == whole
    assert again.begun[0][1] > 0
    for name in ("bits/base.jsonl", "bits/cat.jsonl", "samples.jsonl"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_samples_stand_side_by_side(inputs, tmp_path):
    run(settings(), inputs, tmp_path / "out")
    found = [
        (s["model"], s["language"], s["form"]) for s in lines(tmp_path / "out" / "samples.jsonl")
    ]
    assert found == [
        ("base", "fi", "reply"),
        ("base", "en", "continuation"),
        ("cat", "fi", "reply"),
        ("cat", "en", "continuation"),
    ]


def test_limits_are_kept_and_what_they_leave_out_is_counted(inputs, tmp_path):
    chosen = settings(highest_documents=5, longest_document_bytes=30)
    outcome = run(chosen, inputs, tmp_path / "out")
    counts = {(t.domain, t.source, t.outcome): t.value for t in outcome.tallies}
    assert counts["en", "held-out", "kept"] == 5
    assert counts["en", "held-out", "dropped"] == 9
    sizes = [
        r["bytes"]
        for r in lines(tmp_path / "out" / "bits" / "base.jsonl")
        if r["split"] == "held-out"
    ]
    assert max(sizes) <= 30


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"text": "one"}\n{"id": 3}\n', r"texts\.jsonl\.gz:2: not a JSON object with a text"),
        (b'{"text": ""}\n', r"texts\.jsonl\.gz:1: its text is empty"),
        (b"", "udhr: no text to measure on"),
        (b'{"text": "p\xe4eval"}\n', r"texts\.jsonl\.gz: not UTF-8; it may be Windows-1252: iconv"),
    ],
)
def test_a_broken_text_is_named(inputs, tmp_path, content, sentence):
    (tmp_path / "texts.jsonl.gz").write_bytes(gzip.compress(content))
    chosen = settings(texts={"udhr": Text(files={"fi": "texts.jsonl.gz"})})
    with pytest.raises(DataError, match=sentence):
        run(chosen, inputs, tmp_path / "out")


def test_a_truncated_text_is_named(inputs, tmp_path):
    packed = gzip.compress(b'{"text": "a sentence of some length"}\n' * 50)
    (tmp_path / "texts.jsonl.gz").write_bytes(packed[:-12])
    with pytest.raises(DataError, match=r"texts\.jsonl\.gz: truncated or damaged"):
        run(settings(texts={"a": Text(files={"fi": "texts.jsonl.gz"})}), inputs, tmp_path / "out")


def test_a_missing_text_is_named(inputs, tmp_path):
    chosen = settings(texts={"udhr": Text(files={"fi": "nowhere.txt"})})
    with pytest.raises(DataError, match=r"udhr: no such file \('nowhere\.txt'\)"):
        run(chosen, inputs, tmp_path / "out")


@pytest.mark.parametrize(
    "wrong",
    [{"models": ()}, {"models": ("a", "a")}, {"texts": {"held-out": Text(files={"fi": "a"})}}],
)
def test_contradictions_are_refused(wrong):
    with pytest.raises(ValueError, match="must"):
        settings(**wrong)
