"""Signs of operational detail: how something is done, and not that it is asked for.

A request or an answer on a concern that shows one is never stored.
"""

import re

_SIGNS = {
    "steps": re.compile(r"(?:^\s*(?:\d{1,2}[.)、]|[-*•]|step \d)\s*\S.*\n?){3,}", re.M | re.I),
    "code": re.compile(r"```|^\s*(?:import \w|def \w+\(|#include|sudo |curl |\$ \w)", re.M),
    "amounts": re.compile(
        r"\b\d+(?:[.,]\d+)?\s?(?:mg|g|kg|ml|l|litres?|liters?|grams?|°\s?[CF]|℃|psi|mol|ppm)\b"
        r"|\d+\s?(?:グラム|ミリリットル|リットル|度)|\d+\s?(?:ग्राम|मिली|लीटर)|\d+\s?(?:gam|lít)\b",
        re.I,
    ),
    "formula": re.compile(r"\b(?=\w*[a-z]?\d)(?:[A-Z][a-z]?\d{0,2}){3,}\b(?<=\d)"),
    "address": re.compile(r"https?://|\b[\w-]+\.onion\b"),
}


def operational_signs(text: str) -> tuple[str, ...]:
    """Names of the signs that a text shows: `steps`, `code`, `amounts`, `formula`, `address`.

    >>> operational_signs("Heat 20 g of it to 80 °C.")
    ('amounts',)
    """
    return tuple(name for name, sign in _SIGNS.items() if sign.search(text))
