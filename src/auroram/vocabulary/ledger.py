"""What went into a shard, counted by source and licence."""

from collections import Counter
from dataclasses import dataclass, field

from auroram.records.canonical import Json
from auroram.records.manifest import Tally
from auroram.records.shards import DomainShard
from auroram.vocabulary.parts import Encoded

_COUNTERS = ("documents", "tokens", "text_bytes", "licences", "cut_tokens")


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Running counts of one domain in one split."""

    masked: bool
    documents: Counter[str] = field(default_factory=Counter)
    """By source, as are the tokens and the bytes."""
    tokens: Counter[str] = field(default_factory=Counter)
    text_bytes: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    """Tokens by licence."""
    unreviewed: int = 0
    cut_tokens: Counter[str] = field(default_factory=Counter)
    """Tokens of answers that were left out, by source."""

    def add(self, item: Encoded) -> None:
        """Count one document or exchange."""
        self.documents[item.source] += 1
        self.tokens[item.source] += len(item.ids)
        self.text_bytes[item.source] += item.text_bytes
        self.licences[item.licence] += len(item.ids)
        self.unreviewed += not item.reviewed
        if item.cut_tokens:
            self.cut_tokens[item.source] += item.cut_tokens

    def noted(self) -> Json:
        """The counts as a piece's note holds them."""
        counts = {name: dict(getattr(self, name)) for name in _COUNTERS}
        return {"masked": self.masked, "unreviewed": self.unreviewed, **counts}

    def include(self, noted: Json) -> None:
        """Add the counts of a piece's note."""
        for name in _COUNTERS:
            getattr(self, name).update(noted[name])
        self.unreviewed += noted["unreviewed"]

    def summary(self) -> DomainShard:
        """The counts as `shards.json` holds them."""
        return DomainShard(
            documents=self.documents.total(),
            tokens=self.tokens.total(),
            text_bytes=self.text_bytes.total(),
            licences=dict(sorted(self.licences.items())),
            unreviewed_documents=self.unreviewed,
            masked=self.masked,
        )

    def tallies(self, split: str, domain: str) -> list[Tally]:
        """The counts as the manifest holds them, by source."""
        units = {"documents": self.documents, "tokens": self.tokens, "bytes": self.text_bytes}
        return [
            Tally(
                step="encoded", domain=domain, source=source, outcome=split, unit=unit, value=value
            )
            for unit, counts in units.items()
            for source, value in sorted(counts.items())
        ] + [
            Tally(
                step="encoded",
                domain=domain,
                source=source,
                outcome="dropped",
                reason="answer-cut-after-its-opening",
                unit="tokens",
                value=value,
            )
            for source, value in sorted(self.cut_tokens.items())
        ]
