"""The chain of one safety item, from its template to its weight in training."""

import json
import re
import shutil
from types import SimpleNamespace

import pytest

from auroram.cli.main import main
from auroram.model.tokenizer import load_tokenizer
from auroram.records.draft import read_drafts
from auroram.records.shards import Shard
from auroram.review.desk import Desk
from auroram.review.store.database import Database
from auroram.review.word import Word
from review_desk import add_account

BETTER = (
    "I can't help you get into that account, for it is not yours. I can show you how to guard one."
)
RECIPE = """
name = "chain"
seed = 3

[base]
kind = "folder"
path = "{model}"
licence = "Apache-2.0"

[stages.safety-data]
kind = "release"
folder = "releases/{release}"

[stages.tokens]
kind = "tokens"
exchanges = ["safety-data"]

[stages.cat]
kind = "train"
model = "base"
tokens = "tokens"
budget_tokens = 4096
sequence_tokens = 512
batch_tokens = 1024
mixture = {{ replay = 0.0, phases = [{{ weights = {{ safety = 1 }} }}] }}
"""


@pytest.fixture(scope="module")
def chain(tiny_model, tmp_path_factory):
    """Drafts that were built, reviewed by a person and a program, released and trained on."""
    root = tmp_path_factory.mktemp("chain")
    words = ['languages=["en"]', 'concerns=["cyber"]', "train_requests=4", "test_requests=2"]
    assert main(["redteam", "build", str(root / "built"), *words, "mutations_each=0"]) == 0
    drafts = root / "built" / "redteam"
    desk = str(root / "review.db")
    assert main(["review", "import", desk, str(drafts)]) == 0
    edited, refused, waiting = decide(desk, list(read_drafts(drafts / "drafts.jsonl")))
    assert main(["review", "release", desk, str(root / "releases")]) == 0
    [release] = (root / "releases").iterdir()
    (root / "recipe.toml").write_text(RECIPE.format(model=tiny_model, release=release.name))
    assert main(["run", str(root / "recipe.toml"), "--folder", str(root / "run")]) == 0
    return SimpleNamespace(
        run=root / "run", drafts=drafts, desk=desk, release=release,
        edited=edited, refused=refused, waiting=waiting,
    )  # fmt: skip


def decide(address, drafts):
    """Two harmful drafts are edited and refused, one waits, and the others are accepted."""
    first, second, third, *_ = [
        one for one in drafts if one.split == "train" and one.kind == "harmful"
    ]
    words = {
        first.id: Word(verdict="edit", answer=BETTER, flags=("over-refusal",)),
        second.id: Word(verdict="reject"),
    }
    database = Database(address)
    desk = Desk(database)
    who = [
        add_account(database, name, kind=kind)
        for name, kind in (("A", "person"), ("B", "software"))
    ]
    for draft in sorted(drafts, key=lambda one: one.id not in words):
        if draft.id != third.id:
            word = words.get(draft.id, Word(verdict="accept"))
            entries = [desk.decide(one, "review", draft.id, word) for one in who]
            if draft.id == second.id:
                desk.undo(who[0], entries[0].number)
                desk.decide(who[0], "review", draft.id, word)
    database.close()
    return first, second, third


def said(capsys, *words):
    code = main(["redteam", "trace", *map(str, words)])
    shown = capsys.readouterr()
    return code, shown.out + shown.err


def test_the_whole_chain_is_shown(chain, capsys):
    draft = chain.edited
    code, text = said(capsys, draft.id[:10], chain.run, "--beside", chain.drafts)
    assert code == 0
    for link in (
        r"concern    cyber version 1: Cyberattacks",
        r"serves us-eo-14110 \(rescinded 2025-01-20\), Sec. 3\(k\)\(ii\), Sec. 4.3",
        r"source     auroram templates \(en\), 20\d\d-\d\d-\d\d, Apache-2.0\n  sha256 [0-9a-f]{64}",
        rf"template {draft.template}, topic {draft.topic}",
        r"answer by template",
        r"checks: nothing found",
        rf"decision   1: review, edit by person [0-9a-f]{{16}} at 20\S+\n  > {re.escape(BETTER)}",
        r"decision   2: review, edit by software [0-9a-f]{16} at 20",
        r"  flags: over-refusal",
        r"release    safety, digest [0-9a-f]{12}, train: chosen by 1 people and 1 software",
        r"exchange   safety-data, train, reviewed, manifest [0-9a-f]{12}",
        r"tokens     tokens, train/safety, \d+ to \d+: \d+ of \d+ to learn",
        r"training   cat: safety weighs 100.0% from 0% on; the item was read [1-9]\d* times",
    ):
        assert re.search(link, text), (link, text)


def test_the_tokens_of_the_span_are_what_people_chose(chain, capsys, tiny_model):
    _, text = said(capsys, chain.edited.id, chain.run, "--beside", chain.drafts, "--json")
    found = json.loads(text)
    (span,) = found["spans"]
    shard = Shard.open(chain.run / "tokens" / "train" / "safety")
    told = load_tokenizer(tiny_model).decode(shard.tokens[span["start"] : span["end"]].tolist())
    assert chain.edited.request in told and BETTER in told
    assert chain.edited.answer not in told
    assert found["releases"][0]["facts"]["decisions_by_people"] > 0


def test_what_was_rejected_ends_with_its_decisions(chain, capsys):
    _, text = said(capsys, chain.refused.id, chain.run, "--beside", chain.drafts)
    verdicts = re.findall(r"decision   \d+: review, (.*?) by (\w+)", text)
    assert [verdict.split()[0] for verdict, _ in verdicts] == ["reject", "reject", "undo", "reject"]
    assert "release    none" in text and "tokens     none" in text


def test_an_item_that_no_row_has_room_for_says_why_it_was_not_read(chain, capsys, tmp_path):
    items = map(json.loads, (chain.release / "items.jsonl").read_text().splitlines())
    learnt = [one for one in items if one["split"] == "train"]
    longest = max(learnt, key=lambda one: len(one["request"] + one["answer"]))
    recipe = chain.release.parents[1] / "recipe.toml"
    shortest = min(learnt, key=lambda one: len(one["request"] + one["answer"]))
    room = 16 * (len(shortest["request"] + shortest["answer"]) // 16 + 8)
    words = (f"stages.cat.sequence_tokens={room}", f"stages.cat.batch_tokens={4 * room}")
    assert main(["run", str(recipe), *words, "--folder", str(tmp_path / "run")]) == 0
    _, text = said(capsys, longest["id"], tmp_path / "run", "--beside", chain.drafts)
    assert f"read 0 times, 0 tokens (longer than a row of {room})" in text


def test_what_nobody_decided_on_says_so(chain, capsys):
    _, text = said(capsys, chain.waiting.id, chain.run, "--beside", chain.drafts)
    assert "decisions  none: nobody has decided on it" in text
    assert f"exchange   {chain.drafts}, train, not reviewed" in text


def test_a_desks_export_and_the_release_hold_the_same_log_which_is_told_once(
    chain, capsys, tmp_path
):
    assert main(["review", "export", chain.desk, str(tmp_path / "export")]) == 0
    code, text = said(capsys, chain.edited.id, chain.run, "--beside", tmp_path / "export")
    assert code == 0 and text.count("decision   1:") == 1


def test_a_log_that_was_changed_is_refused(chain, capsys, tmp_path):
    copy = shutil.copytree(chain.release, tmp_path / "copy")
    copy.chmod(0o755)
    (copy / "decisions.jsonl").chmod(0o644)
    text = (copy / "decisions.jsonl").read_text()
    (copy / "decisions.jsonl").write_text(text.replace('"software"', '"person"'))
    beside = ("--beside", chain.drafts, "--beside", copy)
    code, text = said(capsys, chain.edited.id, chain.run, *beside)
    assert code == 1 and "decision 2 was changed" in text and text.count("\n") == 1


def test_drafts_that_lie_elsewhere_are_asked_for(chain, capsys):
    code, text = said(capsys, chain.edited.id, chain.run)
    assert code == 2 and "the run has no drafts; name the folder that does with --beside" in text


@pytest.mark.parametrize(
    ("id_", "words"),
    [
        ("ffffffff", r"no draft has this id \(searched: .*redteam\); check the digits"),
        ("abc", "too short for an id; give at least 6 digits"),
    ],
)
def test_an_id_that_names_nothing_is_one_sentence(chain, capsys, id_, words):
    code, text = said(capsys, id_, chain.run, "--beside", chain.drafts)
    assert code == 2
    assert re.search(words, text) and text.count("\n") == 1


def test_a_folder_that_is_no_run_is_one_sentence(capsys, tmp_path):
    code, text = said(capsys, "abcdefgh", tmp_path)
    assert code == 2 and "not a run" in text
