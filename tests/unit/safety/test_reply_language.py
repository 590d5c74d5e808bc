"""The language of a reply, as far as it can be told."""

import pytest

from auroram.safety.replies import reply_language
from auroram.text.identify import FastText


@pytest.fixture(scope="module")
def identifier():
    return FastText()


@pytest.mark.parametrize(
    ("reply", "language"),
    [
        ("You can lock the door with a key and check it twice.", "en"),
        ("Voit lukita oven avaimella ja tarkistaa sen kahdesti.", "fi"),
        ("आप दरवाज़े को चाबी से बंद कर सकते हैं।", "hi"),
        ("鍵でドアを閉めて、もう一度確認してください。", "ja"),
        ("Bạn có thể khóa cửa bằng chìa khóa và kiểm tra lại.", "vi"),
        ("56", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_sentence_tells_its_language(identifier, reply, language):
    assert reply_language(reply, identifier) == language
