"""The mixture: which domains a training stage reads, in which proportions, over which tokens."""

from collections.abc import Mapping
from dataclasses import field

from auroram.settings import PositiveFloat, Share, Weight, settings


@settings
class Phase:
    """Weights that hold from one point of the token budget to the next phase."""

    start: Share = 0.0
    """Share of the stage's tokens after which these weights hold."""
    weights: Mapping[str, Weight]
    """Domain to weight; only proportions matter. A domain left out has weight 0."""

    def __post_init__(self) -> None:
        if not any(self.weights.values()):
            raise ValueError("weights must hold at least one domain above 0")


@settings
class Mixture:
    """Domains as a function of the tokens seen.

    `replay` is taken off the top: of every phase that share of the samples comes from the
    replayed domains, in the proportions of `replay_weights`; the phase's weights share the rest.
    """

    phases: tuple[Phase, ...]
    replay: Share = 0.25
    """Share of samples from what the base model already knew, so that it is not forgotten."""
    replay_weights: Mapping[str, Weight] = field(default_factory=dict)
    """Proportions among the replayed domains."""
    highest_epochs: PositiveFloat = 4.0
    """Most passes over a domain; beyond it the weight flows to the others."""
    domain_epochs: Mapping[str, PositiveFloat] = field(default_factory=dict)
    """Exceptions to `highest_epochs` by domain."""

    def __post_init__(self) -> None:
        starts = [phase.start for phase in self.phases]
        if not starts or starts[0] != 0.0 or starts != sorted(set(starts)):
            raise ValueError(f"phases must start at 0 and rise (starts are {starts})")
        if self.replay and not any(self.replay_weights.values()):
            raise ValueError("replay is above 0 but replay_weights names no domain above 0")

    @property
    def replayed(self) -> Mapping[str, float]:
        """Proportions among what is replayed; empty where nothing is."""
        return self.replay_weights if self.replay else {}

    @property
    def domains(self) -> list[str]:
        """The domains that have any weight, sorted."""
        groups = [*(phase.weights for phase in self.phases), self.replayed]
        return sorted({domain for group in groups for domain, weight in group.items() if weight})

    @property
    def named(self) -> list[str]:
        """These and the domains whose passes are bounded by themselves, sorted."""
        return sorted({*self.domains, *self.domain_epochs})
