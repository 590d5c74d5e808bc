"""Stage `instructions`: requests and answers made from published text, nothing generated."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import ClassVar, Literal

from auroram.errors import DataError
from auroram.instruct.candidate import Candidate
from auroram.instruct.choice import Choice
from auroram.instruct.docstrings import docstrings
from auroram.instruct.manual import question
from auroram.instruct.published import held_out_pages, published
from auroram.instruct.translation import Pairs, translations
from auroram.ports import Inputs
from auroram.records.exchange import write_exchanges
from auroram.records.manifest import Outcome, Tally
from auroram.settings import Count, Positive, Share, settings
from auroram.tokens.permutation import key_of


@settings
class Instructions:
    """Translation both ways, questions about manuals, and Python docstrings, as exchanges."""

    kind: Literal["instructions"] = "instructions"
    room: ClassVar[str] = "instruct"
    documents: str = "corpus"
    """Stage whose training documents are asked about; pages that it holds out are not used."""
    pairs: Mapping[str, Pairs] = field(default_factory=dict)
    """Name to a file of aligned sentences."""
    manuals: Mapping[str, str] = field(default_factory=dict)
    """Source of the corpus that is a manual to what it is a manual of (`LibreOffice`)."""
    code: tuple[str, ...] = ()
    """Sources of the corpus that are Python."""
    translations: Count = 200
    """Most exchanges for each direction of translation."""
    questions: Count = 200
    """Most exchanges about manuals for each language."""
    docstrings: Count = 100
    """Most exchanges that describe a function, and most that write one."""
    request_bytes: Positive = 500
    """Longest request, in UTF-8."""
    answer_bytes: Positive = 300
    """Longest answer, in UTF-8."""
    shortest_bytes: Count = 20
    """Shortest answer, in UTF-8."""
    test_share: Share = 0.05
    """Share of the pages whose exchanges are never trained on."""

    def reads(self) -> tuple[str, ...]:
        """The stage with the documents."""
        return (self.documents,)

    def files(self) -> tuple[str, ...]:
        """The files of aligned sentences."""
        return tuple(pairs.file for pairs in self.pairs.values())


def run(settings: Instructions, inputs: Inputs, out: Path) -> Outcome:
    """Write `exchanges/{train,test}.jsonl`.

    Raises:
        DataError: where a file of pairs is not as it should be, or no exchange comes about.
    """
    corpus = inputs.folder(settings.documents)
    choice = _choice(settings, inputs, corpus)
    for name, pairs in settings.pairs.items():
        choice.take(translations(pairs, inputs.path(pairs.file), source=name))
    for page in published(corpus, settings.manuals):
        subject = settings.manuals[page.source]
        choice.take([question(page, subject, answer_bytes=settings.answer_bytes)])
    for module in published(corpus, settings.code):
        choice.take(docstrings(module))
    kept = list(choice.kept())
    if not kept:
        raise DataError(f"{inputs.name}: no exchange came about; name pairs, manuals or code")
    splits = {split: _of_split(kept, split, settings, inputs) for split in ("train", "test")}
    for split, candidates in splits.items():
        path = out / "exchanges" / f"{split}.jsonl"
        write_exchanges(path, (candidate.exchange() for candidate in candidates))
    return Outcome(tallies=_tallies(choice, splits))


def _choice(settings: Instructions, inputs: Inputs, corpus: Path) -> Choice:
    return Choice(
        caps={
            "translation": settings.translations,
            "manual": settings.questions,
            "describe": settings.docstrings,
            "write": settings.docstrings,
        },
        request_bytes=settings.request_bytes,
        answer_bytes=settings.answer_bytes,
        shortest_bytes=settings.shortest_bytes,
        unseen=held_out_pages(corpus),
        key=key_of(inputs.seed, "instructions"),
    )


def _of_split(
    kept: list[Candidate], split: str, settings: Instructions, inputs: Inputs
) -> list[Candidate]:
    """The kept candidates whose page falls to the split."""

    def is_test(page: str) -> bool:
        return key_of(inputs.seed, "test", page) < settings.test_share * 2**64

    return [candidate for candidate in kept if is_test(candidate.page) == (split == "test")]


def _tallies(choice: Choice, splits: Mapping[str, list[Candidate]]) -> tuple[Tally, ...]:
    counts: Counter[tuple[str, str, str, str, str]] = Counter()
    for split, candidates in splits.items():
        counts.update((c.kind, c.language, c.source, split, "") for c in candidates)
    for (kind, language, source, reason), value in choice.dropped.items():
        counts[kind, language, source, "dropped", reason] = value
    return tuple(
        Tally(
            step=kind,
            domain=language,
            source=source,
            outcome=outcome,
            reason=reason,
            unit="exchanges",
            value=value,
        )
        for (kind, language, source, outcome, reason), value in sorted(counts.items())
    )
