"""How many tokens a language takes, and when an extended vocabulary is advised."""

import pytest

from auroram.cli import main as command
from auroram.model.tokenizer import load_tokenizer
from auroram.vocabulary.fertility import (
    advice,
    fertility,
    not_compared,
    parallel_sentences,
    premiums,
)


@pytest.fixture
def tokenizer(tiny_model):
    """A token a byte."""
    return load_tokenizer(tiny_model)


def test_a_token_a_byte_is_told_by_bytes_characters_and_texts(tokenizer):
    found = fertility(tokenizer, ["hyvä", "yö"])
    assert (found.per_byte, found.per_character, found.per_text) == (1.0, 8 / 6, 4.0)


def test_no_text_takes_no_tokens(tokenizer):
    found = fertility(tokenizer, [])
    assert (found.per_byte, found.per_character, found.per_text) == (0, 0, 0)


def test_every_language_has_the_same_sentences():
    sentences = parallel_sentences()
    assert {"en", "fi", "hi", "ja", "vi"} <= sentences.keys()
    assert {len(lines) for lines in sentences.values()} == {4}
    assert all(line.strip() == line != "" for lines in sentences.values() for line in lines)


def test_languages_are_compared_by_what_the_same_sentences_take(tokenizer):
    texts = {"en": ["peace"], "fi": ["rauha"], "hi": ["शांति"]}
    found = {name: fertility(tokenizer, lines) for name, lines in texts.items()}
    assert premiums(found) == {"en": 1.0, "fi": 1.0, "hi": 3.0}


def test_texts_that_are_no_translations_are_not_compared(tokenizer):
    found = {"en": fertility(tokenizer, ["a"]), "fi": fertility(tokenizer, ["a", "b"])}
    with pytest.raises(ValueError, match="no translations"):
        premiums(found)
    with pytest.raises(ValueError, match="no texts in 'en'"):
        premiums({"fi": found["fi"]})


def test_languages_that_cost_twice_english_are_advised_on_and_others_are_not(tokenizer):
    advised = advice(tokenizer, ["en", "fi", "hi", "xx"])
    assert len(advised) == 1
    assert advised[0].startswith("hi takes 2.") and "extend-vocabulary" in advised[0]


def test_languages_that_nothing_is_known_of_are_named():
    (sentence,) = not_compared(["en", "xx", "hi-Latn"])
    assert sentence.startswith("hi-Latn, xx: no parallel sentences")
    assert not_compared(["en", "fi", "pt-BR"]) == ()


def test_a_country_has_the_sentences_of_its_language(tokenizer):
    (advised,) = advice(tokenizer, ["hi-IN"])
    assert advised.startswith("hi-IN takes 2.")


def test_the_verb_prints_the_dearest_language_first(tiny_model, capsys):
    assert command.main(["vocabulary", "fertility", str(tiny_model)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("times en") and lines[1].split()[0] in {"ta", "te", "hi", "th"}
    assert len(lines) == 1 + len(parallel_sentences())


def test_the_verb_counts_on_the_files_that_it_is_given(tiny_model, tmp_path, capsys):
    (tmp_path / "fi.txt").write_text("rauha\n\nyö\n")
    command.main(["vocabulary", "fertility", str(tiny_model), str(tmp_path / "fi.txt")])
    assert capsys.readouterr().out.splitlines()[1].split() == ["fi.txt", "1.000", "1.143", "4.0"]


def test_the_verb_counts_texts_of_records_and_not_their_json(tiny_model, tmp_path, capsys):
    (tmp_path / "fi.jsonl").write_text('{"text": "rauha", "url": "https://example.org"}\n')
    command.main(["vocabulary", "fertility", str(tiny_model), str(tmp_path / "fi.jsonl")])
    assert capsys.readouterr().out.splitlines()[1].split() == ["fi.jsonl", "1.000", "1.000", "5.0"]


def test_a_file_that_is_not_there_is_one_sentence(tiny_model, tmp_path, capsys):
    code = command.main(["vocabulary", "fertility", str(tiny_model), str(tmp_path / "no.txt")])
    assert code == 2 and "no.txt: there is no such file" in capsys.readouterr().err


def test_texts_of_one_name_in_two_folders_have_a_line_each(tiny_model, tmp_path, capsys):
    files = [tmp_path / folder / "text.txt" for folder in ("fi", "vi")]
    for file in files:
        file.parent.mkdir()
        file.write_text("Hyvää huomenta.")
    assert command.main(["vocabulary", "fertility", str(tiny_model), *map(str, files)]) == 0
    said = capsys.readouterr().out
    assert all(str(file) in said for file in files)
