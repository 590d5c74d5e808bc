"""One form of text, without harm to marks that carry meaning."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auroram.text.normal import CHANGES, REMARKS, normal_all, normal_code, normal_prose

ANYTHING = st.text(st.characters(exclude_categories=())) | st.text(
    "Ã©Â¤€œ\x80\x85\x9d\xa0\xad ÐÑâ\x00a\n\r縺繧繝\u0301\u0303\u093cन\u200b\u200dก\ud83d\ude00"
)
"""Any string, lone surrogates too, and strings of what trouble is made of."""

RIGHT = {
    "en": "“Well,” she said, “it’s £5 – not €6…” © 2024 naïve café",
    "fi": "”Älä mene sinne”, hän sanoi — yö oli pimeä; työ… «Hyvää yötä»",
    "hi": "क्\u200dष के लिए प्रद\u094d\u200cयुम्न का क़लम ज़रूरी है।",
    "ja": "「こんにちは」世界。ヴァイオリンのパーツ～①㈱ ﾊﾝｶｸ 1234!",
    "vi": "“Tiếng Việt” có đủ dấu: ă â đ ê ô ơ ư; ằ ẩ ẫ ấ ậ ồ ử ỹ ỵ",
    "th": "ภาษา\u200bไทย",
    "ar": "\u200fالعربية\u200e",
    "emoji": "👩\u200d🔬 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f ❤\ufe0f",
}


@pytest.mark.parametrize("language", RIGHT)
def test_right_text_stays_letter_by_letter(language):
    right = unicodedata.normalize("NFC", RIGHT[language])
    found = normal_prose(right)
    assert (found.text, found.changes) == (right, ())


@pytest.mark.parametrize(
    ("text", "normal", "changes"),
    [
        ("Tie\u0302\u0301ng", "Tiếng", ("nfc",)),
        ("ज\u093c and न\u093c", "ज\u093c and ऩ", ("nfc",)),
        ("a\u0323\u0302 a\u0302\u0323", "ậ ậ", ("nfc",)),
        ("\u1112\u1161\u11ab", "한", ("nfc",)),
        ("a\r\nb\u2028c", "a\nb\nc", ("line-ends",)),
        ("a\x00b\x07", "ab", ("null-characters", "control-characters")),
        ("a\u202eb\u2066c\ufeff", "abc", ("invisible",)),
        ("hid\U000e0068\U000e0069den", "hidden", ("invisible",)),
        (" a  b \n\n c", "a b\nc", ("spaces",)),
        ("Tiáº¿ng Viá»‡t", "Tiếng Việt", ("mojibake",)),
        ("\x93it\x92s\x94", "“it’s”", ("mojibake",)),
        ("\ud83d\ude00", "😀", ("surrogates",)),
        ("\ud800x", "\ufffdx", ("surrogates", "replacement-characters")),
        ("Ã\x00©", "é", ("mojibake", "null-characters")),
        ("", "", ()),
    ],
)
def test_prose_gets_one_form_and_says_what_changed(text, normal, changes):
    found = normal_prose(text)
    assert (found.text, found.changes) == (normal, changes)


@settings(deadline=None)
@given(ANYTHING, st.booleans())
def test_any_string_becomes_nfc_that_can_be_written(text, code):
    (found,) = normal_all([text], code=code)
    assert unicodedata.is_normalized("NFC", found.text)
    assert found.text.encode().decode() == found.text
    assert set(found.changes) <= {*CHANGES, *REMARKS}


@settings(deadline=None)
@given(ANYTHING, st.booleans())
def test_a_normal_text_stays_as_it_is(text, code):
    (once,) = normal_all([text], code=code)
    (twice,) = normal_all([once.text], code=code)
    assert twice.text == once.text
    assert set(twice.changes) <= set(REMARKS)


@settings(deadline=None)
@given(st.lists(ANYTHING, max_size=5), st.booleans())
def test_a_text_does_not_depend_on_its_batch(texts, code):
    alone = [normal_all([text], code=code)[0] for text in texts]
    assert normal_all(texts, code=code) == alone


@settings(deadline=None)
@given(ANYTHING)
def test_no_blank_line_and_no_double_space_is_left(text):
    normal = normal_prose(text).text
    assert not normal or all(line.strip() for line in normal.split("\n"))
    assert "  " not in normal
    assert normal == normal.strip()


@settings(deadline=None)
@given(st.text(st.characters(categories=("L", "M", "N", "Zs"), min_codepoint=0x370)))
def test_letters_and_marks_survive(text):
    def letters(value):
        decomposed = unicodedata.normalize("NFD", value)
        return [c for c in decomposed if unicodedata.category(c)[0] in "LM"]

    assert sorted(letters(normal_prose(text).text)) == sorted(letters(text))


def test_code_keeps_its_indentation_and_blank_lines():
    assert normal_code("def f():\r\n\n    return 1\n\n").text == "def f():\n\n    return 1"


def test_code_is_not_mended_but_counted():
    found = normal_code('broken = "schÃ¶n"')
    assert (found.text, found.changes) == ('broken = "schÃ¶n"', ("mojibake-left",))
