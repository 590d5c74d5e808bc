"""What a reviewer says of a draft, before it becomes a decision of the log."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from auroram.records.decision import AXES, Flag, Task, Verdict
from auroram.records.draft import Draft

HIGHEST_SCORE = 4
LONGEST_TEXT = 20_000
"""Characters of an answer or a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A verdict with what goes with it."""

    verdict: Verdict
    answer: str = ""
    """The answer as it stood in the form; it counts where the verdict is `edit`."""
    scores: Mapping[str, int] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    note: str = ""

    def fault(self, draft: Draft, task: Task) -> str:  # noqa: PLR0911 -- one line a fault
        """What is wrong with it, for the reviewer to mend; empty where nothing."""
        if self.verdict == "undo":
            return "undo has a button of its own"
        if self.verdict == "escalate" and task == "adjudicate":
            return "an adjudication cannot be escalated; accept, edit or reject"
        changed = self.answer != draft.answer.replace("\r\n", "\n")
        if self.verdict == "edit" and not self.answer.strip():
            return "the edited answer is empty; write one, or reject the draft"
        if self.verdict == "edit" and not changed:
            return "the answer was not changed; accept it, or change it"
        if self.verdict == "accept" and self.answer and changed:
            return "the answer was changed; save it as edited, or undo the changes and accept"
        if max(len(self.answer), len(self.note)) > LONGEST_TEXT:
            return f"a text is longer than {LONGEST_TEXT:,} characters"
        wrong = {
            a: s for a, s in self.scores.items() if a not in AXES or not 0 <= s <= HIGHEST_SCORE
        }
        return (
            f"scores go from 0 to {HIGHEST_SCORE} on {', '.join(AXES)} ({wrong})" if wrong else ""
        )
