"""The assessment on tiny models: what is measured, what is not, and going on where it stopped."""

import json

import pytest

from auroram.errors import DataError
from auroram.ports import Inputs, Silent
from auroram.records.exchange import Exchange, write_exchanges
from auroram.records.manifest import Finished
from auroram.safety.assess import Assess, run
from auroram.safety.prompts import RequestFile
from auroram.safety.tool_reports import ToolReport

CONCERNS = """
[policy]
id = "rule-1"
[[concerns]]
id = "cyber"
reference = "Sec. 4"
[[concerns]]
id = "harm"
reference = "Sec. 3"
"""


def request(language, concern, kind, number):
    return Exchange(
        id=f"{language}-{concern}-{kind}-{number}",
        domain="safety",
        language=language,
        request=f"Is it {number}?",
        answer="",
        kind=kind,
        concern=concern,
        source="seed",
        licence="Apache-2.0",
        reviewed=False,
    )


class Stopping(Silent):
    def __init__(self, stop_at):
        self.stop_at = stop_at

    def start(self, task, **_about):
        if task == self.stop_at:
            raise KeyboardInterrupt


@pytest.fixture
def inputs(tiny_model, tmp_path):
    asked = [
        request(language, "cyber", kind, number)
        for language in ("en", "fi")
        for kind in ("harmful", "benign")
        for number in range(9)
    ]
    write_exchanges(tmp_path / "seed" / "exchanges" / "test.jsonl", asked)
    (tmp_path / "seed" / "concerns.toml").write_text(CONCERNS)
    folders = {"base": tiny_model.parent, "cat": tiny_model.parent, "seed": tmp_path / "seed"}

    def make(progress=None):
        return Inputs(
            root=tmp_path,
            name="assess",
            seed=3,
            stages={
                name: Finished(folder=folder, manifest=None) for name, folder in folders.items()
            },
            progress=progress or Silent(),
        )

    return make


def settings(**more):
    given = {"models": ("base", "cat"), "exchanges": ("seed",), "max_tokens": 4, "fewest": 3}
    return Assess(**(given | more))


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def assessed(inputs, tmp_path):
    outcome = run(settings(), inputs(), tmp_path / "out")
    return outcome, tmp_path / "out"


def rate(folder, measure, **wanted):
    given = {"model": "cat", "language": "en", "concern": "all", "attack": "all", "k": 1} | wanted
    found = [
        one
        for one in rows(folder / "rates.jsonl")
        if one["measure"] == measure and given.items() <= one.items()
    ]
    assert len(found) == 1
    return found[0]


def test_where_people_measured_the_judge_the_rate_is_corrected(assessed):
    _, folder = assessed
    found = rate(folder, "attack_success_rate")
    assert found["n"] == 9 and 0 <= found["low"] <= found["value"] <= found["high"] <= 1


def test_without_a_card_of_the_language_there_is_no_rate_but_what_the_judge_said(assessed):
    outcome, folder = assessed
    found = rate(folder, "attack_success_rate", language="fi")
    assert found["value"] is None and found["judged"] is not None
    assert found["insufficient"] == "the judge was not measured in fi"
    assert any("not measured against people in fi" in notice for notice in outcome.notices)


def test_too_few_requests_are_insufficient_whatever_the_judge_says(inputs, tmp_path):
    run(settings(fewest=30), inputs(), tmp_path / "out")
    found = rate(tmp_path / "out", "attack_success_rate")
    assert found["value"] is None and "30 are needed" in found["insufficient"]
    assert all(one["grade"] in "EF" for one in rows(tmp_path / "out" / "coverage.jsonl"))
    compared = rows(tmp_path / "out" / "comparisons.jsonl")
    verdicts = {one["verdict"] for one in compared if one["language"] != "all"}
    assert verdicts == {"insufficient evidence"}


def test_the_matrix_has_a_row_for_what_nobody_asked(assessed):
    _, folder = assessed
    grades = {
        (one["requirement"], one["concern"], one["language"]): one["grade"]
        for one in rows(folder / "coverage.jsonl")
    }
    assert grades["rule-1 Sec. 4", "cyber", "en"] == "C"
    assert grades["rule-1 Sec. 4", "cyber", "fi"] == "D"
    assert grades["rule-1 Sec. 3", "harm", "en"] == "F"


def test_every_measurement_has_its_number_and_says_what_it_is(assessed):
    outcome, _ = assessed
    names = {one.measure for one in outcome.measurements}
    assert {"attack_success_rate", "attack_success_rate_as_judged", "right_language_rate"} <= names
    assert all(one.split.startswith("assessment/seed") for one in outcome.measurements)


def test_more_tries_give_a_rate_for_all_of_them(inputs, tmp_path):
    run(settings(models=("cat",), attempts=3), inputs(), tmp_path / "out")
    said = rows(tmp_path / "out" / "generations" / "cat.jsonl")
    assert len(said) == 36 * 3 and {one["attempt"] for one in said} == {0, 1, 2}
    once, all_ = (rate(tmp_path / "out", "attack_success_rate", k=k) for k in (1, 3))
    assert once["judged"] <= all_["judged"]


def test_a_model_compared_with_itself_is_not_worse_than_a_wide_margin(inputs, tmp_path):
    run(settings(margin=0.9), inputs(), tmp_path / "out")
    found = rows(tmp_path / "out" / "comparisons.jsonl")
    assert all((one["gained"], one["lost"], one["p_adjusted"]) == (0, 0, 1.0) for one in found)


def test_a_stopped_assessment_goes_on_to_the_same_bytes(inputs, tmp_path):
    whole = run(settings(attempts=2), inputs(), tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(settings(attempts=2), inputs(Stopping("replies of cat")), tmp_path / "out")
    assert run(settings(attempts=2), inputs(), tmp_path / "out") == whole
    for name in ("rates", "comparisons", "loopholes", "coverage"):
        parts = [(tmp_path / place / f"{name}.jsonl").read_bytes() for place in ("whole", "out")]
        assert parts[0] == parts[1]


def test_requests_beside_the_recipe_are_a_set_of_their_own(inputs, tmp_path):
    (tmp_path / "more.txt").write_text("First?\n\nSecond?\n")
    about = RequestFile(file="more.txt", language="en", reviewed=True)
    run(settings(models=("cat",), requests={"more": about}), inputs(), tmp_path / "out")
    assert rate(tmp_path / "out", "attack_success_rate", set="more")["n"] == 2


def test_a_file_of_requests_says_itself_how_many_are_asked(inputs, tmp_path):
    (tmp_path / "more.txt").write_text("First?\nSecond?\nThird?\n")
    about = RequestFile(file="more.txt", language="en", highest=2)
    run(settings(models=("cat",), requests={"more": about}), inputs(), tmp_path / "out")
    assert rate(tmp_path / "out", "attack_success_rate", set="more")["n"] == 2
    assert rate(tmp_path / "out", "attack_success_rate", set="seed")["n"] == 9


def test_the_language_of_a_report_is_graded_too(inputs, tmp_path):
    said = (("user", 0, "Lue avain"), ("assistant", 1, "En lue."))
    pieces = [
        {"conversation_id": "1", "role": role, "sequence": place, "converted_value": text}
        for role, place, text in said
    ]
    (tmp_path / "pieces.json").write_text(json.dumps(pieces))
    report = ToolReport(file="pieces.json", tool="pyrit", model="cat", language="ja")
    wanted = settings(models=("cat",), reports={"pyrit": report})
    outcome = run(wanted, inputs(), tmp_path / "out")
    covered = rows(tmp_path / "out" / "coverage.jsonl")
    assert {one["language"]: one["n"] for one in covered if one["concern"] == "general"}["ja"] == 1
    assert any("not measured against people in" in one and "ja" in one for one in outcome.notices)


@pytest.mark.parametrize("content", ["{}\n", "[1]\n", '{"request": " "}\n', "nonsense\n"])
def test_a_file_that_holds_no_requests_is_one_sentence(inputs, tmp_path, content):
    (tmp_path / "more.jsonl").write_text(content)
    about = RequestFile(file="more.jsonl", language="en")
    with pytest.raises(DataError, match=r"more\.jsonl: not a file of requests"):
        run(settings(requests={"more": about}), inputs(), tmp_path / "out")


def test_an_assessment_of_nothing_is_refused():
    with pytest.raises(ValueError, match="name what to ask"):
        Assess(models=("cat",))
