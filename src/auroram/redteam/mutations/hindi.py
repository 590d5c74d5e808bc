"""Hindi in Latin letters, as it is typed in chats: no diacritics, silent vowels left out.

The rule for the silent vowel is Ohala's: an inherent `a` is dropped at a word's end, and between
a vowel and consonant before it and a consonant and vowel after it, from the right to the left.
Source: Ohala 1983, Aspects of Hindi Phonology, chapter 4; simplified, with no regard to morphemes.
"""

import re
import unicodedata
from dataclasses import dataclass

_CONSONANTS = {
    "क": "k", "ख": "kh", "ग": "g", "घ": "gh", "ङ": "n", "च": "ch", "छ": "chh", "ज": "j", "झ": "jh",
    "ञ": "n", "ट": "t", "ठ": "th", "ड": "d", "ढ": "dh", "ण": "n", "त": "t", "थ": "th", "द": "d",
    "ध": "dh", "न": "n", "प": "p", "फ": "ph", "ब": "b", "भ": "bh", "म": "m", "य": "y", "र": "r",
    "ल": "l", "व": "v", "श": "sh", "ष": "sh", "स": "s", "ह": "h",
}  # fmt: skip
_DOTTED = {"क": "q", "ख": "kh", "ग": "g", "ज": "z", "ड": "r", "ढ": "rh", "फ": "f"}
_VOWELS = {
    "अ": "a", "आ": "aa", "इ": "i", "ई": "ee", "उ": "u", "ऊ": "oo", "ऋ": "ri", "ए": "e", "ऐ": "ai",
    "ओ": "o", "औ": "au", "ऑ": "o", "ऍ": "e",
}  # fmt: skip
_SIGNS = {
    "\u093e": "aa", "\u093f": "i", "\u0940": "ee", "\u0941": "u", "\u0942": "oo", "\u0943": "ri",
    "\u0947": "e", "\u0948": "ai", "\u094b": "o", "\u094c": "au", "\u0949": "o", "\u0945": "e",
}  # fmt: skip
_NASAL, _BREATH, _VIRAMA, _NUKTA = "ंँ", "ः", "्", "़"
_WORD = re.compile(r"[\u0900-\u0963\u0970-\u097f]+")
_INHERENT = "a"


@dataclass(slots=True)
class _Syllable:
    consonants: str
    vowel: str
    inherent: bool
    """Whether the vowel is not written in Devanagari."""
    ending: str = ""


def romanised(text: str) -> str:
    """Hindi words in Latin letters; all else stays.

    >>> romanised("मुझे अपना तरीका बताइए।")
    'mujhe apna tareeka bataaie.'
    """
    plain = unicodedata.normalize("NFD", text).replace("।", ".")
    return _WORD.sub(lambda match: _word(match.group()), plain)


def _word(word: str) -> str:
    syllables = _syllables(word)
    _drop_silent(syllables)
    if syllables and not syllables[-1].ending and syllables[-1].vowel == "aa":
        syllables[-1].vowel = "a"
    return "".join(one.consonants + one.vowel + one.ending for one in syllables)


def _syllables(word: str) -> list[_Syllable]:
    found: list[_Syllable] = []
    joined = False
    for i, letter in enumerate(word):
        if letter in _CONSONANTS:
            dotted = word[i + 1 : i + 2] == _NUKTA
            sound = _DOTTED.get(letter, _CONSONANTS[letter]) if dotted else _CONSONANTS[letter]
            if joined:
                found[-1].consonants += sound
                found[-1].vowel, found[-1].inherent = _INHERENT, True
            else:
                found.append(_Syllable(sound, _INHERENT, inherent=True))
            joined = False
        elif letter in _VOWELS:
            found.append(_Syllable("", _VOWELS[letter], inherent=False))
        elif found:
            joined = _modify(found[-1], letter) or (joined and letter == _NUKTA)
    return found


def _modify(syllable: _Syllable, letter: str) -> bool:
    """Let a sign change the syllable before it; True where the next consonant joins it."""
    if letter in _SIGNS:
        syllable.vowel, syllable.inherent = _SIGNS[letter], False
    elif letter in _NASAL:
        syllable.ending += "n"
    elif letter == _BREATH:
        syllable.ending += "h"
    elif letter == _VIRAMA:
        syllable.vowel, syllable.inherent = "", False
        return True
    return False


def _drop_silent(syllables: list[_Syllable]) -> None:
    if len(syllables) > 1 and syllables[-1].inherent and not syllables[-1].ending:
        syllables[-1].vowel = ""
    for i in range(len(syllables) - 2, 0, -1):
        before, here, after = syllables[i - 1 : i + 2]
        open_before = before.vowel and not before.ending
        if here.inherent and not here.ending and open_before and after.vowel and after.consonants:
            here.vowel = ""
