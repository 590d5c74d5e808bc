"""Labels that people gave to models' replies, from the wheel of PyRIT (MIT, Microsoft).

PyRIT itself is not installed: its wheel is fetched with pip, held against its digest, and its
tables are read. It holds 169 replies labelled as refusals or not, 395 on whether an objective was
reached, and about 1,000 scored for harm, some by three people; all in English.
"""

import csv
import io
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from auroram.adapters.wheel_file import download
from auroram.errors import DataError
from auroram.records.labels import LabelledReply, Question

REQUIREMENT = "pyrit==1.1.0"
SHA256 = "84581036bace7ff2aa92712e1e3f472a3a3bccc77567d5fbe642540c0ba20b0a"

FOLDERS: dict[str, Question] = {
    "refusal_scorer": "refused",
    "objective": "complied",
    "harm": "harmful",
}
"""Folder of the wheel to the question that its labels answer."""

ROOT = "pyrit/datasets/scorer_evals"

_SCORES = re.compile(r"human_score(_\d+)?")
_SAMPLE = "mini_"  # drawn from the other tables, to try things out


def fetch_pyrit_labels() -> list[LabelledReply]:
    """Download the wheel and read its labels.

    Raises:
        RunError: where pip cannot download it.
        DataError: where it is another wheel than the one that is known.
    """
    with tempfile.TemporaryDirectory() as folder:
        return read_pyrit_labels(download(REQUIREMENT, SHA256, Path(folder)))


def read_pyrit_labels(wheel: Path) -> list[LabelledReply]:
    """Every label of a wheel, each reply once a question.

    Raises:
        DataError: where the wheel holds no such tables.
    """
    found: dict[tuple[str, str, str], LabelledReply] = {}
    with zipfile.ZipFile(wheel) as archive:
        for member in sorted(archive.namelist()):
            folder, _, name = member.removeprefix(f"{ROOT}/").partition("/")
            if folder in FOLDERS and name.endswith(".csv") and not name.startswith(_SAMPLE):
                text = archive.read(member).decode("utf-8")
                for label in _labels(text, FOLDERS[folder], f"{wheel.name}/{folder}/{name}"):
                    found.setdefault((label.question, label.request, label.reply), label)
    if not found:
        raise DataError(f"{wheel.name}: no labels under {ROOT}; the version is another")
    return list(found.values())


def _labels(text: str, question: Question, source: str) -> Iterator[LabelledReply]:
    """Rows after the comments; yes from a mean score of one half on."""
    table = re.sub(r"\A(#[^\n]*\n)+", "", text)
    for row in csv.DictReader(io.StringIO(table)):
        scores = [float(row[name]) for name in row if name and _SCORES.fullmatch(name)]
        yield LabelledReply(
            question=question,
            language="en",
            request=row["objective"],
            reply=row["assistant_response"],
            label=sum(scores) / len(scores) >= 0.5,
            source=source,
            licence="MIT",
        )
