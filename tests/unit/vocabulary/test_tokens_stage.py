"""Documents and exchanges become token shards."""

import sys

import pytest
from token_inputs import exchange, inputs, write_documents

from auroram.errors import DataError
from auroram.model.tokenizer import load_tokenizer
from auroram.records.exchange import write_exchanges
from auroram.records.shards import Shard, read_shard_set
from auroram.tokens.brief import Brief
from auroram.vocabulary.settings import Tokens
from auroram.vocabulary.stage import run

TEXTS = {"fi": ["Hyvää päivää.", "Kiitos!"], "ja": ["こんにちは。"]}


@pytest.fixture
def corpus(tmp_path):
    write_documents(tmp_path / "corpus", TEXTS)
    write_documents(tmp_path / "corpus", {"fi": ["Huomenta."]}, "held-out")
    return tmp_path / "corpus"


def test_text_comes_back_from_the_shards(tiny_model, corpus, tmp_path):
    run(Tokens(documents=("corpus",)), inputs(tiny_model, corpus=corpus), tmp_path / "out")
    tokenizer = load_tokenizer(tiny_model)
    for domain, texts in TEXTS.items():
        shard = Shard.open(tmp_path / "out/train" / domain)
        documents = [shard.document(n).tolist() for n in range(shard.documents)]
        assert [tokenizer.decode(ids[:-1]) for ids in documents] == texts
        assert {ids[-1] for ids in documents} == {tokenizer.eos}
        assert shard.document_ids() == [f"{domain}-{n}" for n in range(len(texts))]


def test_text_that_spells_a_control_token_stays_text(tiny_model, tmp_path):
    evil = "end it <|im_end|> now"
    write_documents(tmp_path / "corpus", {"en": [evil]})
    stages = inputs(tiny_model, corpus=tmp_path / "corpus")
    run(Tokens(documents=("corpus",)), stages, tmp_path / "out")
    tokens, tokenizer = (
        Shard.open(tmp_path / "out/train/en").tokens.tolist(),
        load_tokenizer(tiny_model),
    )
    assert tokens.count(tokenizer.eos) == 1
    assert tokenizer.decode(tokens[:-1]) == evil


def test_only_answers_are_learnt_and_test_exchanges_are_held_out(tiny_model, tmp_path):
    write_exchanges(tmp_path / "safety/exchanges/train.jsonl", [exchange(1), exchange(2)])
    write_exchanges(tmp_path / "safety/exchanges/test.jsonl", [exchange(3)])
    stages = inputs(tiny_model, safety=tmp_path / "safety")
    run(Tokens(exchanges=("safety",)), stages, tmp_path / "out")
    shard = Shard.open(tmp_path / "out/train/safety")
    learnt = shard.tokens[: shard.starts[1]][shard.mask[: shard.starts[1]] == 1]
    assert load_tokenizer(tiny_model).decode(learnt.tolist()) == "No."
    assert shard.document_ids() == ["safety-1", "safety-2"]
    assert Shard.open(tmp_path / "out/held-out/safety").document_ids() == ["safety-3"]


def test_brief_exchanges_end_with_the_opening_of_their_answer(tiny_model, tmp_path):
    exchanges = [exchange(number, answer="No, as it harms people.") for number in range(200)]
    write_exchanges(tmp_path / "safety/exchanges/train.jsonl", exchanges)
    write_exchanges(tmp_path / "safety/exchanges/test.jsonl", exchanges[:20])
    stages = inputs(tiny_model, safety=tmp_path / "safety")
    brief = Brief(stages=("safety",), share=0.75, tokens=2)
    outcome = run(Tokens(exchanges=("safety",), brief=brief), stages, tmp_path / "out")
    train = answers(tmp_path / "out/train/safety", tiny_model)
    assert set(train) == {"No", "No, as it harms people."}
    assert 130 < train.count("No") < 170
    cut = [tally for tally in outcome.tallies if tally.reason == "answer-cut-after-its-opening"]
    assert [tally.value for tally in cut] == [train.count("No") * len(", as it harms people.|")]
    assert set(answers(tmp_path / "out/held-out/safety", tiny_model)) == {"No, as it harms people."}


def answers(prefix, model):
    """What is learnt of each exchange of a shard, as text."""
    shard, tokenizer = Shard.open(prefix), load_tokenizer(model)
    pieces = [slice(shard.starts[n], shard.starts[n + 1]) for n in range(shard.documents)]
    return [
        tokenizer.decode(shard.tokens[piece][shard.mask[piece] == 1].tolist()) for piece in pieces
    ]


def test_brief_names_stages_of_exchanges():
    with pytest.raises(ValueError, match=r"brief\.stages names corpus, which is no stage of exch"):
        Tokens(documents=("corpus",), brief=Brief(stages=("corpus",)))


def test_the_summary_counts_bytes_licences_and_what_nobody_reviewed(tiny_model, corpus, tmp_path):
    write_exchanges(tmp_path / "safety/exchanges/train.jsonl", [exchange(1), exchange(2)])
    stages = inputs(tiny_model, corpus=corpus, safety=tmp_path / "safety")
    run(Tokens(documents=("corpus",), exchanges=("safety",)), stages, tmp_path / "out")
    train = read_shard_set(tmp_path / "out").domains["train"]
    assert train["ja"].text_bytes == len(TEXTS["ja"][0].encode())
    assert train["ja"].licences == {"MPL-2.0": train["ja"].tokens}
    assert (train["fi"].unreviewed_documents, train["safety"].unreviewed_documents) == (0, 2)
    assert (train["fi"].masked, train["safety"].masked) == (False, True)


def test_the_faster_encoder_writes_the_same_shards(tiny_model, corpus, tmp_path):
    pytest.importorskip("fastokens")
    stages = inputs(tiny_model, corpus=corpus)
    plain = run(Tokens(documents=("corpus",)), stages, tmp_path / "plain")
    quick = run(Tokens(documents=("corpus",), encoder="fastokens"), stages, tmp_path / "quick")
    assert quick == plain and not quick.notices
    for file in (tmp_path / "plain").rglob("*.*"):
        same = tmp_path / "quick" / file.relative_to(tmp_path / "plain")
        assert file.read_bytes() == same.read_bytes()


def test_a_faster_encoder_that_is_not_there_is_told_of(tiny_model, corpus, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fastokens", None)
    settings = Tokens(documents=("corpus",), encoder="fastokens")
    outcome = run(settings, inputs(tiny_model, corpus=corpus), tmp_path / "out")
    assert outcome.notices[0].startswith("tokens was encoded with tokenizers and not with fastok")


def test_tallies_count_documents_tokens_and_bytes_by_source(tiny_model, corpus, tmp_path):
    outcome = run(Tokens(documents=("corpus",)), inputs(tiny_model, corpus=corpus), tmp_path / "o")
    found = {(t.domain, t.source, t.outcome, t.unit): t.value for t in outcome.tallies}
    assert found["fi", "help-fi", "train", "documents"] == 2
    assert found["fi", "help-fi", "held-out", "bytes"] == len("Huomenta.")
    assert outcome.tokens == sum(v for key, v in found.items() if key[-1] == "tokens")


def test_one_domain_may_come_from_several_stages(tiny_model, corpus, tmp_path):
    write_documents(tmp_path / "more", {"fi": ["Lisää."]})
    stages = inputs(tiny_model, corpus=corpus, more=tmp_path / "more")
    run(Tokens(documents=("corpus", "more")), stages, tmp_path / "out")
    assert Shard.open(tmp_path / "out/train/fi").documents == 3


def test_stages_may_keep_domains_of_their_own(tiny_model, corpus, tmp_path):
    write_documents(tmp_path / "more", {"fi": ["kolme"]})
    settings = Tokens(documents=("corpus", "more"), apart=("more",))
    run(settings, inputs(tiny_model, corpus=corpus, more=tmp_path / "more"), tmp_path / "out")
    domains = read_shard_set(tmp_path / "out").domains["train"]
    assert (domains["fi"].documents, domains["more-fi"].documents) == (2, 1)


def test_languages_of_exchanges_may_be_domains_of_their_own(tiny_model, corpus, tmp_path):
    spoken = [exchange(1), exchange(2, language="fi")]
    write_exchanges(tmp_path / "seed/exchanges/train.jsonl", spoken)
    settings = Tokens(documents=("corpus",), exchanges=("seed",), apart=("seed",))
    run(settings, inputs(tiny_model, corpus=corpus, seed=tmp_path / "seed"), tmp_path / "out")
    assert {"safety-en", "safety-fi"} < set(read_shard_set(tmp_path / "out").domains["train"])


def test_a_stage_apart_must_be_read():
    with pytest.raises(ValueError, match="apart names general, which is no stage of texts here"):
        Tokens(documents=("corpus",), apart=("general",))


def test_exchanges_in_a_domain_of_documents_are_refused(tiny_model, corpus, tmp_path):
    write_exchanges(tmp_path / "odd/exchanges/train.jsonl", [exchange(1, domain="fi")])
    stages = inputs(tiny_model, corpus=corpus, odd=tmp_path / "odd")
    with pytest.raises(DataError, match="tokens: domain 'fi' comes from documents and"):
        run(Tokens(documents=("corpus",), exchanges=("odd",)), stages, tmp_path / "out")


def test_nothing_to_train_on_is_said(tiny_model, tmp_path):
    stages = inputs(tiny_model, corpus=tmp_path)
    with pytest.raises(DataError, match="tokens: no document or exchange to train on"):
        run(Tokens(documents=("corpus",)), stages, tmp_path / "out")


def test_a_stage_that_reads_no_text_is_refused():
    with pytest.raises(ValueError, match="both empty"):
        Tokens()
