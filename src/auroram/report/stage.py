"""The stage that draws the page of a run from the manifests of all stages before it."""

from pathlib import Path
from typing import ClassVar, Literal

from auroram.ports import Inputs
from auroram.records.files import write_text
from auroram.records.manifest import Outcome
from auroram.records.side_cars import SourceTexts, no_source_texts
from auroram.report.page import render
from auroram.settings import settings

PAGE = "report.html"


@settings
class Report:
    """One self-contained HTML file: pictures in SVG, light and dark, no network."""

    kind: Literal["report"] = "report"
    room: ClassVar[str] = "report"
    title: str = ""
    """Heading of the page; one that tells what was done where left out."""

    def reads(self) -> tuple[str, ...]:
        """Everything before it."""
        return ("*",)

    def files(self) -> tuple[str, ...]:
        """Nothing beside the manifests and what they list."""
        return ()


def run(
    settings: Report, inputs: Inputs, out: Path, texts: SourceTexts = no_source_texts
) -> Outcome:
    """Write `report.html`; `texts` reads documents again that the corpus stage dropped."""
    write_text(out / PAGE, render(settings.title, inputs.stages, texts))
    return Outcome(renderings=(PAGE,))
