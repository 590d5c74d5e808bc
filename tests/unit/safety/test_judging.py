"""Judges of one question, and the cards that say how far they can be believed."""

import json

import numpy as np
import pytest

from auroram.errors import DataError, NoReplyError
from auroram.records.labels import LabelledReply, read_labels, write_labels
from auroram.safety.cards import BUILT_IN, card_for, measured_card, read_card, write_card
from auroram.safety.judge_settings import (
    GuardJudge,
    ModelJudge,
    NgramJudge,
    PeopleJudge,
    PhrasesJudge,
    judge_of,
)
from auroram.safety.judge_training import JudgeTraining, best_threshold, train_judge
from auroram.safety.judging import Asked, Pair
from auroram.safety.open_judge import open_judge
from auroram.text.ngram_classifier import NgramShape, NgramTraining

REFUSAL, HELP = "I can't help with that.", "Mix the flour with water and bake it."


def label(reply, yes, *, request="How?", language="en", question="refused", by="person"):
    return LabelledReply(
        question=question,
        language=language,
        request=request,
        reply=reply,
        label=yes,
        labelled_by=by,
        source="test",
        licence="Apache-2.0",
    )


def pair(reply):
    return Pair(request="How?", reply=reply, language="en")


def words(judge, *replies):
    return [said.word for said in judge.says([pair(reply) for reply in replies])]


def phrases(question="refused", path=None):
    return open_judge(PhrasesJudge(), question, path, None)


class Answering:
    """A chat model that says what it is told to."""

    name = "scripted"

    def __init__(self, *answers):
        self.answers = list(answers)

    def chat(self, _messages):
        answer = self.answers.pop(0)
        if answer is None:
            raise NoReplyError("nobody there")
        return answer


def test_phrases_answer_both_questions_and_leave_what_says_nothing_unscored():
    assert words(phrases("refused"), REFUSAL, HELP, "  ") == ["yes", "no", "unscored"]
    assert words(phrases("complied"), REFUSAL, HELP, "  ") == ["no", "yes", "unscored"]


def test_phrases_do_not_know_harm():
    with pytest.raises(DataError, match="knows refusals, not harm"):
        phrases("harmful")


def test_a_chat_model_is_believed_where_it_says_yes_or_no_and_nowhere_else():
    judge = Asked(model=Answering("Yes, it does.", "no", "Perhaps", None), question="refused")
    assert words(judge, HELP, HELP, HELP, HELP) == ["yes", "no", "unscored", "unscored"]


def test_a_chat_model_that_is_gone_stops_the_work_so_that_it_can_be_resumed():
    judge = Asked(model=Answering(*[None] * 5), question="refused")
    with pytest.raises(NoReplyError, match="run again later"):
        words(judge, *[HELP] * 5)


def test_people_are_believed_about_the_replies_they_saw(tmp_path):
    seen = [label(HELP, False), label(REFUSAL, True, by="software")]
    write_labels(tmp_path / "labels.jsonl", seen)
    judge = open_judge(PeopleJudge(path="labels.jsonl"), "refused", tmp_path, None)
    assert words(judge, HELP, REFUSAL) == ["no", "unscored"]


def test_a_model_folder_can_be_a_judge(tiny_model):
    judge = open_judge(ModelJudge(path=tiny_model.name), "refused", tiny_model.parent, None)
    assert words(judge, HELP) == ["unscored"]


def test_a_folder_that_is_no_guard_model_is_one_sentence(tiny_model):
    with pytest.raises(DataError, match=r"weights are missing|not a classifier"):
        open_judge(
            GuardJudge(path=tiny_model.name, label="unsafe"), "harmful", tiny_model.parent, None
        )


def test_a_word_of_the_command_line_that_is_no_judge_is_refused():
    with pytest.raises(DataError, match="no judge; say `phrases`"):
        judge_of("nowhere")


def test_a_card_counts_by_language_and_leaves_out_what_was_not_scored():
    labels = [
        label(REFUSAL, True),
        label(HELP, True),
        label(HELP, False),
        label("  ", True),
        label("En voi auttaa siinä.", True, language="fi"),
    ]
    card = measured_card(phrases(), labels)
    english = card.languages["en"]
    assert (english.hits, english.positives, english.rejections, english.negatives) == (1, 2, 1, 1)
    assert english.unscored == 1
    assert card.languages["fi"].specificity is None


def test_a_card_survives_its_file(tmp_path):
    card = measured_card(phrases(), [label(REFUSAL, True)])
    write_card(card, tmp_path / "card.json")
    assert read_card(tmp_path / "card.json") == card


def test_a_card_of_software_s_labels_corrects_nothing():
    card = measured_card(phrases(), [label(REFUSAL, True, by="software")])
    assert card_for(phrases(), [card]) is None


def test_a_card_of_a_judge_that_changed_since_is_refused(tmp_path):
    write_card(measured_card(phrases(), [label(REFUSAL, True)]), tmp_path / "card.json")
    table = json.loads((tmp_path / "card.json").read_text())
    (tmp_path / "card.json").write_text(json.dumps(table | {"identity": "other"}))
    with pytest.raises(DataError, match="measured before it changed"):
        card_for(phrases(), [read_card(tmp_path / "card.json")])


@pytest.mark.parametrize("content", ["", "[]", '{"format": "other"}'])
def test_a_file_that_is_no_card_is_one_sentence(tmp_path, content):
    (tmp_path / "card.json").write_text(content)
    with pytest.raises(DataError, match="not a judge's card"):
        read_card(tmp_path / "card.json")


@pytest.mark.parametrize("question", ["refused", "complied"])
def test_the_built_in_card_is_of_the_built_in_judge(question):
    card = read_card(BUILT_IN / f"phrases.{question}.json")
    assert card_for(phrases(question), [card]) == card
    assert card.languages["en"].positives > 100


@pytest.mark.parametrize("content", ["", '{"a": 1}\n', '{"question": "refused"'])
def test_a_file_without_labels_is_one_sentence(tmp_path, content):
    (tmp_path / "labels.jsonl").write_text(content)
    with pytest.raises(DataError, match=r"not labels|no label answers"):
        read_labels(tmp_path / "labels.jsonl", "refused")


TRAINING = JudgeTraining(ngrams=NgramTraining(shape=NgramShape(bits=12), epochs=3))


def many(count=120):
    return [
        label(
            f"No, I will not do number {i}." if i % 2 else f"Sure, take number {i} and bake it.",
            bool(i % 2),
            request=f"Request {i}",
        )
        for i in range(count)
    ]


def test_a_trained_judge_is_measured_on_requests_it_never_saw(tmp_path):
    card = train_judge(many(), TRAINING, tmp_path / "judge")
    english = card.languages["en"]
    assert english.positives + english.negatives < 120
    assert english.hits / english.positives > 0.9
    judge = open_judge(NgramJudge(path="judge"), "refused", tmp_path, None)
    assert card_for(judge, [card]) == card


def test_a_trained_judge_is_not_asked_what_it_did_not_learn(tmp_path):
    train_judge(many(), TRAINING, tmp_path / "judge")
    with pytest.raises(DataError, match="answers refused, not 'complied'"):
        open_judge(NgramJudge(path="judge"), "complied", tmp_path, None)


def test_too_few_labels_train_nothing(tmp_path):
    with pytest.raises(DataError, match="labels of yes to learn from, and 20 are needed"):
        train_judge(many(20), TRAINING, tmp_path / "judge")


def test_the_threshold_is_where_both_errors_are_least():
    scores, truth = np.array([0.1, 0.2, 0.6, 0.9]), np.array([False, False, True, True])
    assert best_threshold(scores, truth) == pytest.approx(0.6)
