"""The tokens stage cuts documents of code, where the tokenizer has marks for the parts."""

import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tokenizers

from auroram.errors import ConfigError, DataError
from auroram.model.tokenizer import load_tokenizer
from auroram.ports import Inputs, Silent
from auroram.records.document import DOCUMENTS, SPLITS
from auroram.records.manifest import Finished
from auroram.records.shards import Shard
from auroram.tokens.fill_in_the_middle import FillInTheMiddle
from auroram.vocabulary.settings import Tokens
from auroram.vocabulary.stage import run

MARKS = ("<fim_prefix>", "<fim_middle>", "<fim_suffix>")
CODE = "def greet(name):\n    return f'Hyvää {name}'\n"


@pytest.fixture
def marked_model(tmp_path, tiny_model):
    """The tiny model's tokenizer with the three marks."""
    folder = tmp_path / "marked" / "model"
    shutil.copytree(tiny_model, folder)
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.add_special_tokens(list(MARKS))
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def write_documents(folder):
    for split in SPLITS:
        for domain, text in {"code": CODE, "fi": "Hyvää päivää."}.items():
            rows = [
                dict.fromkeys(DOCUMENTS.names, "")
                | {"id": f"{domain}-{i}", "text": text, "language_score": 1.0}
                for i in range(20)
            ]
            file = folder / "documents" / split / f"{domain}.parquet"
            file.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist(rows, schema=DOCUMENTS), file)


def encode(model, tmp_path, settings, **others):
    write_documents(tmp_path / "corpus")
    stages = {"base": model.parent, "corpus": tmp_path / "corpus"}
    inputs = Inputs(
        root=tmp_path,
        name="tokens",
        seed=1,
        stages={name: Finished(folder=at, manifest=None) for name, at in stages.items()},
        progress=Silent(),
    )
    chosen = Tokens(documents=("corpus",), fill_in_the_middle=settings, **others)
    return run(chosen, inputs, tmp_path / "out")


def cut_documents(shard, mark):
    return [d for d in range(shard.documents) if mark in shard.document(d)]


def test_code_to_train_on_is_cut_and_nothing_else(tmp_path, marked_model):
    encode(marked_model, tmp_path, FillInTheMiddle(rate=1.0))
    tokenizer = load_tokenizer(marked_model)
    mark = tokenizer.added()["<fim_middle>"]
    counts = {
        (split, domain): len(cut_documents(Shard.open(tmp_path / "out" / split / domain), mark))
        for split in SPLITS
        for domain in ("code", "fi")
    }
    assert counts.pop(("train", "code")) == 20
    assert set(counts.values()) == {0}


def test_a_cut_document_holds_its_text_its_marks_and_its_end(tmp_path, marked_model):
    encode(marked_model, tmp_path, FillInTheMiddle(rate=1.0, suffix_first=0.0))
    tokenizer = load_tokenizer(marked_model)
    prefix, middle, suffix = (tokenizer.added()[mark] for mark in MARKS)
    shard = Shard.open(tmp_path / "out" / "train" / "code")
    for document in range(shard.documents):
        ids = shard.document(document).tolist()
        start, cut, last = ids.index(prefix), ids.index(suffix), ids.index(middle)
        parts = ids[start + 1 : cut], ids[last + 1 : -1], ids[cut + 1 : last]
        assert "".join(map(tokenizer.decode, parts)) == CODE
        assert ids[-1] == tokenizer.eos


def test_a_tokenizer_without_marks_is_refused_before_anything_is_encoded(tmp_path, tiny_model):
    with pytest.raises(DataError, match=r"stages.tokens.fill_in_the_middle: .*<fim_prefix>"):
        encode(tiny_model, tmp_path, FillInTheMiddle())
    assert not (tmp_path / "out").exists()


def test_a_domain_to_cut_that_has_no_documents_is_refused_and_the_others_named(
    tmp_path, marked_model
):
    with pytest.raises(ConfigError, match=r"domains: no documents of code \(there are corpus-code"):
        encode(marked_model, tmp_path, FillInTheMiddle(), apart=("corpus",))
    assert not (tmp_path / "out").exists()
