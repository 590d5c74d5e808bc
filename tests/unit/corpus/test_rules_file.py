"""A file of bounds comes back as it was written, and is refused where it does not fit."""

from pathlib import Path

import pytest

from auroram.corpus.quality import Quality
from auroram.corpus.rules import (
    Calibration,
    Rules,
    bounds_by_domain,
    parse_quality,
    read_rules,
    write_rules,
)
from auroram.errors import DataError
from auroram.text.signals import SEGMENTER


def rules(**changes):
    calibration = {
        "domain": "fi",
        "segmenter": SEGMENTER,
        "share": 0.01,
        "refused": 0.05,
        "documents": 1000,
        "reference": 'a "trusted" set\n\\ of pages',
        "reference_digest": "0" * 64,
        "date": "2026-01-31",
    }
    quality = Quality(lowest_characters=120, highest_mean_unit=15.5)
    return Rules(calibration=Calibration(**calibration | changes), quality=quality)


def test_what_was_written_is_read(tmp_path):
    path = tmp_path / "rules" / "fi.toml"
    write_rules(path, rules())
    assert read_rules(path) == rules()


def test_bounds_found_with_other_units_are_refused(tmp_path):
    write_rules(tmp_path / "fi.toml", rules(segmenter="words-of-another-tool"))
    with pytest.raises(
        DataError, match=r"fi.toml: was computed with units 'words-of-another-tool'"
    ):
        read_rules(tmp_path / "fi.toml")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[calibration", "cannot be read as TOML"),
        ("[quality]\nlowest_characters = 3", "not a file of bounds"),
        ("[calibration]\ndomain = 'fi'", "not a file of bounds"),
    ],
)
def test_another_file_is_refused_with_the_command_that_makes_one(tmp_path, content, sentence):
    (tmp_path / "fi.toml").write_text(content)
    with pytest.raises(DataError, match=f"{sentence}.*auroram corpus calibrate"):
        read_rules(tmp_path / "fi.toml")


@pytest.mark.parametrize("language", ["en", "fi", "hi", "ja", "vi"])
def test_the_shipped_files_are_for_the_units_of_today(language):
    shipped = Path(__file__).parents[3] / "recipes" / "rules" / f"{language}.toml"
    rules = read_rules(shipped)
    assert rules.domain == language and rules.calibration.share == 0.005


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere.toml: there is no such file"):
        read_rules(tmp_path / "nowhere.toml")


def test_files_take_the_place_of_built_in_bounds(tmp_path):
    write_rules(tmp_path / "fi.toml", rules())
    found = bounds_by_domain({"en": Quality()}, {"fi": "fi.toml"}, tmp_path)
    assert found == {"en": Quality(), "fi": rules().quality}


def test_the_bounds_of_another_language_are_refused(tmp_path):
    write_rules(tmp_path / "fi.toml", rules())
    with pytest.raises(DataError, match="holds the bounds of 'fi', but the recipe names it for 'v"):
        bounds_by_domain({}, {"vi": "fi.toml"}, tmp_path)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"lowest_charaters": 3}, "no such bound"),
        ({"lowest_characters": "many"}, "must be a number"),
        ({"lowest_characters": True}, "must be a number"),
        ({"lowest_characters": -1}, "not negative"),
        ({"highest_digit_share": float("nan")}, "must be a number"),
    ],
)
def test_a_wrong_bound_is_refused_by_name(table, sentence):
    with pytest.raises(DataError, match=f"here: .*{sentence}"):
        parse_quality(table, "here")
