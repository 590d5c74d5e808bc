"""Made-up values of the same shape in place of personal ones.

A surrogate is a function of the seed, the kind and the value: the same number becomes the same
surrogate in every document, wherever the work ran. It is computed with a keyed hash (BLAKE3), so
the value cannot be computed back from it. Whoever knows the seed can still try values and compare,
and there are few telephone numbers: keep the seed from whom the values must be kept from, or
redact. No surrogate is anybody's: mails and addresses stand in ranges reserved for documents (RFC
2606, 5737, 3849), numbers fail what validates them.
"""

import unicodedata
from functools import cache

from blake3 import blake3

from auroram.text.detectors import ANY_LANGUAGE, KINDS, Kind
from auroram.text.personal_data import batch_spans
from auroram.text.shadow import shadow

_ATTEMPTS = 64
_DOCUMENTATION = ("192.0.2", "198.51.100", "203.0.113")
_CONTEXT = "auroram 2026 surrogates of personal data"


def surrogate(kind: Kind, value: str, seed: int) -> str | None:
    """What stands for a value; None where no made-up value of its shape is safe.

    The way in which a number is grouped is kept and does not change which number comes out.
    """
    for attempt in range(_ATTEMPTS):
        stream = _Stream(kind, value, seed, attempt)
        made = _made(kind, value, stream)
        if not batch_spans([made], kinds=KINDS, language=ANY_LANGUAGE):
            return made
    return None


def _made(kind: Kind, value: str, stream: "_Stream") -> str:
    match kind:
        case "email":
            made = f"user-{stream.hexadecimal(10)}@example.org"
        case "name":
            made = f"Person-{stream.hexadecimal(6)}"
        case "ip":
            made = _address(value, stream)
        case "key":
            made = _key_like(value, stream)
        case _:
            made = _headed(_reshaped(value, stream), _invalid_head(kind, value))
    return made


def _invalid_head(kind: Kind, value: str) -> str:
    """First digits or letters that no valid value of the kind has, where there are such."""
    if kind == "phone":
        return "999" if value[0] in "+＋" else "00999" if value.startswith("00") else "000"
    return {"iban": "ZZ", "cccd": "000", "ssn": "000"}.get(kind, "")


def _key_like(value: str, stream: "_Stream") -> str:
    if value.startswith("-----BEGIN"):
        body = stream.hexadecimal(32)
        return f"-----BEGIN EXAMPLE KEY-----\n{body}\n-----END EXAMPLE KEY-----"
    head = value[: max(4, value.find("_") + 1)]
    return head + _reshaped(value[len(head) : -7], stream) + "EXAMPLE"


def _address(value: str, stream: "_Stream") -> str:
    if ":" in value:
        return f"2001:db8:{stream.hexadecimal(4)}:{stream.hexadecimal(4)}::1"
    return f"{_DOCUMENTATION[stream.below(3)]}.{stream.below(256)}"


def _reshaped(value: str, stream: "_Stream") -> str:
    """Digit for digit, letter for letter; anything else stays."""
    return "".join(_like(character, stream) for character in value)


def _like(character: str, stream: "_Stream") -> str:
    if (digit := unicodedata.decimal(character, None)) is not None:
        return chr(ord(character) - digit + stream.below(10))
    if character.isalpha() and character.isascii():
        return chr(ord("A" if character.isupper() else "a") + stream.below(26))
    return character


def _headed(shaped: str, head: str) -> str:
    """With the first digits or letters replaced, separators and script kept."""
    made, left = [], list(head)
    for character in shaped:
        if not left or not character.isalnum():
            made.append(character)
        elif left[0].isdigit():
            zero = ord(character) - unicodedata.decimal(character, 0)
            made.append(chr((zero if character.isdecimal() else ord("0")) + int(left.pop(0))))
        else:
            made.append(left.pop(0))
    return "".join(made)


@cache
def _key(seed: int, kind: Kind) -> bytes:
    return blake3(f"{seed} {kind}".encode(), derive_key_context=_CONTEXT).digest()


class _Stream:
    """Numbers that follow from seed, kind, value and attempt, however a value is grouped."""

    def __init__(self, kind: Kind, value: str, seed: int, attempt: int) -> None:
        plain = shadow(value) if kind != "name" else value
        written = plain.casefold() if kind in {"email", "name"} else plain
        kept = "".join(c for c in written if c.isalnum()) if kind not in _AS_WRITTEN else written
        self._hash = blake3(kept.encode(), key=_key(seed, kind))
        self._place = attempt << 32

    def below(self, limit: int) -> int:
        """A number from 0 to `limit` - 1."""
        self._place += 8
        return int.from_bytes(self._hash.digest(8, seek=self._place), "big") % limit

    def hexadecimal(self, digits: int) -> str:
        """So many hexadecimal digits."""
        return f"{self.below(16**digits):0{digits}x}"


_AS_WRITTEN = frozenset(("email", "key", "ip", "name"))
