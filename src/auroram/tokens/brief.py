"""Brief exchanges: some end with the opening of their answer.

Whether a request is helped with or declined is settled there, so that a budget of tokens shows many
more of these choices. The other exchanges teach how an answer goes on, and how it ends.
"""

from auroram.settings import Positive, Share, settings
from auroram.tokens.permutation import key_of


@settings
class Brief:
    """Which exchanges are cut. Held-out ones never are."""

    stages: tuple[str, ...]
    """The stages whose exchanges are cut."""
    share: Share = 0.8
    """Share of their exchanges."""
    tokens: Positive = 4
    """Tokens of the answer that stay."""

    def end(self, mask: list[int], *, exchange: str, seed: int) -> int:
        """How many tokens of an exchange stay; whether it is cut hangs on its id and the seed.

        >>> brief = Brief(stages=("safety-data",), share=1.0, tokens=2)
        >>> brief.end([0, 1, 1, 1], exchange="en-1", seed=1)
        3
        """
        if key_of(seed, "brief", exchange) >= self.share * 2**64:
            return len(mask)
        return min(mask.index(1) + self.tokens, len(mask))
