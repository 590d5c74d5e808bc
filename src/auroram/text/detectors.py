r"""What to look for in a suspicious stretch of text: patterns, and the validator of each.

Patterns are RE2's, so their time is linear in the text whatever it holds; they read the ASCII
shadow of a text. RE2 has no look-around: `\b` keeps a match from the middle of a word, and
a guard looks at the two characters either side. National numbers are looked for only in
the languages of their country, since twelve digits alone say little.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from auroram.text import phones, validators
from auroram.text.cues import Cue, last_cue
from auroram.text.patterns import Pattern, PatternSet, cached_pattern, pattern_set
from auroram.text.shadow import FOREIGN

Kind = Literal[
    "email", "key", "iban", "card", "hetu", "aadhaar", "pan", "my-number", "cccd", "ssn",
    "ip", "phone", "name",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
"""What can be found; where two kinds overlap, the earlier in this order wins. Names are found by
a model that the recipe gives, all others by patterns and validators."""
ANY_LANGUAGE = "*"
"""Stands for a language in which every country's numbers are looked for."""

KEY_HEADS = (
    "AKIA", "ASIA", "gh[pousr]_", "github_pat_", "glpat-", "hf_", "xox[abeprs]-", "AIza",
    "[sr]k_live_", "sk-", "npm_", "pypi-", "eyJ", r"SG\.", r"ya29\.", "dop_v1_",
)  # fmt: skip
"""How the keys begin that services mark as theirs."""
_KEYS = (
    r"(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    r"gh[pousr]_[A-Za-z0-9]{36,255}",
    r"github_pat_[A-Za-z0-9_]{50,255}",
    r"glpat-[A-Za-z0-9_-]{20,64}",
    r"hf_[A-Za-z]{34}\b",
    r"xox[abeprs]-[A-Za-z0-9-]{10,255}",
    r"AIza[0-9A-Za-z_-]{35}",
    r"[sr]k_live_[0-9A-Za-z]{16,255}",
    r"sk-[A-Za-z0-9_-]{32,255}",
    r"npm_[A-Za-z0-9]{36}",
    r"pypi-[A-Za-z0-9_-]{50,255}",
    r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
    r"ya29\.[A-Za-z0-9_-]{20,255}",
    r"dop_v1_[a-f0-9]{64}",
    r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
)
BLOCK = (
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:[A-Za-z0-9+/=\s:,\\]|-[A-Za-z])*"
    r"(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?"
)
"""A private key, and what may follow it where its end is missing."""
ENDINGS = (
    "рф", "рус", "москва", "дети", "онлайн", "сайт", "орг", "ком", "католик", "бг", "бел", "ею",
    "мкд", "мон", "срб", "укр", "қаз", "ελ", "ευ", "հայ", "გე", "ישראל", "קום", "امارات", "الاردن",
    "البحرين", "الجزائر", "السعودية", "المغرب", "تونس", "سودان", "سورية", "عراق", "عمان", "فلسطين",
    "قطر", "مصر", "موريتانيا", "مليسيا", "ایران", "پاکستان", "بھارت", "بازار", "شبكة", "موقع",
    "भारत", "भारतम्", "संगठन", "कॉम", "नेट", "ভারত", "ভাৰত", "বাংলা", "ਭਾਰਤ", "ભારત", "ଭାରତ",
    "இந்தியா", "இலங்கை", "சிங்கப்பூர்", "భారత్", "ಭಾರತ", "ഭാരതം", "ලංකා", "ไทย", "คอม", "ລາວ",
    "中国", "中國", "香港", "台湾", "台灣", "澳門", "新加坡", "公司", "网络", "网址", "在线",
    "商城", "集团", "我爱你", "企业", "移动", "世界", "みんな", "コム", "クラウド", "ストア",
    "セール", "グーグル", "ファッション", "ポイント", "한국", "삼성", "닷컴", "닷넷",
)  # fmt: skip
"""Top-level domains of scripts other than Latin: those of countries, and the commoner others.
Source: IANA, root zone database."""
_CARD = (
    r"[0-9]{4}(?: [0-9]{4}){3}|[0-9]{4}(?:-[0-9]{4}){3}|[0-9]{4}[ -][0-9]{6}[ -][0-9]{4,5}"
    r"|[0-9]{13,19}"
)
_INDIAN = ("hi", "mr", "bn", "ta", "te", "gu", "kn", "ml", "pa", "or")


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """One way in which something personal is written."""

    kind: Kind
    pattern: str
    """RE2 syntax, over ASCII."""
    validate: Callable[[str], bool | int]
    """True or False, or how many of the characters are valid."""
    languages: tuple[str, ...] = ()
    """Primary language subtags it is looked for in; empty for all."""
    cued: bool = True
    """A word before it may say that it is something else."""
    needs_cue: Cue | None = None
    """What a word before it must say that it is."""
    guarded: bool = True
    """It must not be part of a longer number, a path or a price."""
    going_on: str = ".,/:"
    """After which of these a digit would make it part of something longer."""

    @property
    def validator(self) -> str:
        """The name of the check."""
        name = self.validate.__name__.removeprefix("is_")
        return name.removesuffix("_length") if name != "key_length" else "shape_alone"

    def compiled(self) -> Pattern:
        """The pattern, ready to search bytes."""
        return cached_pattern(self.pattern)

    def valid_length(self, shadow: str, start: int, end: int) -> int:
        """Characters from `start` on that are valid where they stand; 0 where none are."""
        if self.guarded and not _is_free_before(shadow[max(0, start - 2) : start]):
            return 0
        valid = self.validate(shadow[start:end])
        length = end - start if valid is True else int(valid)
        after = shadow[start + length : start + length + 2]
        return 0 if self.guarded and not self._is_free_after(after) else length

    def _is_free_after(self, after: str) -> bool:
        """No number, path or share goes on behind it; `after` is the next two characters."""
        first, other = after[:1], after[1:]
        if first == "-":
            return not other.isalnum()
        return first not in {"%", "$"} and not (first in set(self.going_on) and other.isdigit())

    @property
    def reads_words(self) -> bool:
        """Whether the words before a match count."""
        return self.cued or self.needs_cue is not None

    def is_believed(self, before: str) -> bool:
        """Whether the words before it allow that it is what it looks like."""
        if not self.reads_words:
            return True
        said = last_cue(before)
        return said == self.needs_cue if self.needs_cue else said != "thing"


def _is_free_before(before: str) -> bool:
    """No number, path, parameter or price runs up to it; `before` is the last two characters."""
    last, other = before[-1:], before[:-1]
    if last in {".", ",", ":"}:
        return not other.isdigit()
    if last == "-":
        return not other.isalnum()
    return last not in set("+$#=&~%?") and (last != "/" or other == "/")


_DETECTORS = (
    Detector(
        kind="email",
        pattern=r"\b[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}(?:@| ?[(\[]at[)\]] ?)"
        rf"(?:(?:[A-Za-z0-9][A-Za-z0-9-]{{0,62}}|{FOREIGN}[{FOREIGN}0-9-]*)\.)+"
        rf"(?:[A-Za-z]{{2,24}}\b|{FOREIGN}{{2,24}}\B)",
        validate=validators.is_mail, cued=False, guarded=False,
    ),
    Detector(
        kind="key", pattern=r"\b(?:" + "|".join(_KEYS) + ")|" + BLOCK,
        validate=validators.key_length, cued=False, guarded=False,
    ),
    Detector(
        kind="iban", pattern=r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}",
        validate=validators.iban_length, cued=False,
    ),
    Detector(
        kind="iban", pattern=r"\b[a-z]{2}[0-9]{2}(?: ?[a-z0-9]){11,30}",
        validate=validators.iban_length, cued=False,
    ),
    Detector(kind="card", pattern=rf"\b(?:{_CARD})\b", validate=validators.card_length),
    Detector(
        kind="hetu", pattern=r"\b[0-3][0-9][01][0-9]{3}[-+A-FU-Ya-fu-y][0-9]{3}[0-9A-Ya-y]\b",
        validate=validators.is_hetu, cued=False,
    ),
    Detector(
        kind="aadhaar", pattern=r"\b[2-9][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}\b",
        validate=validators.is_aadhaar, languages=_INDIAN,
    ),
    Detector(
        kind="aadhaar", pattern=r"\b[2-9][0-9]{3} [0-9]{4} [0-9]{4}\b",
        validate=validators.is_aadhaar, languages=("en",),
    ),
    Detector(
        kind="aadhaar", pattern=r"\b[2-9][0-9]{3}-?[0-9]{4}-?[0-9]{4}\b",
        validate=validators.is_aadhaar, languages=("en",), needs_cue="person",
    ),
    Detector(
        kind="pan", pattern=r"\b[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]\b",
        validate=validators.shape_alone, languages=("en", *_INDIAN),
    ),
    Detector(
        kind="pan", pattern=r"(?i)\b[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]\b",
        validate=validators.shape_alone, languages=("en", *_INDIAN), needs_cue="person",
    ),
    Detector(
        kind="my-number", pattern=r"\b[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}\b",
        validate=validators.is_my_number, languages=("ja",),
    ),
    Detector(
        kind="cccd", pattern=r"\b0[0-9]{11}\b", validate=validators.is_cccd, languages=("vi",),
    ),
    Detector(
        kind="cccd", pattern=r"\b0[0-9]{2}[ .][0-9]{3}[ .][0-9]{3}[ .][0-9]{3}\b",
        validate=validators.is_cccd, languages=("vi",),
    ),
    Detector(
        kind="ssn", pattern=r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b", validate=validators.is_ssn,
        languages=("en",),
    ),
    Detector(
        kind="ip", pattern=r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b",
        validate=validators.is_global_address, going_on=".,/",
    ),
    Detector(
        kind="ip", pattern=r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b",
        validate=validators.is_public_address, needs_cue="address", going_on=".,/",
    ),
    Detector(
        kind="ip", pattern=r"\b[23][0-9A-Fa-f]{3}:[0-9A-Fa-f:]{2,34}\b",
        validate=validators.is_global_address, guarded=False,
    ),
    Detector(
        kind="phone", pattern=r"(?:\+|\b00)[1-9](?:[ ().-]{0,3}[0-9]){6,15}\b",
        validate=phones.international_length, cued=False,
    ),
    Detector(
        kind="phone", validate=phones.is_finnish, languages=("fi",),
        pattern=r"\(?\b0[1-9][0-9]{0,2}\)?[ -]?[0-9]{2,8}(?:[ -][0-9]{2,5}){0,4}\b",
    ),
    Detector(
        kind="phone", validate=phones.is_japanese, languages=("ja",),
        pattern=r"\(?\b0[0-9]{1,4}[)-]? ?[(-]?[0-9]{1,4} ?[)-] ?[0-9]{3,4}\b",
    ),
    Detector(
        kind="phone", validate=phones.is_japanese, languages=("ja",),
        pattern=r"\b0[5789]0 ?[1-9][0-9]{3} ?[0-9]{4}\b|\b0[1-9][0-9]{0,3} [0-9]{1,4} [0-9]{4}\b",
    ),
    Detector(
        kind="phone", validate=phones.is_vietnamese, languages=("vi",),
        pattern=r"\(?\b0[235789][0-9](?:[ .)-]{0,2}[0-9]){7,8}\b",
    ),
    Detector(
        kind="phone", validate=phones.is_indian, languages=_INDIAN,
        pattern=r"\b0?[6-9][0-9]{4}[ -]?[0-9]{5}\b|\b0?[6-9][0-9]{2}[ -][0-9]{3}[ -][0-9]{4}\b"
        r"|\b[6-9][0-9]{3}[ -][0-9]{3}[ -][0-9]{3}\b"
        r"|\(?\b0[1-8][0-9]{1,3}[)]?[ -]{1,2}[2-7][0-9]{2,3}[ -]?[0-9]{3,4}\b",
    ),
    Detector(
        kind="phone", validate=phones.is_indian, languages=("en",),
        pattern=r"\b[6-9][0-9]{4} [0-9]{5}\b",
    ),
    Detector(
        kind="phone", validate=phones.is_north_american, languages=("en",),
        pattern=r"\b(?:1[ .-])?\(?[2-9][0-9]{2}(?:\) ?|[.-])[2-9][0-9]{2}[ .-][0-9]{4}\b"
        r"|\([2-9][0-9]{2}\) ?[2-9][0-9]{2}[ .-][0-9]{4}\b",
    ),
    Detector(
        kind="phone", validate=phones.is_north_american, languages=("en",), needs_cue="person",
        pattern=r"\b[2-9][0-9]{2} ?[2-9][0-9]{2}[ -]?[0-9]{4}\b",
    ),
    Detector(
        kind="phone", validate=phones.is_british, languages=("en",),
        pattern=r"\(?\b0[127][0-9]{1,4}\)? [0-9]{3,6}(?: [0-9]{3,4})?\b",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorSet:
    """Detectors of one language and set of kinds, with one automaton that says which to run."""

    detectors: tuple[Detector, ...]
    prefilter: PatternSet

    def likely(self, shadow: bytes) -> Iterator[Detector]:
        """The detectors whose pattern is somewhere in the shadow."""
        for number in self.prefilter.Match(shadow) or ():
            yield self.detectors[number]


@cache
def detector_set(kinds: frozenset[Kind], language: str) -> DetectorSet | None:
    """What to look for; None where nothing is asked for that a pattern can find.

    Args:
        kinds: what is asked for.
        language: primary subtag, or `ANY_LANGUAGE`.
    """
    wanted = tuple(
        detector
        for detector in _DETECTORS
        if detector.kind in kinds
        and (not detector.languages or language in (*detector.languages, ANY_LANGUAGE))
    )
    if not wanted:
        return None
    prefilter = pattern_set([detector.pattern for detector in wanted])
    return DetectorSet(detectors=wanted, prefilter=prefilter)
