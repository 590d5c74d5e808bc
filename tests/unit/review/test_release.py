"""Releases never change, never leak, and say who decided."""

import json

import mlcroissant
import pyarrow.parquet as pq
import pytest

from auroram.errors import DataError, IntegrityError
from auroram.records.decision import read_decisions
from auroram.records.json_lines import read_json_lines
from auroram.records.release import read_released
from auroram.review.release.contents import contents_of
from auroram.review.release.difference import difference
from auroram.review.release.reading import read_release
from auroram.review.release.writing import write_release
from review_desk import Log, draft, item, state_of


def state(*, actor="person", more=()):
    items = [item(f"d{n}", place=n, split="test" if n == 3 else "train") for n in (1, 2, 3, 4)]
    log = Log()
    for reviewer in ("a", "b"):
        log.add(reviewer, item="d1", actor=actor)
        log.add(reviewer, "edit", item="d2", answer="No, and here is help.", actor=actor)
        log.add(reviewer, item="d3", actor="software")
        log.add(reviewer, "reject", item="d4", actor=actor)
    for words in more:
        log.add(**words)
    return state_of(items, log)


@pytest.fixture
def release(tmp_path):
    place, _ = write_release(contents_of(state()), tmp_path, name="safety")
    return read_release(place)


def test_a_release_holds_what_was_accepted_with_who_chose_it(release):
    assert [(one.id, one.reviewed, one.by_people, one.by_software) for one in release.items] == [
        ("d1", True, 2, 0),
        ("d2", True, 2, 0),
        ("d3", False, 0, 2),
    ]
    facts = release.facts
    assert (facts.reviewed, facts.unreviewed, facts.rejected) == (2, 1, 1)
    assert (facts.decisions_by_people, facts.decisions_by_software) == (6, 2)
    assert (
        "1 of 3 exchanges were reviewed by no person" in (release.folder / "README.md").read_text()
    )


def test_an_edit_becomes_a_preference_pair(release):
    [pair] = read_json_lines(release.folder / "preferences.jsonl")
    assert (pair["chosen"], pair["rejected"]) == ("No, and here is help.", draft().answer)


def test_all_forms_hold_the_same(release):
    lines = list(read_json_lines(release.folder / "items.jsonl"))
    table = [
        row
        for split in ("test", "train")
        for row in pq.read_table(release.folder / "data" / f"{split}.parquet").to_pylist()
    ]
    assert sorted(table, key=lambda row: row["id"]) == lines
    assert len(list(read_decisions(release.folder / "decisions.jsonl"))) == 8


def test_the_same_decisions_give_the_same_release(release, tmp_path):
    again, facts = write_release(contents_of(state()), tmp_path / "again", name="safety")
    assert again.name == release.folder.name
    for file in facts.files:
        assert (again / file.path).read_bytes() == (release.folder / file.path).read_bytes()
    assert write_release(contents_of(state()), tmp_path, name="safety")[0] == release.folder


def test_a_release_is_read_only_and_a_changed_one_is_refused(release):
    changed = release.folder / "items.jsonl"
    assert not changed.stat().st_mode & 0o222
    changed.chmod(0o644)
    changed.write_text(changed.read_text().replace("help", "harm"))
    with pytest.raises(IntegrityError, match=r"items\.jsonl: missing or changed"):
        read_release(release.folder)


def test_a_folder_of_something_else_is_no_release(tmp_path):
    with pytest.raises(DataError, match="not a release"):
        read_release(tmp_path)


def test_nothing_accepted_is_nothing_to_release(tmp_path):
    with pytest.raises(DataError, match="no draft is accepted yet"):
        write_release(contents_of(state_of([item()])), tmp_path, name="safety")
    assert list(tmp_path.iterdir()) == []


def test_a_release_says_it_where_no_person_reviewed(tmp_path):
    place, facts = write_release(contents_of(state(actor="software")), tmp_path, name="robots")
    assert (facts.people, facts.reviewed, facts.decisions_by_software) == (0, 0, 8)
    assert "No person reviewed any of this" in (place / "README.md").read_text()


@pytest.mark.filterwarnings("ignore")
def test_the_croissant_is_valid_and_says_who_decided(release):
    path = release.folder / "croissant.json"
    described = mlcroissant.Dataset(jsonld=path)
    assert not described.metadata.ctx.issues.errors
    table = json.loads(path.read_text())
    assert "1 software accounts" not in table["rai:annotatorDemographics"][0]
    assert "2 people made 6 decisions" in table["rai:annotatorDemographics"][0]
    assert "2 software accounts made 2 decisions" in table["rai:machineAnnotationTools"][0]
    rows = list(described.records("items"))
    assert [row["items/id"].decode() for row in rows] == ["d1", "d2", "d3"]


def test_a_later_release_is_told_from_an_earlier_one(release, tmp_path):
    more = [
        {"reviewer": "a", "verdict": "undo", "item": "d1", "undoes": 1},
        {"reviewer": "a", "verdict": "escalate", "item": "d1"},
        {"reviewer": "c", "verdict": "accept", "item": "d4", "task": "adjudicate"},
    ]
    later = contents_of(state(more=more[:2]))
    new = read_release(write_release(later, tmp_path, name="safety")[0])
    found = difference(release, new, log_digests=tuple(entry.sha256 for entry in later.log))
    assert (found.added, found.removed, found.reworded) == ((), ("d1",), ())
    assert found.languages == {"en": -1}
    assert found.continues


def test_an_item_of_a_release_survives_json(release):
    assert tuple(read_released(release.folder / "items.jsonl")) == release.items
