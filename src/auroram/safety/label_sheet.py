"""A sheet of replies for people to label, so that a judge can be measured in a language.

Replies are drawn whatever a judge said of them, since a judge that chose what it is measured on
would look better than it is; and neither model nor verdict stands on the sheet.
"""

import hashlib
from collections.abc import Iterable, Sequence

from auroram.errors import DataError
from auroram.records.canonical import Json
from auroram.records.generation import Generation
from auroram.records.labels import Question
from auroram.safety.judging import pair_digest


def label_sheet(
    generations: Iterable[Generation],
    *,
    question: Question,
    languages: Sequence[str],
    count: int,
    source: str,
) -> list[Json]:
    """Lines of a file of labels whose label is still missing (null), shuffled.

    Args:
        generations: of assessments; what is said twice is asked once, what says nothing never.
        question: what people are to answer.
        languages: of the requests; all where none is named.
        count: most lines of each language.
        source: where the replies are from.

    Raises:
        DataError: where there is no such reply.
    """
    drawn: dict[str, dict[str, Generation]] = {}
    for one in generations:
        if (one.language in languages or not languages) and one.reply.strip():
            found = drawn.setdefault(one.language, {})
            found.setdefault(pair_digest(one.request, one.reply), one)
    lines = [
        {
            "question": question,
            "language": one.language,
            "request": one.request,
            "reply": one.reply,
            "label": None,
            "labelled_by": "person",
            "source": source,
            "licence": "LicenseRef-own",
        }
        for language in sorted(drawn)
        for _, one in sorted(drawn[language].items(), key=lambda item: _rank(item[0]))[:count]
    ]
    if not lines:
        wanted = ", ".join(languages) or "any language"
        raise DataError(f"{source}: no assessed reply in {wanted}; run `auroram assess` first")
    return lines


def _rank(digest: str) -> bytes:
    return hashlib.sha256(f"sheet:{digest}".encode()).digest()
