"""Curated documents are written for other tools, and read back as they were."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auroram.corpus.export import export_documents
from auroram.corpus.readers.slices import read_slice, slices_of
from auroram.corpus.sources import Fields
from auroram.errors import DataError
from auroram.records.document import DOCUMENTS, SPLITS

TEXTS = {"fi": ["Hyvää huomenta", "Päivää"], "code": ["print('hei')"]}


@pytest.fixture
def stage(tmp_path):
    for split in SPLITS:
        for domain, texts in TEXTS.items():
            rows = [row(f"{split}{i}", text, domain) for i, text in enumerate(texts)]
            path = tmp_path / "stage" / "documents" / split / f"{domain}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist(rows, DOCUMENTS), path)
    return tmp_path / "stage"


def row(id_, text, domain):
    strings = {field.name: "x" for field in DOCUMENTS if pa.types.is_string(field.type)}
    numbers = {field.name: 1 for field in DOCUMENTS if not pa.types.is_string(field.type)}
    licence = "MIT" if domain == "code" else "CC-BY-4.0"
    given = {"id": id_, "text": text, "licence": licence, "language": domain, "url": None}
    return strings | numbers | given


def read(path, form="auto"):
    parts = slices_of(str(path), name=path.name, form=form)
    return [r for part in parts for r in read_slice(part, Fields(), advance=lambda _: None)]


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "jsonl.zst", "parquet"])
def test_what_was_written_is_read_back_as_it_was(stage, tmp_path, form):
    assert export_documents(stage, tmp_path / "out", form).written == 6
    found = read(tmp_path / "out" / "held-out" / f"fi.{form}")
    assert [(r.id, r.text, r.licence) for r in found] == [
        ("held-out0", "Hyvää huomenta", "CC-BY-4.0"),
        ("held-out1", "Päivää", "CC-BY-4.0"),
    ]
    assert found[0].url is None


def test_a_data_set_folder_names_its_files_and_licences(stage, tmp_path):
    export_documents(stage, tmp_path / "out", "dataset")
    card = (tmp_path / "out" / "README.md").read_text()
    assert card.startswith("---\nlicense:\n- cc-by-4.0\n- mit\nlanguage:\n- fi\nconfigs:\n")
    assert "  - split: held_out\n    path: data/fi/held_out-00000-of-00001.parquet\n" in card
    assert "| code | MIT | 2 |" in card
    assert len(read(tmp_path / "out", "dataset")) == 6


def test_a_card_names_languages_and_licences_as_the_hub_takes_them(tmp_path):
    path = tmp_path / "stage" / "documents" / "train" / "hi-Latn.parquet"
    path.parent.mkdir(parents=True)
    licences = ("GPL-3.0-only", "LicenseRef-crawl", "MIT OR Apache-2.0")
    rows = [row(str(i), "x", "hi-Latn") | {"licence": one} for i, one in enumerate(licences)]
    pq.write_table(pa.Table.from_pylist(rows, DOCUMENTS), path)
    export_documents(tmp_path / "stage", tmp_path / "out", "dataset")
    card = (tmp_path / "out" / "README.md").read_text()
    assert card.startswith("---\nlicense:\n- gpl-3.0\n- other\nlanguage:\n- hi\nconfigs:\n")
    assert "| hi-Latn | LicenseRef-crawl | 1 |" in card


@pytest.mark.parametrize("form", ["jsonl", "jsonl.gz", "jsonl.zst", "parquet", "dataset"])
def test_the_same_documents_are_the_same_bytes(stage, tmp_path, form):
    written = []
    for name in ("a", "b"):
        export_documents(stage, tmp_path / name, form)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        written.append([(path.relative_to(tmp_path / name), path.read_bytes()) for path in files])
    assert written[0] == written[1]


def test_a_folder_that_holds_files_is_not_written_into(stage, tmp_path):
    with pytest.raises(DataError, match="the folder is not empty; name a new one"):
        export_documents(stage, tmp_path, "jsonl")


def test_a_file_in_place_of_the_folder_is_told(stage, tmp_path):
    (tmp_path / "out").write_text("x")
    with pytest.raises(DataError, match="out: is a file; name a folder"):
        export_documents(stage, tmp_path / "out", "jsonl")


def test_a_folder_without_documents_is_refused(tmp_path):
    with pytest.raises(DataError, match="no documents; name the folder of a stage"):
        export_documents(tmp_path, tmp_path / "out", "jsonl")
