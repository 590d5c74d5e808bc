"""One measured figure, with what it is a figure of and how sure it is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A figure that a report, a status or a dossier may quote."""

    stage: str
    """The stage whose output was measured: `base`, `cap`, `cat`, ... not the one that measured."""
    measure: str
    """What was measured: `bits_per_byte`, `refusal_rate`, ..."""
    language: str
    """BCP 47 tag, `code` for programming languages, `all` where languages are pooled."""
    value: float | None
    """The point estimate; None where the evidence is insufficient."""
    low: float | None = None
    """Lower end of the 95 % interval; None where none can be stated."""
    high: float | None = None
    """Upper end of the 95 % interval."""
    n: int
    """Number of independent items behind the value."""
    unit: str
    """`bits/byte`, `share`, `tokens/byte`, ..."""
    split: str
    """The set measured on: `held-out`, `udhr`, `validation`, `safety-test`, ..."""
