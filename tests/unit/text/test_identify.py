"""The compiled identifier says what fastText says."""

import pickle

import fasttext
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auroram.text.buffers import Buffer
from auroram.text.identify import FastText, model_file

SAID = {
    "en": "All human beings are born free and equal in dignity and rights.",
    "fi": "Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan.",
    "et": "Kõik inimesed sünnivad vabadena ja võrdsetena oma väärikuselt.",
    "hi": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता है।",
    "vi": "Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm.",
    "ja": "すべての人間は、生まれながらにして自由であり、平等である。",
}


@pytest.fixture(scope="module")
def reference():
    return fasttext.load_model(str(model_file()))


@pytest.mark.parametrize("language", SAID)
def test_a_sentence_is_told(language):
    assert FastText().identify(SAID[language])[0] == language


@settings(deadline=None)
@given(
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\n"))
    | st.lists(st.sampled_from([word for text in SAID.values() for word in text.split()])).map(
        " ".join
    )
)
def test_it_agrees_with_fasttext(reference, text):
    labels, scores = reference.predict(text)
    found, score = FastText().identify(text)
    assert score == pytest.approx(min(1.0, scores[0]), abs=1e-3)
    assert labels[0] == f"__label__{found}" or score < 0.1


def test_a_batch_is_told_like_its_pieces():
    buffer = Buffer.of(list(SAID.values()))
    found = FastText().identify_all(buffer.data, buffer.offsets[:-1], buffer.offsets[1:])
    alone = [FastText().identify(text) for text in SAID.values()]
    told = zip(found.labels, found.scores, strict=True)
    assert [(FastText().tags[i], float(s)) for i, s in told] == alone


def whole(text):
    """What is said of a text of one line by its windows."""
    buffer = Buffer.of([text])
    return FastText().identify_all(buffer.data, buffer.offsets[:-1], buffer.offsets[1:])


def test_a_long_piece_that_begins_in_one_language_is_in_the_one_of_most_of_it():
    text = " ".join([*[SAID["fi"]] * 18, *[SAID["en"]] * 200])
    found = whole(text)
    assert FastText().identify(text)[0] == "en"
    assert [FastText().tags[i] for i in found.windows[0]] == ["fi", "en", "en", "en"]
    assert found.scores[0] == pytest.approx(found.window_scores[0, 1:].sum() / 4, abs=0.02)


@pytest.mark.parametrize("language", SAID)
def test_up_to_a_thousand_characters_a_piece_is_looked_at_whole(reference, language):
    text = (SAID[language] + " ") * 40
    thousand, more = whole(text[:1000]), whole(text[:1001])
    assert (thousand.windows == -1).all() and (more.windows[0] >= 0).sum() == 2
    assert (whole(text[:400] * 9).windows >= 0).all()
    labels, scores = reference.predict(text[:1000])
    assert FastText().identify(text[:1000])[0] == labels[0].removeprefix("__label__")
    assert thousand.scores[0] == pytest.approx(min(1.0, scores[0]), abs=1e-3)


@pytest.mark.parametrize("size", [1001, 2000, 2001, 5000])
def test_a_window_says_what_is_said_of_its_text_alone(size):
    text = (" ".join(SAID.values()) * 20)[:size]
    found = whole(text)
    first, last = FastText().identify(text[:1000]), FastText().identify(text[-1000:])
    assert FastText().tags[found.windows[0, 0]] == first[0]
    assert found.window_scores[0, 0] == pytest.approx(first[1], rel=1e-4)
    windows = int((found.windows >= 0).sum())
    assert FastText().tags[found.windows[0, windows - 1]] == last[0]
    assert found.window_scores[0, windows - 1] == pytest.approx(last[1], rel=1e-4)


def test_it_travels_to_another_process():
    assert pickle.loads(pickle.dumps(FastText())).identify("Hyvää päivää")[0] == "fi"


def test_nothing_to_tell_is_no_error():
    empty = np.zeros(0, np.int64)
    assert len(FastText().identify_all(np.zeros(0, np.uint8), empty, empty).labels) == 0
    assert 0 <= FastText().identify("")[1] <= 1
