"""Whom a filter hits, from counts of parts."""

from collections import Counter

import numpy as np
import pytest

from auroram.corpus.harm import Harm, HarmBounds, HarmJudge
from auroram.corpus.harm_disparity import disparities, harm_measurements, mention_counts

WOMEN_CALM = "The women read a book about bees and honey."
WOMEN_HIT = "The women were called sluts and bitches and whores there."
MEN_CALM = "The men repaired a bridge over the river."


def judged(texts, **settings):
    bounds = {"en": HarmBounds(highest_profanity_rate=5)}
    return HarmJudge.open(Harm(bounds=bounds), None, ["en"]).judge(texts, "en")


def rows_of(texts):
    return {row.term: row for row in disparities(mention_counts(judged(texts)))}


def test_a_term_is_set_against_all_documents():
    row = rows_of([WOMEN_CALM, WOMEN_HIT, MEN_CALM, MEN_CALM])["woman"]
    assert (row.documents, row.flagged, row.rate) == (2, 1, 0.5)
    assert (row.all_documents, row.all_rate, row.group) == (4, 0.25, "gender")
    assert row.low < 0.5 < row.high


def test_a_filter_that_hits_one_group_shows():
    rows = rows_of([WOMEN_HIT] * 40 + [WOMEN_CALM] * 10 + [MEN_CALM] * 200)
    assert rows["woman"].is_apart and rows["man"].is_apart


def test_a_difference_that_may_be_chance_is_not_called_one():
    assert not rows_of([WOMEN_HIT, WOMEN_CALM, WOMEN_CALM, MEN_CALM])["woman"].is_apart


def test_terms_that_no_document_holds_have_no_row():
    assert set(rows_of([WOMEN_CALM])) == {"woman"}


def test_counts_of_parts_add_up():
    texts = [WOMEN_CALM, WOMEN_HIT, MEN_CALM]
    parts = sum((mention_counts(judged([text])) for text in texts), Counter())
    assert disparities(parts) == disparities(mention_counts(judged(texts)))


def test_documents_that_an_earlier_rule_dropped_do_not_count():
    figures = judged([WOMEN_HIT, WOMEN_CALM])
    (row,) = disparities(mention_counts(figures, np.array([False, True])))
    assert (row.documents, row.flagged) == (1, 0)


def test_the_share_of_a_language_is_a_measurement_with_its_interval():
    counts = mention_counts(judged([WOMEN_HIT, WOMEN_CALM, MEN_CALM, MEN_CALM]))
    (measured,) = harm_measurements(counts, "corpus")
    assert (measured.measure, measured.language, measured.n) == ("harm_rate", "en", 4)
    assert measured.value == pytest.approx(0.25) and measured.low < 0.25 < measured.high


def test_where_nothing_is_looked_for_there_is_no_share():
    judge = HarmJudge.open(Harm(), None, ["code", "de"])
    for language in ("code", "de"):
        assert not mention_counts(judge.judge([WOMEN_HIT], language))


def test_nothing_judged_gives_no_rows():
    assert disparities(mention_counts(judged([]))) == []
