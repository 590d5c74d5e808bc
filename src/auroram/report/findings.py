"""What the manifests and side files of a run say, as plain values for the page."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from auroram.records.canonical import Json
from auroram.records.json_lines import read_json_lines
from auroram.records.manifest import Finished, Tally
from auroram.records.measurement import Measurement

ORDER = ("en", "fi", "hi", "ja", "vi", "code", "instructions", "safety", "all")
"""Domains in the order in which pages show them; others follow by name."""

NAMES = {
    "en": "English", "fi": "Finnish", "hi": "Hindi", "ja": "Japanese", "vi": "Vietnamese",
    "code": "code", "all": "all",
}  # fmt: skip


def family(domain: str) -> str:
    """The kind or the language that a domain kept apart belongs to: pictures have few colours.

    >>> family("safety-fi"), family("general-fi"), family("fi"), family("news")
    ('safety', 'fi', 'fi', 'news')
    """
    before, _, after = domain.partition("-")
    return next((name for name in (domain, before, after) if name in ORDER), domain)


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

    def over_tokens(self, file: str) -> Iterator[tuple[float, Json]]:
        """Records of the training stages, with the tokens trained on before and in their stage."""
        before = 0.0
        for stage in self.of_kind("train"):
            for record in self.records(stage, file):
                yield before + record["tokens"], record
            before += stage.manifest.resources.tokens

    def borders(self) -> dict[str, float]:
        """Name of each training stage to the tokens before it."""
        starts, before = {}, 0.0
        for stage in self.of_kind("train"):
            starts[stage.manifest.stage] = before
            before += stage.manifest.resources.tokens
        return starts

    def tallies(self, wanted: Callable[[Tally], bool]) -> list[Tally]:
        """The counts of the corpus stages that are wanted."""
        return [
            tally
            for stage in self.of_kind("corpus")
            for tally in stage.manifest.tallies
            if wanted(tally)
        ]


def in_order(names: Sequence[str]) -> list[str]:
    """Domains in the page's order, each once."""
    place = {name: index for index, name in enumerate(ORDER)}
    return sorted(set(names), key=lambda name: (place.get(name, len(ORDER)), name))


def called(domain: str) -> str:
    """A domain as a reader calls it."""
    return NAMES.get(domain, domain)


def colours(names: Sequence[str]) -> dict[str, str]:
    """The same colour class for the same domain wherever it appears."""
    known = list(ORDER) + [name for name in in_order(names) if name not in ORDER]
    return {name: f"s{known.index(name) % 9}" for name in names}
