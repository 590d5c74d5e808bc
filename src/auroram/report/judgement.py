"""What a corpus stage's rules did: what each dropped, where its bound cuts, what lies beside."""

from collections.abc import Sequence
from dataclasses import dataclass

from auroram.records.side_cars import SourceTexts
from auroram.report.borders import Borders, borders
from auroram.report.disparity import disparity_table
from auroram.report.distributions import distribution_figures
from auroram.report.figure import Figure, Table
from auroram.report.findings import Findings
from auroram.report.matrix import rule_figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The rules of one corpus stage."""

    stage: str
    rules: Sequence[Figure]
    distributions: Sequence[Figure]
    borders: Sequence[Borders]
    disparity: Table | None
    """Whom the rules of harmful text hit; None where no document speaks of people."""


def judgements(findings: Findings, texts: SourceTexts) -> list[Judgement]:
    """One for each corpus stage that is finished."""
    return [
        Judgement(
            stage=stage.manifest.stage,
            rules=list(rule_figures(stage)),
            distributions=list(distribution_figures(stage)),
            borders=borders(stage, texts),
            disparity=disparity_table(stage),
        )
        for stage in findings.of_kind("corpus")
    ]
