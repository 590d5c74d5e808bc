"""Grammars of one's own, and broken ones."""

import pytest

from auroram.errors import DataError
from auroram.safety.grammar import read_grammars, sentences_of

ESTONIAN = """
[et]
words = true
gap = 2
sentences = ["<cannot> ... <help>"]
cannot = ["ma ei saa"]
help = ["aidata"]
"""


def written(tmp_path, text):
    path = tmp_path / "refusals.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("sentence", "refused"),
    [
        ("ma ei saa aidata", True),
        ("ma ei saa sind selles aidata", True),
        ("ma ei saa sind selles asjas aidata", False),
        ("ema ei saa aidata", False),
    ],
)
def test_a_language_is_a_table_of_words(tmp_path, sentence, refused):
    (grammar,) = read_grammars(written(tmp_path, ESTONIAN))
    assert grammar.matches(sentence) is refused


@pytest.mark.parametrize(
    "text",
    ["not toml", ESTONIAN.replace("help =", "aid ="), ESTONIAN.replace("<help>", "help"), "et = 1"],
)
def test_a_broken_file_is_named(tmp_path, text):
    with pytest.raises(DataError, match=r"refusals\.toml: not refusal grammars"):
        read_grammars(written(tmp_path, text))


def test_sentences_end_in_every_script():
    assert sentences_of("One. Two!\n三つ。四つ？एक। दो") == [
        "One.",
        "Two!",
        "三つ。",
        "四つ？",
        "एक।",
        "दो",
    ]
