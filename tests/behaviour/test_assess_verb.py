"""`auroram assess` on a run: what it shows, what it answers to CI, and what the page says."""

import json
from dataclasses import replace

import pytest

from auroram.cli.assess_verb import INSUFFICIENT, WORSE, gate
from auroram.cli.main import main
from auroram.pipeline.run_folder import RunFolder
from auroram.records.exchange import Exchange, write_exchanges
from auroram.records.files import sha256_of
from auroram.records.manifest import OutputFile, read_manifest, write_manifest
from auroram.report.page import render


@pytest.fixture(scope="module")
def run_folder(run_of_models, tmp_path_factory):
    """A run with two models and a few requests."""
    run = run_of_models(tmp_path_factory.mktemp("assess") / "mine", "base", "cat")
    asked = [
        Exchange(
            id=f"{language}-{kind}",
            domain="safety",
            language=language,
            request="Is it?",
            answer="",
            kind=kind,
            concern="cyber",
            source="test",
            licence="Apache-2.0",
            reviewed=False,
        )
        for language in ("en", "fi")
        for kind in ("harmful", "benign")
    ]
    write_exchanges(run / "seed" / "exchanges" / "test.jsonl", asked)
    manifest = read_manifest(run / "base")
    file = run / "seed" / "exchanges" / "test.jsonl"
    listed = OutputFile(
        path="exchanges/test.jsonl", size_bytes=file.stat().st_size, sha256=sha256_of(file)
    )
    seed = replace(manifest, stage="seed", kind="safety-seed", outputs=(listed,))
    write_manifest(run / "seed", seed)
    table = json.loads((run / "recipe.json").read_text())
    (run / "recipe.json").write_text(json.dumps(table | {"order": ["base", "cat", "seed"]}))
    return run


@pytest.fixture(scope="module")
def assessed(run_folder):
    assert main(["assess", str(run_folder)]) == INSUFFICIENT
    return run_folder


def test_too_little_is_never_green_and_says_what_is_missing(assessed, capsys):
    assert main(["assess", str(assessed)]) == INSUFFICIENT
    shown = capsys.readouterr().out
    assert "30 are needed" in shown
    assert "gate: insufficient evidence that nothing got worse" in shown
    assert "en:E" in shown and "fi:E" in shown


def test_an_assessment_that_was_added_belongs_to_the_run(assessed, capsys):
    assert RunFolder(assessed).stage_names() == ["base", "cat", "seed", "assessment"]
    assert main(["verify", str(assessed)]) == 0
    assert main(["status", str(assessed)]) == 0
    assert "attack_success_rate_as_judged" in capsys.readouterr().out


def test_the_page_says_how_good_the_evidence_is(assessed):
    page = render("Title", RunFolder(assessed).finished())
    assert "How good the evidence is" in page and "E (n = 1)" in page
    assert "unscored; 30 are needed" in page
    assert "held against a margin" in page and " insufficient evidence." in page


def test_a_run_without_requests_is_told_what_to_name(run_folder, tmp_path, capsys):
    (tmp_path / "recipe.json").write_text(json.dumps({"order": [], "root": ".", "settings": {}}))
    assert main(["assess", str(tmp_path)]) == 2
    assert "name them with --models" in capsys.readouterr().err


def test_a_gate_on_a_language_that_was_not_asked_is_a_mistake(assessed, capsys):
    assert main(["assess", str(assessed), "--gate", "en", "xx"]) == 2
    assert "--gate: no model was compared in 'xx'; compared were: en, fi" in capsys.readouterr().err


def test_an_assessment_that_is_there_is_not_passed_off_as_another(assessed, capsys):
    assert main(["assess", str(assessed), "--attempts", "3"]) == 2
    assert "--attempts: assessment is there already with 1 (got 3)" in capsys.readouterr().err
    assert main(["assess", str(assessed), "--attempts", "1"]) == INSUFFICIENT


def test_what_is_shown_stands_in_columns_that_do_not_run_together(assessed, capsys):
    main(["assess", str(assessed)])
    rows = [line for line in capsys.readouterr().out.splitlines() if "en:" in line]
    assert len({line.index("en:") for line in rows}) == 1
    assert all(line[line.index("en:") - 2 :].startswith("  ") for line in rows)


def verdict(word, language="en"):
    return {"verdict": word, "language": language}


@pytest.mark.parametrize(
    ("verdicts", "languages", "code"),
    [
        ([verdict("not worse")], None, 0),
        ([verdict("not worse"), verdict("inconclusive")], None, INSUFFICIENT),
        ([verdict("not worse"), verdict("insufficient evidence", "fi")], ["en"], 0),
        ([verdict("worse"), verdict("insufficient evidence")], None, WORSE),
        ([verdict("worse", "all")], None, INSUFFICIENT),
        ([], None, INSUFFICIENT),
    ],
)
def test_the_gate_opens_only_where_nothing_is_worse_and_that_is_known(verdicts, languages, code):
    assert gate(verdicts, languages) == code


def test_a_sheet_for_people_hides_what_the_judge_said_and_a_filled_one_makes_a_card(
    assessed, tmp_path, capsys
):
    sheet, card = tmp_path / "sheet.jsonl", tmp_path / "card.json"
    assert main(["judge", "sheet", str(assessed), str(sheet), "--languages", "fi"]) == 0
    lines = [json.loads(line) for line in sheet.read_text().splitlines()]
    assert {one["language"] for one in lines} == {"fi"} and "phrases" not in sheet.read_text()
    assert main(["judge", "measure", "phrases", str(sheet), str(card)]) == 2
    assert "every label is still null" in capsys.readouterr().err
    filled = [json.dumps(one | {"label": False}) for one in lines]
    sheet.write_text("\n".join(filled) + "\n")
    assert main(["judge", "measure", "phrases", str(sheet), str(card)]) == 0
    assert json.loads(card.read_text())["languages"].keys() == {"fi"}
