"""What the manifests and side files of a run say, as plain values for the page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from babel import Locale

from auroram.records.canonical import Json
from auroram.records.json_lines import read_json_lines
from auroram.records.manifest import Finished, Tally
from auroram.records.measurement import Measurement

ORDER = ("en", "fi", "hi", "ja", "vi", "code", "instructions", "safety", "all")
"""Domains in the order in which pages show them, each with a colour of its own. Other languages
stand before `code`, and what is no language after all of them."""

SHADES = len(ORDER)
"""Colours that pictures have."""

MODEL_SHADES = 8
"""Colours that models have."""

LONGEST_NAME = 12
"""Characters that pictures have room for beside a row."""


def family(domain: str) -> str:
    """The kind or the language that a domain kept apart belongs to: pictures have few colours.

    >>> family("safety-et"), family("general-sr-Latn"), family("pt-BR"), family("news")
    ('safety', 'sr-Latn', 'pt-BR', 'news')
    """
    before, _, after = domain.partition("-")
    known = (name for name in (domain, before, after) if name in ORDER or _is_language(name))
    return next(known, domain)


@dataclass(frozen=True, slots=True)
class Findings:
    """Questions that the sections of the page ask of the finished stages."""

    stages: Mapping[str, Finished]

    def of_kind(self, kind: str) -> list[Finished]:
        """The finished stages of one kind, in order."""
        return [stage for stage in self.stages.values() if stage.manifest.kind == kind]

    def measurements(self, measure: str) -> list[Measurement]:
        """Every figure of one measure."""
        return [
            one
            for stage in self.stages.values()
            for one in stage.manifest.measurements
            if one.measure == measure
        ]

    def models(self) -> list[str]:
        """The measured models, the reference first."""
        for kind in ("evaluate", "safety", "assess"):
            for stage in self.of_kind(kind):
                return list(stage.manifest.settings["models"])
        return [stage.manifest.stage for stage in self.of_kind("train")]

    def notices(self) -> list[str]:
        """Sentences that the page must carry, each once."""
        lines = [line for stage in self.stages.values() for line in stage.manifest.notices]
        return list(dict.fromkeys(lines))

    def records(self, stage: Finished, file: str) -> list[Json]:
        """The objects of a JSON lines file of a stage; none where it has no such file."""
        path = stage.folder / file
        return list(read_json_lines(path)) if path.is_file() else []

    def known_before(self) -> set[str]:
        """English, code and whatever a stage replayed: what the base knew, and may forget."""
        mixtures = (one.manifest.settings.get("mixture", {}) for one in self.of_kind("train"))
        replayed = (one["replay_weights"] for one in mixtures if one.get("replay"))
        return {"en", "code", *(family(name) for weights in replayed for name in weights)}

    def tallies(self, wanted: Callable[[Tally], bool]) -> list[Tally]:
        """The counts of the corpus stages that are wanted."""
        return [
            tally
            for stage in self.of_kind("corpus")
            for tally in stage.manifest.tallies
            if wanted(tally)
        ]


def model_colour(index: int) -> str:
    """The colour class of a model by its place among those that are shown."""
    return f"m{index % MODEL_SHADES}"


def in_order(names: Sequence[str]) -> list[str]:
    """Domains in the page's order, each once."""
    place = {name: float(index) for index, name in enumerate(ORDER)}
    others = {True: place["code"] - 0.5, False: float(len(ORDER))}
    return sorted(set(names), key=lambda n: (place.get(n, others[_is_language(n)]), n))


def called(domain: str) -> str:
    """A domain as pictures call it: a language by its name, where there is room for it.

    >>> called("et"), called("nb"), called("news")
    ('Estonian', 'nb', 'news')
    """
    name = full_name(domain)
    return name if len(name) <= LONGEST_NAME else domain


def full_name(domain: str) -> str:
    """A domain as a reader calls it: a language by its name, with its script or its country.

    >>> full_name("nb"), full_name("pt-BR"), full_name("sr-Latn"), full_name("news")
    ('Norwegian Bokmål', 'Brazilian Portuguese', 'Serbian (Latin)', 'news')
    """
    english = _english()
    whole = english.languages.get(domain.replace("-", "_"))
    main, _, rest = domain.partition("-")
    parts = [english.scripts.get(p) or english.territories.get(p, "") for p in rest.split("-")]
    if whole or main not in english.languages or not all(parts):
        return whole or domain
    return f"{english.languages[main]} ({', '.join(parts)})"


def colours(names: Sequence[str]) -> dict[str, str]:
    """A colour class for each domain: that of its own, or the next that none of these has.

    >>> colours(["et", "en", "fi", "lv", "code"])
    {'en': 's0', 'fi': 's1', 'code': 's5', 'et': 's2', 'lv': 's3'}
    """
    own = {name: index for index, name in enumerate(ORDER) if name in names}
    others = [name for name in in_order(names) if name not in own]
    # English is drawn in grey, which another language gets last.
    free = [i for i in (*range(1, SHADES), 0) if i not in own.values()] or range(SHADES)
    chosen = own | {name: free[place % len(free)] for place, name in enumerate(others)}
    return {name: f"s{shade}" for name, shade in chosen.items()}


def named_colours(names: Sequence[str]) -> dict[str, str]:
    """`colours`, by what pictures call the domains."""
    return {called(name): shade for name, shade in colours(names).items()}


def _is_language(domain: str) -> bool:
    return domain.partition("-")[0] in _english().languages


@cache
def _english() -> Locale:
    """What languages, scripts and countries are called in English (Unicode's CLDR)."""
    return Locale("en")
