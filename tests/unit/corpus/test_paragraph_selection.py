"""What is left of documents, in whole batches."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auroram.corpus.languages import LANGUAGES
from auroram.corpus.selection import FIGURES, Selector
from auroram.text.buffers import Buffer
from auroram.text.identify import FastText
from auroram.text.paragraphs import paragraphs_of

HINDI = "सभी मनुष्यों को गौरव और अधिकारों के मामले में स्वतन्त्रता है"
FINNISH = "Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan"
ENGLISH = "All human beings are born free and equal in dignity and rights"
MENU = "Etusivu ja muut sivut tässä valikossa"


def selector(language="fi", boilerplate=()):
    lines = paragraphs_of(Buffer.of(list(boilerplate))).fingerprint
    documents = np.full(len(boilerplate), 11, np.uint64)
    return Selector(
        wanted=LANGUAGES[language].wanted(language),
        identifier=FastText(),
        repeated=np.stack([np.sort(lines[: len(boilerplate)]), documents]),
    )


def test_untranslated_english_goes_from_hindi():
    found = selector("hi").select_all([f"{HINDI}\n{ENGLISH}\n{HINDI}"])
    assert found.texts().to_pylist() == [f"{HINDI}\n{HINDI}"]
    assert found.fates()["language", "dropped", "en", "paragraphs"] == 1


def test_boilerplate_goes_and_is_counted_with_its_line_end():
    found = selector(boilerplate=[MENU]).select_all([f"{MENU}\n{FINNISH}"])
    assert found.texts().to_pylist() == [FINNISH]
    assert found.fates()["boilerplate", "dropped", "repeated", "bytes"] == len(MENU.encode()) + 1


def test_a_paragraph_that_goes_is_noted_by_its_characters():
    texts = [f"{FINNISH}\n{HINDI}\n{MENU}", "", f"{HINDI}\n{FINNISH}\n{ENGLISH}"]
    found = selector(boilerplate=[MENU]).select_all(texts)
    rows = found.removed(pa.array(["a", "b", "c"]), "web").to_pylist()
    owners = dict(zip("abc", texts, strict=True))
    said = [owners[row["id"]][row["start"] : row["end"]] for row in rows]
    assert said == [HINDI, MENU, HINDI, ENGLISH]
    assert [row["documents"] for row in rows] == [None, 11, None, None]
    assert [row["reason"] for row in rows] == ["hi", "repeated", "hi", "en"]


def test_the_figures_say_how_mixed_a_document_is():
    texts = [FINNISH, f"{FINNISH}\n{ENGLISH}", ENGLISH, "", f"{FINNISH} наука"]
    found = selector().select_all(texts)
    finnish, english = (sum(map(str.isalpha, text)) for text in (FINNISH, ENGLISH))
    assert found.mixed_share == pytest.approx([0, english / (finnish + english), 1, 0, 0])
    assert found.own_share == pytest.approx([1, finnish / (finnish + english), 0, 0, 1])
    assert found.other_script_share == pytest.approx([0, 0, 0, 0, 5 / (finnish + 5)])
    assert found.language_score[0] > 0.9
    assert found.language_score[2] == 0


def test_a_paragraph_that_begins_in_one_language_and_goes_on_in_another_is_of_the_other():
    text = " ".join([*[FINNISH] * 18, *[ENGLISH] * 190])
    finnish, english = (selector(language).select_all([text]) for language in ("fi", "en"))
    assert finnish.texts().to_pylist() == [""]
    assert finnish.own_share == 0 and finnish.mixed_share == 1
    assert english.texts().to_pylist() == [text]
    assert english.own_share == 1 and english.mixed_share == pytest.approx(1 / 4)


def test_figures_are_named_like_the_columns():
    found = selector().select_all([FINNISH])
    assert all(len(getattr(found, name)) == 1 for name in FIGURES)


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from([FINNISH, ENGLISH, HINDI, MENU, "1", ""]), max_size=6)))
def test_a_document_does_not_depend_on_its_batch(documents):
    texts = ["\n".join(lines) for lines in documents]
    chosen = selector(boilerplate=[MENU])
    together = chosen.select(texts)
    assert together == [chosen.select([text])[0] for text in texts]
    whole = chosen.select_all(texts).fates()
    assert sum((one.fates for one in together), Counter()) == whole


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=80), max_size=4))
def test_every_paragraph_is_kept_or_counted(texts):
    found = selector("ja").select_all(texts)
    fates = found.fates()
    kept, dropped = (
        sum(n for key, n in fates.items() if key[:2] == ("language", fate) and key[3] == "bytes")
        for fate in ("kept", "dropped")
    )
    assert kept + dropped == sum(len(text.encode()) + 1 for text in texts)
