"""The fused kernel against slow, obvious versions of every figure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_figures import figures_of

from auroram.text.buffers import Buffer
from auroram.text.signals import SIGNALS, STOP_WORDS_LIST, signals_of
from auroram.text.word_lists import WordLists

ANY = st.text(st.characters(exclude_categories=("Cs",)), max_size=80)
PIECES = (
    "a", "b", "A", "ß", "9", " ", "  ", "\n", "\n\n", "\t", ".", "...", "…", "?!", "#", "{", '"',
    "'", "- ", "•", "の", "です", "漢", "。", "カタ", "हि", "।", "\u200d", "\x00", "İ", "bạn", "_",
    "٣", "the ", "with", "JavaScript ", "terms of use ", "Privacy\nPolicy", "lorem ipsum ",
)  # fmt: skip
REPETITIVE = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)
STOPS = ("the", "with", "です", "bạn", "a b")


def found_of(text):
    words = WordLists.of({STOP_WORDS_LIST: STOPS})
    return dict(zip(SIGNALS, signals_of(Buffer.of([text]), words=words).figures[0], strict=True))


def assert_agrees(text):
    found, wanted = found_of(text), figures_of(text, STOPS)
    assert found.keys() == wanted.keys()
    wrong = {name: (found[name], wanted[name]) for name in wanted if not same(found, wanted, name)}
    assert not wrong


def same(found, wanted, name):
    return found[name] == pytest.approx(np.float32(wanted[name]), rel=1e-5)


@settings(deadline=None, max_examples=300)
@given(REPETITIVE)
def test_the_kernel_agrees_with_the_slow_version(text):
    assert_agrees(text)


@settings(deadline=None, max_examples=300)
@given(ANY)
def test_the_kernel_agrees_on_any_unicode(text):
    assert_agrees(text)


@pytest.mark.parametrize(
    ("text", "name", "figure"),
    [
        ("one\none\ntwo", "duplicate_line_count_share", 1 / 3),
        ("a b\nc\n\na b\nc\n\nd", "duplicate_paragraph_count_share", 1 / 3),
        ("# one # two", "hash_sign_ratio", 1.0),
        ("wait ... for... it…", "ellipsis_ratio", 1.0),
        ("• one\n  - two\nthree", "bullet_line_share", 2 / 3),
        ("and so on...\nand so on.", "ellipsis_line_share", 0.5),
        ("one 2 - three", "lettered_unit_share", 0.5),
        ("don't e-mail me", "lettered_unit_share", 1.0),
        ("The dog with the bone", "stop_words", 2),
        ("Ends.\nलिखा है।\n終わり。\nno end", "terminal_line_share", 0.75),
        ('She said "yes"\nand left', "unterminated_line_share", 0.5),
        ("one two\none two three", "few_unit_line_share", 0.5),
        ("Enable JavaScript!\nOr not.", "javascript_line_share", 0.5),
        ("Our Privacy Policy.\nRead it.", "policy_line_share", 0.5),
        ("Lorem ipsum dolor", "lorem_ipsum", 1),
        ("f(x) { g() {", "curly_brackets", 2),
        ("One. Two! (Three?) four\nFive", "sentences", 5),
        ("これは文です。これも文です。", "sentences", 2),
        ("One two three. Four five.\nno end here", "c4_sentences", 2),
        ("see https://example.org/a now", "longest_run", 21),
    ],
)
def test_a_figure_is_what_its_name_says(text, name, figure):
    assert found_of(text)[name] == pytest.approx(figure)


def test_tones_and_vowel_signs_keep_lines_and_words_apart():
    found = found_of("ban bạn bán bàn bản\nहै हैं हूं")
    assert found["top_2gram_share"] == 0
    assert found["units"] == 8


def test_an_unspaced_text_has_repeated_ngrams_as_a_spaced_one_has():
    assert found_of("東京都の図書館。" * 9)["duplicate_5gram_share"] > 0.8
    assert found_of("東京都の図書館は夜まで開いています。")["duplicate_5gram_share"] == 0


@settings(deadline=None, max_examples=50)
@given(st.lists(REPETITIVE, min_size=2, max_size=5))
def test_a_text_has_the_same_signals_in_any_company(texts):
    together = signals_of(Buffer.of(texts))
    alone = signals_of(Buffer.of(texts[-1:]))
    assert np.array_equal(together.figures[-1], alone.figures[0])
    assert np.array_equal(together.signatures[-1], alone.signatures[0])


def test_a_column_is_found_by_its_name():
    signals = signals_of(Buffer.of(["yksi kaksi\n123"]))
    assert signals.column("lines")[0] == 2
    assert signals.column("digit_share")[0] == pytest.approx(3 / 12)


def test_a_long_text_after_short_ones_fits_the_tables():
    text = " ".join(f"sana{i}" for i in range(9000))
    found = signals_of(Buffer.of(["a", text, "b b b b b b b b"]))
    assert found.column("top_2gram_share").tolist() == [0, 0, 1]
