"""Windows of units, hashed and looked up."""

from hypothesis import given
from hypothesis import strategies as st

from auroram.text.buffers import Buffer
from auroram.text.characters import DIGIT, HAN, INVISIBLE, KATAKANA, LETTER, PAIRED, tables
from auroram.text.contamination import WINDOWS, Windows, found_in, sought, windows_of

SMALL = Windows(words=3, characters=5)
TEXT = st.text(alphabet="aB १की漢カひ.,\n\u200d7é", max_size=40)


def windows(text, measure=WINDOWS):
    found = windows_of(Buffer.of([text]), measure)
    data = text.encode()
    ends = zip(found.start, found.end, strict=True)
    return [data[start:end].decode() for start, end in ends]


def slow_units(text):
    """(text, is it a word) of every unit."""
    units = []
    last = None
    for character in text:
        kind = int(tables().classes[ord(character)])
        if kind == INVISIBLE:
            continue
        folded = chr(tables().lower[ord(character)])
        if kind in (LETTER, DIGIT):
            if last == LETTER:
                units[-1] = (units[-1][0] + folded, True)
            else:
                units.append((folded, True))
            last = LETTER
            continue
        if kind in (HAN, PAIRED, KATAKANA):
            units.append((folded, False))
        last = kind
    return units


def slow_windows(text, measure):
    units = slow_units(text)
    found = []
    for first in range(len(units)):
        weight = 0
        for last in range(first, len(units)):
            weight += measure.characters if units[last][1] else measure.words
            if weight >= measure.words * measure.characters:
                found.append(tuple(units[first : last + 1]))
                break
    return found


@given(TEXT)
def test_windows_are_those_of_the_obvious_version(text):
    found = windows_of(Buffer.of([text]), SMALL)
    slow = slow_windows(text, SMALL)
    assert len(found.fingerprint) == len(slow)
    assert len(set(found.fingerprint.tolist())) == len(set(slow))


@given(st.lists(TEXT, max_size=4), TEXT)
def test_what_is_sought_is_found_and_nothing_else(texts, wanted):
    buffer = Buffer.of(texts)
    found = found_in(buffer, sought(windows_of(Buffer.of([wanted]), SMALL).fingerprint, SMALL))
    keys = set(slow_windows(wanted, SMALL))
    expected = [t for t, text in enumerate(texts) for w in slow_windows(text, SMALL) if w in keys]
    assert found.text.tolist() == expected


def test_a_window_is_thirteen_words():
    words = [f"w{n}" for n in range(14)]
    assert windows(" ".join(words)) == [" ".join(words[:13]), " ".join(words[1:])]
    assert windows(" ".join(words[:12])) == []


def test_a_window_is_fifty_characters_of_an_unspaced_script():
    text = "".join(chr(0x4E00 + n) for n in range(51))
    assert windows(text) == [text[:50], text[1:]]
    assert windows(text[:49]) == []


def test_words_among_unspaced_characters_share_a_window():
    assert windows("東京 a 大阪 b", Windows(words=4, characters=8)) == ["東京 a 大阪 b"]


def test_case_punctuation_and_spaces_do_not_matter():
    one, other = "Ein Haus, ein Baum!", "ein  HAUS\nein-baum"
    measure = Windows(words=4, characters=50)
    keys = [windows_of(Buffer.of([text]), measure).fingerprint.tolist() for text in (one, other)]
    assert keys[0] == keys[1] and len(keys[0]) == 1


def test_a_hindi_word_is_not_cut_at_its_vowel_signs():
    assert windows("मुझे हिन्दी की किताबें", Windows(words=3, characters=50)) == [
        "मुझे हिन्दी की",
        "हिन्दी की किताबें",
    ]


def test_a_tone_or_a_vowel_sign_makes_another_window():
    measure = Windows(words=2, characters=50)
    texts = ["bạn đi", "bàn đi", "यह है", "यह हूं"]
    assert len(set(windows_of(Buffer.of(texts), measure).fingerprint.tolist())) == 4


def test_more_windows_than_first_room_are_all_found():
    text = " ".join(str(n) for n in range(10_000))
    assert len(windows_of(Buffer.of([text, text])).text) == 2 * (10_000 - 12)


def test_nothing_is_found_where_nothing_is_sought():
    nothing = windows_of(Buffer.of([])).fingerprint
    assert len(found_in(Buffer.of(["one two"]), sought(nothing)).text) == 0
