"""Harmful and adult text: listed words, classifiers, and whom a filter on them would hit.

Off the shelf a document is only tagged: its figures stand beside it and its broken rules are
counted, and nothing is dropped. Word lists hit quotations, medicine and people's own words for
themselves, so whoever drops by them should first read how often documents are hit that name
groups of people (`corpus.harm_disparity`).

Sources: Dodge et al. 2021, arXiv:2104.08758, on what C4's list of bad words threw away; Laurencon
et al. 2022, arXiv:2303.03915 (ROOTS), for rates of flagged words by language instead of a single
word's verdict.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as field_of
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from auroram.corpus.harm_lists import (
    CATEGORIES,
    WORDS,
    IdentityTerms,
    built_in_lists,
    identity_terms,
    words_of_lists,
)
from auroram.corpus.quality import Failure
from auroram.errors import DataError
from auroram.settings import Positive, Share, Weight, settings
from auroram.text.buffers import Buffer
from auroram.text.classifier import TextClassifier
from auroram.text.classifier_folder import read_classifier
from auroram.text.lexicon import Lexicon

Floats = NDArray[np.float32]


@settings
class HarmBounds:
    """From when on listed words are too many. Rates are per 1,000 units of the text."""

    highest_sexual_rate: Weight = 10.0
    """Highest rate of sexual words."""
    highest_profanity_rate: Weight = 20.0
    """Highest rate of swear words; dialogue has some."""
    highest_slur_rate: Weight = 5.0
    """Highest rate of words that degrade groups of people."""
    fewest_words: Positive = 3
    """A document with fewer words of a category is never too much of it: in a short text one
    quotation makes a high rate."""


@settings
class HarmClassifier:
    """A classifier and the label that it is asked about."""

    kind: Literal["ngrams", "transformers"] = "ngrams"
    """`ngrams`: a folder that `auroram corpus train-classifier` made. `transformers`: a Hugging
    Face folder with a sequence classification head, as safetensors."""
    path: str
    """The folder, relative to the recipe."""
    label: str
    """The label that stands for harmful text."""
    threshold: Share | Literal["calibrated"] = "calibrated"
    """Score from which on a document is harmful. `calibrated`: the one that training found on
    texts set aside, or 0.5 where there is none."""
    thresholds: Mapping[str, Share] = field_of(default_factory=dict)
    """Language to its own threshold."""
    languages: tuple[str, ...] = ()
    """The languages whose documents are asked about; empty for all."""


@settings
class Harm:
    """What becomes of harmful and adult text."""

    action: Literal["off", "tag", "drop"] = "tag"
    """`tag`: figures and broken rules are recorded, nothing is dropped. `drop`: documents that
    break a rule go. `off`: nothing is looked at."""
    lists: Mapping[str, tuple[str, ...]] = field_of(default_factory=dict)
    """Language to files of word lists, relative to the recipe, in place of the built-in one;
    an empty list turns words off for that language. en, fi, hi, ja and vi are built in."""
    identity_terms: Mapping[str, str] = field_of(default_factory=dict)
    """Language to a file of neutral words for people, relative to the recipe, in place of the
    built-in one: with them `auroram corpus disparity` says whom the rules hit."""
    lowest_severity: Literal[1, 2, 3] = 2
    """Words of less severity are not counted; at 1 clinical and everyday words are."""
    bounds: Mapping[str, HarmBounds] = field_of(default_factory=dict)
    """Language to its bounds, in place of the general ones."""
    classifiers: Mapping[str, HarmClassifier] = field_of(default_factory=dict)
    """Name to a classifier; its rule is named `harm-<name>`."""

    def __post_init__(self) -> None:
        taken = sorted({f"{category}-words" for category in CATEGORIES} & set(self.classifiers))
        if taken:
            raise ValueError(f"classifiers: the name {taken[0]!r} is a rule's; choose another")
        if len(set(self.columns())) < len(self.columns()):
            raise ValueError("classifiers: two names differ by - and _ alone; choose another")

    def files(self) -> tuple[str, ...]:
        """The lists and folders that a recipe names."""
        lists = (file for files in self.lists.values() for file in files)
        folders = (one.path for one in self.classifiers.values())
        return tuple(sorted({*lists, *self.identity_terms.values(), *folders}))

    def columns(self) -> tuple[str, ...]:
        """Names of the figures of a document, the same for every language."""
        if self.action == "off":
            return ()
        words = [f"harm_{category}_words" for category in CATEGORIES]
        rates = [f"harm_{category}_rate" for category in CATEGORIES]
        scores = [f"harm_{name}_score".replace("-", "_") for name in sorted(self.classifiers)]
        return (*words, *rates, *scores, "harm_rules")


@dataclass(frozen=True, slots=True, kw_only=True)
class HarmFigures:
    """What was found in a batch of documents."""

    language: str
    columns: tuple[str, ...]
    """As `Harm.columns`."""
    figures: Floats
    """Shape (documents, columns): counts, rates per 1,000 units, scores in [0, 1], and how many
    rules were broken. nan where nothing was looked for, such as words of an unknown language."""
    failures: tuple[tuple[Failure, ...], ...]
    """For each document every rule that it broke, whatever the action."""
    terms: tuple[str, ...]
    """Identity terms of the language."""
    groups: tuple[str, ...]
    """What each term tells of people: gender, religion, ..."""
    mentions: NDArray[np.bool_]
    """Shape (documents, terms): whether a document holds the term."""

    @property
    def was_looked_for(self) -> bool:
        """Whether a list or a classifier had anything to say of the language."""
        return bool(np.isfinite(self.figures[:, :-1]).any())

    def flagged(self) -> NDArray[np.bool_]:
        """Whether each document broke a rule."""
        return np.array([bool(broken) for broken in self.failures], np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True)
class HarmJudge:
    """Lists and classifiers of a recipe, opened."""

    settings: Harm
    lexicons: Mapping[str, Lexicon]
    """By language; one without a list is missing."""
    terms: Mapping[str, IdentityTerms]
    """By language."""
    classifiers: Mapping[str, TextClassifier]
    thresholds: Mapping[str, float]
    """Of each classifier, where a language has none of its own."""

    @classmethod
    def open(cls, settings: Harm, root: Path, languages: Sequence[str]) -> "HarmJudge":
        """Read the lists of the languages and the classifiers; once a process is enough.

        Raises:
            DataError: where a list or a classifier's folder is not what it should be.
        """
        if settings.action == "off":
            return cls(settings=settings, lexicons={}, terms={}, classifiers={}, thresholds={})
        opened = {
            name: _opened(f"harm.classifiers.{name}", one, root)
            for name, one in sorted(settings.classifiers.items())
        }
        return cls(
            settings=settings,
            lexicons=_lexicons(settings, root, languages),
            terms={one: _terms(settings, root, one) for one in languages},
            classifiers={name: classifier for name, (classifier, _) in opened.items()},
            thresholds={name: threshold for name, (_, threshold) in opened.items()},
        )

    def judge(self, texts: Sequence[str], language: str) -> HarmFigures:
        """Figures and broken rules of documents of one language.

        Args:
            texts: NFC.
            language: one of those that it was opened for.
        """
        if self.settings.action == "off":
            return _nothing(language, len(texts))
        failures: list[list[Failure]] = [[] for _ in texts]
        buffer = Buffer.of(list(texts))
        words = self._words(buffer, language, failures)
        scores = [
            self._scores(name, texts, language, failures) for name in sorted(self.classifiers)
        ]
        broken = np.array([len(rules) for rules in failures], np.float32)
        terms = self.terms[language]
        return HarmFigures(
            language=language,
            columns=self.settings.columns(),
            figures=np.column_stack([words, *scores, broken]),
            failures=tuple(map(tuple, failures)),
            terms=terms.terms,
            groups=terms.groups,
            mentions=terms.lexicon.hits(buffer).counts > 0,
        )

    def _words(self, buffer: Buffer, language: str, failures: list[list[Failure]]) -> Floats:
        if language not in self.lexicons:
            return np.full((len(buffer), 2 * len(CATEGORIES)), np.nan, np.float32)
        hits = self.lexicons[language].hits(buffer)
        rates = hits.per_thousand()
        bounds = self.settings.bounds.get(language, HarmBounds())
        for column, (category, bound) in enumerate(_highest(bounds).items()):
            enough = hits.counts[:, column] >= bounds.fewest_words
            for row in np.flatnonzero(enough & (rates[:, column] > bound)):
                found, rate = int(hits.counts[row, column]), float(rates[row, column])
                detail = f"{found} {category} words, {rate:.4g} per 1,000 units > {bound:g}"
                failures[row].append(Failure(rule=f"harm-{category}-words", detail=detail))
        return np.concatenate([hits.counts.astype(np.float32), rates], axis=1)

    def _scores(
        self, name: str, texts: Sequence[str], language: str, failures: list[list[Failure]]
    ) -> Floats:
        asked, classifier = self.settings.classifiers[name], self.classifiers[name]
        if asked.languages and language not in asked.languages:
            return np.full(len(texts), np.nan, np.float32)
        scores = classifier.scores(texts)[:, classifier.labels.index(asked.label)]
        threshold = asked.thresholds.get(language, self.thresholds[name])
        for row in np.flatnonzero(scores >= threshold):
            detail = f"score of {asked.label} {float(scores[row]):.4g} >= {threshold:g}"
            failures[row].append(Failure(rule=f"harm-{name}", detail=detail))
        return np.asarray(scores, np.float32)


def _nothing(language: str, documents: int) -> HarmFigures:
    return HarmFigures(
        language=language,
        columns=(),
        figures=np.zeros((documents, 0), np.float32),
        failures=((),) * documents,
        terms=(),
        groups=(),
        mentions=np.zeros((documents, 0), np.bool_),
    )


def _highest(bounds: HarmBounds) -> Mapping[str, float]:
    """In the order of the categories."""
    return {
        "sexual": bounds.highest_sexual_rate,
        "profanity": bounds.highest_profanity_rate,
        "slur": bounds.highest_slur_rate,
    }


def _lexicons(settings: Harm, root: Path, languages: Sequence[str]) -> Mapping[str, Lexicon]:
    files = {
        language: [root / file for file in settings.lists[language]]
        if language in settings.lists
        else [WORDS / f"{language}.toml"]
        for language in languages
        if language in settings.lists or language in built_in_lists()
    }
    return {
        language: words_of_lists(paths).lexicon(settings.lowest_severity)
        for language, paths in files.items()
        if paths
    }


def _terms(settings: Harm, root: Path, language: str) -> IdentityTerms:
    file = settings.identity_terms.get(language)
    return identity_terms(language, root / file if file else None)


def _opened(place: str, settings: HarmClassifier, root: Path) -> tuple[TextClassifier, float]:
    """The classifier and its threshold."""
    folder, calibrated = root / settings.path, 0.5
    classifier: TextClassifier
    if settings.kind == "ngrams":
        classifier = ngrams = read_classifier(folder)
        if settings.label in ngrams.labels and ngrams.thresholds:
            calibrated = ngrams.thresholds[ngrams.labels.index(settings.label)]
    else:
        # Workers that judge by words alone need not load torch.
        from auroram.model.classifier import load_sequence_classifier  # noqa: PLC0415

        classifier = load_sequence_classifier(folder)
    if settings.label not in classifier.labels:
        raise DataError(
            f"{place}: {folder} has no label {settings.label!r}; "
            f"it has {', '.join(classifier.labels)}"
        )
    threshold = settings.threshold
    return classifier, calibrated if threshold == "calibrated" else float(threshold)
