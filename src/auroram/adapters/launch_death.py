"""What ends the ranks of a run before their time, and which of several ends was the first."""

import signal
from collections.abc import Iterable
from dataclasses import dataclass

WRONG_INPUT = 2
"""Exit code of a rank that has told what is wrong with the input: starting again is no use."""

STOP_SECONDS = 10
"""How long the other ranks have to end after one has died."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """Which rank died, and of what; or which launcher is gone."""

    node: int
    """Number of its node."""
    host: str
    rank: int | None
    """Its number on its node; None where it is the node's launcher that is gone."""
    code: int = 0
    """As it ended; below 0 the signal that ended it."""
    at: float = 0
    """When, in seconds since 1970 by the clock of its node."""

    def told(self, ranks: int) -> str:
        """The beginning of a sentence for people, where each node has so many ranks."""
        if self.rank is None:
            return f"launch: the launcher on {self.host} was stopped or no longer answers"
        how = f"exit code {self.code}"
        if self.code < 0:
            how = signal.Signals(-self.code).name
        return f"launch: a rank died (number {self.rank} of {ranks} on {self.host}, {how})"


def first_of(deaths: Iterable[Death]) -> Death:
    """The death that brought the others about.

    Clocks are too coarse to go by time alone. A launcher takes its ranks with it; wrong input is
    told by the rank that met it; those that lost a rank end with an error of their own, and those
    that are told to stop end by SIGTERM.
    """
    return min(
        deaths,
        key=lambda death: (
            death.rank is not None,
            death.code != WRONG_INPUT,
            death.code == -signal.SIGTERM,
            death.code > 0,
            death.at,
        ),
    )
