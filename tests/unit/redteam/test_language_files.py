"""The templates of requests in five languages."""

import shutil

import pytest

from auroram.errors import DataError
from auroram.records.concerns import read_taxonomy
from auroram.redteam.language import FOLDER, read_language
from auroram.redteam.operational import operational_signs
from auroram.redteam.relevance import relevance_in
from auroram.redteam.settings import LANGUAGES
from auroram.redteam.templates import requests_of
from auroram.text.identify import FastText

CONCERNS = tuple(read_taxonomy().concerns)


@pytest.fixture(scope="module")
def requests():
    return {code: list(requests_of(read_language(code), CONCERNS)) for code in LANGUAGES}


@pytest.fixture
def spoilt(tmp_path):
    """Reads a language from a copy of the files in which one text is replaced by another."""

    def read(code, *changes):
        folder = shutil.copytree(FOLDER, tmp_path / "languages")
        text = (folder / f"{code}.toml").read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        (folder / f"{code}.toml").write_text(text, encoding="utf-8")
        return read_language(code, folder)

    return read


def test_every_language_makes_the_same_requests_by_their_ids(requests):
    ids = {code: {(r.template, r.topic, r.split) for r in made} for code, made in requests.items()}
    assert all(ids[code] == ids["en"] for code in LANGUAGES)
    assert len(ids["en"]) > 500


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_file_says_that_nobody_has_checked_it(code):
    assert read_language(code).checked_by == ()


@pytest.mark.parametrize("code", LANGUAGES)
def test_slots_are_filled_and_readings_taken_out(requests, code):
    for request in requests[code]:
        for text in (request.text, request.look_alike.text, request.look_alike.answer):
            assert not set("{}[]") & set(text)


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_holds_operational_detail(requests, code):
    for request in requests[code]:
        assert not operational_signs(request.text)


@pytest.mark.parametrize("code", LANGUAGES)
def test_requests_and_answers_are_in_their_language(requests, code):
    identify = FastText().identify
    texts = {r.look_alike.answer for r in requests[code]}
    texts |= {
        " ".join([words.reason, *words.ways]) for words in read_language(code).concerns.values()
    }
    assert {identify(text)[0] for text in texts} == {code}


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_requests_words_tell_its_concern_and_a_twins_hardly_any(requests, code):
    made = requests[code]
    relevance = relevance_in(code)
    found = relevance.concerns([r.text for r in made], [()] * len(made))
    twins = relevance.concerns([r.look_alike.text for r in made], [()] * len(made))
    right = sum(one == r.concern for one, r in zip(found, made, strict=True))
    assert right / len(made) > 0.95
    assert sum(map(bool, twins)) / len(made) < 0.06


def test_a_frame_belongs_to_one_split(requests):
    splits = {}
    for request in requests["vi"]:
        assert splits.setdefault(request.template, request.split) == request.split


def test_a_filler_that_makes_no_sense_can_be_left_out(spoilt):
    language = spoilt("en", ('id = "cyber-access", ', 'id = "cyber-access", except = ["phone"], '))
    topics = {r.topic for r in requests_of(language, ["cyber"]) if "access" in r.topic}
    assert topics == {"cyber-access:email", "cyber-access:network"}


@pytest.mark.parametrize(
    ("code", "change", "words"),
    [
        ("en", ("break into {account}", "break into {acount}"), r"slot \{acount\} has no fillers"),
        ("fi", ("{person:part} niin", "{person:ill} niin"), "stays unfilled by classmate, ex"),
        ("en", ("How can I {deed}?", "How can I do it?"), r"needs exactly one slot.*\(got \[\]\)"),
        ("en", ('split = "train"', 'split = "trian"'), "must be train or test .got 'trian'"),
        ("en", ("[concerns.cyber]", "[concerns.cybre]"), "concerns.cybre: unknown concern; known"),
        ("vi", ('id = "cyber-lure"', 'id = "cyber-lura"'), "cyber-lure: missing, though en has it"),
        ("ja", ("銀行員[ぎんこういん]", "銀行員"), "no reading in brackets after '銀行員'"),
        ("en", ('"ransomware*"', '"ransom*ware"'), "may stand at the ends alone"),
        ("en", ('"ransomware*"', '"cocaine"'), "'cocaine' stands in concerns.cyber too"),
        ("en", ('"* how to {deed}"', '"how * to {deed}"'), r"asking 'how \* to .*first or nowhere"),
        ("en", ("rot13 = ", "rot14 = "), "wrappers.rot14: unknown"),
        ("en", ('name = "English"\n', ""), "missing: name"),
        (
            "en",
            ('twin = "make an email account safer"', 'twin = "make {account} safer"'),
            "take none",
        ),
    ],
)
def test_a_wrong_file_is_named_with_the_place(spoilt, code, change, words):
    with pytest.raises(DataError, match=rf"(?s){code}.toml: the templates are wrong:.*{words}"):
        spoilt(code, change)


def test_all_faults_are_named_at_once(spoilt):
    with pytest.raises(DataError) as raised:
        spoilt("en", ("{account}", "{acount}"), ('split = "train"', 'split = "trian"'))
    assert str(raised.value).count("\n") == 2


def test_a_language_without_a_file_is_refused_with_those_that_have_one():
    with pytest.raises(DataError, match=r"no templates in 'sv'.*are en, fi, hi, ja, vi"):
        read_language("sv")
