"""Which paragraphs are of the language asked for."""

import numpy as np
import pytest

from auroram.text.buffers import Buffer
from auroram.text.language import (
    OTHER,
    OWN,
    UNSURE,
    Identified,
    Wanted,
    letters_of_script,
    own_paragraphs,
    script_shares,
)
from auroram.text.paragraphs import paragraphs_of

FINNISH = "Tämä on suomea ja pitkä."


class Told:
    """An identifier that says what it was told, and remembers how often it was asked."""

    tags = ("fi", "en", "mr", "hi")

    def __init__(self, language="en", score=0.9):
        self.answer = (self.tags.index(language), score)
        self.asked = 0

    def identify_all(self, _data, starts, _ends):
        self.asked += len(starts)
        label, score = self.answer
        ones, none = np.ones(len(starts), np.int32), np.full((len(starts), 4), -1, np.int32)
        return Identified(label * ones, np.float32(score) * ones, none, none)


def share(text, script):
    return float(script_shares(paragraphs_of(Buffer.of([text]), script).letters, script)[0])


def judged(text, identifier, **changes):
    wanted = Wanted(
        **{
            "labels": frozenset({"fi"}),
            "script": "Latn",
            "script_decides": False,
            "script_presumes": False,
            "lowest_script_share": 0.3,
            "lowest_own_confidence": 0.2,
            "lowest_confidence": 0.5,
            "shortest_sure": 20,
            "longest_unsure_run": 2,
        }
        | changes
    )
    buffer = Buffer.of([text])
    return wanted.judge(buffer.data, paragraphs_of(buffer, wanted.script), identifier)


@pytest.mark.parametrize(
    ("text", "script", "wanted_share"),
    [
        ("नमस्ते", "Deva", 1.0),
        ("abc नमस", "Deva", 0.5),
        ("LibreOffice", "Deva", 0.0),
        ("日本語のテキスト", "Jpan", 1.0),
        ("概要", "Jpan", 1.0),
        ("这是一个中文句子没有假名", "Jpan", 0.0),
        ("这是一个中文句子没有假名", "Hans", 1.0),
        ("123 ...", "Latn", 0.0),
    ],
)
def test_the_share_of_a_script_is_of_the_letters(text, script, wanted_share):
    assert share(text, script) == wanted_share


def test_letters_of_a_script_made_of_several_are_added_up():
    letters = paragraphs_of(Buffer.of(["日本語のテキスト abc"]), "Jpan").letters
    assert letters_of_script(letters).tolist() == [8]


def test_another_script_is_another_language():
    found = judged("Open", Told("en"), script="Deva", labels=frozenset({"hi"}))
    assert (found.verdicts[0], found.names[found.languages[0]]) == (OTHER, "en")


def test_a_tag_of_ones_own_in_another_script_is_no_name_for_it():
    found = judged("Open", Told("hi"), script="Deva", labels=frozenset({"hi"}))
    assert (found.verdicts[0], found.names[found.languages[0]]) == (OTHER, "unsure")


def test_a_deciding_script_asks_nobody():
    identifier = Told("mr")
    found = judged("नमस्ते", identifier, script="Deva", script_decides=True)
    assert (found.verdicts[0], found.scores[0], identifier.asked) == (OWN, 1.0, 0)


@pytest.mark.parametrize(
    ("text", "told", "verdict"),
    [
        ("उदाहरण", ("mr", 0.9), OWN),
        ("सभी मनुष्यों को गौरव और अधिकारों", ("mr", 0.9), OTHER),
        ("सभी मनुष्यों को गौरव और अधिकारों", ("mr", 0.3), UNSURE),
    ],
)
def test_a_script_is_enough_of_short_paragraphs_where_both_decide(text, told, verdict):
    changes = {"script": "Deva", "script_presumes": True, "labels": frozenset({"hi"})}
    assert judged(text, Told(*told), **changes).verdicts[0] == verdict


@pytest.mark.parametrize(
    ("text", "told", "verdict"),
    [
        (FINNISH, ("fi", 0.3), OWN),
        (FINNISH * 2, ("fi", 0.1), UNSURE),
        ("Sivu kaksi", ("fi", 0.1), OWN),
        (FINNISH * 2, ("en", 0.9), OTHER),
        (FINNISH * 2, ("en", 0.3), UNSURE),
        ("Sivu kaksi", ("en", 0.9), UNSURE),
        ("x 123", ("fi", 1.0), UNSURE),
        ("", ("fi", 1.0), UNSURE),
    ],
)
def test_another_language_is_believed_where_it_is_sure(text, told, verdict):
    assert judged(text, Told(*told)).verdicts[0] == verdict


def test_equal_paragraphs_are_asked_about_once():
    identifier = Told("fi")
    found = judged(f"{FINNISH}\nSivu\n{FINNISH}", identifier)
    assert identifier.asked == 2
    assert len(found.verdicts) == 3


@pytest.mark.parametrize(
    ("verdicts", "kept"),
    [
        ("o?o", "111"),
        ("?o", "11"),
        ("o?", "10"),
        ("x?o", "001"),
        ("o??o", "1111"),
        ("o???o", "10001"),
        ("???o", "0001"),
        ("??", "00"),
        ("oxo", "101"),
        ("", ""),
        ("o?|?o", "1011"),
        ("o?|o", "101"),
    ],
)
def test_unsure_paragraphs_follow_those_around_them_in_their_text(verdicts, kept):
    owner = [verdicts[:i].count("|") for i, sign in enumerate(verdicts) if sign != "|"]
    codes = ["ox?".index(sign) for sign in verdicts if sign != "|"]
    found = own_paragraphs(
        np.array(owner, np.int64), np.array(codes, np.int8), longest_unsure_run=2
    )
    assert "".join(str(int(keep)) for keep in found) == kept
