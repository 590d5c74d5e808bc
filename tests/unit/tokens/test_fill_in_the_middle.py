"""Fill-in-the-middle: a document's parts, each once, in an order that the marks tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.tokens.fill_in_the_middle import (
    FillInTheMiddle,
    Sentinels,
    arranged,
    cut_of,
    sentinels_in,
)

ALWAYS = FillInTheMiddle(rate=1.0)
MARKS = Sentinels(prefix=-1, suffix=-2, middle=-3)


def letters(text):
    return [ord(letter) for letter in text]


def parts(ids):
    """What stands behind each mark."""
    found, mark = {}, None
    for id_ in ids:
        if id_ < 0:
            mark = id_
        found.setdefault(mark, "")
        found[mark] += chr(id_) if id_ >= 0 else ""
    return found


@given(st.text(max_size=80), st.text(max_size=9))
def test_the_parts_give_the_text_again(text, document):
    cut = cut_of(text, ALWAYS, document=document, seed=3)
    assert cut.prefix + cut.middle + cut.suffix == text


@given(st.text(alphabet="abcé漢", max_size=80))
def test_prefix_first_marks_prefix_suffix_and_middle(text):
    settings = FillInTheMiddle(rate=1.0, suffix_first=0.0)
    cut = cut_of(text, settings, document="one", seed=3)
    ids = arranged(cut, MARKS, letters)
    assert [id_ for id_ in ids if id_ < 0] == [-1, -2, -3]
    assert parts(ids) == {-1: cut.prefix, -2: cut.suffix, -3: cut.middle}


@given(st.text(alphabet="abcé漢", max_size=80))
def test_suffix_first_leaves_the_prefix_before_the_middle(text):
    settings = FillInTheMiddle(rate=1.0, suffix_first=1.0)
    cut = cut_of(text, settings, document="one", seed=3)
    ids = arranged(cut, MARKS, letters)
    assert ids[:2] == [-1, -2]
    assert parts(ids) == {-1: "", -2: cut.suffix, -3: cut.prefix + cut.middle}


def test_a_share_of_the_documents_is_cut_and_the_same_ones_each_time():
    settings = FillInTheMiddle(rate=0.3)
    cuts = [cut_of("x = 1\n" * 9, settings, document=f"d{i}", seed=7) for i in range(2000)]
    again = [cut_of("x = 1\n" * 9, settings, document=f"d{i}", seed=7) for i in range(2000)]
    assert cuts == again
    made = [cut for cut in cuts if cut]
    assert len(made) / 2000 == pytest.approx(0.3, abs=0.04)
    assert sum(cut.suffix_first for cut in made) / len(made) == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("names", [("<fim_prefix>", "<fim_suffix>", "<fim_middle>")])
def test_the_marks_are_found_among_the_added_tokens(names):
    found = sentinels_in({"<eos>": 0, **{name: i for i, name in enumerate(names, 5)}})
    assert found == Sentinels(prefix=5, suffix=6, middle=7)


def test_half_a_set_of_marks_is_none():
    assert sentinels_in({"<fim_prefix>": 1, "<fim_suffix>": 2, "<|fim_middle|>": 3}) is None
