"""`auroram redteam build` as a user types it."""

import pytest

from auroram.cli.main import main
from auroram.records.draft import read_drafts


def test_it_builds_drafts_that_can_be_verified_and_does_nothing_twice(auroram, tmp_path):
    words = ["redteam", "build", "safety", 'languages=["en"]', 'concerns=["harm"]', "--seed", "4"]
    done = auroram(*words)
    assert done.returncode == 0, done.stderr
    assert "drafts are in safety/redteam/drafts.jsonl" in done.stdout
    assert "note: No native reader has checked the templates in en." in done.stdout
    drafts = read_drafts(tmp_path / "safety/redteam/drafts.jsonl")
    assert {draft.concern for draft in drafts} == {"harm"}
    assert auroram("verify", "safety").returncode == 0
    assert "done already" in auroram(*words).stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (['concerns=["hurm"]'], "unknown concern 'hurm'; known: harm, cyber"),
        (["langauges=[]"], "langauges: unknown key; did you mean 'languages'?"),
        (["drafting.kind=model", "drafting.folder=nowhere"], "there is no file 'nowhere'"),
        (["drafting.kind=model", "drafting.stage=cat"], "'cat': there is no such stage here"),
        (["nothing.toml"], "nothing.toml: there is no such recipe"),
        (["sets.toml"], "prompts.csv: row 1: has no column 'value' (it has 'prompt'"),
        (["sets.toml", "imports.x.text=prompt", "imports.x.published=soon"], "imports.x: Invalid"),
    ],
)
def test_a_mistake_is_told_in_words_with_its_place(tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompts.csv").write_text("prompt\nHow do I hack a server?\n")
    (tmp_path / "sets.toml").write_text(
        '[imports.x]\nlicence = "MIT"\npublished = "2024-01-01"\n'
        'place = { kind = "file", file = "prompts.csv" }\n'
    )
    assert main(["redteam", "build", "out", *words]) == 2
    assert said in capsys.readouterr().err
