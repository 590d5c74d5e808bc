"""Which paragraphs are of the language asked for."""

import pytest

from auroram.text.buffers import Buffer
from auroram.text.language import Judged, Verdict, Wanted, own_paragraphs, script_shares
from auroram.text.paragraphs import paragraphs_of


class Told:
    """An identifier that says what it was told."""

    def __init__(self, language, score=0.9):
        self.answer = (language, score)

    def identify(self, paragraph):
        return self.answer if paragraph else ("", 0.0)


def share(text, script):
    return float(script_shares(paragraphs_of(Buffer.of([text])).letters, script)[0])


def wanted(**changes):
    return Wanted(
        **{
            "labels": frozenset({"fi"}),
            "script": "Latn",
            "script_decides": False,
            "lowest_script_share": 0.3,
            "lowest_confidence": 0.5,
            "shortest_sure": 20,
            "longest_unsure_run": 2,
        }
        | changes
    )


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


def test_another_script_is_another_language():
    judged = wanted(script="Deva", labels=frozenset({"hi"})).judge("Open", 4, 0.0, Told("en"))
    assert (judged.verdict, judged.language) == (Verdict.OTHER, "en")


def test_a_deciding_script_asks_nobody():
    judged = wanted(script="Deva", script_decides=True).judge("नमस्ते", 6, 0.8, Told("mr"))
    assert (judged.verdict, judged.score) == (Verdict.OWN, 0.8)


@pytest.mark.parametrize(
    ("letters", "told", "verdict"),
    [
        (40, ("fi", 0.3), Verdict.OWN),
        (40, ("en", 0.9), Verdict.OTHER),
        (40, ("en", 0.3), Verdict.UNSURE),
        (10, ("en", 0.9), Verdict.UNSURE),
        (1, ("fi", 1.0), Verdict.UNSURE),
    ],
)
def test_another_language_is_believed_where_it_is_sure(letters, told, verdict):
    assert wanted().judge("x", letters, 1.0, Told(*told)).verdict is verdict


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
    ],
)
def test_unsure_paragraphs_follow_those_around_them(verdicts, kept):
    names = {"o": Verdict.OWN, "x": Verdict.OTHER, "?": Verdict.UNSURE}
    judged = [Judged(verdict=names[sign], language="", score=1.0) for sign in verdicts]
    found = own_paragraphs(judged, longest_unsure_run=2)
    assert "".join(str(int(keep)) for keep in found) == kept
