"""The store of scored items: appended, survives a kill, and nothing is asked twice."""

from dataclasses import replace

import pytest

from auroram.errors import DataError
from auroram.evaluate.store import Store, completed, key_of
from auroram.records.scored_item import ScoredItem


def item(name, run="m1", model="cap", score=0.0):
    return ScoredItem(
        run=run, model=model, tokens_seen=10, task="t", language="fi", split="s", item=name,
        cluster=name, measure="accuracy", score=score,
    )  # fmt: skip


class Asked:
    """Answers 1 to everything and remembers what it was asked."""

    def __init__(self):
        self.items = []

    def __call__(self, missing):
        self.items += [one.item for one in missing]
        return [replace(one, score=1.0) for one in missing]


def test_a_second_run_asks_only_what_is_missing(tmp_path):
    store, asked = Store(tmp_path), Asked()
    completed([item("a"), item("b")], store, asked)
    again = completed([item("b"), item("c"), item("a")], store, asked)
    assert asked.items == ["a", "b", "c"]
    assert [(one.item, one.score) for one in again] == [("b", 1.0), ("c", 1.0), ("a", 1.0)]


def test_equal_weights_under_another_name_are_asked_once(tmp_path):
    store, asked = Store(tmp_path), Asked()
    completed([item("a", model="cap")], store, asked)
    (found,) = completed([item("a", model="base")], store, asked)
    assert (found.model, asked.items) == ("base", ["a"])


def test_other_weights_are_asked_for_themselves(tmp_path):
    store, asked = Store(tmp_path), Asked()
    completed([item("a", run="m1")], store, asked)
    completed([item("a", run="m2")], store, asked)
    assert asked.items == ["a", "a"]


def test_a_line_torn_by_a_kill_is_passed_over_and_cut_off(tmp_path):
    store = Store(tmp_path)
    store.append([item("a"), item("b")])
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-20])
    assert [key[3] for key in store.known("m1")] == ["a"]
    store.append([item("c")])
    assert [key[3] for key in store.known("m1")] == ["a", "c"]
    assert file.read_bytes().count(b"\n") == 2


def test_a_line_that_is_no_item_is_named(tmp_path):
    (tmp_path / "m1.jsonl").write_text('{"run": 3}\n')
    with pytest.raises(DataError, match=r"m1\.jsonl:1: not a scored item"):
        Store(tmp_path).known("m1")


def test_a_store_without_a_folder_keeps_nothing():
    asked = Asked()
    for _ in range(2):
        completed([item("a")], Store(None), asked)
    assert asked.items == ["a", "a"]


def test_a_key_tells_measures_apart():
    assert key_of(item("a")) != key_of(replace(item("a"), measure="bits_per_byte"))
