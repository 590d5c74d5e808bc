"""Bounds as they were published, for comparing with other pipelines and as a place to start.

They were found for other segmenters (whitespace, spaCy, SudachiPy, Indic NLP) and divide by other
totals, so they refuse other documents here than they did there; `corpus calibrate` finds bounds for
our units. What a paper does not bound is unbounded.
"""

from collections.abc import Mapping
from dataclasses import asdict

from auroram.corpus.quality import UNBOUNDED, Quality

_NGRAMS = (
    *(f"highest_top_{n}gram_share" for n in (2, 3, 4)),
    *(f"highest_duplicate_{n}gram_share" for n in range(5, 11)),
)


def only(**bounds: float) -> Quality:
    """The bounds that are given, and no others."""
    widest = {name: type(bound)(_widest(name)) for name, bound in asdict(Quality()).items()}
    return Quality(**widest | bounds)


def _widest(name: str) -> float:
    if name.startswith("lowest"):
        return 0
    return 1 if name.endswith("share") else UNBOUNDED


def _ngrams(*shares: float) -> dict[str, float]:
    """Bounds on the n-grams, from the most frequent pair to the runs of ten."""
    return dict(zip(_NGRAMS, shares, strict=True))


GOPHER_REPETITION = only(
    highest_duplicate_line_count_share=0.3,
    highest_duplicate_paragraph_count_share=0.3,
    highest_duplicate_line_share=0.2,
    highest_duplicate_paragraph_share=0.2,
    **_ngrams(0.20, 0.18, 0.16, 0.15, 0.14, 0.13, 0.12, 0.11, 0.10),
)
"""Source: Rae et al. 2021, arXiv:2112.11446, table A1."""

_GOPHER_SYMBOLS = {
    "highest_hash_sign_ratio": 0.1,
    "highest_ellipsis_ratio": 0.1,
    "highest_bullet_line_share": 0.9,
    "highest_ellipsis_line_share": 0.3,
    "lowest_stop_words": 2,
    "lowest_units": 50,
    "highest_units": 100_000,
}

GOPHER_QUALITY = only(
    lowest_mean_unit=3.0,
    highest_mean_unit=10.0,
    lowest_lettered_unit_share=0.8,
    **_GOPHER_SYMBOLS,
)
"""Source: Rae et al. 2021, arXiv:2112.11446, section A1.1."""

FINEWEB = only(
    lowest_terminal_line_share=0.12,
    highest_short_line_share=0.67,
    highest_duplicate_line_share=0.01,
    highest_newline_ratio=0.3,
)
"""Source: Penedo et al. 2024, arXiv:2406.17557, section 3.6; the last as in datatrove 0.10.1. They
apply Gopher's bounds and some of C4's as well."""

C4 = only(lowest_c4_sentences=5, highest_lorem_ipsum=0, highest_curly_brackets=0)
"""Source: Raffel et al. 2020, arXiv:1910.10683, section 2.2. Their work on single lines shows in
what counts for `c4_sentences`."""


def _fineweb_2(ngrams: dict[str, float], **bounds: float) -> Quality:
    return only(highest_duplicate_line_share=0.1, **_GOPHER_SYMBOLS, **ngrams, **bounds)


FINEWEB_2: Mapping[str, Quality] = {
    "fi": _fineweb_2(
        _ngrams(0.253, 0.202, 0.179, 0.153, 0.143, 0.133, 0.122, 0.112, 0.101),
        highest_duplicate_line_count_share=0.293,
        lowest_terminal_line_share=0.114,
        highest_newline_ratio=0.161,
        lowest_mean_unit=3.0,
        highest_mean_unit=14.0,
        lowest_lettered_unit_share=0.755,
    ),
    "hi": _fineweb_2(
        _ngrams(0.208, 0.198, 0.161, 0.135, 0.125, 0.116, 0.108, 0.099, 0.09),
        highest_duplicate_line_count_share=0.206,
        lowest_terminal_line_share=0.091,
        highest_newline_ratio=0.316,
        lowest_mean_unit=2.0,
        highest_mean_unit=21.0,
        lowest_lettered_unit_share=0.837,
    ),
    "ja": _fineweb_2(
        _ngrams(0.239, 0.196, 0.172, 0.243, 0.225, 0.207, 0.19, 0.175, 0.159),
        highest_duplicate_line_count_share=0.328,
        lowest_terminal_line_share=0.096,
        highest_newline_ratio=0.13,
        lowest_mean_unit=1.0,
        highest_mean_unit=6.0,
        lowest_lettered_unit_share=0.759,
    ),
    "vi": _fineweb_2(
        _ngrams(0.223, 0.197, 0.171, 0.178, 0.163, 0.15, 0.136, 0.124, 0.111),
        highest_duplicate_line_count_share=0.293,
        lowest_terminal_line_share=0.333,
        highest_newline_ratio=0.103,
        lowest_mean_unit=3.0,
        highest_mean_unit=11.0,
        lowest_lettered_unit_share=0.803,
    ),
}
"""Source: Penedo et al. 2025, arXiv:2506.20920, and the files of its repository for fin_Latn,
hin_Deva, jpn_Jpan and vie_Latn. Its stop words are not ours (`text.stop_words`)."""
