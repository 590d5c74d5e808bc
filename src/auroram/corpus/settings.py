"""What the corpus stage can be told."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import ClassVar, Literal

from auroram.corpus.boilerplate import Boilerplate
from auroram.corpus.decontamination import Decontamination
from auroram.corpus.duplicates import NearDuplicates
from auroram.corpus.harm import Harm
from auroram.corpus.languages import CODE, LANGUAGES, Language
from auroram.corpus.quality import OF_SCRIPT, Quality, built_in
from auroram.corpus.readers.locations import is_url
from auroram.corpus.redaction import Redaction
from auroram.corpus.rights import Rights
from auroram.corpus.rules import bounds_by_domain
from auroram.corpus.selection import FIGURES
from auroram.corpus.sources import Source
from auroram.errors import DataError
from auroram.records.files import is_file_name
from auroram.settings import Count, Share, settings
from auroram.text.figures import SIGNALS

_LONGEST_UNIT = 2.0
"""Characters of a unit in scripts without spaces, but for runs of katakana."""


@settings
class Corpus:
    """Raw files to documents: read, normalise, select, filter, redact, deduplicate, split."""

    kind: Literal["corpus"] = "corpus"
    sources: Mapping[str, Source]
    """Name of a source to its files, language and licence. The name is part of document ids."""
    languages: Mapping[str, Language] = field(default_factory=dict)
    """Tag to how the language is told; en, fi, hi, ja and vi are known without."""
    quality: Mapping[str, Quality] = field(default_factory=dict)
    """Domain to its bounds. A table given here replaces the built-in one of that domain whole."""
    rules: Mapping[str, str] = field(default_factory=dict)
    """Domain to a file of bounds, relative to the recipe, that `auroram corpus calibrate` wrote;
    instead of a table under `quality`."""
    rights: Rights = Rights()
    boilerplate: Boilerplate = Boilerplate()
    harm: Harm = Harm()
    personal_data: Redaction = Redaction()
    decontamination: Decontamination = Decontamination()
    near_duplicates: NearDuplicates = NearDuplicates()
    held_out_share: Share = 0.05
    """Share of each domain's documents that are never trained on, drawn by cluster."""
    fewest_held_out: Count = 20
    """Documents held out of each domain at least, but never more than half of it."""
    highest_bad_share: Share = 0.0
    """Highest share of a source's records that may be bad and are set aside in
    `quarantine.jsonl`. More stop the stage when the source is read; before that where 100 or more
    are bad and its rest could not make up for them with ten times as many whole ones a byte. At 0
    the first bad record stops the stage. A damaged file counts as one, and in a notice."""

    room: ClassVar[str] = "corpus"

    def __post_init__(self) -> None:
        if not self.sources:
            raise ValueError("sources must name at least one source")
        domains = sorted({source.language for source in self.sources.values()})
        spoken = [domain for domain in domains if domain != CODE]
        _refuse_paths((*self.sources, *domains))
        _refuse_unused("languages", self.languages, spoken)
        _refuse_unused("quality", self.quality, domains)
        _refuse_unused("rules", self.rules, domains)
        _refuse_both(self.quality, self.rules)
        _refuse_urls(self._local_files())
        _refuse_unknown(self.near_duplicates.signal, (*FIGURES, *SIGNALS, *self.harm.columns()))
        # Defaults of the domains at hand are written out, so that the manifest shows them.
        known = {**LANGUAGES, **self.languages}
        _refuse_without_script([tag for tag in spoken if tag not in known])
        languages = {tag: known[tag].under(tag) for tag in spoken}
        stated = [name for name in domains if name not in self.rules]
        quality = {name: _quality(name, self.quality, languages) for name in stated}
        _refuse_too_many_stop_words(quality, languages)
        _refuse_long_units(quality, languages)
        object.__setattr__(self, "languages", languages)
        object.__setattr__(self, "quality", quality)

    def reads(self) -> tuple[str, ...]:
        """The corpus is the start: no earlier stage."""
        return ()

    def files(self) -> tuple[str, ...]:
        """The files of all sources, and those that other settings name."""
        named = [self._local_files(), self.rights.files(), self.decontamination.files()]
        named += [source.files for source in self.sources.values()]
        return tuple(sorted({file for files in named for file in files}))

    def _local_files(self) -> tuple[str, ...]:
        """Bounds, word lists and models, which are read from this machine alone."""
        names = (self.personal_data.names.folder,) if self.personal_data.names else ()
        identifiers = (one.identifier for one in self.languages.values() if one.identifier)
        return (*self.rules.values(), *self.harm.files(), *names, *identifiers)

    def with_rules(self, root: Path) -> "Corpus":
        """The same settings with the bounds of all files of rules under `quality`.

        Raises:
            DataError: where a file cannot be used.
        """
        quality = bounds_by_domain(self.quality, self.rules, root)
        try:
            return replace(self, quality=quality, rules={})
        except ValueError as error:
            raise DataError(str(error)) from None


def _refuse_paths(names: Sequence[str]) -> None:
    wrong = [name for name in names if not is_file_name(name)]
    if wrong:
        raise ValueError(
            f"{wrong[0]!r} cannot name a source or a language, as files are called by them; leave "
            "out slashes, and dots at the start"
        )


def _refuse_without_script(tags: Sequence[str]) -> None:
    if tags:
        raise ValueError(
            f"languages must say the script of {', '.join(map(repr, tags))}, as in "
            f"languages.{tags[0]} = {{ script = 'Latn' }} (known without are "
            f"{', '.join(LANGUAGES)})"
        )


def _refuse_unused(field: str, given: Mapping[str, object], domains: Sequence[str]) -> None:
    unused = sorted(set(given) - set(domains))
    if unused:
        raise ValueError(
            f"{field} names {unused[0]!r}, which no source is in (there are {', '.join(domains)})"
        )


def _refuse_both(quality: Mapping[str, Quality], rules: Mapping[str, str]) -> None:
    both = sorted(set(quality) & set(rules))
    if both:
        raise ValueError(f"quality and rules both bound {both[0]!r}; leave one of them out")


def _refuse_urls(files: Sequence[str]) -> None:
    urls = [file for file in files if is_url(file)]
    if urls:
        raise ValueError(
            f"bounds, word lists and models are read from this machine alone (got {urls[0]!r}); "
            "fetch it and name the path"
        )


def _refuse_too_many_stop_words(
    quality: Mapping[str, Quality], languages: Mapping[str, Language]
) -> None:
    for domain, bounds in quality.items():
        known = languages[domain].stop_words if domain in languages else ()
        if bounds.lowest_stop_words > len(set(known)):
            raise ValueError(
                f"quality of {domain!r} asks for {bounds.lowest_stop_words} stop words where "
                f"{len(set(known))} are known; ask for fewer, or list more as "
                f"languages.{domain}.stop_words"
            )


def _refuse_long_units(quality: Mapping[str, Quality], languages: Mapping[str, Language]) -> None:
    """Where a table of one bound has put that of spaced scripts in the place of a built-in one."""
    for domain, bounds in quality.items():
        script = languages[domain].script if domain in languages else ""
        if script in OF_SCRIPT and bounds.lowest_mean_unit > _LONGEST_UNIT:
            raise ValueError(
                f"quality of {domain!r} asks for units of {bounds.lowest_mean_unit:g} characters, "
                f"but in {script} they have one or two, so nothing would be left; a table replaces "
                f"the built-in one whole: add lowest_mean_unit = 1.0 and highest_mean_unit = 5.0"
            )


def _refuse_unknown(signal: str, known: Sequence[str]) -> None:
    if signal and signal not in known:
        raise ValueError(
            f"near_duplicates.prefer names no signal ({signal!r}; known are length, "
            f"{', '.join(known)})"
        )


def _quality(
    domain: str, given: Mapping[str, Quality], languages: Mapping[str, Language]
) -> Quality:
    script = languages[domain].script if domain in languages else ""
    return given.get(domain) or built_in(domain, script)
