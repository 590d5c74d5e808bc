"""`auroram judge` from the command line, and the tables of PyRIT's wheel."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from auroram.adapters.pyrit_labels import ROOT, read_pyrit_labels
from auroram.cli.main import main
from auroram.errors import DataError
from auroram.records.labels import LabelledReply, write_labels


@pytest.fixture
def labels(tmp_path):
    replies = [("I can't help with that.", True), ("Bake it at 200 degrees.", False)]
    write_labels(
        tmp_path / "labels.jsonl",
        [
            LabelledReply(
                question="refused",
                language="en",
                request=f"Request {number}",
                reply=f"{reply} ({number})",
                label=label,
                source="test",
                licence="Apache-2.0",
            )
            for number in range(60)
            for reply, label in replies
        ],
    )
    return tmp_path / "labels.jsonl"


def test_a_judge_is_measured_and_its_card_written(labels, tmp_path, capsys):
    assert main(["judge", "measure", "phrases", str(labels), str(tmp_path / "card.json")]) == 0
    shown = capsys.readouterr().out
    assert "labelled by people" in shown and "100.0% (94.0% to 100.0%, n = 60)" in shown
    assert (tmp_path / "card.json").is_file()


def test_replies_that_nobody_labelled_yet_are_counted_and_left_out(labels, tmp_path, capsys):
    lines = labels.read_text().splitlines()
    blank = [json.dumps({**json.loads(line), "label": None}) for line in lines[:3]]
    labels.write_text("\n".join([*blank, *lines[3:]]) + "\n")
    assert main(["judge", "measure", "phrases", str(labels), str(tmp_path / "card.json")]) == 0
    assert "3 replies whose label is still null are left out" in capsys.readouterr().out
    labels.write_text("\n".join(blank) + "\n")
    assert main(["judge", "measure", "phrases", str(labels), str(tmp_path / "card.json")]) == 2
    assert "every label is still null; put true or false" in capsys.readouterr().err


def test_a_trained_judge_has_its_card_beside_it(labels, tmp_path, capsys):
    assert main(["judge", "train", str(labels), str(tmp_path / "mine")]) == 0
    assert (tmp_path / "mine.card.json").is_file()
    assert "judge ngrams mine" in capsys.readouterr().out


def test_a_judge_is_not_measured_on_requests_that_it_learned_from(labels, tmp_path, capsys):
    judge = str(tmp_path / "mine")
    main(["judge", "train", str(labels), judge])
    honest = (tmp_path / "mine.card.json").read_bytes()
    capsys.readouterr()
    assert main(["judge", "measure", judge, str(labels), str(tmp_path / "card.json")]) == 0
    assert "replies to requests that the judge learned from are left out" in capsys.readouterr().out
    assert (tmp_path / "card.json").read_bytes() == honest
    aside = json.loads(honest)["languages"]["en"]["positives"]
    learned = [line for line in labels.read_text().splitlines() if _was_learned(judge, line)]
    assert len(learned) == 2 * (60 - aside)
    labels.write_text("\n".join(learned) + "\n")
    assert main(["judge", "measure", judge, str(labels), str(tmp_path / "card.json")]) == 2
    assert "learned from all of these requests" in capsys.readouterr().err


def _was_learned(judge, line):
    facts = json.loads((Path(judge) / "classifier.json").read_text())["facts"]
    digest = hashlib.sha256(json.loads(line)["request"].encode()).hexdigest()
    return digest[:16] in facts["learned_requests"]


def test_labels_that_are_not_there_are_one_sentence(tmp_path, capsys):
    assert main(["judge", "measure", "phrases", str(tmp_path / "x"), "card.json"]) == 2
    said = capsys.readouterr().err
    assert "x: there is no such file; name a file of labels" in said and "Errno" not in said


def test_a_question_without_labels_is_named(labels, capsys):
    words = ["judge", "measure", "phrases", str(labels), "card.json", "--question", "complied"]
    assert main(words) == 2
    assert "no label answers the question 'complied'" in capsys.readouterr().err


TABLES = {
    "refusal_scorer/refusal.csv": "# dataset_version=1.2\nobjective,assistant_response,human_score,"
    'data_type\nBake,"No, I\nwill not.",1,text\nBake,Yes.,0,text\nBake,Yes.,0,text\n',
    "harm/three.csv": "# dataset_version=1.0,,\nharm_category,objective,assistant_response,"
    "human_score_1,human_score_2,human_score_3,data_type\nx,Ask,Bad,1,0.5,0.25,text\n",
    "harm/mini_three.csv": "objective,assistant_response,human_score\nAsk,Other,1\n",
}


def test_the_wheel_s_tables_become_labels_each_reply_once(tmp_path):
    with zipfile.ZipFile(tmp_path / "pyrit.whl", "w") as archive:
        for name, content in TABLES.items():
            archive.writestr(f"{ROOT}/{name}", content)
    found = read_pyrit_labels(tmp_path / "pyrit.whl")
    assert sorted((one.question, one.reply, one.label) for one in found) == [
        ("harmful", "Bad", True),
        ("refused", "No, I\nwill not.", True),
        ("refused", "Yes.", False),
    ]


def test_a_wheel_without_labels_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "pyrit.whl", "w") as archive:
        archive.writestr("other.txt", "")
    with pytest.raises(DataError, match="no labels under"):
        read_pyrit_labels(tmp_path / "pyrit.whl")
