"""Sharing the sources out: which portions there are, and what each map is handed."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from auroram.corpus.funnel import Funnel, most_frequent
from auroram.corpus.ingest import Portion
from auroram.corpus.readers.slice import Slice
from auroram.corpus.readers.slices import source_slices
from auroram.corpus.settings import Corpus
from auroram.errors import DataError
from auroram.ports import Inputs, Item, NameFinder, Result

PORTION_BYTES = 8 * 1024 * 1024
"""Of files that one worker takes at a time."""

SETTING = {
    "rights": "rights",
    "boilerplate": "boilerplate",
    "language": "languages.{domain}",
    "quality": "quality.{domain}",
    "harm": "harm",
    "contamination": "decontamination",
}
"""Step of the funnel to what decides how much it drops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done, and where."""

    settings: Corpus
    inputs: Inputs
    work: Path
    """For working files."""
    portions: tuple[Portion, ...]
    """By the name of the source and then in the order of its files."""

    @property
    def domains(self) -> list[str]:
        """Languages and `code`, in order."""
        return list(self.settings.quality)

    def place(self, source: str) -> str:
        """What to call a source in errors."""
        return f"stages.{self.inputs.name}.sources.{source}"

    def boilerplate(self, source: str) -> Path:
        """Where the fingerprints of a source's boilerplate lie."""
        return self.work / "boilerplate" / f"{source}.npy"

    def files_of(self, domain: str, name: str) -> tuple[Path, ...]:
        """The file of this name of each portion of a domain."""
        mine = [portion for portion in self.portions if portion.source.language == domain]
        return tuple(portion.folder / name for portion in mine)

    def name_finder(self) -> NameFinder | None:
        """What finds people's names, where the settings ask for it.

        Raises:
            DataError: where nobody handed the stage a way to open such a model.
        """
        names = self.settings.personal_data.names
        if names is None:
            return None
        if self.inputs.open_names is None:
            raise DataError(
                f"stages.{self.inputs.name}.personal_data.names: nothing here can open the model "
                f"({names.folder}); run the recipe with auroram run"
            )
        folder = self.inputs.root / names.folder
        return self.inputs.open_names(folder, names.labels, names.lowest_score)

    def mapped(
        self, function: Callable[[Item], Result], tasks: Sequence[Item], sizes: Sequence[int]
    ) -> Iterator[Result]:
        """The result of each task, in order; progress advances by its size."""
        for result, size in zip(self.inputs.engine.map(function, tasks), sizes, strict=True):
            self.inputs.progress.advance(size)
            yield result

    def refuse_empty(self, passed: Sequence[int], funnel: Funnel) -> None:
        """Stop where no document of a domain passed.

        Args:
            passed: documents of each portion that passed.
            funnel: what became of the others.

        Raises:
            DataError: with the most frequent reasons.
        """
        sums: Counter[str] = Counter()
        for portion, number in zip(self.portions, passed, strict=True):
            sums[portion.source.language] += number
        for domain in self.domains:
            if not sums[domain]:
                raise DataError(self._why_empty(domain, funnel))

    def _why_empty(self, domain: str, funnel: Funnel) -> str:
        sources = [n for n, source in self.settings.sources.items() if source.language == domain]
        reasons = funnel.reasons(domain)
        frequent = Counter(reasons).most_common(3)
        stage = f"stages.{self.inputs.name}"
        setting = next((SETTING[step] for (step, _), _ in frequent if step in SETTING), None)
        loosen = f", or loosen {stage}.{setting.format(domain=domain)}" if setting else ""
        return (
            f"{stage}: no document of {domain!r} is left from {', '.join(sources)} (dropped for "
            f"{most_frequent(reasons)}); look at the source's language{loosen}"
        )


def plan_of(settings: Corpus, inputs: Inputs, work: Path, *, target: int = PORTION_BYTES) -> Plan:
    """Share out all sources.

    Args:
        settings: of the stage.
        inputs: of the stage.
        work: for working files.
        target: bytes of files in a portion, about; what the stage writes does not depend on it.

    Raises:
        DataError: where a source's file is missing or of an unknown kind.
    """
    plan = Plan(settings=settings, inputs=inputs, work=work, portions=())
    found = []
    for name, source in sorted(settings.sources.items()):
        place = f"{plan.place(name)}.files"
        slices = source_slices(inputs.root, source, place, target=target)
        for number, some in enumerate(_grouped(slices, target)):
            folder = work / "portions" / name / str(number)
            found.append(Portion(name=name, source=source, slices=some, folder=folder))
    return replace(plan, portions=tuple(found))


def _grouped(slices: Sequence[Slice], target: int) -> Iterator[tuple[Slice, ...]]:
    """Neighbours together until a portion is full."""
    some: list[Slice] = []
    for part in slices:
        some.append(part)
        if sum(one.bytes for one in some) >= target:
            yield tuple(some)
            some = []
    if some:
        yield tuple(some)
