"""Words and phrases of named lists are found in any script, and counted by list."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_figures import has_phrase

from auroram.text.buffers import Buffer
from auroram.text.signals import signals_of
from auroram.text.stop_words import STOP_WORDS
from auroram.text.word_lists import WordLists

PHRASES = ("a", "a b", "b a b", "c", "漢", "b\u0301", "हि", "ab c")
TEXT = st.lists(st.sampled_from(("a ", "b ", "c. ", "漢", "B\u0301 ", "हि ", "\n")), max_size=40)


def hits(text, **lists):
    found = signals_of(Buffer.of([text]), words=WordLists.of(lists))
    return found.hits[0].tolist(), found.distinct[0].tolist()


@settings(deadline=None)
@given(TEXT.map("".join), st.sets(st.sampled_from(PHRASES), min_size=1))
def test_hits_agree_with_the_slow_version(text, phrases):
    each = [has_phrase(text, phrase) for phrase in phrases]
    assert hits(text, one=tuple(phrases)) == ([sum(each)], [sum(n > 0 for n in each)])


def test_lists_are_counted_apart_and_may_share_an_entry():
    found = hits("Red, red and BLUE sky", colours=("red", "blue"), things=("blue sky", "red"))
    assert found == ([3, 3], [2, 2])


def test_tones_and_vowel_signs_tell_words_apart():
    assert hits("bạn bán है", one=("ban", "bàn", "हैं")) == ([0], [0])


def test_a_text_does_not_remember_the_words_of_the_one_before():
    words = WordLists.of({"one": ("red",)})
    found = signals_of(Buffer.of(["red", "blue", "red red"]), words=words)
    assert found.distinct[:, 0].tolist() == [1, 0, 1]


def test_many_lists_are_told_apart():
    lists = {f"list{i}": (f"word{i}", "common") for i in range(200)}
    found, _ = hits("word7 common", **lists)
    assert found == [2 if name == "list7" else 1 for name in lists]


def test_an_entry_without_a_unit_is_never_found():
    assert hits("... !", one=("...", "")) == ([0], [0])


def test_an_entry_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match="at most 62 units"):
        WordLists.of({"one": (" ".join("abcdefgh" * 8),)})


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The cat sat with the dog and left."),
        ("fi", "Kissa ja koira ovat pihalla, mutta lintu ei ole."),
        ("hi", "यह किताब मेज पर है और कलम भी।"),
        ("ja", "猫は庭にいます。犬も家の前です。"),
        ("vi", "Con mèo và con chó là bạn của những đứa trẻ trong nhà này."),
    ],
)
def test_running_text_has_stop_words_of_its_language(language, text):
    counts = {one: hits(text, words=words)[1][0] for one, words in STOP_WORDS.items()}
    assert counts[language] >= 2
    assert max(counts, key=counts.get) == language
