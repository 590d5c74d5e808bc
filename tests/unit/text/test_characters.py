"""Character tables and the decoder against Python's own Unicode data."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auroram.text import characters
from auroram.text.characters import decode, tables
from auroram.text.scripts import SCRIPTS

NAMES = {
    "Latn": "LATIN", "Grek": "GREEK", "Cyrl": "CYRILLIC", "Deva": "DEVANAGARI",
    "Hira": "HIRAGANA", "Kana": "KATAKANA", "Hani": "CJK", "Thai": "THAI", "Hang": "HANGUL",
    "Arab": "ARABIC", "Hebr": "HEBREW", "Beng": "BENGALI", "Taml": "TAMIL", "Khmr": "KHMER",
    "Olck": "OL CHIKI", "Tfng": "TIFINAGH", "Syrc": "SYRIAC", "Thaa": "THAANA", "Nkoo": "NKO",
}  # fmt: skip


@settings(deadline=None)
@given(st.text(min_size=1))
def test_decoding_gives_the_code_points_of_the_text(text):
    data = np.frombuffer(text.encode(), np.uint8)
    found, i = [], 0
    while i < len(data):
        code_point, i = decode(data, i)
        found.append(chr(code_point))
    assert "".join(found) == text


@pytest.mark.parametrize("script", NAMES)
def test_letters_named_after_a_script_are_of_it(script):
    wanted = SCRIPTS.index(script)
    plain = [
        cp
        for cp in range(0xA000)
        if unicodedata.name(chr(cp), "").startswith(NAMES[script] + " ")
        and " LETTER " in unicodedata.name(chr(cp))
        and unicodedata.category(chr(cp))[0] == "L"
    ]
    assert all(tables().scripts[cp] == wanted for cp in plain)


@pytest.mark.parametrize(
    ("character", "kind"),
    [
        ("ि", characters.LETTER),
        ("\u0301", characters.LETTER),
        ("語", characters.HAN),
        ("ー", characters.KATAKANA),
        ("の", characters.PAIRED),
        ("٣", characters.DIGIT),
        ("।", characters.SYMBOL),
        ("\u00a0", characters.SPACE),
        ("\u200d", characters.INVISIBLE),
    ],
)
def test_a_character_is_of_its_class(character, kind):
    assert tables().classes[ord(character)] == kind


def test_folding_is_pythons_where_one_character_stays_one():
    upper = [cp for cp in range(0x30000) if unicodedata.category(chr(cp)) == "Lu"]
    single = [cp for cp in upper if len(chr(cp).lower()) == 1]
    assert all(chr(tables().lower[cp]) == chr(cp).lower() for cp in single)
