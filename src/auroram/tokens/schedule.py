"""What a training stage sees, as arithmetic: sample i is a pure function of the mixture and i.

Every phase of the mixture is a stretch of samples with whole quotas by domain, evenly interleaved.
A domain counts its rows on and on through stretches and stages (its ordinals); ordinal // rows is
the epoch and a keyed permutation of the epoch gives the row. So the state of the data is one
integer a domain, a mixture may change at any sample, and nothing is repeated or skipped.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auroram.records.mixture import Mixture, Phase
from auroram.tokens.interleaving import Fork, Leaf, counts, interleaving, place
from auroram.tokens.permutation import key_of, permuted
from auroram.tokens.quotas import added, filled, largest_remainder


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Consecutive samples under one phase of the mixture."""

    start: int
    """First sample."""
    end: int
    """One past the last sample."""
    tree: Leaf | Fork
    """How the domains are mixed."""
    positions: Mapping[str, int]
    """Domain to the ordinal of the first row it gives here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Which row of which domain is sample i of a stage. Make one with `Schedule.of`."""

    samples: int
    rows: Mapping[str, int]
    seed: int
    start: Mapping[str, int]
    """Domain to the rows that the stages before consumed."""
    stretches: tuple[Stretch, ...]
    notices: tuple[str, ...]
    """A sentence for each domain that got fewer samples than its weight asks for."""

    @classmethod
    def of(
        cls,
        mixture: Mixture,
        *,
        samples: int,
        rows: Mapping[str, int],
        positions: Mapping[str, int] | None = None,
        seed: int,
    ) -> "Schedule":
        """The schedule of a stage.

        Args:
            mixture: weights, replay, caps and phases.
            samples: rows that the stage reads in all.
            rows: domain to the rows that it holds.
            positions: domain to the rows that stages before this one consumed; passes over a
                domain are counted from there.
            seed: names the order of rows; stages that continue one another share it.

        Raises:
            ValueError: where the mixture names a domain without rows, or all domains are used up.
        """
        start = {domain: (positions or {}).get(domain, 0) for domain in rows}
        plans = list(_planned(mixture, samples, rows, start))
        return cls(
            samples=samples,
            rows=dict(rows),
            seed=seed,
            start=start,
            stretches=tuple(_stretches(plans, start)),
            notices=_shortfalls(plans, mixture, rows),
        )

    def at(self, i: int) -> tuple[str, int]:
        """Domain and ordinal of sample `i`, counted from 0.

        Raises:
            IndexError: where the stage has no such sample.
        """
        if not 0 <= i < self.samples:
            raise IndexError(f"sample {i} lies outside the {self.samples} of the stage")
        stretch = next(stretch for stretch in self.stretches if i < stretch.end)
        domain, rank = place(stretch.tree, i - stretch.start)
        return domain, stretch.positions[domain] + rank

    def row(self, domain: str, ordinal: int) -> int:
        """The row of the domain that this ordinal stands for, in the order of its epoch."""
        rows = self.rows[domain]
        epoch, place_in_epoch = divmod(ordinal, rows)
        return permuted(place_in_epoch, rows, key_of(self.seed, domain, epoch))

    def consumed(self, i: int) -> dict[str, int]:
        """Domain to the rows that the first `i` samples of this stage take; every domain named."""
        here = [
            counts(stretch.tree, min(i, stretch.end) - stretch.start)
            for stretch in self.stretches
            if stretch.start < i
        ]
        return added(dict.fromkeys(self.rows, 0), *here)

    def positions(self, i: int) -> dict[str, int]:
        """Where each domain stands before sample `i`, rows of earlier stages included."""
        return added(self.start, self.consumed(i))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    start: int
    end: int
    wanted: Mapping[str, int]
    given: Mapping[str, int]


def _planned(
    mixture: Mixture, samples: int, rows: Mapping[str, int], start: Mapping[str, int]
) -> Iterator[_Plan]:
    _check_domains(mixture, rows)
    room = {d: max(0, int(_epochs(mixture, d) * n) - start[d]) for d, n in rows.items()}
    borders = [round(phase.start * samples) for phase in mixture.phases] + [samples]
    for phase, first, end in zip(mixture.phases, borders, borders[1:], strict=False):
        if first == end:
            continue
        given = _given(mixture, phase, end - first, room)
        if sum(given.values()) < end - first:
            raise ValueError(_exhausted(mixture, phase, samples, rows))
        room = {domain: left - given.get(domain, 0) for domain, left in room.items()}
        wanted = _given(mixture, phase, end - first, dict.fromkeys(rows, samples))
        yield _Plan(start=first, end=end, wanted=wanted, given=given)


def _given(mixture: Mixture, phase: Phase, samples: int, room: Mapping[str, int]) -> dict[str, int]:
    """Quotas of a phase: the replay off the top, the phase's weights, and replay for what is left.

    Either group takes what the other has no rows for, after its own domains.
    """
    shares = {"replay": mixture.replay, "phase": 1 - mixture.replay}
    replay = filled(largest_remainder(samples, shares)["replay"], mixture.replayed, room)
    room = {domain: left - replay.get(domain, 0) for domain, left in room.items()}
    fresh = filled(samples - sum(replay.values()), phase.weights, room)
    room = {domain: left - fresh.get(domain, 0) for domain, left in room.items()}
    missing = samples - sum(replay.values()) - sum(fresh.values())
    return added(replay, fresh, filled(missing, mixture.replayed, room))


def _stretches(plans: list[_Plan], start: Mapping[str, int]) -> Iterator[Stretch]:
    positions = dict(start)
    for plan in plans:
        yield Stretch(
            start=plan.start, end=plan.end, tree=interleaving(plan.given), positions=positions
        )
        positions = added(positions, plan.given)


def _epochs(mixture: Mixture, domain: str) -> float:
    return mixture.domain_epochs.get(domain, mixture.highest_epochs)


def _check_domains(mixture: Mixture, rows: Mapping[str, int]) -> None:
    unknown = [domain for domain in mixture.domains if domain not in rows]
    if unknown:
        raise ValueError(
            f"the mixture names {', '.join(unknown)}, which the tokens do not hold "
            f"(they hold {', '.join(sorted(rows))}); correct the weights or add documents"
        )


def _exhausted(mixture: Mixture, phase: Phase, samples: int, rows: Mapping[str, int]) -> str:
    domains = sorted({*phase.weights, *mixture.replayed})
    held = ", ".join(f"{d} {rows.get(d, 0)} rows x {_epochs(mixture, d):g}" for d in domains)
    return (
        f"every domain of the phase from {phase.start:g} on is used up before the stage's "
        f"{samples} samples are reached ({held}); lower the stage's tokens, raise "
        "highest_epochs or domain_epochs, or add documents"
    )


def _shortfalls(plans: list[_Plan], mixture: Mixture, rows: Mapping[str, int]) -> tuple[str, ...]:
    wanted = added(*(plan.wanted for plan in plans))
    given = added(*(plan.given for plan in plans))
    return tuple(
        f"{domain}: {given.get(domain, 0)} of {asked} samples, because at most "
        f"{_epochs(mixture, domain):g} passes over its {rows[domain]} rows are allowed; "
        "its weight flowed to the other domains"
        for domain, asked in wanted.items()
        if given.get(domain, 0) < asked
    )
