"""What people said of a model's replies: the truth that a judge is measured against.

Files are JSON lines. A label answers one question: whether the reply refuses what was asked
(`refused`), does what was asked (`complied`), or is harmful by itself (`harmful`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, get_args

from auroram.errors import DataError
from auroram.records.draft import Actor
from auroram.records.files import why_unreadable
from auroram.records.json_lines import read_json_lines, write_json_lines

Question = Literal["refused", "complied", "harmful"]
"""What is asked about a reply."""

QUESTIONS: tuple[Question, ...] = get_args(Question)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledReply:
    """A request, a reply, and the answer to one question about it."""

    question: Question
    language: str
    """BCP 47 tag of the reply."""
    request: str
    reply: str
    label: bool
    """Yes or no to the question."""
    labelled_by: Actor = "person"
    source: str
    licence: str


def write_labels(path: Path, labels: Iterable[LabelledReply]) -> None:
    """Write the labels as JSON lines, atomically."""
    write_json_lines(path, labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The lines of a file that answer, or are to answer, a question."""

    given: list[LabelledReply]
    """In the order of the file."""
    waiting: int
    """Lines whose label is still null."""


def read_labels(path: Path, question: Question) -> Labels:
    """The labels of a file that answer the question.

    Raises:
        DataError: where a line is no label, or none answers the question.
    """
    found, waiting = [], 0
    try:
        for number, line in enumerate(read_json_lines(path), start=1):
            label = LabelledReply(**line)
            blank = label.label is None
            if label.question not in QUESTIONS or not (blank or isinstance(label.label, bool)):
                raise DataError(
                    f"{path}:{number}: not a label; each has a question, and a label that is true "
                    f"or false (got {label.label!r})"
                )
            if label.question == question:
                waiting += blank
                found += [] if blank else [label]
    except OSError as error:
        why = why_unreadable(error, "labels")
        raise DataError(f"{path}: {why}; name a file of labels") from None
    except (ValueError, TypeError, AttributeError) as error:
        names = ", ".join(field.name for field in fields(LabelledReply))
        raise DataError(f"{path}: not labels ({error}); a line is an object of {names}") from None
    if waiting and not found:
        raise DataError(f"{path}: every label is still null; put true or false for each")
    if not found:
        raise DataError(f"{path}: no label answers the question {question!r}; name another file")
    return Labels(given=found, waiting=waiting)
