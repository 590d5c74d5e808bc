"""Translation requests from aligned sentences."""

import gzip
import json

import pytest

from auroram.errors import DataError
from auroram.instruct.templates import templates
from auroram.instruct.translation import Pairs, translations

PAIR = {"id": "text/a/b.html#par_1", "en": "Open the file.", "fi": "Avaa tiedosto."}
LANGUAGES = ("en", "fi", "hi", "ja", "vi")


def write(path, *lines):
    path.write_bytes(gzip.compress("".join(f"{line}\n" for line in lines).encode()))
    return path


def made(path, languages=("en", "fi")):
    pairs = Pairs(file=path.name, languages=languages, licence="MPL-2.0")
    return list(translations(pairs, path, source="pairs"))


def test_a_pair_is_translated_both_ways(tmp_path):
    there, back = made(write(tmp_path / "p.jsonl.gz", json.dumps(PAIR)))
    assert ("Open the file." in there.request, there.answer) == (True, "Avaa tiedosto.")
    assert ("Avaa tiedosto." in back.request, back.answer) == (True, "Open the file.")
    assert (there.language, back.language) == ("fi", "en")
    assert there.page == "text/a/b.html"


def test_requests_are_worded_in_either_language(tmp_path):
    lines = [json.dumps(PAIR | {"en": f"Line {n}."}) for n in range(40)]
    requests = [c.request for c in made(write(tmp_path / "p.jsonl.gz", *lines))[::2]]
    finnish = sum("suomeksi" in request for request in requests)
    assert 5 < finnish < 35


def test_what_was_left_untranslated_has_no_answer(tmp_path):
    pair = json.dumps(PAIR | {"fi": PAIR["en"]})
    assert [c.answer for c in made(write(tmp_path / "p.jsonl.gz", pair))] == ["", ""]


def test_braces_in_the_text_stay_as_they_are(tmp_path):
    pair = json.dumps(PAIR | {"en": "Type {into} here."})
    assert "{into} here" in made(write(tmp_path / "p.jsonl.gz", pair))[0].request


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "line 2: not a pair"),
        ("[]", "line 2: not a pair of sentences .no text in 'id'"),
        ('{"id": "a", "en": "b"}', "line 2: .* no text in 'fi'|line 2: .*no text in 'fi'"),
    ],
)
def test_a_line_that_is_no_pair_is_named(tmp_path, line, words):
    with pytest.raises(DataError, match=words):
        made(write(tmp_path / "p.jsonl.gz", json.dumps(PAIR), line))


def test_invalid_utf8_is_named(tmp_path):
    path = tmp_path / "p.jsonl"
    path.write_bytes(b'{"id": "\xff"}\n')
    with pytest.raises(DataError, match=r"p.jsonl, line 1: not a pair"):
        made(path)


def test_a_truncated_file_is_named(tmp_path):
    path = write(tmp_path / "p.jsonl.gz", *[json.dumps(PAIR | {"en": str(n)}) for n in range(999)])
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(DataError, match=r"p.jsonl.gz: cut off or damaged after line"):
        made(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none.jsonl: not found"):
        made(tmp_path / "none.jsonl")


def test_a_language_without_wordings_is_refused_with_those_that_have_some():
    with pytest.raises(ValueError, match=r"languages has sv.*en, fi, hi, ja, vi"):
        Pairs(file="x", languages=("en", "sv"), licence="MPL-2.0")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_wording_has_its_slots(language):
    translation, manual = templates().translation[language], templates().manual[language]
    assert set(translation.into) == set(LANGUAGES)
    assert all("{text}" in wording and "{into}" in wording for wording in translation.requests)
    for wording in (*manual.tasks, *manual.things):
        assert "{title}" in wording
        assert "{subject}" in wording
