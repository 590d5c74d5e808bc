"""Text decoded with the wrong encoding is found, and mended where its bytes are still there."""

import pytest
from ftfy import fix_encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from auroram.text.buffers import Buffer
from auroram.text.mojibake import mend, suspects

SAID = {
    "fi": "Työpöydän käyttö: näin säästät päivässä",
    "hi": "मानव अधिकारों की सार्वभौम घोषणा",
    "ja": "すべての人間は、生まれながらにして自由",
    "vi": "Tất cả mọi người sinh ra đều được tự do",
}


def is_suspect(text):
    return bool(suspects(Buffer.of([text]))[0])


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("encoding", ["latin-1", "sloppy-windows-1252"])
def test_utf8_read_as_a_western_encoding_is_mended(language, encoding):
    broken = SAID[language].encode().decode(encoding)
    assert is_suspect(broken)
    assert mend(broken).text == SAID[language]


def test_vietnamese_read_as_windows_1258_is_mended():
    assert mend("TĂ\xa0i liá»‡u ráº¥t hay").text == "Tài liệu rất hay"


def test_what_lost_bytes_is_left_and_said():
    mended = mend("縺薙ｌ縺ｯ繝\ufffd縺ｧ")
    assert (mended.text, mended.left) == ("縺薙ｌ縺ｯ繝\ufffd縺ｧ", True)


def test_only_the_broken_line_is_touched():
    assert mend("«é» stays\nschÃ¶n").text == "«é» stays\nschön"


def test_right_text_is_no_suspect():
    assert not any(is_suspect(text) for text in SAID.values())


@settings(deadline=None)
@given(
    st.text(st.characters(exclude_categories=("Cs",)), min_size=1),
    st.sampled_from(["latin-1", "sloppy-windows-1252", "sloppy-windows-1251", "macroman", "cp437"]),
)
def test_what_ftfy_would_mend_is_a_suspect(text, encoding):
    broken = text.encode().decode(encoding, "replace")
    if fix_encoding(broken) != broken:
        assert is_suspect(broken)
