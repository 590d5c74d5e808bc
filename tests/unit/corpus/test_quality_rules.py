"""Every broken rule is named with its figure, in the order of the settings."""

import pytest

from auroram.corpus.quality import QUALITY, Quality, failures
from auroram.text.buffers import Buffer
from auroram.text.signals import signals_of

GOOD = {
    "en": "The committee met on Tuesday and agreed that the library should stay open late. "
    "Readers had asked for it in many letters, and the staff found a way to share the work.",
    "fi": "Lautakunta kokoontui tiistaina ja päätti, että kirjasto pidetään auki iltaisin. "
    "Lukijat olivat toivoneet sitä monissa kirjeissä, ja henkilökunta jakoi työn.",
    "hi": "समिति ने मंगलवार को बैठक की और तय किया कि पुस्तकालय देर तक खुला रहेगा। पाठकों ने कई "
    "पत्रों में यही माँगा था, और कर्मचारियों ने काम बाँटने का रास्ता निकाल लिया।",
    "ja": "委員会は火曜日に会議を開き、図書館を夜まで開けておくことを決めました。"
    "利用者から多くの手紙で要望が寄せられており、職員は仕事を分担する方法を見つけました。",
    "vi": "Hôm thứ ba, ủy ban đã họp và quyết định rằng thư viện sẽ mở cửa đến khuya. Bạn đọc đã "
    "yêu cầu điều đó trong nhiều lá thư, và nhân viên đã tìm được cách chia sẻ công việc.",
    "code": "def mean(values):\n    total = 0\n    for value in values:\n        total += value\n"
    "    if not values:\n        return None\n    return total / len(values)\n",
}


def broken(text, quality):
    return failures(signals_of(Buffer.of([text])), quality)[0]


@pytest.mark.parametrize("domain", GOOD)
def test_plain_prose_passes_in_every_language(domain):
    assert broken(GOOD[domain], QUALITY.get(domain, Quality())) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("short", "low-characters"),
        ("Home\nNews\nShop\n" * 12, "low-mean-line"),
        ("12 345 67 890 1234 " * 10, "high-digit-share"),
        ("=== --- *** +++ ||| a " * 10, "high-symbol-share"),
        ("One line that comes back.\n" * 10, "high-duplicate-line-share"),
        ("spam and ham " * 30, "high-top-2gram-share"),
    ],
)
def test_a_bad_text_breaks_the_rule_made_for_it(text, rule):
    assert rule in [failure.rule for failure in broken(text, Quality())]


def test_all_broken_rules_are_named_with_figure_and_bound():
    found = broken("12 34", Quality())
    assert [failure.rule for failure in found][:2] == ["low-characters", "low-mean-line"]
    assert found[0].detail == "characters 5 < 100"


def test_bounds_themselves_are_allowed():
    quality = Quality(lowest_characters=85, highest_characters=85)
    text = "The committee met on Tuesday and agreed to keep the library open late in the evening."
    assert not [f for f in broken(text, quality) if f.rule.endswith("characters")]
