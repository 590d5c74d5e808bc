"""Words before a number that say what it is: a telephone, an address, or an order, a version.

Twelve digits with a valid check digit are a person's number or, one time in ten, somebody's order
number. People nearly always write which, right before it; the last such word decides.
"""

from functools import cache
from typing import Literal

from auroram.text.patterns import Match, Pattern, pattern_of

REACH = 32
"""Characters before a match in which words count."""

Cue = Literal["person", "address", "thing"]
"""What a word says of the number after it: a person's, an address of the internet, or neither."""

_FOR = (
    r"tel|tele?phone|phone|ph|call|mobile|cell|fax|whatsapp|sms|contact|ssn|social security|"
    r"pan|aadhaar|card|iban|puh|puhelin\pL*|gsm|soita|numeroon|matkapuhelin|kortti|kortin|hetu|"
    r"gọi|di động|liên hệ|hotline|zalo|cccd|thẻ|đt|sđt|điện thoại|căn cước|định danh"
)
_FOR_ANYWHERE = (
    r"फोन|फ़ोन|मोबाइल|कॉल|संपर्क|व्हाट्सएप|दूरभाष|आधार|पैन|कार्ड|"
    r"電話|携帯|連絡先|ファックス|マイナンバー|個人番号|カード"
)
_ADDRESS = r"ips?|dns|ping"
_ADDRESS_ANYWHERE = r"आईपी|ipアドレス"
_AGAINST = (
    r"isbn|issn|ean|upc|jan|doi|orders?|invoice|ref|reference|serial|part|model|sku|"
    r"tracking|ticket|case|version|ver|v|build|release|revision|rev|batch|lot|patent|catalog\pL*|"
    r"firmware|item|product|barcode|article|sections?|clause|kohta|kohdan|tilaus\pL*|lasku\pL*|viite\pL*|tuote\pL*|"
    r"laiteohjelmisto\pL*|sarjanumero|osanumero|"
    r"versio\pL*|erä|erän|viivakoodi|y-tunnus|seuranta\pL*|pnr|hash|checksum|id|seri|"
    r"đơn hàng|mã đơn|hóa đơn|hoá đơn|mã sản phẩm|phiên bản|phần mềm|vận đơn|mã vạch|mã số"
)
_AGAINST_ANYWHERE = (
    r"ऑर्डर|बिल|चालान|आईएसबीएन|संस्करण|क्रमांक|सीरियल|उत्पाद|ट्रैकिंग|पीएनआर|मॉडल|बारकोड|रसीद|फर्मवेयर|"
    r"注文|伝票|型番|製品|品番|バージョン|管理番号|受付番号|追跡|製造番号|法人番号|商品|書籍|ファームウェア"
)
"""The latter lists need no blank either side, for scripts without or with vowel signs after."""
_ENDS = "0123456789@<>\n\x00\x01"
_CUES: tuple[tuple[Cue, str, str], ...] = (
    ("person", _FOR, _FOR_ANYWHERE),
    ("address", _ADDRESS, _ADDRESS_ANYWHERE),
    ("thing", _AGAINST, _AGAINST_ANYWHERE),
)


@cache
def _pattern() -> Pattern:
    """All lists as one pattern, with a group for each: those of whole words first."""
    words, anywhere = ("|".join(f"({cue[i]})" for cue in _CUES) for i in (1, 2))
    whole = rf"(?:^|\P{{L}})(?:{words})\P{{L}}|{anywhere}"
    return pattern_of(whole.replace(" ", " +").replace("-", "-+"))


def last_cue(before: str) -> Cue | None:
    """What the last telling word says; None where there is no such word.

    Args:
        before: the text before the number; what stands before another number does not count.
    """
    start = max(map(before.rfind, _ENDS)) + 1
    words = before[max(start, len(before) - REACH) :].lower()
    # A match takes in the character after a word, which the next word needs before it.
    near = f"{words} ".replace(" ", "  ").replace("-", "--").encode()
    last = None
    for match in _pattern().finditer(near):
        last = match
    return _said(last) if last else None


def _said(match: Match) -> Cue:
    """Whose list the word stands in."""
    groups = range(1, 2 * len(_CUES) + 1)
    group = next(group for group in groups if match.span(group) != (-1, -1))
    return _CUES[(group - 1) % len(_CUES)][0]
