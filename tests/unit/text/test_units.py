"""Units suit scripts with and without spaces."""

import pytest

from auroram.text.units import units_of


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("Hyvää huomenta, Äiti!", ["hyvää", "huomenta", "äiti"]),
        ("हिन्दी में लिखो।", ["हिन्दी", "में", "लिखो"]),
        ("Tiếng Việt", ["tiếng", "việt"]),
        ("漢字とカタカナです", ["漢", "字", "と", "カタカナ", "です"]),
        ("ありがとう", ["あり", "がと", "う"]),
        ("snake_case = x1+2", ["snake_case", "x1", "2"]),
        ("क्\u200dष", ["क्ष"]),
        ("ꦱꦧꦼꦤ꧀ꦲꦸꦮꦺꦴꦁ", ["ꦱꦧ", "ꦼꦤ", "꧀ꦲ", "ꦸꦮ", "ꦺꦴ", "ꦁ"]),
        ("ꊿꂷꃅꄿꐨꐥ，ꌅꅍ", ["ꊿꂷ", "ꃅꄿ", "ꐨꐥ", "ꌅꅍ"]),
        ("...", []),
    ],
)
def test_a_text_falls_into_its_units(text, units):
    assert units_of(text) == units
