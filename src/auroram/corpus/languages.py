"""What the stage must know of a language to keep its own paragraphs."""

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Literal

from auroram.settings import Count, Share, settings
from auroram.text.language import Wanted
from auroram.text.scripts import SCRIPTS, WRITING
from auroram.text.stop_words import stop_words_of
from auroram.text.word_lists import LONGEST_ENTRY

CODE = "code"
"""The domain of programming languages: no language step, no paragraph is taken out."""


@settings
class Language:
    """How a language is told from others. A language of one's own needs only its script."""

    script: str
    """ISO 15924, such as `Latn`, `Deva`, `Jpan`, `Olck`."""
    decided_by: Literal["script", "both", "model"] = "model"
    """`script`: letters of the script are enough. `model`: an identifier (fastText lid.176) must
    find the language among those of its script. `both`: it must find it in
    paragraphs of `shortest_sure` letters, in shorter ones letters of the script are enough."""
    identifier: str = ""
    """Path of a fastText classifier (`.bin`, `.ftz`), relative to the recipe; empty for lid.176."""
    labels: tuple[str, ...] = ()
    """The identifier's tags that count as this language; empty for its primary subtag."""
    stop_words: tuple[str, ...] = ()
    """Words so common that running text has some of them, which `lowest_stop_words` counts; empty
    for those built in, which en, fi, hi, ja and vi have."""
    lowest_script_share: Share = 0.3
    """Least share of a paragraph's letters in the script; the rest may be names and terms."""
    lowest_own_confidence: Share = 0.2
    """Below this likelihood the identifier's word for the language itself is not believed of a
    paragraph of some length, and those around it decide: to text of a language that it does not
    know, it gives any name, unsurely."""
    lowest_confidence: Share = 0.5
    """From this likelihood on, the identifier's word for another language is believed."""
    shortest_sure: Count = 20
    """Letters from which on both bounds hold; of shorter paragraphs it is too often wrong."""
    longest_unsure_run: Count = 4
    """Most paragraphs in a row that nobody is sure of and that are kept between sure ones."""

    def __post_init__(self) -> None:
        if self.script not in SCRIPTS and self.script not in WRITING:
            near = get_close_matches(self.script.title(), [*SCRIPTS, *WRITING])
            raise ValueError(
                f"script {self.script!r} is no ISO 15924 code of letters in Unicode"
                + (f"; did you mean {near[0]!r}?" if near else ", such as 'Latn' or 'Olck'")
            )

        long = [word for word in self.stop_words if len(word) > LONGEST_ENTRY]
        if long:
            raise ValueError(
                f"stop_words must have at most {LONGEST_ENTRY} characters each (got {long[0]!r})"
            )

    def under(self, tag: str) -> "Language":
        """The same settings with the stop words that are built in for the tag, where it has none.

        >>> Language(script="Latn").under("fi").stop_words[0]
        'ja'
        """
        return replace(self, stop_words=self.stop_words or stop_words_of(tag))

    def wanted(self, tag: str) -> Wanted:
        """The language under its tag, as the kernel asks for it."""
        return Wanted(
            labels=frozenset(self.labels or (tag.partition("-")[0],)),
            script=self.script,
            script_decides=self.decided_by == "script",
            script_presumes=self.decided_by == "both",
            lowest_script_share=self.lowest_script_share,
            lowest_own_confidence=self.lowest_own_confidence,
            lowest_confidence=self.lowest_confidence,
            shortest_sure=self.shortest_sure,
            longest_unsure_run=self.longest_unsure_run,
        )


_SAME = (
    "nb no nor nob", "fil tl tgl", "he iw heb", "id in ind", "yi ji ydd", "jv jw jav", "ro mo ron",
    "ar arb ara", "az azj aze", "et ekk est", "fa pes fas prs", "gn gug", "gsw als", "ku kmr kur",
    "lv lvs lav", "mg plt mlg", "mn khk mon", "ms zsm msa", "ne npi nep", "or ory ori",
    "ps pbu pus", "qu quz que", "sh hbs", "sq als sqi", "sw swh swa", "uz uzn uzb", "zh cmn zho",
    "bho bh",
)  # fmt: skip
"""Codes by which identifiers call one language (or its macrolanguage), ISO 639-1 to 639-3 and those
withdrawn. lid.176 says `no` for Norwegian, `tl` for Filipino and `als` for Alemannic."""


def other_names(label: str) -> frozenset[str]:
    """Codes that may stand for the same language as a label.

    >>> sorted(other_names("nb"))
    ['no', 'nob', 'nor']
    """
    groups = [group.split() for group in _SAME]
    return frozenset(other for group in groups if label in group for other in group) - {label}


LANGUAGES: Mapping[str, Language] = {
    "en": Language(script="Latn"),
    "fi": Language(script="Latn"),
    "vi": Language(script="Latn"),
    "hi": Language(script="Deva", decided_by="both"),
    "ja": Language(script="Jpan", decided_by="script"),
}
"""Languages that need no settings. Marathi, Nepali and others are written in Devanagari too, and
are mostly told from Hindi; no other living language is written in kana."""
