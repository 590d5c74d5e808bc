"""Finding personal data: patterns that run in linear time, then validators.

Every pattern is a flat run of characters without nested repetition, so that hostile text cannot
slow it down; what the run holds is judged by a validator. National numbers are looked for only
in the languages of their country, since twelve digits alone say little.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

from auroram.text import validators

Kind = Literal[
    "email", "key", "iban", "card", "hetu", "aadhaar", "pan", "my-number", "cccd", "ssn",
    "ip", "phone",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
"""What can be found; where two kinds overlap, the earlier in this order wins."""

_BEFORE = r"(?<![\w.+-])"
_AFTER = r"(?![\w-]|\.\d)"
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
    r"eyJ[A-Za-z0-9_-]{10,2048}\.eyJ[A-Za-z0-9_-]{10,4096}\.[A-Za-z0-9_-]{10,1024}",
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[A-Za-z0-9+/=\s:,-]{0,8192}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where something personal stands in a text; never what it is."""

    kind: Kind
    start: int
    """In characters."""
    end: int
    validator: str
    """Name of the check that it passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Detector:
    kind: Kind
    pattern: re.Pattern[str]
    validate: Callable[[str], bool | int]
    """True or False, or how many of the characters are valid."""
    languages: frozenset[str] = frozenset()
    """Primary language subtags it is looked for in; empty for all."""


def _detector(
    kind: Kind, pattern: str, validate: Callable[[str], bool | int], *languages: str
) -> _Detector:
    return _Detector(
        kind=kind,
        pattern=re.compile(pattern, re.ASCII),
        validate=validate,
        languages=frozenset(languages),
    )


_DETECTORS = (
    _detector(
        "email",
        r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}"
        r"@[A-Za-z0-9][A-Za-z0-9.-]{0,250}\.[A-Za-z]{2,24}(?![A-Za-z0-9])",
        validators.is_mail,
    ),
    _detector("key", r"(?<![A-Za-z0-9_])(?:" + "|".join(_KEYS) + ")", validators.shape_alone),
    _detector(
        "iban", _BEFORE + r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}", validators.iban_length
    ),
    _detector("card", _BEFORE + r"[0-9](?:[ -]?[0-9]){12,18}" + _AFTER, validators.is_card),
    _detector(
        "hetu", _BEFORE + r"[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-Y]" + _AFTER, validators.is_hetu
    ),
    _detector(
        "aadhaar",
        _BEFORE + r"[2-9][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}" + _AFTER,
        validators.is_aadhaar,
        "hi", "en", "mr", "bn", "ta", "te", "gu", "kn", "ml", "pa", "or",
    ),
    _detector(
        "pan", _BEFORE + r"[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]" + _AFTER,
        validators.shape_alone,
    ),
    _detector(
        "my-number", _BEFORE + r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}" + _AFTER,
        validators.is_my_number, "ja",
    ),
    _detector("cccd", _BEFORE + r"0[0-9]{11}" + _AFTER, validators.is_cccd, "vi"),
    _detector(
        "ssn", _BEFORE + r"[0-9]{3}-[0-9]{2}-[0-9]{4}" + _AFTER, validators.is_ssn, "en"
    ),
    _detector(
        "ip", _BEFORE + r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}" + _AFTER,
        validators.is_global_address,
    ),
    _detector(
        "ip", r"(?<![\w:.])[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:]{4,34}(?![\w:])",
        validators.is_global_address,
    ),
    _detector("phone", _BEFORE + r"\+[0-9][0-9 ().-]{6,20}[0-9]" + _AFTER, validators.is_phone),
    _detector("phone", _BEFORE + r"0[0-9]{1,2}[ -][0-9 -]{5,10}[0-9]" + _AFTER,
              validators.is_phone, "fi"),
    _detector("phone", _BEFORE + r"0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}" + _AFTER,
              validators.is_phone, "ja"),
    _detector("phone", _BEFORE + r"0[35789][0-9 .]{8,11}" + _AFTER, validators.is_phone, "vi"),
    _detector("phone", _BEFORE + r"[6-9][0-9]{4}[ -]?[0-9]{5}" + _AFTER,
              validators.is_phone, "hi"),
    _detector("phone", r"(?<![\w.+-])\(?[2-9][0-9]{2}\)?[ .-][2-9][0-9]{2}[.-][0-9]{4}" + _AFTER,
              validators.is_phone, "en"),
)  # fmt: skip


def personal_spans(text: str, *, kinds: Iterable[Kind], language: str) -> list[Span]:
    """What is found, in order; what overlaps becomes one span of the kind that wins.

    Args:
        text: any text.
        kinds: what to look for.
        language: BCP 47 tag, which decides whose national numbers to look for.
    """
    found = list(_found(text, frozenset(kinds), language.partition("-")[0]))
    apart: list[Span] = []
    for span in sorted(found, key=lambda span: (span.start, KINDS.index(span.kind))):
        if apart and span.start < apart[-1].end:
            apart[-1] = _merged(apart[-1], span)
        else:
            apart.append(span)
    return apart


def _merged(left: Span, right: Span) -> Span:
    winner = min(left, right, key=lambda span: KINDS.index(span.kind))
    return replace(winner, start=left.start, end=max(left.end, right.end))


def _found(text: str, kinds: frozenset[Kind], language: str) -> Iterator[Span]:
    for detector in _DETECTORS:
        if detector.kind not in kinds:
            continue
        if detector.languages and language not in detector.languages:
            continue
        for match in detector.pattern.finditer(text):
            valid = detector.validate(match.group())
            if valid:
                end = match.end() if valid is True else match.start() + valid
                yield Span(
                    kind=detector.kind,
                    start=match.start(),
                    end=end,
                    validator=detector.validate.__name__.removeprefix("is_"),
                )


def redacted(text: str, spans: Iterable[Span], placeholder: Callable[[Kind], str]) -> str:
    """The text with every span replaced. The spans must be in order and not overlap."""
    parts, last = [], 0
    for span in spans:
        parts += [text[last : span.start], placeholder(span.kind)]
        last = span.end
    return "".join([*parts, text[last:]])
