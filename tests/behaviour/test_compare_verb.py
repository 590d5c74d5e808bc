"""Two models of a run compared in the terminal, and their results handed on."""

import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auroram.cli.main import main
from auroram.pipeline.run_folder import RunFolder
from auroram.records.item_file import write_items
from auroram.records.manifest import Manifest, Resources, write_manifest
from auroram.records.scored_item import ScoredItem


def items(model, right, tokens):
    return [
        ScoredItem(
            run=model, model=model, tokens_seen=tokens, task="quiz", language="fi", split="test",
            item=f"i{index}", cluster=f"quiz.jsonl:{index}", measure="accuracy",
            score=float(index < right), answer="oikein" if index < right else "väärin",
        )
        for index in range(40)
    ]  # fmt: skip


def stage(folder, name, kind, *, facts=None, settings=None):
    folder.mkdir(parents=True, exist_ok=True)
    manifest = Manifest(
        stage=name, kind=kind, settings=settings or {}, inputs={}, sources={}, outputs=(),
        tallies=(), measurements=(), notices=("Nobody reviewed this.",) if name == "cap" else (),
        facts=facts or {}, key="",
        resources=Resources(wall_seconds=1, processor_seconds=1, peak_memory_bytes=1),
        environment={}, started_at="2026-11-23T10:00:00+00:00",
        ended_at="2026-11-23T10:00:01+00:00",
    )  # fmt: skip
    write_manifest(folder, manifest)


@pytest.fixture
def run(tmp_path):
    folder = RunFolder(tmp_path / "one")
    folder.path.mkdir()
    folder.write_recipe(["base", "corpus", "cap", "asked"], {}, tmp_path)
    base = {"model": {"kind": "wheel", "package": "tiny", "version": "1", "licence": "MIT"}}
    stage(folder.stage("base"), "base", "base", settings=base)
    stage(folder.stage("cap"), "cap", "train")
    seen = {"item": ["quiz.jsonl:0", "quiz.jsonl:1"], "documents": [3, 0]}
    folder.stage("corpus").mkdir()
    pq.write_table(pa.table(seen), folder.stage("corpus") / "contaminated-items.parquet")
    stage(folder.stage("corpus"), "corpus", "corpus")
    write_items(folder.stage("asked"), "base", items("base", 12, 0))
    write_items(folder.stage("asked"), "cap", items("cap", 30, 900))
    stage(folder.stage("asked"), "asked", "tasks", facts={"verdicts": {"cap": "cap did well."}})
    return folder.path


def test_the_difference_its_interval_and_the_flips_are_printed(run, capsys):
    assert main(["compare", f"{run}:base", f"{run}:cap", "--flips", "2"]) == 0
    text = capsys.readouterr().out
    assert "0.300  0.750" in text and "+18 -0" in text
    assert "'väärin' -> 'oikein'" in text and "and 16 more items turned" in text


def test_an_item_that_turned_by_two_measures_is_one_item(run, capsys):
    for model, right in (("base", 12), ("cap", 30)):
        asked = items(model, right, 900 * (model == "cap"))
        both = [*asked, *(replace(one, measure="accuracy_norm") for one in asked)]
        write_items(run / "asked", model, both)
    assert main(["compare", f"{run}:base", f"{run}:cap", "--flips", "2"]) == 0
    text = capsys.readouterr().out
    assert "gained: quiz fi, accuracy, accuracy_norm, quiz.jsonl:12" in text
    assert "and 16 more items turned" in text


def test_the_models_that_were_chosen_are_named(run, capsys):
    main(["compare", f"{run}:base", str(run)])
    assert f"{run}:base  against  {run}:cap" in capsys.readouterr().out


def test_without_a_name_it_is_the_model_that_trained_most(run, capsys):
    main(["compare", f"{run}:base", str(run), "--json"])
    (table,) = json.loads(capsys.readouterr().out).values()
    assert [(one["part"], one["n"]) for one in table["lines"]] == [
        ("all", 40), ("clean", 39), ("seen", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["{run}"], "name at least two models"),
        (["{run}:base", "{run}:catt"], "no model 'catt' was asked; known: base, cap"),
        (["{run}:base", "nowhere"], "nowhere: not a run"),
    ],
)
def test_mistakes_are_named(run, capsys, words, sentence):
    assert main(["compare", *(word.format(run=run) for word in words)]) == 2
    assert sentence in capsys.readouterr().err


def test_results_are_laid_out_as_the_harness_lays_them_out(run, tmp_path):
    assert main(["export", "lm-eval", f"{run}:cap", "--output", str(tmp_path / "r.json")]) == 0
    table = json.loads((tmp_path / "r.json").read_text())
    found = table["results"]["quiz_test_fi"]
    assert found["acc,none"] == 0.75
    assert found["acc_stderr,none"] == pytest.approx((0.75 * 0.25 / 39) ** 0.5)
    assert table["n-samples"]["quiz_test_fi"] == {"original": 40, "effective": 40}
    assert table["higher_is_better"]["quiz_test_fi"] == {"acc": True}
    assert table["date"] == 1795428000.0 and table["model_name"] == "one:cap"


def test_a_task_keeps_its_name_its_shots_and_the_names_of_its_filters(run, tmp_path):
    about = {"form": "generate_until", "shots": 5, "split": "test", "rows": 90, "repeats": 1}
    facts = {"tasks": {"quiz": {**about, "metrics": ["exact_match"]}}}
    asked = [replace(one, measure="exact_match.strict-match") for one in items("cap", 30, 900)]
    write_items(run / "more", "cap", asked)
    stage(run / "more", "more", "tasks", facts=facts)
    RunFolder(run).write_recipe(["base", "corpus", "cap", "asked", "more"], {}, tmp_path)
    assert main(["export", "lm-eval", f"{run}:cap", "--output", str(tmp_path / "r.json")]) == 0
    table = json.loads((tmp_path / "r.json").read_text())
    assert table["results"]["quiz"]["exact_match,strict-match"] == 0.75
    assert table["n-shot"]["quiz"] == table["configs"]["quiz"]["num_fewshot"] == 5
    assert table["n-samples"]["quiz"] == {"original": 90, "effective": 40}


def test_a_card_has_its_metadata_and_carries_what_every_page_must(run, tmp_path):
    assert main(["export", "card", f"{run}:cap", "--output", str(tmp_path / "README.md")]) == 0
    _, front, body = (tmp_path / "README.md").read_text().split("---\n", 2)
    head = {
        line.split(": ", 1)[0]: json.loads(line.split(": ", 1)[1]) for line in front.splitlines()
    }
    (result,) = head["model-index"][0]["results"]
    assert result["metrics"][0]["type"] == "accuracy" and result["metrics"][0]["value"] == 0.75
    assert head["license"] == "mit" and head["language"] == ["fi"]
    assert "> Nobody reviewed this." in body and "cap did well." in body and "tiny 1" in body
