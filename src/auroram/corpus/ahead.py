"""What is wrong with the sources of a corpus stage can be told before any stage works."""

from dataclasses import replace
from pathlib import Path

from auroram.corpus.languages import Language
from auroram.corpus.readers.locations import is_url
from auroram.corpus.readers.slices import reader_of
from auroram.corpus.settings import Corpus
from auroram.corpus.sources import source_inputs


def check_identifier(language: Language, tag: str, root: Path) -> None:
    """Look whether the classifier of a language knows it; its weights are not read.

    Args:
        language: its settings.
        tag: of the language.
        root: the recipe's folder.

    Raises:
        DataError: where it cannot be used, or has no label of the language.
    """
    from auroram.corpus.judge import check_labels  # noqa: PLC0415 -- heavy
    from auroram.text.identify import known_labels  # noqa: PLC0415 -- heavy

    file = language.identifier
    check_labels(language, tag, known_labels(str(root / file) if file else ""))


def check_sources(settings: Corpus, root: Path) -> None:
    """Look for a reader for each file on this machine; what lies at URLs is not looked at.

    Args:
        settings: of the stage.
        root: the recipe's folder.

    Raises:
        DataError: where a file is missing or of an unknown kind.
    """
    for called, source in settings.sources.items():
        here = tuple(file for file in source.files if not is_url(file))
        if not here:
            continue
        place = f"sources.{called}.files"
        for item in source_inputs(root, replace(source, files=here), place):
            reader_of(item)
