"""Words so common that running text of a language has some of them.

Source of the English ones: Rae et al. 2021 (Gopher), arXiv:2112.11446, section A1.1. The others
are common function words of the language, written down and not counted in a corpus; FineWeb-2
(Penedo et al. 2025, arXiv:2506.20920) asks for two of a counted list.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache

from auroram.text.signals import STOP_WORDS_LIST
from auroram.text.word_lists import WordLists

STOP_WORDS: Mapping[str, tuple[str, ...]] = {
    "en": ("the", "be", "to", "of", "and", "that", "have", "with"),
    "fi": ("ja", "on", "ei", "se", "että", "oli", "joka", "tai", "mutta", "ovat", "myös", "kun",
           "niin", "kuin", "voi", "jos", "sen", "ole", "kanssa", "jonka"),
    "hi": ("के", "में", "है", "की", "और", "से", "का", "को", "एक", "हैं", "पर", "ने", "कि", "यह",
           "लिए", "या", "भी", "नहीं", "इस"),
    "ja": ("の", "に", "を", "は", "が", "と", "で", "も", "へ", "する", "して", "した", "です",
           "ます", "から", "まで", "また", "この", "その", "こと"),
    "vi": ("là", "và", "của", "một", "được", "trong", "các", "có", "này", "đã", "người", "cho",
           "không", "những", "để", "với", "khi"),
}  # fmt: skip
"""By the language's tag. In Japanese only what hiragana pairs can show."""


def stop_words_of(tag: str) -> tuple[str, ...]:
    """Those of the tag's primary language; none where no list is built in."""
    return STOP_WORDS.get(tag.partition("-")[0], ())


@cache
def stop_word_list(words: tuple[str, ...]) -> WordLists:
    """The list that `signals_of` counts the signal `stop_words` by, made once a process."""
    return WordLists.of({STOP_WORDS_LIST: [unicodedata.normalize("NFC", word) for word in words]})
