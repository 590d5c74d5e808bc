"""Judging batches: figures, rules, actions."""

import pickle

import numpy as np
import pytest

from auroram.corpus.harm import Harm, HarmBounds, HarmClassifier, HarmJudge
from auroram.errors import DataError
from auroram.text.classifier_folder import write_classifier
from auroram.text.ngram_classifier import NgramShape, NgramTraining, trained

RUDE = "You bastards talk bullshit, you shitty wankers."
CALM = "The women of the village met in the library and read a book about bees."
SHORT_QUOTATION = "He said: bullshit."


@pytest.fixture
def classifier_folder(tmp_path):
    training = NgramTraining(shape=NgramShape(bits=12), epochs=4)
    classifier = trained([RUDE, CALM] * 10, ["rude", "calm"] * 10, training)
    write_classifier(classifier, tmp_path / "rude")
    return tmp_path


def judged(texts, language="en", root=None, **settings):
    judge = HarmJudge.open(Harm(**settings), root, ["en", "fi", "hi", "ja", "vi", "code"])
    return judge.judge(texts, language)


def column(found, name):
    return found.figures[:, found.columns.index(name)].tolist()


def test_a_document_full_of_swearing_breaks_a_rule_and_says_its_figure():
    (rude, calm) = judged([RUDE, CALM]).failures
    assert [failure.rule for failure in rude] == ["harm-profanity-words"]
    assert rude[0].detail == "4 profanity words, 571.4 per 1,000 units > 20"
    assert calm == ()


def test_one_quotation_in_a_short_text_breaks_no_rule():
    assert judged([SHORT_QUOTATION]).failures == ((),)


def test_figures_stand_under_their_names():
    found = judged([RUDE, CALM])
    assert column(found, "harm_profanity_words") == [4, 0]
    assert column(found, "harm_profanity_rate") == pytest.approx([4000 / 7, 0])
    assert column(found, "harm_rules") == [1, 0]


def test_bounds_hold_for_their_language_alone():
    bounds = {"en": HarmBounds(highest_profanity_rate=900)}
    assert judged([RUDE], bounds=bounds).failures == ((),)
    assert judged([RUDE], bounds={"fi": bounds["en"]}).flagged().tolist() == [True]


def test_mentions_are_counted_whatever_the_verdict():
    found = judged([CALM, RUDE])
    assert found.mentions[:, found.terms.index("woman")].tolist() == [True, False]
    assert found.mentions.sum() == 1


def test_code_and_languages_without_a_list_have_no_figures_and_break_no_rule():
    found = judged([RUDE], language="code")
    assert np.isnan(found.figures[0, :-1]).all() and found.figures[0, -1] == 0
    assert found.failures == ((),) and found.terms == ()


def test_off_looks_at_nothing():
    found = judged([RUDE], action="off")
    assert found.columns == () and found.figures.shape == (1, 0) and found.failures == ((),)


def test_an_empty_list_turns_words_off_for_a_language():
    assert judged([RUDE], lists={"en": ()}).failures == ((),)


def test_an_empty_batch_is_an_empty_answer():
    found = judged([])
    assert found.figures.shape == (0, len(found.columns)) and found.failures == ()


def test_a_list_of_ones_own_replaces_the_built_in_one(tmp_path):
    (tmp_path / "own.toml").write_text(
        'language = "en"\nlicence = "MIT"\n[[words]]\ncategory = "slur"\nseverity = 2\n'
        'entries = ["bees"]\n'
    )
    settings = Harm(lists={"en": ("own.toml",)})
    found = HarmJudge.open(settings, tmp_path, ["en"]).judge([RUDE, CALM], "en")
    assert column(found, "harm_slur_words") == [0, 1]
    assert settings.files() == ("own.toml",)


def test_a_classifier_breaks_the_rule_of_its_name(classifier_folder):
    rude = HarmClassifier(path="rude", label="rude")
    found = judged([RUDE, CALM], root=classifier_folder, lists={"en": ()}, classifiers={"my": rude})
    assert [[f.rule for f in broken] for broken in found.failures] == [["harm-my"], []]
    assert column(found, "harm_my_score")[0] > 0.5 > column(found, "harm_my_score")[1]


def test_a_threshold_of_a_language_wins(classifier_folder):
    rude = HarmClassifier(path="rude", label="rude", threshold=0.0, thresholds={"fi": 1.0})
    settings = {"root": classifier_folder, "classifiers": {"my": rude}}
    assert judged([CALM], **settings).flagged().tolist() == [True]
    assert judged([CALM], language="fi", **settings).flagged().tolist() == [False]


def test_a_classifier_is_not_asked_about_other_languages(classifier_folder):
    rude = HarmClassifier(path="rude", label="rude", languages=("fi",))
    found = judged([RUDE], root=classifier_folder, classifiers={"my": rude})
    assert np.isnan(column(found, "harm_my_score")).all()


def test_a_label_that_a_classifier_lacks_is_refused_with_those_it_has(classifier_folder):
    with pytest.raises(DataError, match=r"harm.classifiers.my: .* it has calm, rude"):
        judged(
            [], root=classifier_folder, classifiers={"my": HarmClassifier(path="rude", label="x")}
        )


def test_the_name_of_a_built_in_rule_is_refused():
    with pytest.raises(ValueError, match="slur-words"):
        Harm(classifiers={"slur-words": HarmClassifier(path="a", label="b")})


def test_names_that_would_share_a_column_are_refused():
    one = HarmClassifier(path="a", label="b")
    with pytest.raises(ValueError, match="differ by"):
        Harm(classifiers={"a-b": one, "a_b": one})


def test_a_judge_can_be_sent_to_another_process(classifier_folder):
    rude = HarmClassifier(path="rude", label="rude")
    judge = HarmJudge.open(Harm(classifiers={"my": rude}), classifier_folder, ["en"])
    again = pickle.loads(pickle.dumps(judge)).judge([RUDE, CALM], "en")
    assert again.figures.tolist() == judge.judge([RUDE, CALM], "en").figures.tolist()


def test_splitting_a_batch_changes_nothing():
    texts = [RUDE, CALM, SHORT_QUOTATION, ""]
    whole = judged(texts)
    parts = [judged([text]) for text in texts]
    assert whole.figures.tolist() == [part.figures[0].tolist() for part in parts]
    assert whole.failures == tuple(part.failures[0] for part in parts)
