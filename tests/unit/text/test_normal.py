"""One form of text, without harm to marks that carry meaning."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.text.normal import normal_code, normal_prose

ANY = st.text(st.characters(exclude_categories=("Cs",)))


@pytest.mark.parametrize(
    ("text", "normal", "changes"),
    [
        ("Tie\u0302\u0301ng", "Tiếng", ("unicode-form",)),
        ("a\r\nb\u2028c", "a\nb\nc", ("line-ends",)),
        ("a\x00b\u202ec\ufeff", "abc", ("control-characters",)),
        (" a  b \n\n c", "a b\nc", ("spaces",)),
        ("क्\u200dष के लिए", "क्\u200dष के लिए", ()),
        ("bạn bàn bản", "bạn bàn bản", ()),
    ],
)
def test_prose_gets_one_form_and_says_what_changed(text, normal, changes):
    found = normal_prose(text)
    assert (found.text, found.changes) == (normal, changes)


@given(ANY)
def test_a_normal_text_stays_as_it_is(text):
    once = normal_prose(text).text
    assert normal_prose(once).text == once
    assert normal_prose(once).changes == ()


@given(ANY)
def test_no_blank_line_and_no_decomposed_character_is_left(text):
    normal = normal_prose(text).text
    assert unicodedata.is_normalized("NFC", normal)
    assert not normal or all(line.strip() for line in normal.split("\n"))


@given(ANY)
def test_letters_and_marks_survive(text):
    def letters(value):
        decomposed = unicodedata.normalize("NFD", value)
        return [c for c in decomposed if unicodedata.category(c)[0] in "LM"]

    assert sorted(letters(normal_prose(text).text)) == sorted(letters(text))


def test_code_keeps_its_indentation_and_blank_lines():
    assert normal_code("def f():\r\n\n    return 1\n\n").text == "def f():\n\n    return 1"
