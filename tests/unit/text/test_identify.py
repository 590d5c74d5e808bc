"""The compiled identifier says what fastText says."""

import pickle

import fasttext
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auroram.text.buffers import Buffer
from auroram.text.identify import FastText, _model_file

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
    return fasttext.load_model(str(_model_file()))


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
    assert [(FastText().tags[i], float(s)) for i, s in zip(*found, strict=True)] == alone


def test_only_the_first_thousand_characters_count():
    finnish = (SAID["fi"] * 20)[:1000]
    assert FastText().identify(finnish + SAID["ja"] * 99) == FastText().identify(finnish)


def test_it_travels_to_another_process():
    assert pickle.loads(pickle.dumps(FastText())).identify("Hyvää päivää")[0] == "fi"


def test_nothing_to_tell_is_no_error():
    empty = np.zeros(0, np.int64)
    assert len(FastText().identify_all(np.zeros(0, np.uint8), empty, empty)[0]) == 0
    assert 0 <= FastText().identify("")[1] <= 1
