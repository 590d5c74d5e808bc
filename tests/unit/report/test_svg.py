from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.report.amounts import amount
from auroram.report.charts import Labels, Mark, area_chart, interval_chart, line_chart
from auroram.report.svg import Scale, round_step

LABELS = Labels(title="t <&>", description="d", number="{:.1f}".format, axis="x")


def test_hostile_words_are_escaped():
    mark = Mark(series="a", value=1.0, low=None, high=None, tip="<script>")
    picture = interval_chart({"<b>": [mark]}, {"a": "s0"}, LABELS)
    assert "<script>" not in picture and "<b>" not in picture
    ET.fromstring(picture)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8))
def test_any_values_make_a_well_formed_picture(values):
    points = [(float(index), value) for index, value in enumerate(values)]
    ET.fromstring(line_chart({"a": points, "b": []}, {"a": "s0", "b": "s1"}, LABELS, borders={}))


def test_the_name_of_each_line_is_in_the_picture_where_many_end_at_the_bottom():
    lines = {f"low-{i}": [(0.0, 0.0), (1.0, 0.0)] for i in range(7)} | {"high": [(1.0, 1.0)]}
    picture = line_chart(lines, dict.fromkeys(lines, "s0"), LABELS, borders={})
    texts = ET.fromstring(picture).findall("{http://www.w3.org/2000/svg}text")
    names = {one.text: float(one.get("y")) for one in texts if one.text in lines}
    assert names.keys() == lines.keys()
    assert all(0 < y < 250 for y in names.values())


def test_an_interval_chart_shows_zero():
    mark = Mark(series="a", value=5.0, low=4.0, high=6.0, tip="")
    assert 'class="zero"' in interval_chart({"fi": [mark]}, {"a": "s0"}, LABELS)


def test_stacked_shares_fill_the_whole():
    shares = {"fi": [(1.0, 0.25), (2.0, 0.5)], "vi": [(1.0, 0.75), (2.0, 0.5)]}
    assert area_chart(shares, {"fi": "s0", "vi": "s1"}, LABELS).count("<path") == 2


@given(st.floats(-1e5, 1e5), st.floats(1e-3, 1e5))
def test_ticks_lie_between_the_ends(low, width):
    scale = Scale(low, low + width, 0.0, 100.0)
    slack = width * 1e-6
    assert all(low - slack <= tick <= low + width + slack for tick in scale.ticks())


@pytest.mark.parametrize(("raw", "step"), [(0.03, 0.05), (0.1, 0.1), (7, 10), (130, 200), (0, 1)])
def test_steps_are_round(raw, step):
    assert round_step(raw) == pytest.approx(step)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (950, "950"),
        (12500, "12.5k"),
        (3.1e6, "3.1M"),
        (999_600, "1M"),
        (999.7e9, "1T"),
        (2.5e12, "2.5T"),
        (1.234e15, "1,234T"),
    ],
)
def test_amounts_are_short_and_have_no_exponent(value, words):
    assert amount(value) == words
