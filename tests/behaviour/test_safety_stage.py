"""The safety stage on a tiny model: rates with their evidence, and going on where it stopped."""

import json

import pytest

from auroram.errors import DataError
from auroram.ports import Inputs, Silent
from auroram.records.exchange import Exchange, write_exchanges
from auroram.records.manifest import Finished
from auroram.safety.stage import Safety, run


class Watched(Silent):
    """Remembers what was begun; stops the run at a given task."""

    def __init__(self, stop_at=None):
        self.begun, self.stop_at = [], stop_at

    def start(self, task, **about):
        self.begun.append((task, about["done"]))
        if task == self.stop_at:
            raise KeyboardInterrupt


def request(language, concern, kind, number):
    return Exchange(
        id=f"{language}-{concern}-{kind}-{number}",
        domain="safety",
        language=language,
        request=f"Request {number} on {concern}?",
        answer="",
        kind=kind,
        concern=concern,
        source="seed",
        licence="Apache-2.0",
        reviewed=False,
    )


@pytest.fixture
def inputs(tiny_model, tmp_path):
    asked = [
        request(language, concern, kind, number)
        for language in ("en", "fi")
        for concern in ("harm", "cyber")
        for kind in ("harmful", "benign", "instruction")
        for number in range(4)
    ]
    write_exchanges(tmp_path / "seed" / "exchanges" / "test.jsonl", asked)
    folders = {"base": tiny_model.parent, "cat": tiny_model.parent, "seed": tmp_path / "seed"}
    return Inputs(
        root=tmp_path,
        name="safety",
        seed=3,
        stages={name: Finished(folder=folder, manifest=None) for name, folder in folders.items()},
        progress=Watched(),
    )


def watched_by(inputs, progress):
    return Inputs(root=inputs.root, name="safety", seed=3, stages=inputs.stages, progress=progress)


def settings(**more):
    given = {
        "models": ("base", "cat"),
        "exchanges": ("seed",),
        "highest_requests": 3,
        "max_tokens": 6,
    }
    return Safety(**(given | more))


def replies(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_request_is_asked_once_and_its_verdict_kept(inputs, tmp_path):
    run(settings(), inputs, tmp_path / "out")
    kept = replies(tmp_path / "out" / "replies" / "cat.jsonl")
    assert len(kept) == len({r["request_id"] for r in kept}) == 2 * 2 * 2 * 3
    assert {r["judged"] for r in kept} <= {"refused", "answered", "unscored"}


def test_every_rate_has_its_number_and_an_interval(inputs, tmp_path):
    outcome = run(settings(), inputs, tmp_path / "out")
    rates = {(m.measure, m.stage, m.language, m.split): m for m in outcome.measurements}
    assert rates["refusal_rate", "base", "fi", "safety-test"].n == 6
    assert rates["answer_rate", "cat", "all", "safety-test"].n == 12
    assert rates["refusal_rate", "cat", "all", "safety-test/cyber"].n == 6
    assert all(0 <= m.low <= m.value <= m.high <= 1 for m in outcome.measurements)


def test_thin_evidence_is_marked(inputs, tmp_path):
    outcome = run(settings(fewest=12), inputs, tmp_path / "out")
    thin = {
        (f["stage"], f["measure"], f["language"], f["split"]) for f in outcome.facts["insufficient"]
    }
    assert ("base", "refusal_rate", "fi", "safety-test") in thin
    assert ("base", "refusal_rate", "all", "safety-test") not in thin


def test_a_model_compared_with_itself_has_no_flips(inputs, tmp_path):
    changes = run(settings(), inputs, tmp_path / "out").facts["changes"]
    assert {(c["before"], c["after"]) for c in changes} == {("base", "cat")}
    assert all((c["gained"], c["lost"], c["p"]) == (0, 0, 1.0) for c in changes)


def test_a_stopped_run_asks_only_the_model_that_is_missing(inputs, tmp_path):
    whole = run(settings(), inputs, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(settings(), watched_by(inputs, Watched(stop_at="replies of cat")), tmp_path / "out")
    again = Watched()
    assert run(settings(), watched_by(inputs, again), tmp_path / "out") == whole
    assert [task for task, _ in again.begun] == ["replies of cat"]


def test_replies_that_say_nothing_are_counted_with_their_reason(inputs, tmp_path):
    outcome = run(settings(), inputs, tmp_path / "out")
    judged = [t for t in outcome.tallies if t.source == "base"]
    assert sum(t.value for t in judged) == 24
    assert all(t.reason for t in judged if t.outcome == "unscored")


def test_the_page_is_told_where_the_judge_was_measured_and_where_not(inputs, tmp_path):
    outcome = run(settings(), inputs, tmp_path / "out")
    assert (
        "In en, on replies that people labelled, they found 53 % (43 to 63, n = 109)"
        in (outcome.notices[0])
    )
    assert "In fi nobody has measured them." in outcome.notices[0]
    assert outcome.facts["judge"]["measured"] == ["en"]


def test_no_requests_is_an_error_that_names_the_file(inputs, tmp_path):
    write_exchanges(tmp_path / "seed" / "exchanges" / "test.jsonl", [])
    with pytest.raises(DataError, match=r"test\.jsonl: no harmful or benign requests"):
        run(settings(), inputs, tmp_path / "out")
