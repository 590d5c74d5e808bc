import json

import pytest

from auroram.cli.main import main


def run(*words):
    return main(["corpus", "train-classifier", *map(str, words)])


def test_the_verb_prints_figures_with_intervals_and_writes_the_folder(tmp_path, capsys):
    lines = [{"text": f"{word} {i}", "label": word} for word in ("calm", "rude") for i in range(90)]
    file = tmp_path / "labels.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    assert run(file, tmp_path / "out") == 0
    said = capsys.readouterr().out
    assert "accuracy 100.0%" in said and "n = " in said and "rude" in said
    assert (tmp_path / "out" / "classifier.safetensors").is_file()


@pytest.mark.parametrize("option", ["--epochs=0", "--rate=0", "--rate=nan", "--seed=-1"])
def test_an_option_out_of_range_is_refused(tmp_path, option, capsys):
    assert run(tmp_path / "labels.jsonl", tmp_path / "out", option) == 2
    assert "above 0" in capsys.readouterr().err
