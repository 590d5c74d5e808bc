"""The stage that makes instructions from published text."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auroram.errors import DataError
from auroram.instruct.stage import Instructions, run
from auroram.instruct.translation import Pairs
from auroram.ports import Inputs, Silent
from auroram.records.document import DOCUMENTS
from auroram.records.exchange import read_exchanges
from auroram.records.manifest import Finished

MODULE = 'def area(a, b):\n    """Area of a box."""\n    return a * b\n'


def write_document(folder, split, domain, page, text):
    row = {
        "id": page,
        "text": text,
        "url": f"https://example.org/{domain}/text/a/{page}.html",
        "source": f"source-{domain}",
        "record": "file:1",
        "licence": "MPL-2.0",
        "licence_basis": "record",
        "language": domain,
        "script": "Latn",
        "language_score": 1.0,
    }
    path = folder / "documents" / split / f"{domain}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([row], schema=DOCUMENTS), path)


@pytest.fixture
def folder(tmp_path):
    write_document(tmp_path, "train", "en", "one", "Status Bar\nShows the state of things.")
    write_document(tmp_path, "train", "code", "two", MODULE)
    write_document(tmp_path, "held-out", "fi", "page-7", "Tätä sivua ei saa nähdä.")
    lines = [
        {
            "id": f"text/a/page-{n}.html#p",
            "en": f"This is sentence {n}.",
            "fi": f"Tämä on lause {n}.",
        }
        for n in range(200)
    ]
    content = "\n".join(map(json.dumps, lines)).encode()
    (tmp_path / "pairs.jsonl.gz").write_bytes(gzip.compress(content))
    return tmp_path


def stage(folder, out, **others):
    pairs = Pairs(file="pairs.jsonl.gz", languages=("en", "fi"), licence="MPL-2.0")
    fields = {
        "pairs": {"en-fi": pairs},
        "manuals": {"source-en": "LibreOffice"},
        "code": ("source-code",),
        "shortest_bytes": 5,
    }
    stages = {"corpus": Finished(folder=folder, manifest=None)}
    inputs = Inputs(root=folder, name="instructions", seed=1, stages=stages, progress=Silent())
    outcome = run(Instructions(**(fields | others)), inputs, out)
    return outcome, {
        split: list(read_exchanges(out / f"exchanges/{split}.jsonl")) for split in ("train", "test")
    }


def test_pairs_pages_and_functions_become_exchanges(folder, tmp_path):
    _, splits = stage(folder, tmp_path / "out")
    everything = splits["train"] + splits["test"]
    assert {x.language for x in everything} == {"en", "fi", "code"}
    assert all(x.domain == "instructions" and x.reviewed for x in everything)
    assert len({x.id for x in everything}) == len(everything)


def test_a_page_that_the_corpus_holds_out_is_not_used(folder, tmp_path):
    outcome, splits = stage(folder, tmp_path / "out")
    assert not [x for x in splits["train"] + splits["test"] if x.template == "text/a/page-7.html"]
    assert sum(t.value for t in outcome.tallies if t.reason == "page is held out") == 2


def test_no_page_is_in_both_splits(folder, tmp_path):
    _, splits = stage(folder, tmp_path / "out", test_share=0.3)
    train, test = ({x.template for x in splits[split]} for split in ("train", "test"))
    assert len(test) > 20
    assert not train & test


def test_tallies_account_for_every_candidate(folder, tmp_path):
    outcome, _ = stage(folder, tmp_path / "out", translations=10)
    assert sum(t.value for t in outcome.tallies if t.source == "en-fi") == 400
    assert sum(t.value for t in outcome.tallies if t.reason == "over the cap") == 378


def test_the_same_seed_gives_the_same_bytes(folder, tmp_path):
    for name in ("one", "two"):
        stage(folder, tmp_path / name)
    one, two = (tmp_path / name / "exchanges/train.jsonl" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_a_recipe_that_names_no_text_is_told_so(folder, tmp_path):
    with pytest.raises(DataError, match="instructions: no exchange came about"):
        stage(folder, tmp_path / "out", pairs={}, manuals={}, code=())


def test_the_files_to_watch_are_those_of_the_pairs():
    pairs = Pairs(file="a.gz", languages=("en", "fi"), licence="MPL-2.0")
    settings = Instructions(pairs={"a": pairs})
    assert (settings.reads(), settings.files()) == (("corpus",), ("a.gz",))
