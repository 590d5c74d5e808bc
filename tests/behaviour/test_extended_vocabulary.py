"""A recipe's chain with an extended vocabulary: extend, encode, train."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from transformers import AutoModelForCausalLM

from auroram.config.load import load_recipe
from auroram.errors import DataError
from auroram.records.document import DOCUMENTS
from auroram.records.mixture import Mixture, Phase
from auroram.train.parts import Merge
from auroram.train.stage import run as train
from auroram.vocabulary.extension import run as extend
from auroram.vocabulary.settings import ExtendVocabulary, Tokens
from auroram.vocabulary.stage import run as encode

TEXTS = {"en": "The quick brown fox number {}. ", "fi": "Nopea ruskea kettu numero {}. "}


@pytest.fixture
def corpus(tmp_path):
    for domain, text in TEXTS.items():
        rows = [
            {
                "id": f"{domain}-{i}",
                "text": text.format(i) * 6,
                "source": "made",
                "record": "made:1",
                "licence": "CC0-1.0",
                "licence_basis": "record",
                "language": domain,
                "script": "Latn",
                "language_score": 1.0,
            }
            for i in range(40)
        ]
        path = tmp_path / "corpus" / "documents" / "train" / f"{domain}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows, schema=DOCUMENTS), path)
    return tmp_path / "corpus"


def test_an_extended_model_encodes_and_trains(corpus, training_inputs, tiny_training, tmp_path):
    inputs = training_inputs("wide", corpus=corpus)
    settings = ExtendVocabulary(documents=("corpus",), new_tokens=30, protects=("en",))
    extended = extend(settings, inputs, tmp_path / "wide")
    stages = {"corpus": corpus, "wide": tmp_path / "wide"}
    shorter = encode(
        Tokens(model="wide", documents=("corpus",)),
        training_inputs("tokens", **stages),
        tmp_path / "tokens",
    )
    plain = encode(
        Tokens(documents=("corpus",)), training_inputs("tokens", **stages), tmp_path / "plain"
    )
    counts = [outcome.facts["tokens"]["train"] for outcome in (shorter, plain)]
    assert counts[0]["fi"] < 0.6 * counts[1]["fi"] and counts[0]["en"] == counts[1]["en"]
    mixture = Mixture(phases=(Phase(weights={"fi": 1, "en": 1}),), replay=0.0)
    settings = tiny_training(model="wide", mixture=mixture, budget_tokens=2048)
    train(settings, training_inputs(**stages, tokens=tmp_path / "tokens"), tmp_path / "cap")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "cap" / "model")
    assert model.config.vocab_size == extended.facts["vocabulary"] > 270


def test_tokens_of_the_model_before_it_are_refused(
    corpus, training_inputs, tiny_training, tmp_path
):
    inputs = training_inputs("wide", corpus=corpus)
    extend(ExtendVocabulary(documents=("corpus",), new_tokens=5), inputs, tmp_path / "wide")
    with pytest.raises(DataError, match="another tokenizer than the tokens were made with"):
        train(tiny_training(model="wide"), training_inputs(wide=tmp_path / "wide"), tmp_path / "x")


def test_a_merge_with_the_model_before_it_is_refused_before_a_step(
    corpus, training_inputs, tiny_training, tmp_path
):
    wide = {"corpus": corpus, "wide": tmp_path / "wide"}
    extend(
        ExtendVocabulary(documents=("corpus",), new_tokens=5),
        training_inputs("wide", corpus=corpus),
        tmp_path / "wide",
    )
    encode(
        Tokens(model="wide", documents=("corpus",)),
        training_inputs("tokens", **wide),
        tmp_path / "tokens",
    )
    mixture = Mixture(phases=(Phase(weights={"fi": 1}),), replay=0.0)
    settings = tiny_training(model="wide", mixture=mixture, merge=Merge(base="base"))
    with pytest.raises(DataError, match=r"stages\.cap\.merge\.base: its tokenizer is not"):
        train(settings, training_inputs(**wide, tokens=tmp_path / "tokens"), tmp_path / "cap")
    assert not (tmp_path / "cap" / "training.jsonl").exists()


RECIPE = """
name = "wide"
base = {kind = "folder", path = "model", licence = "MIT"}
[stages.corpus]
kind = "corpus"
sources.en = {files = ["texts.jsonl"], language = "en", licence = "MIT"}
sources.code = {files = ["texts.jsonl"], language = "code", licence = "MIT"}
[stages.wide]
kind = "extend-vocabulary"
documents = ["corpus"]
protects = ["en", "code"]
"""


def test_a_recipe_can_name_the_stage(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "texts.jsonl").touch()
    (tmp_path / "recipe.toml").write_text(RECIPE)
    loaded = load_recipe([tmp_path / "recipe.toml"], [])
    assert loaded.recipe.stages["wide"].protects == ("en", "code")
