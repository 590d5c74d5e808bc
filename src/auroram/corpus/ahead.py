"""What is wrong with the sources of a corpus stage can be told before any stage works."""

from dataclasses import replace
from pathlib import Path

from auroram.corpus.readers.locations import is_url
from auroram.corpus.readers.slices import reader_of
from auroram.corpus.settings import Corpus
from auroram.corpus.sources import source_inputs


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
