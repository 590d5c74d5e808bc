"""The automaton against a slow, obvious search."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.text.characters import DIGIT, KATAKANA, LETTER, tables
from auroram.text.lexicon import Lexicon, folded
from auroram.text.units import units_of

PIECES = st.sampled_from([*"abA1 \n-のア漢", "é", "हि", "\u200d", "ab", "ba a", "アア"])
TEXTS = st.lists(PIECES, max_size=25).map("".join)
WORDS = st.lists(st.sampled_from([*"ab1- ア漢の", "é", "हि"]), min_size=1, max_size=4).map("".join)
ENTRIES = st.tuples(st.sampled_from(["", "*"]), WORDS, st.sampled_from(["", "*"])).map("".join)


def kind_of(character):
    kind = int(tables().classes[ord(character)])
    return LETTER if kind == DIGIT else kind


def joined(left, right):
    return kind_of(left) == kind_of(right) and kind_of(left) in (LETTER, KATAKANA)


def spans(text, entry):
    word = folded(entry.strip("*"))
    for start in range(len(text) - len(word) + 1):
        end = start + len(word)
        if text[start:end] == word:
            left = entry[0] == "*" or start == 0 or not joined(text[start - 1], text[start])
            right = entry[-1] == "*" or end == len(text) or not joined(text[end - 1], text[end])
            if left and right:
                yield start, end


def obvious_counts(text, entries, benign):
    plain = folded(text)
    groups = [*enumerate(entries), (-1, benign)]
    found = [(s, c) for c, group in groups for e in group for s in set(spans(plain, e))]
    counts = [0] * len(entries)
    for span, category in found:
        held = any(
            other != span and other[0] <= span[0] and span[1] <= other[1] and by in (category, -1)
            for other, by in found
        )
        counts[category] += category >= 0 and not held
    return counts


def hits(entries, texts, benign=()):
    return Lexicon.build({"x": entries}, benign).hits(texts).counts[:, 0].tolist()


@given(st.lists(ENTRIES, max_size=9, unique_by=lambda e: folded(e.strip("*"))), st.lists(TEXTS))
def test_the_automaton_finds_what_an_obvious_search_finds(entries, texts):
    entries = [entry for entry in entries if folded(entry.strip("*"))]
    parts = entries[0::3], entries[1::3], entries[2::3]
    texts = [unicodedata.normalize("NFC", text) for text in texts]
    found = Lexicon.build({"a": parts[0], "b": parts[1]}, parts[2]).hits(texts)
    assert found.counts.tolist() == [obvious_counts(t, parts[:2], parts[2]) for t in texts]


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=40)))
def test_units_are_those_of_the_house(texts):
    assert Lexicon.build({}).hits(texts).units.tolist() == [len(units_of(t)) for t in texts]


def test_a_word_is_not_found_inside_another():
    assert hits(["hell"], ["hello shell hell9 Hell, HELL"]) == [2]


def test_an_open_end_takes_case_endings_and_a_closed_one_does_not():
    assert hits(["talo*", "auto"], ["talossa talo kotitalo autossa auto"]) == [3]


def test_a_phrase_runs_over_line_ends_and_double_spaces():
    assert hits(["tình dục"], ["tình  dục, tình\ndục", "tìnhdục"]) == [2, 0]


def test_vietnamese_tones_are_compared():
    assert hits(["bạn"], ["bạn bàn bản ban bán Bạn"]) == [2]


def test_a_hindi_vowel_sign_makes_another_word():
    assert hits(["कर"], ["कर करी कार कर।"]) == [2]


def test_an_invisible_joiner_neither_hides_a_word_nor_ends_one():
    assert hits(["कर", "ab"], ["क\u200dर", "a\u200db", "ab\u200dc"]) == [1, 1, 0]


def test_a_run_of_katakana_is_one_word():
    assert hits(["エロ"], ["ピエロ", "エロイカ", "エロ動画", "エロ"]) == [0, 0, 1, 1]


def test_kanji_and_hiragana_match_anywhere_but_in_benign_words():
    assert hits(["死ね"], ["お前は死ね", "死ねば", "死ねば死ね"], ["死ねば"]) == [1, 0, 1]


def test_only_the_longest_of_nested_matches_counts():
    assert hits(["bad", "bad word", "very bad word"], ["a very bad word; bad"]) == [2]


def test_categories_do_not_hide_one_another():
    found = Lexicon.build({"a": ["bad word"], "b": ["word"]}).hits(["bad word"])
    assert found.counts.tolist() == [[1, 1]]


def test_rates_are_per_thousand_units():
    found = Lexicon.build({"x": ["bad"]}).hits(["bad dog, good dog", ""])
    assert found.per_thousand().tolist() == [[250.0], [0.0]]


def test_very_many_matches_are_all_counted():
    assert hits(["a"], ["a " * 10_000]) == [10_000]


def test_a_text_does_not_depend_on_its_batch():
    lexicon = Lexicon.build({"x": ["bad", "worse*"]})
    texts = ["bad worseness", "", "worse bad bad", "漢字"]
    alone = np.concatenate([lexicon.hits([text]).counts for text in texts])
    assert lexicon.hits(texts).counts.tolist() == alone.tolist()


@pytest.mark.parametrize("entries", [["ab", "AB"], ["ab", "ab*"], [""], ["*"], [" "]])
def test_doubled_and_empty_entries_are_refused(entries):
    with pytest.raises(ValueError, match="word list"):
        Lexicon.build({"x": entries})
