"""Check digits and shapes of identifiers: what tells a card number from any sixteen digits.

Each validator takes the text that a pattern matched, separators and all.
"""

import ipaddress

_HETU_CHECK = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_VERHOEFF_TURN = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22,
    "DK": 18, "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28,
    "IE": 22, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31,
    "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SA": 24, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "TR": 26, "UA": 29,
}  # fmt: skip
_RESERVED_HOSTS = ("example", "invalid", "localhost", "test", "local")
_RESERVED_DOMAINS = ("example.com", "example.net", "example.org")


def digits_of(text: str) -> str:
    """The ASCII digits of a text, in order."""
    return "".join(character for character in text if "0" <= character <= "9")


def is_card(text: str) -> bool:
    """A payment card: 13 to 19 digits, a network's first digit, and Luhn's check digit.

    Source: ISO/IEC 7812-1.
    """
    digits = digits_of(text)
    plausible = 13 <= len(digits) <= 19 and digits[0] in "3456" and len(set(digits)) > 1
    return plausible and _luhn(digits) % 10 == 0


def _luhn(digits: str) -> int:
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return sum(map(int, digits[::-2])) + sum(value // 10 + value % 10 for value in doubled)


def iban_length(text: str) -> int:
    """Characters of `text` that are an IBAN, from its start; 0 where it does not hold one.

    Source: ISO 13616; lengths from the SWIFT registry, Europe and neighbours.
    """
    wanted = _IBAN_LENGTHS.get(text[:2], 0)
    compact = ""
    for position, character in enumerate(text, start=1):
        compact += character.strip()
        if wanted and len(compact) == wanted:
            moved = compact[4:] + compact[:4]
            number = int("".join(str(int(letter, 36)) for letter in moved))
            return position if number % 97 == 1 else 0
    return 0


def is_global_address(text: str) -> bool:
    """An IPv4 or IPv6 address of the public internet; private and reserved ones name nobody.

    Four small numbers are far oftener a version or a section (`6.3.6.1`), so one part of an
    IPv4 address must be at least 64.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    small = address.version == 4 and max(address.packed) < 64
    return address.is_global and not small


def is_mail(text: str) -> bool:
    """An address whose domain may exist: names reserved for examples name nobody.

    Source: RFC 2606.
    """
    domain = text.rpartition("@")[2].lower()
    reserved = domain.endswith(_RESERVED_DOMAINS) or domain.rpartition(".")[2] in _RESERVED_HOSTS
    return not reserved and ".." not in text


def is_phone(text: str) -> bool:
    """Between 8 and 15 digits, not all alike. Source: ITU-T E.164 for the upper bound."""
    digits = digits_of(text)
    return 8 <= len(digits) <= 15 and len(set(digits)) > 2


def is_hetu(text: str) -> bool:
    """A Finnish personal identity code. Source: Digital and Population Data Services Agency."""
    number = int(text[:6] + text[7:10])
    day, month = int(text[:2]), int(text[2:4])
    return 1 <= day <= 31 and 1 <= month <= 12 and _HETU_CHECK[number % 31] == text[10].upper()


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
    """A Vietnamese citizen identity number: province 001 to 096, then century, year, serial.

    It has no check digit. Source: Circular 59/2021/TT-BCA.
    """
    digits = digits_of(text)
    return len(digits) == 12 and 1 <= int(digits[:3]) <= 96 and digits[3] in "0123"


def is_ssn(text: str) -> bool:
    """A United States social security number. Source: SSA, randomisation rules of 2011."""
    area, group, serial = text.split("-")
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"


def shape_alone(text: str) -> bool:
    """The pattern alone decides."""
    return bool(text)
