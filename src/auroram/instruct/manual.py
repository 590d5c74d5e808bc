"""Questions about the pages of a manual: its title is asked about, its first sentences answer."""

import re
from itertools import takewhile

from auroram.instruct.candidate import Candidate, page_of
from auroram.instruct.published import Published
from auroram.instruct.templates import templates, worded

SENTENCE_END = re.compile(r"(?<!\.)[.!?。！？।][\"'”’»)）」]*$")
"""Three dots lead in to something else, as a colon does."""
NO_TITLE_END = re.compile(r"[.!?。！？।:：…][\"'”’»)）」]*$")
BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_a-z])|(?<=[।])\s+|(?<=[。！？])(?![」）])")
LONGEST_TITLE = 80
"""Characters."""


def question(page: Published, subject: str, *, answer_bytes: int) -> Candidate:
    """The question that a page answers; without an answer, where the page is not of that form.

    It has to begin with a title that a sentence follows. A title is a short line that neither
    ends like a sentence nor leads in to the next line. The answer is as many of the sentences
    right after it as fit; a line that is no sentence, such as a heading, ends it.
    """
    wordings = templates().manual.get(page.language)
    title, *lines = [line.strip() for line in page.text.splitlines() if line.strip()] or [""]
    is_title = 0 < len(title) <= LONGEST_TITLE and not NO_TITLE_END.search(title)
    prose = " ".join(takewhile(SENTENCE_END.search, lines)) if is_title and wordings else ""
    asked = wordings.requests(title) if wordings else ["{title}"]
    return Candidate(
        group=f"manual {page.language}",
        page=page_of(page.url, page.record),
        request=worded(asked, title, title=title, subject=subject),
        answer=_fitting(prose, answer_bytes),
        language=page.language,
        source=page.source,
        licence=page.licence,
    )


def _fitting(text: str, most_bytes: int) -> str:
    """The first sentences of the text, whole, as far as they fit; all of the first in any case."""
    kept = ""
    for sentence in BETWEEN_SENTENCES.split(text):
        joint = "" if not kept or kept.endswith(("。", "！", "？")) else " "
        longer = kept + joint + sentence.strip()
        if kept and len(longer.encode()) > most_bytes:
            break
        kept = longer
    return kept
