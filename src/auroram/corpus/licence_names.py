"""SPDX's names of licences: which there are, and which one an address or a common spelling means.

Where no version is stated, all of them stand, joined by `AND`, so that lists of licences must let
in or keep out every one. What is not understood wholly is not guessed.

Source: SPDX licence list 3.27; creativecommons.org/licenses.
"""

import re
from functools import cache, lru_cache

from license_expression import Licensing, get_spdx_licensing

_OWN_NAMES = ("licenseref-", "documentref-")
_VERSIONS = ("1.0", "2.0", "2.5", "3.0", "4.0")
_CREATIVE_COMMONS = re.compile(
    r"creativecommons\.org/(?:licenses|publicdomain)/([a-z-]+)(?:/(\d\.\d))?(?:/([a-z]{2}|igo)\b)?"
)
_PUBLIC_DOMAIN = {"zero": "CC0-1.0", "mark": "CC-PDM-1.0", "certification": "CC-PDDC"}
_ADDRESSES = (
    re.compile(r"(?:opensource\.org/licenses?|spdx\.org/licenses)/([\w.+-]+?)(?:\.html|/)?$"),
    re.compile(r"gnu\.org/licenses/(?:old-licenses/)?([al]?gpl-\d\.\d)(?:\.\w+)?$"),
    re.compile(r"(apache)\.org/licenses/license-2\.0(?:\.\w+)?$"),
)
"""Of licences that are named in the address."""

_PORT = re.compile("[a-z]{2}|igo")
_WORDS = re.compile(r"[^\W\d_]+|\d+(?:\.\d+)*\+?")
_LONG_WORDS = (
    (r"creative\s*commons", "cc"),
    (r"(?:\bcc[\s-]*)?attribution(?=[\s-]*(?:non|no|share|\d))|\bcc[\s-]+attribution", "cc by"),
    (r"non[\s-]*commercial", "nc"),
    (r"share[\s-]*alike", "sa"),
    (r"no[\s-]*deriv(?:ative)?s?(?:[\s-]*works)?", "nd"),
    (r"general public", "gpl"),
    (r"\bcc[\s-]*(?:0|zero)\b", "cczero"),
    (r"\bv(?:ersion)?[\s.]*(?=\d)|(?<=[a-z])v(?=\d)", " "),
)
"""What is written out, and how it is abbreviated."""
_EMPTY_WORDS = frozenset(
    ["a", "deed", "dedication", "generic", "gnu", "international", "licence", "license",
     "licensed", "public", "domain", "software", "the", "under", "universal", "unported"]
)  # fmt: skip
_TERMS = ("by", "nc", "nd", "sa")
_NAMES = {
    "agpl 3": "AGPL-3.0-only", "apache": "Apache-2.0", "apache 2": "Apache-2.0",
    "asl 2": "Apache-2.0", "boost 1": "BSL-1.0", "bsd 2": "BSD-2-Clause",
    "bsd 2 clause": "BSD-2-Clause", "bsd 3": "BSD-3-Clause", "bsd 3 clause": "BSD-3-Clause",
    "cczero": "CC0-1.0", "cczero 1": "CC0-1.0", "eupl 1.2": "EUPL-1.2", "gfdl 1.3": "GFDL-1.3-only",
    "gpl 2": "GPL-2.0-only", "gpl 2+": "GPL-2.0-or-later", "gpl 3": "GPL-3.0-only",
    "gpl 3+": "GPL-3.0-or-later", "lgpl 2.1": "LGPL-2.1-only", "lgpl 3": "LGPL-3.0-only",
    "mit": "MIT", "mozilla 2": "MPL-2.0", "mpl 2": "MPL-2.0", "new bsd": "BSD-3-Clause",
    "odbl": "ODbL-1.0", "odbl 1": "ODbL-1.0", "odc by": "ODC-By-1.0", "odc by 1": "ODC-By-1.0",
    "simplified bsd": "BSD-2-Clause",
}  # fmt: skip
"""Spellings in lower case without empty words and without `.0`."""


@cache
def licensing() -> Licensing:
    """What reads SPDX expressions."""
    return get_spdx_licensing()


def is_known(key: str) -> bool:
    """Whether SPDX has a licence of this name, or lets anybody define it (`LicenseRef-...`)."""
    return key.lower().startswith(_OWN_NAMES) or not licensing().unknown_license_keys(key)


@cache
def _known() -> frozenset[str]:
    """SPDX's names in lower case."""
    return frozenset(key.lower() for key in licensing().known_symbols)


@lru_cache(maxsize=1 << 12)
def spdx_expression(stated: str) -> str | None:
    """The SPDX expression that the words mean; None where they are not understood.

    >>> spdx_expression("https://creativecommons.org/licenses/by-nc/4.0/deed.fi")
    'CC-BY-NC-4.0'
    >>> spdx_expression("CC BY-SA 3.0 Unported"), spdx_expression("Apache License, Version 2.0")
    ('CC-BY-SA-3.0', 'Apache-2.0')
    """
    text = stated.strip().lower()
    found = [_at_creative_commons(*parts) for parts in _CREATIVE_COMMONS.findall(text)]
    if found:
        return " AND ".join(dict.fromkeys(one for one in found if one)) if all(found) else None
    for address in _ADDRESSES:
        if named := address.search(text):
            return _of_words(named[1]) or (named[1] if named[1] in _known() else None)
    return _of_words(text)


def _at_creative_commons(terms: str, version: str, port: str) -> str | None:
    if terms in _PUBLIC_DOMAIN:
        return _PUBLIC_DOMAIN[terms]
    return _creative_commons(set(terms.split("-")), version, port)


def _of_words(text: str) -> str | None:
    for pattern, short in _LONG_WORDS:
        text = re.sub(pattern, short, text)
    words = [word for word in dict.fromkeys(_WORDS.findall(text)) if word not in _EMPTY_WORDS]
    if "cc" not in words:
        return _NAMES.get(" ".join(word.removesuffix(".0") for word in words))
    terms = {word for word in words if word in _TERMS}
    versions = {word if "." in word else f"{word}.0" for word in words if word[0].isdigit()}
    others = [word for word in words if word.isalpha() and word not in {"cc", *_TERMS}]
    if len(versions) > 1 or len(others) > 1 or not all(map(_PORT.fullmatch, others)):
        return None
    return _creative_commons(terms, "".join(versions), "".join(others))


def _creative_commons(terms: set[str], version: str, port: str) -> str | None:
    """The licence of these terms, perhaps of a version and for a country.

    SPDX knows some countries; of the others the version for all of them stands.
    """
    if "by" not in terms or not terms <= set(_TERMS) or {"nd", "sa"} <= terms:
        return None
    name = "-".join(["CC", *(term.upper() for term in _TERMS if term in terms)])
    if not version:
        return " AND ".join(f"{name}-{one}" for one in _VERSIONS)
    spelt = (f"{name}-{version}-{port.upper()}", f"{name}-{version}")
    return next((one for one in spelt if is_known(one)), None)
