"""Finnish as it is spoken and chatted: pronouns, short endings, dropped sounds."""

import re

_WORDS = {
    "minä": "mä", "minun": "mun", "minulle": "mulle", "minua": "mua", "minut": "mut",
    "sinä": "sä", "sinun": "sun", "sinulle": "sulle", "hän": "se", "hänen": "sen",
    "ovat": "on", "olen": "oon", "olet": "oot", "olemme": "ollaan", "ole": "oo", "onko": "onks",
    "että": "et", "mutta": "mut", "kun": "ku", "niin": "nii", "tämä": "tää", "nämä": "nää",
    "tällaisen": "tämmösen", "tällaisesta": "tämmösestä", "jonkun": "jonku", "kuinka": "miten",
    "haluan": "haluun", "voitko": "voitsä", "tarvitsen": "tarviin", "ennen vanhaan": "ennen",
    "puhelimeen": "puhelimee", "polkupyörän": "fillarin", "yksi": "yks", "kaksi": "kaks",
    "olisi": "ois",
}  # fmt: skip
_ENDINGS = (
    (re.compile(r"(?<=\w)(?<=[kln])ea\b"), "ee"),
    (re.compile(r"(?<=\w)(?<=[kln])eä\b"), "ee"),
    (re.compile(r"(?<=\w)oa\b"), "oo"),
    (re.compile(r"(?<=\w)öä\b"), "öö"),
    (re.compile(r"(?<=\w\w)nut\b"), "nu"),
    (re.compile(r"(?<=\w\w)nyt\b"), "ny"),
    (re.compile(r"(?<=\w\w)ksi\b"), "ks"),
    (re.compile(r"(?<=\w)aisen\b"), "asen"),
    (re.compile(r"(?<=\w)ainen\b"), "anen"),
    (re.compile(r"(?<=\w)äinen\b"), "änen"),
    (re.compile(r"(?<=\w)oinen\b"), "onen"),
)
_LONGEST_FIRST = sorted(_WORDS, key=len, reverse=True)
_WORD = re.compile(rf"\b({'|'.join(_LONGEST_FIRST)})\b", re.IGNORECASE)


def colloquial(text: str) -> str:
    """The text in everyday Finnish.

    >>> colloquial("Olen yrittänyt kertoa, mutta miksi en ole onnistunut?")
    'Oon yrittäny kertoo, mut miks en oo onnistunu?'
    """
    spoken = _WORD.sub(_replaced, text)
    for pattern, ending in _ENDINGS:
        spoken = pattern.sub(ending, spoken)
    return spoken


def _replaced(match: re.Match[str]) -> str:
    word = match.group()
    spoken = _WORDS[word.lower()]
    return spoken[0].upper() + spoken[1:] if word[0].isupper() else spoken
