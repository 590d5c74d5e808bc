"""What an assessment reads beside the recipe, read before any stage has worked."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from auroram.safety.assess_settings import Assess
from auroram.safety.cards import read_card
from auroram.safety.prompts import RequestFile, file_prompts
from auroram.safety.tool_reports import reported_generations


def file_checks(settings: Assess, root: Path) -> Iterator[Callable[[], object]]:
    """One for each file of requests, report and card: raises DataError where it cannot be used.

    Args:
        settings: of the stage.
        root: the recipe's folder.
    """
    for name, about in settings.requests.items():
        yield partial(_read_requests, root / about.file, name, about)
    for name, report in settings.reports.items():
        yield partial(reported_generations, root / report.file, name, report)
    for card in settings.cards:
        yield partial(read_card, root / card)


def _read_requests(path: Path, name: str, about: RequestFile) -> None:
    for _ in file_prompts(path, name, about):
        pass
