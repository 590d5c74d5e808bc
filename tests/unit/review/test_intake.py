"""Drafts are checked before they are at the desk."""

import json

import pytest

from auroram.errors import DataError
from auroram.records.canonical import plain
from auroram.records.draft import write_drafts
from auroram.review.desk import Desk
from auroram.review.drafts import read_checked_drafts
from auroram.review.intake import Intake, take_in
from review_desk import draft


def written(tmp_path, **values):
    record = {**plain(draft()), **values}
    kept = {name: value for name, value in record.items() if value is not ...}
    (tmp_path / "drafts.jsonl").write_text(json.dumps(kept) + "\n")
    return tmp_path


def test_drafts_come_as_they_were_written(tmp_path):
    drafts = [draft("d1", mutations=("leet",)), draft("d2", checks=("short",))]
    write_drafts(tmp_path / "drafts.jsonl", drafts)
    assert read_checked_drafts(tmp_path) == drafts


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"answer": ...}, "line 1: lacks answer"),
        ({"colour": "red"}, "line 1: has unknown fields colour"),
        ({"request": 7}, "line 1: request must be a text"),
        ({"language": ""}, "line 1: language must be a text"),
        ({"kind": "evil"}, "line 1: kind must be one of harmful, benign"),
        ({"mutations": "leet"}, "line 1: mutations must be a list of texts"),
        ({"older_than_requirement": "no"}, "line 1: older_than_requirement must be true or false"),
    ],
)
def test_a_draft_with_a_wrong_field_is_named(tmp_path, values, said):
    with pytest.raises(DataError, match=said):
        read_checked_drafts(written(tmp_path, **values))


@pytest.mark.parametrize("content", ["{", "[]", "", "\xff"])
def test_a_file_of_something_else_is_refused(tmp_path, content):
    (tmp_path / "drafts.jsonl").write_bytes(content.encode("latin-1"))
    with pytest.raises(DataError, match=r"drafts\.jsonl: "):
        read_checked_drafts(tmp_path / "drafts.jsonl")


def test_drafts_that_are_there_already_are_left_alone(database):
    assert take_in(database, [draft("d1")], Intake(), place="here") == 1
    assert take_in(database, [draft("d1"), draft("d2")], Intake(reviews=3), place="here") == 1
    with Desk(database).reading() as state:
        assert {key: item.reviews for key, item in state.items.items()} == {"d1": 2, "d2": 3}


def test_another_draft_under_a_known_id_is_refused_and_nothing_is_written(database):
    take_in(database, [draft("d1")], Intake(), place="here")
    with pytest.raises(DataError, match="'d1' is not what came under this id before"):
        take_in(database, [draft("d2"), draft("d1", answer="Other.")], Intake(), place="here")
    with Desk(database).reading() as state:
        assert set(state.items) == {"d1"}


@pytest.mark.parametrize(
    "same", [{"template": "t"}, {"cluster": "c"}, {"request": "How do I do the BAD thing d1?"}]
)
def test_what_would_leak_from_one_split_into_the_other_is_refused(database, same):
    take_in(database, [draft("d1", **{**same, "request": draft().request})], Intake(), place="a")
    with pytest.raises(DataError, match="is in both splits"):
        take_in(database, [draft("d2", split="test", **same)], Intake(), place="b")


def test_a_concern_can_need_a_skill(database):
    take_in(database, [draft(concern="cbrn")], Intake(skills={"cbrn": "biology"}), place="here")
    with Desk(database).reading() as state:
        assert state.items["d1"].skill == "biology"
