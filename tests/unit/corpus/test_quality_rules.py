"""Every broken rule is named with its figure, in the order of the settings."""

import numpy as np
import pytest

from auroram.corpus.published import FINEWEB_2, only
from auroram.corpus.quality import (
    QUALITY,
    Quality,
    broken_rules,
    failures_of,
    rules_of,
)
from auroram.corpus.selection import FIGURES
from auroram.text.buffers import Buffer
from auroram.text.signals import SIGNALS, signals_of

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

BOUND = {
    "highest_longest_run": ("see aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ now", 30),
    "lowest_lettered_unit_share": ("one 2 3 4", 0.5),
    "highest_hash_sign_ratio": ("#one #two", 0.5),
    "highest_ellipsis_ratio": ("one ... two …", 0.5),
    "lowest_terminal_line_share": ("no end", 0.5),
    "highest_short_line_share": ("short", 0.5),
    "highest_newline_ratio": ("one\ntwo\n", 0.5),
    "highest_bullet_line_share": ("- one\n- two", 0.9),
    "highest_javascript_line_share": ("Please enable JavaScript.", 0.0),
    "highest_lorem_ipsum": ("Lorem ipsum dolor sit amet.", 0),
    "highest_curly_brackets": ("body { }", 0),
    "lowest_c4_sentences": ("One sentence is here. Two.", 5),
    "highest_duplicate_line_count_share": ("one\none", 0.3),
    "highest_duplicate_paragraph_share": ("one\n\none", 0.3),
    "highest_duplicate_8gram_share": ("a b c d e f g h i j k " * 2, 0.3),
}


def broken(text, quality):
    return failures_of(signals_of(Buffer.of([text])).figures, SIGNALS, quality)[0]


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


def test_every_signal_can_be_bounded():
    assert {rule.signal for rule in rules_of(Quality())} == {*SIGNALS, *FIGURES} - {"lines"}


def test_a_table_of_figures_is_judged_as_the_text_was():
    signals = signals_of(Buffer.of([*GOOD.values(), "12 34", "spam and ham " * 30]))
    names = tuple(reversed(SIGNALS))
    again = failures_of(signals.figures[:, ::-1], names, Quality())
    assert again == failures_of(signals.figures, SIGNALS, Quality())
    broken = broken_rules(signals.figures, SIGNALS, Quality())
    assert broken.sum(axis=1).tolist() == [len(found) for found in again]


def test_a_table_without_a_figure_that_nothing_bounds_is_judged():
    figures = np.ones((1, len(SIGNALS)), np.float32)
    assert broken_rules(figures, SIGNALS, Quality()).any()
    with pytest.raises(ValueError, match=r"the signals lack own_share"):
        broken_rules(figures, SIGNALS, Quality(lowest_own_share=0.5))


def test_a_table_without_a_bounded_figure_is_refused():
    with pytest.raises(ValueError, match=r"the signals lack characters, .* run the corpus stage"):
        failures_of(np.zeros((1, len(SIGNALS) - 1), np.float32), SIGNALS[1:], Quality())


@pytest.mark.parametrize("name", BOUND)
def test_a_bound_that_is_set_refuses(name):
    text, bound = BOUND[name]
    rule = name.replace("est_", "-", 1).replace("_", "-")
    assert [failure.rule for failure in broken(text, only(**{name: bound}))] == [rule]


@pytest.mark.parametrize("text", ["", "# # { lorem ipsum ...", "a\n" * 50])
def test_bounds_that_are_not_set_refuse_nothing(text):
    assert broken(text, only()) == []


@pytest.mark.parametrize("language", FINEWEB_2)
def test_published_bounds_let_running_prose_pass(language):
    found = broken(GOOD[language], FINEWEB_2[language])
    assert {failure.rule for failure in found} <= {"low-units", "low-stop-words"}
