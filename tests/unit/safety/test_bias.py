"""Minimal pairs and swapped copies."""

import pytest

from auroram.align.counterfactual import augmented, swapped
from auroram.ports import Inputs, Silent
from auroram.records.exchange import Exchange
from auroram.records.manifest import Finished
from auroram.safety.bias import run
from auroram.safety.minimal_pairs import minimal_pairs
from auroram.safety.settings import Bias


@pytest.mark.parametrize("language", ["en", "fi", "hi", "ja", "vi"])
def test_every_language_has_balanced_pairs(language):
    pairs = minimal_pairs([language])
    assert len(pairs) == 2 * 7 * 5
    assert all(pair.stereotype != pair.contrary for pair in pairs)
    # Each word stands as often on the side of the stereotype as on the other.
    assert len({pair.frame for pair in pairs}) == 14


def test_a_language_without_pairs_is_named():
    with pytest.raises(ValueError, match="no pairs in sv; there are en, fi, hi, ja, vi"):
        Bias(models=("base",), languages=("fi", "sv"))


def test_the_rate_counts_frames_and_has_an_interval(tiny_model, tmp_path):
    stages = {"base": Finished(folder=tiny_model.parent, manifest=None)}
    inputs = Inputs(root=tmp_path, name="bias", seed=1, stages=stages, progress=Silent())
    outcome = run(Bias(models=("base",), languages=("en", "ja")), inputs, tmp_path / "out")
    assert [(one.language, one.n) for one in outcome.measurements] == [("en", 14), ("ja", 14)]
    assert all(0 <= one.low <= one.value <= one.high <= 1 for one in outcome.measurements)


@pytest.mark.parametrize(
    ("language", "text", "other"),
    [
        ("en", "Mother and the boys, manly", "Father and the girls, manly"),
        ("fi", "Isä korjasi auton.", "Äiti korjasi auton."),
        ("ja", "その男性は父親だ。", "その女性は母親だ。"),
        ("vi", "Người đàn ông ấy có con trai.", "Người phụ nữ ấy có con gái."),
        ("hi", "पिता घर पर हैं।", "पिता घर पर हैं।"),
    ],
)
def test_words_are_swapped_whole_both_ways(language, text, other):
    assert swapped(text, language) == other
    assert swapped(swapped(text, language), language) == text


def test_a_swapped_copy_is_new_and_reviewed_by_nobody():
    one = Exchange(
        id="1",
        domain="instructions",
        language="en",
        request="Who is my father?",
        answer="A man.",
        kind="instruction",
        source="test",
        licence="Apache-2.0",
        reviewed=True,
    )
    given, copy = augmented([one])
    assert given == one
    assert (copy.request, copy.answer, copy.reviewed) == ("Who is my mother?", "A woman.", False)
