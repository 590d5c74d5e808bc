"""Bounds that calibration finds mean the same in the stage: both judge by the same figures."""

import json
import random

import numpy as np
import pyarrow.parquet as pq
import pytest

from auroram.cli.main import main
from auroram.corpus.calibration import measured_figures, recorded_figures
from auroram.corpus.languages import Language
from auroram.corpus.published import only
from auroram.corpus.quality import Quality
from auroram.corpus.settings import Corpus
from auroram.corpus.sources import Source
from auroram.corpus.stage import run
from auroram.errors import DataError
from auroram.ports import Inputs, Silent
from auroram.text.signals import SIGNALS

WORDS = "library people winter lake forest city child school work night year summer friend sky"
SENTENCES = (
    "Today the {} and the {} were near the {}, but nobody saw a {}.",
    "That {} of ours will be with a {} in the {} until the {} comes back.",
    "\n",
)
LIST = "Library, people, winter, lake, forest, city, child, school, work, night, year, summer. "


def page(seed):
    rng = random.Random(seed)
    chosen = [rng.choice(SENTENCES) for _ in range(20)]
    lines = [sentence.format(*rng.sample(WORDS.split(), 4)) for sentence in chosen]
    return "\n".join([*lines, lines[0]])


DUPLICATES = ("line_share", "line_count_share", "paragraph_share", "paragraph_count_share")
TEXTS = [page(seed) for seed in range(40)]


def curate(root, texts, name="out", language="en", **changes):
    rows = [json.dumps({"text": text}) for text in texts]
    (root / "pages.jsonl").write_text("\n".join(rows))
    sources = {"pages": Source(files=("pages.jsonl",), language=language, licence="CC0-1.0")}
    inputs = Inputs(root=root, name="corpus", seed=1, stages={}, progress=Silent())
    run(Corpus(sources=sources, fewest_held_out=2, **changes), inputs, root / name)
    return root / name


def reasons(out):
    return [row["first"] for row in pq.read_table(out / "decisions.parquet").to_pylist()]


@pytest.mark.parametrize("language", ["en", "code"])
def test_the_stage_and_calibration_find_the_same_figures(tmp_path, language):
    recorded = recorded_figures(curate(tmp_path, TEXTS, language=language), domain=language)
    measured = measured_figures(TEXTS, domain=language)
    np.testing.assert_array_equal(np.sort(recorded, axis=0), np.sort(measured, axis=0))


def test_paragraphs_that_come_again_are_found_in_prose(tmp_path):
    again = page(1).replace("\n\n", "\n") + f"\n\n{SENTENCES[0]}" * 9
    figures = recorded_figures(curate(tmp_path, [*TEXTS, again]), domain="en")
    shares = {name: figures[:, SIGNALS.index(f"duplicate_{name}")] for name in DUPLICATES}
    assert 0.2 < shares["paragraph_share"].max() == shares["line_share"].max()
    assert 0.2 < shares["paragraph_count_share"].max() == shares["line_count_share"].max()


def test_running_text_keeps_the_published_bound_on_stop_words_and_a_list_of_words_does_not(
    tmp_path,
):
    out = curate(tmp_path, [*TEXTS, LIST * 6], quality={"en": only(lowest_stop_words=2)})
    assert reasons(out).count("low-stop-words") == 1


def test_a_calibrated_bound_on_stop_words_refuses_in_the_stage_what_it_refused_there(tmp_path):
    (tmp_path / "trusted.jsonl").write_text("\n".join(json.dumps({"text": t}) for t in TEXTS))
    words = ["calibrate", tmp_path / "en.toml", tmp_path / "trusted.jsonl", "--language", "en"]
    asked = ["--share", "0.1", "--also", "low-stop-words"]
    assert main(["corpus", *map(str, words), *asked]) == 0
    assert "lowest_stop_words = 0" not in (tmp_path / "en.toml").read_text()
    out = curate(tmp_path, TEXTS, rules={"en": "en.toml"})
    assert reasons(out).count("low-stop-words") <= 4


def test_a_language_of_ones_own_brings_its_stop_words(tmp_path):
    own = Language(script="Latn", labels=("en",), stop_words=("today", "ours", "ei tuo"))
    out = curate(tmp_path, TEXTS, language="xx", languages={"xx": own})
    recorded = recorded_figures(out, domain="xx")
    measured = measured_figures(TEXTS, domain="xx", stop_words=own.stop_words)
    np.testing.assert_array_equal(np.sort(recorded, axis=0), np.sort(measured, axis=0))


def test_a_bound_on_stop_words_that_nobody_listed_is_refused(tmp_path):
    bounds, own = Quality(lowest_stop_words=2), Language(script="Latn", labels=("en",))
    with pytest.raises(ValueError, match=r"2 stop words where 0 are known.*xx.stop_words"):
        curate(tmp_path, TEXTS, language="xx", languages={"xx": own}, quality={"xx": bounds})


def test_so_is_one_from_a_file(tmp_path):
    words = ["calibrate", tmp_path / "xx.toml", tmp_path / "trusted.jsonl", "--language", "xx"]
    (tmp_path / "trusted.jsonl").write_text("\n".join(json.dumps({"text": t}) for t in TEXTS))
    asked = ["--share", "0.1", "--also", "low-stop-words", "--stop-words", "the", "of", "a"]
    assert main(["corpus", *map(str, words), *asked]) == 0
    own = Language(script="Latn", labels=("en",))
    with pytest.raises(DataError, match=r"where 0 are known"):
        curate(tmp_path, TEXTS, language="xx", languages={"xx": own}, rules={"xx": "xx.toml"})
