"""Telephone numbers: what a numbering plan allows, of the ways in which people write them.

Sources: ITU-T E.164 and its list of assigned country codes; Traficom 32/2021 (Finland); Department
of Telecommunications, National Numbering Plan (India); Ministry of Internal Affairs (Japan);
Circular 25/2015/TT-BTTTT (Vietnam); NANPA (North America); Ofcom (United Kingdom).
"""

from auroram.text.validators import digits_of

_ONE = frozenset((1, 7))
_TWO = frozenset((
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55,
    56, 57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
))  # fmt: skip
_THREE = frozenset((
    211, 212, 213, 216, 218, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 231, 232, 233,
    234, 235, 236, 237, 238, 239, 240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252,
    253, 254, 255, 256, 257, 258, 260, 261, 262, 263, 264, 265, 266, 267, 268, 269, 290, 291, 297,
    298, 299, 350, 351, 352, 353, 354, 355, 356, 357, 358, 359, 370, 371, 372, 373, 374, 375, 376,
    377, 378, 379, 380, 381, 382, 383, 385, 386, 387, 389, 420, 421, 423, 500, 501, 502, 503, 504,
    505, 506, 507, 508, 509, 590, 591, 592, 593, 594, 595, 596, 597, 598, 599, 670, 672, 673, 674,
    675, 676, 677, 678, 679, 680, 681, 682, 683, 685, 686, 687, 688, 689, 690, 691, 692, 800, 808,
    850, 852, 853, 855, 856, 870, 878, 880, 881, 882, 883, 886, 888, 960, 961, 962, 963, 964, 965,
    966, 967, 968, 970, 971, 972, 973, 974, 975, 976, 977, 979, 992, 993, 994, 995, 996, 998,
))  # fmt: skip
_NATIONAL = {"1": (10, 10), "358": (6, 10), "81": (9, 10), "84": (9, 10), "91": (10, 10)}
"""Least and most digits after the country code; 6 to 12 where a code is not named."""

_VIETNAMESE_CARRIERS = {
    "3": "23456789", "5": "25689", "7": "06789", "8": "123456789", "9": "0123456789",
}  # fmt: skip
"""Second digit of a mobile number to the third digits that are given out."""
_DATES = ([2, 2, 4], [4, 2, 2])
"""Sizes of the groups of digits of which dates are made."""


def international_length(text: str) -> int:
    """Characters of `+358 40 ...` or `00358 ...` that are a number, from its start; 0 for none.

    What follows after a blank may be another number, so the longest run of whole groups counts
    whose length the country's plan allows.
    """
    for end in range(len(text), 7, -1):
        whole = text[end - 1].isdigit() and not text[end : end + 1].isdigit()
        if whole and _is_international(text[:end]):
            return end
    return 0


def _is_international(text: str) -> bool:
    digits = digits_of(text.replace("(0)", ""))
    if text.startswith("00"):
        digits = digits[2:]
    sizes = enumerate((_ONE, _TWO, _THREE), start=1)
    size = next((size for size, codes in sizes if int(digits[:size]) in codes), 0)
    code, rest = digits[:size], digits[size:]
    low, high = _NATIONAL.get(code, (6, 12))
    if text.isdigit() and code not in _NATIONAL:
        return False
    if not size or not low <= len(rest) <= high or len(digits) > 15 or len(set(rest)) < 3:
        return False
    return rest[0] != "0" and (code != "1" or _is_nanp(rest))


def is_north_american(text: str) -> bool:
    """A number of the United States or Canada, without or with a 1 before it."""
    digits = digits_of(text)
    return _is_nanp(digits[1:] if len(digits) == 11 and digits[0] == "1" else digits)


def _is_nanp(digits: str) -> bool:
    area, exchange = digits[:3], digits[3:6]
    known = len(digits) == 10 and area[0] >= "2" and exchange[0] >= "2"
    return known and area[1] != "9" and "11" not in {area[1:], exchange[1:]}


def is_british(text: str) -> bool:
    """A number of the United Kingdom as dialled within it."""
    digits = digits_of(text)
    return len(digits) == 11 and digits[1] in "127" and _varied(digits)


def is_finnish(text: str) -> bool:
    """A Finnish number as dialled within the country: mobile (04, 050), area or business."""
    digits, groups = digits_of(text), _groups(text)
    if [len(group) for group in groups] in _DATES or not _varied(digits):
        return False
    if digits.startswith(("04", "050")):
        return 9 <= len(digits) <= 11
    parted = len(groups) > 1 and len(groups[0]) <= 4
    return parted and 8 <= len(digits) <= 10 and _finnish_area(digits)


def _finnish_area(digits: str) -> bool:
    area = digits[1] in "235689" or "13" <= digits[1:3] <= "19"
    return area or digits.startswith(("010", "020", "029", "0700", "0800"))


def is_japanese(text: str) -> bool:
    """A Japanese number as dialled within the country: eleven digits for mobiles, else ten."""
    digits, groups = digits_of(text), _groups(text)
    mobile = digits[1] in "5789" and digits[2] == "0"
    wanted = 11 if mobile or digits.startswith("0800") else 10
    free = digits.startswith(("0120", "0570"))
    shaped = len(groups) == 1 or len(groups[-1]) == 4 or free
    live = digits[1] != "0" and (not mobile or digits[3] != "0" or digits[1] == "8")
    return len(digits) == wanted and shaped and live and _varied(digits)


def is_vietnamese(text: str) -> bool:
    """A Vietnamese number as dialled within the country: mobile of ten digits, area of eleven."""
    digits = digits_of(text)
    if min(len(group) for group in _groups(text)) < 2 or not _varied(digits):
        return False
    if digits[1] == "2":
        return len(digits) == 11
    return len(digits) == 10 and digits[2] in _VIETNAMESE_CARRIERS.get(digits[1], "")


def is_indian(text: str) -> bool:
    """An Indian number as dialled within the country: mobile of ten digits, area of eleven."""
    digits = digits_of(text)
    mobile = digits.removeprefix("0")
    landline = len(digits) == 11 and digits[0] == "0" and digits[1] in "12345678"
    return _varied(digits) and ((len(mobile) == 10 and mobile[0] in "6789") or landline)


def _groups(text: str) -> list[str]:
    plain = "".join(character if character.isdigit() else " " for character in text)
    return plain.split()


def _varied(digits: str) -> bool:
    return len(set(digits)) > 2
