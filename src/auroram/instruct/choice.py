"""Which candidates become exchanges: limits of length, no copies, caps by keyed hash."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush

from auroram.instruct.candidate import Candidate
from auroram.tokens.permutation import key_of


@dataclass(slots=True, kw_only=True)
class Choice:
    """Takes candidates one by one and keeps, of each group, those with the smallest hashes.

    So the choice depends neither on the order of the files nor on what else is in them, and
    memory holds the kept ones only.
    """

    caps: Mapping[str, int]
    """Kind of candidate to the most that each group of the kind keeps."""
    request_bytes: int
    answer_bytes: int
    shortest_bytes: int
    unseen: Collection[str]
    """Pages that must not be used."""
    key: int
    dropped: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """Kind, language, source and reason to how many candidates."""
    _kept: dict[str, list[tuple[int, str, Candidate]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _ids: set[str] = field(default_factory=set)

    def take(self, candidates: Iterable[Candidate]) -> None:
        """Judge each candidate: keep it, keep it for now, or count why not."""
        for candidate in candidates:
            reason = self._fault(candidate)
            if reason:
                self._drop(candidate, reason)
            else:
                self._keep(candidate)

    def kept(self) -> Iterator[Candidate]:
        """What is kept in the end, by group and hash."""
        for group in sorted(self._kept):
            for _, _, candidate in sorted(self._kept[group], key=lambda item: (-item[0], item[1])):
                yield candidate

    def _fault(self, candidate: Candidate) -> str:
        request, answer = len(candidate.request.encode()), len(candidate.answer.encode())
        faults = {
            "page is held out": candidate.page in self.unseen,
            "no answer": not answer,
            "answer too short": answer < self.shortest_bytes,
            "answer too long": answer > self.answer_bytes,
            "request too long": request > self.request_bytes,
            "copy": candidate.id in self._ids,
        }
        return next((reason for reason, is_so in faults.items() if is_so), "")

    def _keep(self, candidate: Candidate) -> None:
        kept = self._kept[candidate.group]
        self._ids.add(candidate.id)
        # Negative, because heapq gives the smallest and the largest hash has to go.
        heappush(kept, (-key_of(self.key, candidate.id), candidate.id, candidate))
        if len(kept) > self.caps[candidate.kind]:
            _, id_, worst = heappop(kept)
            self._ids.discard(id_)
            self._drop(worst, "over the cap")

    def _drop(self, candidate: Candidate, reason: str) -> None:
        self.dropped[candidate.kind, candidate.language, candidate.source, reason] += 1
