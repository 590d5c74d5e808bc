"""Histograms draw what they are given: all of it, split where the bounds cut."""

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.report.charts import Labels
from auroram.report.histogram import Axis, Row, histogram_chart

LABELS = Labels(title="t <&>", description="d", number="{:g}".format, axis="x")
LOGARITHMIC = Axis(low=1.0, high=1e6, logarithmic=True)


def row(within, beyond=(), bounds=()):
    bins = np.zeros((2, 100), np.int64)
    for side, places in enumerate((within, beyond)):
        bins[side] += np.bincount(places, minlength=100).astype(np.int64)
    return Row(within=bins[0], beyond=bins[1], bounds=bounds)


@given(st.lists(st.integers(0, 99), min_size=1), st.lists(st.integers(0, 99)))
def test_any_counts_make_a_well_formed_picture(within, beyond):
    ET.fromstring(histogram_chart({"<fi>": row(within, beyond, (0.3,))}, Axis(), LABELS))


def test_a_bound_near_the_documents_is_drawn_and_one_far_away_is_not():
    near = histogram_chart({"fi": row([40, 50, 60], bounds=(0.35,))}, Axis(), LABELS)
    far = histogram_chart({"fi": row([10, 11], bounds=(0.99,))}, Axis(), LABELS)
    assert 'class="bound"' in near and 'class="bound"' not in far


def test_the_share_beyond_the_bounds_is_written_beside_the_row():
    assert "25.0 %" in histogram_chart({"fi": row([50, 51, 52], [5])}, Axis(), LABELS)


@pytest.mark.parametrize("axis", [Axis(), Axis(low=2.0, high=30.0), LOGARITHMIC])
def test_an_axis_maps_there_and_back(axis):
    for share in (0.0, 0.2, 0.7, 1.0):
        figure = np.array([axis.value(share)], np.float32)
        assert axis.share(figure)[0] == pytest.approx(share, abs=1e-6)


def test_a_logarithmic_axis_is_marked_in_powers_of_ten():
    picture = histogram_chart({"fi": row([17, 84])}, LOGARITHMIC, LABELS)
    marks = re.findall(r'class="tick middle">([^<]+)<', picture)
    assert marks == ["10", "100", "1000", "10000", "100000"]
