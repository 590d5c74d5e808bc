"""Training stages that go on from one another, and so share one axis of tokens."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auroram.records.canonical import Json
from auroram.records.manifest import Finished
from auroram.report.findings import Findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """The training of one model from the base on."""

    findings: Findings
    stages: Sequence[Finished]
    """In the order in which they trained; the last is that of the model."""
    mark: str
    """What its figures are told apart by: empty where there is no other lineage."""

    def records(self, file: str) -> Iterator[tuple[Finished, float, Json]]:
        """Objects of a JSON lines file of each stage, with the stage and the tokens before it."""
        borders = self.borders()
        for stage in self.stages:
            for record in self.findings.records(stage, file):
                yield stage, borders[stage.manifest.stage], record

    def borders(self) -> dict[str, float]:
        """Name of each stage to the tokens before it."""
        starts, before = {}, 0.0
        for stage in self.stages:
            starts[stage.manifest.stage] = before
            before += stage.manifest.resources.tokens
        return starts


def lineages(findings: Findings) -> list[Lineage]:
    """One for each model that no training stage goes on from.

    A stage that two others go on from is in both of their lineages.
    """
    lines = [_line(findings, stage.manifest.stage) for stage in findings.of_kind("train")]
    went_on = {stage.manifest.stage for line in lines for stage in line[:-1]}
    ends = [line for line in lines if line[-1].manifest.stage not in went_on]
    return [Lineage(findings=findings, stages=line, mark=_mark(line, ends)) for line in ends]


def _line(findings: Findings, name: str) -> list[Finished]:
    """The training stage of this name, after those whose model it goes on from."""
    line: list[Finished] = []
    while name in findings.stages:
        stage = findings.stages[name]
        line = [stage, *line] if stage.manifest.kind == "train" else line
        name = str(stage.manifest.settings.get("model", ""))
    return line


def _mark(line: Sequence[Finished], lines: Sequence[Sequence[Finished]]) -> str:
    names = ", ".join(stage.manifest.stage for stage in line)
    return f": {names}" if len(lines) > 1 else ""
