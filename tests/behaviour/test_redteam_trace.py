"""The chain of one safety item, from its template to its weight in training."""

import json
import re
import shutil

import pytest

from auroram.cli.main import main
from auroram.model.tokenizer import load_tokenizer
from auroram.records.draft import read_drafts
from auroram.records.shards import Shard

RECIPE = """
name = "chain"
seed = 3

[base]
kind = "folder"
path = "{model}"
licence = "Apache-2.0"

[stages.red]
kind = "redteam"
languages = ["en"]
concerns = ["cyber"]
train_requests = 4
test_requests = 2
mutations_each = 0

[stages.tokens]
kind = "tokens"
exchanges = ["red"]

[stages.cat]
kind = "train"
model = "base"
tokens = "tokens"
budget_tokens = 4096
sequence_tokens = 512
batch_tokens = 1024
allow_unreviewed = true
mixture = {{ replay = 0.0, phases = [{{ weights = {{ safety = 1 }} }}] }}
"""


@pytest.fixture(scope="module")
def chain(tiny_model, tmp_path_factory):
    """The folder of a run from drafts to a training stage."""
    root = tmp_path_factory.mktemp("chain")
    (root / "recipe.toml").write_text(RECIPE.format(model=tiny_model))
    assert main(["run", str(root / "recipe.toml"), "--folder", str(root / "run")]) == 0
    return root / "run"


@pytest.fixture(scope="module")
def draft(chain):
    drafts = read_drafts(chain / "red" / "drafts.jsonl")
    return next(one for one in drafts if one.split == "train" and one.kind == "harmful")


def said(capsys, *words):
    code = main(["redteam", "trace", *map(str, words)])
    shown = capsys.readouterr()
    return code, shown.out + shown.err


def test_the_whole_chain_is_shown(chain, draft, capsys):
    code, text = said(capsys, draft.id[:10], chain)
    assert code == 0
    for link in (
        r"concern    cyber version 1: Cyberattacks",
        r"serves us-eo-14110 \(rescinded 2025-01-20\), Sec. 3\(k\)\(ii\), Sec. 4.3",
        r"source     auroram templates \(en\), 20\d\d-\d\d-\d\d, Apache-2.0\n  sha256 [0-9a-f]{64}",
        rf"template {draft.template}, topic {draft.topic}",
        r"answer by template",
        r"checks: nothing found",
        r"decisions  none: nobody has decided on it",
        r"exchange   red, train, not reviewed, manifest [0-9a-f]{12}",
        r"tokens     tokens, train/safety, \d+ to \d+: \d+ of \d+ to learn",
        r"training   cat: safety weighs 100.0% from 0% on; the item was read [1-9]\d* times",
    ):
        assert re.search(link, text), (link, text)


def test_the_tokens_of_the_span_are_the_exchange(chain, draft, capsys, tiny_model):
    _, text = said(capsys, draft.id, chain, "--json")
    (span,) = json.loads(text)["spans"]
    shard = Shard.open(chain / "tokens" / "train" / "safety")
    told = load_tokenizer(tiny_model).decode(shard.tokens[span["start"] : span["end"]].tolist())
    assert draft.request in told and draft.answer in told


@pytest.fixture
def release(draft, tmp_path):
    """A folder as a review releases it, in which software accepted the draft."""
    said = {"item": draft.id, "verdict": "accept", "actor": "software", "reviewer": "r-1"}
    entry = {"number": 7, "sha256": "abc", "decision": said | {"at": "2026-01-02"}}
    item = {"id": draft.id, "split": draft.split, "by_people": 0, "by_software": 2}
    files = {
        "decisions.jsonl": entry,
        "items.jsonl": item,
        "release.json": {"name": "first", "digest": "d" * 64},
    }
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content) + "\n")
    return tmp_path


def test_a_decision_and_a_release_outside_of_the_run_are_part_of_the_chain(
    chain, draft, release, capsys
):
    _, text = said(capsys, draft.id, chain, "--beside", release)
    assert "decision   7: accept by software r-1 at 2026-01-02" in text
    assert "release    first, digest dddddddddddd, train: chosen by 0 people and 2 soft" in text


def test_the_same_log_in_two_folders_is_told_once(chain, draft, release, capsys):
    copy = shutil.copytree(release, release / "again")
    _, text = said(capsys, draft.id, chain, "--beside", release, "--beside", copy)
    assert text.count("decision   7") == 1


def test_drafts_may_lie_outside_of_the_run(chain, draft, capsys, tmp_path):
    drafts = shutil.copytree(chain / "red", tmp_path / "drafts")
    run = shutil.copytree(chain, tmp_path / "run")
    (run / "red" / "drafts.jsonl").unlink()
    code, text = said(capsys, draft.id, run)
    assert code == 2 and "the run has no drafts" in text
    code, text = said(capsys, draft.id, run, "--beside", drafts)
    assert code == 0 and f"draft      {drafts}, answer by template" in text


@pytest.mark.parametrize(
    ("id_", "words"),
    [
        ("ffffffff", r"no draft has this id \(searched: red\); check the digits"),
        ("abc", "too short for an id; give at least 6 digits"),
    ],
)
def test_an_id_that_names_nothing_is_one_sentence(chain, capsys, id_, words):
    code, text = said(capsys, id_, chain)
    assert code == 2
    assert re.search(words, text) and text.count("\n") == 1


def test_a_folder_that_is_no_run_is_one_sentence(capsys, tmp_path):
    code, text = said(capsys, "abcdefgh", tmp_path)
    assert code == 2 and "not a run" in text
