"""Questions about the pages of a manual."""

import pytest

from auroram.instruct.manual import question
from auroram.instruct.published import Published


def asked(text, language="en", answer_bytes=300):
    page = Published(
        text=text,
        url=None,
        record="help/a/b/page.html",
        source="help",
        licence="MPL-2.0",
        language=language,
    )
    return question(page, "LibreOffice", answer_bytes=answer_bytes)


def test_the_title_is_asked_about_and_the_sentences_below_it_answer():
    made = asked("Status Bar\nShows the state. It is below.\nRelated Topics\nMore.")
    assert '"Status Bar"' in made.request
    assert "LibreOffice" in made.request
    assert made.answer == "Shows the state. It is below."


@pytest.mark.parametrize(
    ("language", "title", "words"),
    [
        ("en", "Creating Charts", "How does this work|need help|should I know"),
        ("ja", "グラフを編集する", "どうすればよいですか|方法を教えて"),
        ("fi", "Taulukon lisääminen", "Miten tämä tehdään|Tarvitsen apua|pitäisi tietää"),
        ("vi", "Chèn Bảng", "như thế nào|phải làm gì|hướng dẫn"),
        ("hi", "नया पृष्ठ तैयार करना", "कैसे करें|क्या करूँ"),
    ],
)
def test_a_title_that_names_a_task_is_asked_about_as_one(language, title, words):
    made = asked(f"{title}\nA sentence stands here。", language)
    assert title in made.request
    assert any(word in made.request for word in words.split("|"))


def test_the_answer_holds_whole_sentences_up_to_its_limit():
    made = asked("Title\nFirst one. Second one. Third one.", answer_bytes=25)
    assert made.answer == "First one. Second one."


def test_sentences_of_unspaced_scripts_are_told_apart():
    made = asked("題名\n一つ目の文です。二つ目の文です。", "ja", answer_bytes=24)
    assert made.answer == "一つ目の文です。"


def test_an_ellipsis_ends_the_answer_as_it_leads_elsewhere():
    made = asked("Columns\nSets the width.\nTo access this command...\nChoose Format.")
    assert made.answer == "Sets the width."


@pytest.mark.parametrize(
    "text", ["", "A sentence is no title.\nMore.", "To open it:\nClick here.", "x" * 81 + "\nYes."]
)
def test_a_page_without_a_title_answers_nothing(text):
    assert asked(text).answer == ""


def test_a_title_without_a_sentence_below_it_has_no_answer():
    assert asked("Title\nAnother heading\nA sentence.").answer == ""


def test_a_language_without_wordings_gets_no_answer():
    assert asked("Titel\nEin Satz.", "de").answer == ""
