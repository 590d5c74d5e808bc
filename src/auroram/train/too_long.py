"""What a training stage says of exchanges that no row has room for, as none is ever cut."""

from collections.abc import Iterator

from auroram.errors import ConfigError
from auroram.records.manifest import Tally
from auroram.train.data import Domains


def check_room(stage: str, domains: Domains) -> None:
    """Refuse rows into which no exchange of a domain fits.

    Raises:
        ConfigError: naming the domain.
    """
    for domain, rows in domains.rows.items():
        if rows.left_out_documents and not rows.count:
            raise ConfigError(
                f"stages.{stage}.sequence_tokens: every exchange of {domain!r} is longer than a "
                f"row of {domains.length} tokens; raise it"
            )


def too_long(stage: str, domains: Domains) -> tuple[str, ...]:
    """A notice for each domain of which some exchanges are longer than a row."""
    return tuple(
        f"{stage} does not learn {rows.left_out_documents} exchanges of {domain!r} "
        f"({rows.left_out_tokens:,} tokens): each is longer than a row of {domains.length} tokens."
        for domain, rows in domains.rows.items()
        if rows.left_out_documents
    )


def too_long_tallies(domains: Domains) -> Iterator[Tally]:
    """The same as counts."""
    for domain, rows in domains.rows.items():
        counts = {"documents": rows.left_out_documents, "tokens": rows.left_out_tokens}
        for unit, value in counts.items() if rows.left_out_documents else ():
            yield Tally(
                step="packed",
                domain=domain,
                source="*",
                outcome="dropped",
                reason="longer-than-a-row",
                unit=unit,
                value=value,
            )
