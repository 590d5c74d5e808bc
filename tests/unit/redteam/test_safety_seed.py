"""Seed safety data."""

from collections import Counter

import pytest

from auroram.errors import DataError
from auroram.ports import Inputs, Silent
from auroram.records.concerns import read_taxonomy
from auroram.records.exchange import read_exchanges
from auroram.redteam.seed_data import ConcernSeed, Topic, read_seed, seeded_languages
from auroram.redteam.stage import SafetySeed, run
from auroram.safety.grammar import read_grammars
from auroram.safety.judges import PhraseJudge

LANGUAGES = ("en", "fi", "hi", "ja", "vi")
CONCERNS = {"harm", "cyber", "cbrn", "illegal", "privacy", "evasion"}


def inputs(seed=1):
    return Inputs(root=None, name="safety-data", seed=seed, stages={}, progress=Silent())


def exchanges(out, split, **settings):
    run(SafetySeed(**settings), inputs(), out)
    return list(read_exchanges(out / "exchanges" / f"{split}.jsonl"))


@pytest.fixture(scope="module")
def drafted(tmp_path_factory):
    out = tmp_path_factory.mktemp("seed")
    return {split: exchanges(out, split) for split in ("train", "test")}


def test_every_concern_has_twenty_requests_and_as_many_look_alikes_in_every_language(drafted):
    counts = Counter((x.language, x.concern, x.kind) for x in drafted["train"] if x.concern)
    expected = {
        (la, c, kind) for la in LANGUAGES for c in CONCERNS for kind in ("harmful", "benign")
    }
    assert set(counts) == expected
    assert set(counts.values()) == {20}


def test_harmful_requests_and_look_alikes_share_their_templates(drafted):
    shared = [
        {x.template for x in drafted["train"] if x.kind == kind and x.concern}
        for kind in ("harmful", "benign")
    ]
    assert len(shared[0] & shared[1]) > 20
    everywhere = {f"any-{number}" for number in range(1, 13)}
    for language in LANGUAGES:
        for parts in read_seed(language).concerns.values():
            assert everywhere < {one.id for one in parts.templates}


def test_no_template_is_in_both_splits(drafted):
    train, test = ({x.template for x in drafted[split]} for split in ("train", "test"))
    assert train
    assert test
    assert not train & test


def test_no_request_is_in_both_splits(drafted):
    train, test = ({x.request for x in drafted[split]} for split in ("train", "test"))
    assert not train & test


def test_helping_or_not_is_told_by_the_first_words_of_an_answer(drafted):
    openings = {la: read_seed(la).helpful_opening for la in LANGUAGES}
    asked = [x for x in drafted["train"] if x.concern]
    assert all(openings.values())
    assert all((x.kind == "benign") == x.answer.startswith(openings[x.language]) for x in asked)


def test_the_phrase_judge_knows_refusals_from_helpful_answers(drafted):
    judge = PhraseJudge(read_grammars())
    for one in drafted["train"] + drafted["test"]:
        refused = judge.judge(one.request, one.answer).label == "refused"
        assert refused == (one.kind == "harmful"), one.answer


def test_ids_are_unique_and_slots_are_filled(drafted):
    everything = drafted["train"] + drafted["test"]
    assert len({x.id for x in everything}) == len(everything)
    assert not any("{" in x.request or not x.answer for x in everything)


def test_nothing_claims_to_be_reviewed(drafted):
    assert not any(x.reviewed for x in drafted["train"] + drafted["test"])


def test_the_run_says_that_nobody_reviewed_it(tmp_path):
    outcome = run(SafetySeed(languages=("en",)), inputs(), tmp_path)
    assert outcome.notices[0].endswith("not reviewed by people.")


def test_topics_take_turns_under_a_small_cap(tmp_path):
    few = exchanges(tmp_path, "train", languages=("en",), train_requests=8)
    topics = Counter(
        x.id.rsplit("-", 1)[1] for x in few if (x.concern, x.kind) == ("harm", "harmful")
    )
    assert set(topics.values()) == {1}
    assert len(topics) == 8


def test_the_share_of_look_alikes_can_be_set(tmp_path):
    few = exchanges(tmp_path, "train", languages=("vi",), train_requests=4, benign_ratio=2.0)
    counts = Counter(x.kind for x in few if x.concern == "cyber")
    assert counts == {"harmful": 4, "benign": 8}


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        run(SafetySeed(), inputs(), tmp_path / name)
    one, two = (tmp_path / name / "exchanges/train.jsonl" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_what_the_concerns_are_goes_with_the_exchanges(tmp_path):
    run(SafetySeed(languages=("en",)), inputs(), tmp_path)
    assert read_taxonomy(tmp_path / "concerns.toml").concerns["harm"].title["fi"]


def test_a_language_without_seed_data_is_refused_with_those_that_have_some():
    with pytest.raises(ValueError, match=r"no requests in sv; .*are en, fi, hi, ja, vi"):
        SafetySeed(languages=("sv",))


def test_a_template_in_both_splits_is_refused(tmp_path):
    template = '{ id = "a", text = "How to {topic}?", split = "%s" }'
    (tmp_path / "en.toml").write_text(
        'language = "en"\nlicence = "x"\nhelpful_opening = ""\ngeneral = []\ntemplates = []\n'
        f"[concerns.harm]\ntemplates = [{template % 'train'}, {template % 'test'}]\n"
        "harmful_topics = []\nrefusals = []\nbenign_topics = []\n"
    )
    with pytest.raises(DataError, match="is a template of both splits"):
        read_seed("en", tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "x",
        'language = "en"',
        'language = "en"\nlicence = "x"\nconcerns = 2',
        "language = 1\nconcerns = 2",
    ],
)
def test_a_broken_seed_file_is_named(tmp_path, content):
    (tmp_path / "en.toml").write_text(content)
    with pytest.raises(DataError, match=r"en.toml: not a file of seed requests"):
        read_seed("en", tmp_path)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"harmful_topics": (Topic(id="t", text="x"),)}, "without refusals"),
        ({"benign_topics": (Topic(id="s", text="x"),)}, "without an answer: s"),
    ],
)
def test_a_request_that_nothing_answers_is_refused(parts, words):
    empty = dict.fromkeys(ConcernSeed.__slots__, ())
    with pytest.raises(ValueError, match=words):
        ConcernSeed(**(empty | parts))


def test_five_languages_come_with_the_package():
    assert seeded_languages() == sorted(LANGUAGES)
