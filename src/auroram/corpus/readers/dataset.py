"""Hugging Face data sets in a folder: as `save_to_disk` leaves them, or as the Hub keeps them.

Only the data files are read, never code of the data set. A saved data set names its Arrow files
in `state.json`; of any other folder all Parquet and JSON lines files belong to it.
"""

import json
from collections.abc import Iterator

from auroram.corpus.readers.formats import kind_by_ending
from auroram.corpus.readers.locations import below, files_below, open_location
from auroram.corpus.readers.slice import Slice
from auroram.errors import DataError

_STATE = "state.json"
_KINDS = ("parquet", "jsonl")


def dataset_files(whole: Slice) -> Iterator[Slice]:
    """The data files of the folder, in the order of their paths, each as one slice.

    Raises:
        DataError: where there are none, or one that is named is missing.
    """
    files = files_below(whole.url, whole.name)
    states = [path for path in files if path.rpartition("/")[2] == _STATE]
    chosen = [named for path in states for named in _named_files(whole, path)]
    if not chosen:
        chosen = [path for path in files if _is_data(path)]
    missing = [path for path in chosen if path not in files]
    if missing or not chosen:
        given = f"{missing[0]!r} is missing" if missing else "no .arrow, .parquet or .jsonl file"
        raise DataError(f"{whole.name}: not a whole data set ({given}); save or fetch it again")
    for path in chosen:
        yield Slice(
            url=below(whole.url, path),
            name=f"{whole.name}/{path}",
            kind=kind_by_ending(path) or "arrow",
            bytes=files[path],
        )


def _named_files(whole: Slice, state: str) -> list[str]:
    """The files that a saved data set, or one split of it, consists of."""
    folder = state.removesuffix(_STATE)
    try:
        with open_location(below(whole.url, state), whole.name) as file:
            table = json.loads(file.read())
        names = [entry["filename"] for entry in table["_data_files"]]
        if not all(isinstance(name, str) and "/" not in name for name in names):
            raise ValueError("a name is no file beside it")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DataError(
            f"{whole.name}/{state}: not the state of a saved data set ({error}); save it again"
        ) from error
    return [folder + name for name in names]


def _is_data(path: str) -> bool:
    hidden = any(part.startswith(".") for part in path.split("/"))
    return not hidden and kind_by_ending(path) in _KINDS
