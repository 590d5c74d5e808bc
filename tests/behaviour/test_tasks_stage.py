"""The stage `tasks` and the verb `evaluate`: what is kept, gone on with, and said."""

import json
from dataclasses import replace

import pytest

from auroram.adapters.embedded import Embedded
from auroram.cli.main import main
from auroram.errors import DataError
from auroram.evaluate.programs.settings import Programs
from auroram.evaluate.store import Store
from auroram.evaluate.tasks.catalog import PACKS
from auroram.evaluate.tasks_stage import Tasks, run
from auroram.ports import Inputs, Silent
from auroram.records.json_lines import read_json_lines
from auroram.records.manifest import Finished

NAMES = ("dates_en", "declaration_fi", "number_words_written_en", "humaneval")


class Watched(Silent):
    """Remembers which tasks were begun with how many requests; stops before one of them."""

    def __init__(self, stops_at=""):
        self.begun, self.totals, self.stops_at = [], [], stops_at

    def start(self, task, *, total, **_about):
        if task == self.stops_at:
            raise KeyboardInterrupt
        self.begun.append(task)
        self.totals.append(total)


@pytest.fixture
def inputs(tiny_model, tmp_path):
    return Inputs(
        root=tmp_path,
        name="tasks",
        seed=3,
        stages={"base": Finished(folder=tiny_model.parent, manifest=None)},
        progress=Watched(),
    )


def settings(**more):
    return Tasks(**({"models": ("base",), "tasks": NAMES, "limit": 3} | more))


def items(out):
    return list(read_json_lines(out / "items" / "base.jsonl"))


def test_every_figure_of_every_item_is_kept(inputs, tmp_path):
    outcome = run(settings(), inputs, tmp_path / "out")
    measures = {(one["task"], one["measure"]) for one in items(tmp_path / "out")}
    assert ("dates_en", "accuracy") in measures and ("humaneval", "pass@1") in measures
    assert {one.split for one in outcome.measurements} == set(NAMES)
    assert all(one["item"] and one["run"] for one in items(tmp_path / "out"))
    assert sum(t.value for t in outcome.tallies if t.outcome == "kept") == 12


def test_a_run_that_was_stopped_asks_only_what_is_missing(inputs, tmp_path):
    whole = run(settings(), inputs, tmp_path / "whole")
    stopped = replace(inputs, progress=Watched("number_words_written_en"))
    with pytest.raises(KeyboardInterrupt):
        run(settings(), stopped, tmp_path / "out")
    going_on = replace(inputs, progress=Watched())
    assert run(settings(), going_on, tmp_path / "out") == whole
    assert going_on.progress.begun == ["number_words_written_en", "humaneval"]
    assert items(tmp_path / "out") == items(tmp_path / "whole")


def test_another_run_asks_only_what_no_run_has_asked_of_these_weights(inputs, tmp_path):
    shared = replace(inputs, scores=tmp_path / "scores")
    names = ("declaration_fi", "dates_en")
    run(settings(tasks=names, limit=2), shared, tmp_path / "first")
    more = replace(shared, progress=Watched())
    run(settings(tasks=names, limit=5), more, tmp_path / "second")
    assert dict(zip(more.progress.begun, more.progress.totals, strict=True)) == {
        "declaration_fi": 3, "dates_en": 3 * 4
    }  # fmt: skip
    again = replace(shared, progress=Watched())
    run(settings(tasks=names, limit=5), again, tmp_path / "third")
    assert again.progress.begun == []
    assert items(tmp_path / "third") == items(tmp_path / "second")
    assert items(tmp_path / "second")[:2] == items(tmp_path / "first")[:2]


def test_what_is_asked_otherwise_is_asked_again(inputs, tmp_path):
    shared = replace(inputs, scores=tmp_path / "scores")
    run(settings(tasks=("dates_en",)), shared, tmp_path / "first")
    for number, change in enumerate(({"shots": 1}, {"precision": "bfloat16"})):
        watched = replace(shared, progress=Watched())
        run(settings(tasks=("dates_en",), **change), watched, tmp_path / str(number))
        assert watched.progress.totals == [3 * 4]


def test_another_metric_asks_nothing(inputs, tmp_path):
    shared = replace(inputs, scores=tmp_path / "scores")
    choice = (PACKS / "dates.yaml").read_text().replace("<language>", "en")
    choice = choice.replace("languages: [en, fi, hi, ja, vi]\n", "")
    for name, metric in (("one", "acc"), ("two", "acc_bytes")):
        metrics = choice.replace("[{metric: acc}, {metric: acc_norm}]", f"[{{metric: {metric}}}]")
        (tmp_path / "dates.yaml").write_text(metrics)
        watched = replace(shared, progress=Watched())
        run(settings(tasks=("dates.yaml",)), watched, tmp_path / name)
    assert watched.progress.begun == []
    assert {one["measure"] for one in items(tmp_path / "two")} == {"accuracy_bytes"}


def test_the_store_of_all_runs_holds_every_figure(inputs, tmp_path):
    shared = replace(inputs, scores=tmp_path / "scores")
    run(settings(), shared, tmp_path / "out")
    (run_digest,) = {one["run"] for one in items(tmp_path / "out")}
    known = Store(tmp_path / "scores").known(run_digest)
    assert len(known) == len(items(tmp_path / "out"))


def test_slices_change_nothing(inputs, tmp_path):
    names = ("dates_en", "declaration_fi")
    run(settings(tasks=names), inputs, tmp_path / "one")
    sliced = replace(inputs, engine=Embedded(workers=1).start(tmp_path))
    run(settings(tasks=names, slices=2), sliced, tmp_path / "two")
    one, two = items(tmp_path / "one"), items(tmp_path / "two")
    assert [{**a, "score": 0} for a in one] == [{**b, "score": 0} for b in two]
    assert [a["score"] for a in one] == pytest.approx([b["score"] for b in two], abs=1e-4)


def test_programs_are_drawn_more_than_once_for_pass_at_k(inputs, tmp_path):
    run(settings(tasks=("humaneval",), repeats=10, limit=1), inputs, tmp_path / "out")
    (answer,) = read_json_lines(tmp_path / "out" / "answers" / "base.jsonl")
    assert len(answer["replies"]) == 10
    assert {one["measure"] for one in items(tmp_path / "out")} == {"pass@1", "pass@10"}


def test_a_wrong_task_is_refused_before_a_model_is_loaded(inputs, tmp_path):
    with pytest.raises(DataError, match="not found"):
        run(settings(tasks=("no_such_task",)), inputs, tmp_path / "out")
    with pytest.raises(ValueError, match="at least one task"):
        settings(tasks=())
    assert Programs().seconds == 10


def test_the_verb_prints_a_line_for_each_figure_and_goes_on(tiny_model, tmp_path, capsys):
    command = ["evaluate", str(tiny_model), "dates_en", "--limit", "4", "--out", str(tmp_path)]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "dates_en  accuracy" in printed
    assert main(command) == 0
    assert capsys.readouterr().out == printed
    figures = json.loads((tmp_path / "measurements.json").read_text())
    assert [figure["n"] for figure in figures] == [4, 4]
    assert len(list(tmp_path.rglob("*.answers.jsonl"))) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["evaluate"], "name a model and at least one task"),
        (["evaluate", "nowhere", "dates_en"], "no such folder"),
        (["evaluate", "MODEL", "date_en"], "not found; near: dates"),
        (["evaluate", "MODEL", "qqqq"], "not found; known: copying, dates"),
        (["evaluate", "MODEL", "dates_en", "--data", "x"], "write TASK=PATH"),
        (["evaluate", "MODEL", "dates_en", "--data", "date_en=x"], "no task 'date_en' is asked"),
        (["evaluate", "MODEL", "dates_en", "--folder", "nowhere"], "nowhere: no such folder"),
        (["evaluate", "http://127.0.0.1:1/v1", "dates_en"], "say with --served"),
        (["evaluate", "MODEL", "humaneval", "--unconfined", "y"], "must be left out or say"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(words, told, tiny_model, capsys):
    assert main([str(tiny_model) if word == "MODEL" else word for word in words]) == 2
    assert told in capsys.readouterr().err


def test_the_verb_lists_the_tasks(capsys):
    assert main(["evaluate", "--list"]) == 0
    assert {"dates", "humaneval", "translation"} <= set(capsys.readouterr().out.split())
