"""Check digits and shapes of identifiers: what tells a card number from any sixteen digits.

Each validator takes the ASCII text that a pattern matched, separators and all, and says whether
it is valid, or how many of its characters are.
"""

import ipaddress
from functools import cache

_HETU_CHECK = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_VERHOEFF_TURN = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BI": 27, "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27,
    "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27,
    "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28,
    "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28,
    "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22,
    "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23,
    "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24,
    "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28,
    "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip
_ISSUERS = (
    (34, 34, (15,)), (37, 37, (15,)), (36, 36, (14,)), (38, 39, (14,)), (300, 305, (14,)),
    (3528, 3589, (16,)), (4, 4, (16, 13, 19)), (51, 55, (16,)), (2221, 2720, (16,)),
    (2200, 2204, (16,)), (6011, 6011, (16,)), (644, 649, (16,)), (65, 65, (16,)), (60, 60, (16,)),
    (62, 62, (16, 17, 18, 19)), (5018, 5018, (16,)), (5020, 5020, (16,)), (5038, 5038, (16,)),
    (5893, 5893, (16,)), (6304, 6304, (16,)), (6759, 6759, (16,)), (6761, 6763, (16,)),
    (81, 82, (16,)), (508, 508, (16,)),
)  # fmt: skip
"""First and last prefix of each network, and the lengths of its numbers."""
_RESERVED_HOSTS = ("example", "invalid", "localhost", "test", "local")
_RESERVED_DOMAINS = ("example.com", "example.net", "example.org")
_FILES = frozenset((
    "avif", "bmp", "bz2", "css", "csv", "gif", "gz", "htm", "html", "ico", "jpeg", "jpg", "js",
    "json", "mp3", "mp4", "pdf", "php", "png", "py", "svg", "tar", "ttf", "txt", "webp", "woff",
    "xml", "yaml", "yml", "zip",
))  # fmt: skip
"""What ends a file name and no domain: `icon@2x.png`."""
_SERVICE_NAMES = frozenset(("git", "hg", "svn"))
"""Whose name a service answers to, as in `git@host:path`; nobody's mail."""
_PROVINCES = frozenset(
    (1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36,
     37, 38, 40, 42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74,
     75, 77, 79, 80, 82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96)
)  # fmt: skip
_LAST_BIRTH_YEAR = 2030


def digits_of(text: str) -> str:
    """The ASCII digits of a text, in order."""
    return "".join(character for character in text if "0" <= character <= "9")


def card_length(text: str) -> int:
    """Characters of `text` that are a payment card's number, from its start; 0 where none is.

    Prefix and length must be a network's, and Luhn's check digit must hold.
    Source: ISO/IEC 7812-1; prefixes as the networks publish them.
    """
    digits = digits_of(text)
    if len(set(digits)) < 2:
        return 0
    for wanted in _card_lengths(digits):
        if len(digits) >= wanted and _luhn(digits[:wanted]) % 10 == 0:
            end = _place_after(text, wanted)
            if not text[end : end + 1].isdigit():
                return end
    return 0


def _card_lengths(digits: str) -> tuple[int, ...]:
    for low, high, lengths in _ISSUERS:
        if low <= int(digits[: len(str(low))]) <= high:
            return lengths
    return ()


def _place_after(text: str, count: int) -> int:
    """Characters until `count` digits have gone by."""
    for place, character in enumerate(text, start=1):
        count -= character.isdigit()
        if not count:
            return place
    return len(text)


def _luhn(digits: str) -> int:
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return sum(map(int, digits[::-2])) + sum(value // 10 + value % 10 for value in doubled)


def iban_length(text: str) -> int:
    """Characters of `text` that are an IBAN, from its start; 0 where it does not hold one.

    Most of it must be digits, as of every country's: running text in lower case is not.
    Source: ISO 13616; lengths from the SWIFT registry.
    """
    wanted = _IBAN_LENGTHS.get(text[:2].upper(), 0)
    compact = ""
    for position, character in enumerate(text, start=1):
        compact += character.strip()
        if wanted and len(compact) == wanted:
            moved = compact[4:] + compact[:4]
            number = int("".join(str(int(letter, 36)) for letter in moved))
            alone = not text[position : position + 1].isalnum()
            valid = number % 97 == 1 and 2 * len(digits_of(compact)) > wanted
            return position if valid and alone else 0
    return 0


def is_public_address(text: str) -> bool:
    """An IPv4 or IPv6 address of the public internet; private and reserved ones name nobody."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.is_global and not address.is_multicast


def is_global_address(text: str) -> bool:
    """A public address that can be told from a version or a section (`6.3.6.1`).

    Four small numbers are far oftener one of those, so one part of an IPv4 address must be at
    least 64.
    """
    if not is_public_address(text):
        return False
    address = ipaddress.ip_address(text)
    return address.version == 6 or max(address.packed) >= 64


def is_mail(text: str) -> bool:
    """An address whose domain may exist: names reserved for examples name nobody.

    Source: RFC 2606.
    """
    local, _, domain = text.lower().replace("(at)", "@").replace("[at]", "@").rpartition("@")
    last = domain.rpartition(".")[2].strip()
    reserved = domain.strip().endswith(_RESERVED_DOMAINS) or last in _RESERVED_HOSTS
    return not (reserved or last in _FILES or local.strip() in _SERVICE_NAMES or ".." in text)


def is_hetu(text: str) -> bool:
    """A Finnish personal identity code, with the century signs of 2023 too.

    Source: Digital and Population Data Services Agency; decree 690/2022.
    """
    number, day, month = int(text[:6] + text[7:10]), int(text[:2]), int(text[2:4])
    dated = 1 <= day <= 31 and 1 <= month <= 12 and text[7:10] not in {"000", "001"}
    return dated and _HETU_CHECK[number % 31] == text[10].upper()


def is_aadhaar(text: str) -> bool:
    """An Indian Aadhaar number: twelve digits, Verhoeff's check digit. Source: UIDAI."""
    digits = digits_of(text)
    return len(digits) == 12 and digits[0] > "1" and _verhoeff(digits) == 0


def _verhoeff(digits: str) -> int:
    """Product in the dihedral group of order ten. Source: Verhoeff 1969."""
    check = 0
    for position, digit in enumerate(reversed(digits)):
        turned = int(digit)
        for _ in range(position % 8):
            turned = _VERHOEFF_TURN[turned]
        check = _dihedral(check, turned)
    return check


@cache
def _dihedral(left: int, right: int) -> int:
    if left < 5:
        return (left + right) % 5 + (0 if right < 5 else 5)
    return (left - right) % 5 + (5 if right < 5 else 0)


def is_my_number(text: str) -> bool:
    """A Japanese individual number. Source: Ministry of Internal Affairs, ordinance 85 of 2014."""
    digits = digits_of(text)
    if len(digits) != 12 or len(set(digits)) < 3:
        return False
    weights = (*range(2, 8), *range(2, 7))
    rest = sum(int(d) * w for d, w in zip(reversed(digits[:11]), weights, strict=True)) % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def is_cccd(text: str) -> bool:
    """A Vietnamese citizen identity number: province, century and sex, year, serial.

    It has no check digit, so the province must be one that was given out, and the year of birth
    (of the 1900s under 0 and 1, of the 2000s under 2 and 3) must have begun.
    Source: Circular 59/2021/TT-BCA; provinces from Circular 07/2016/TT-BCA.
    """
    digits = digits_of(text)
    if len(digits) != 12 or digits[3] not in "0123":
        return False
    year = 1900 + 100 * (int(digits[3]) // 2) + int(digits[4:6])
    return int(digits[:3]) in _PROVINCES and year <= _LAST_BIRTH_YEAR


def is_ssn(text: str) -> bool:
    """A United States social security number. Source: SSA, randomisation rules of 2011."""
    area, group, serial = text.split("-")
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"


def key_length(text: str) -> int:
    """Characters of `text` that are a key or a token, from its start; 0 for a made-up one.

    Keys of documentation (with EXAMPLE in them) and fillers such as `sk-xxxx` open nothing. A
    private key goes on to its END line or, without one, to the first blank line.
    """
    if text.startswith("-----BEGIN"):
        return _block_length(text)
    return len(text) if "EXAMPLE" not in text and len(set(text[4:])) > 6 else 0


def _block_length(text: str) -> int:
    blank = text.find("\n\n", text.find("-----", 10) + 7)
    return len(text) if "-----END" in text or blank < 0 else blank


def shape_alone(text: str) -> bool:
    """The pattern alone decides."""
    return bool(text)
