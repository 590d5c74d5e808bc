"""The one sentence in which "did not forget" may stand, and what stands there otherwise.

The claim is about every upstream language on every set, so each of them must pass its own test at
2.5 %; the chance of a false claim is then no higher, and needs no correction.

Source: Berger 1982, Technometrics 24(4), for tests that must all pass.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from auroram.evaluate.probes.curves import Cell, loss_against
from auroram.records.scored_item import ScoredItem
from auroram.stats.non_inferiority import NonInferiority, non_inferiority

MEASURE = "bits_per_byte"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """One upstream language on one set."""

    split: str
    language: str
    outcome: NonInferiority | None
    """None where there are too few clusters for any test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What may be said of a model and its base."""

    model: str
    base: str
    tokens: int
    margin: float
    verdict: str
    """`non-inferior` only where every test says so, `inferior` where one does."""
    sentence: str
    tested: tuple[Tested, ...]


def verdict_on(
    model: str,
    base: str,
    by_cell: Mapping[Cell, Mapping[str, Sequence[ScoredItem]]],
    *,
    upstream: Sequence[str],
    margin: float,
) -> Verdict | None:
    """The verdict on one model; None where nothing upstream was measured."""
    tested, tokens = [], 0
    for (measure, split, language), by_model in by_cell.items():
        if measure == MEASURE and language in upstream and {model, base} <= by_model.keys():
            loss = loss_against(by_model[model], by_model[base])
            outcome = non_inferiority(loss, margin) if loss else None
            tested.append(Tested(split=split, language=language, outcome=outcome))
            tokens = by_model[model][0].tokens_seen
    if not tested:
        return None
    verdict = _joint([one.outcome for one in tested])
    return Verdict(
        model=model,
        base=base,
        tokens=tokens,
        margin=margin,
        verdict=verdict,
        sentence=_sentence(model, base, tested, margin, verdict),
        tested=tuple(tested),
    )


def _joint(outcomes: Sequence[NonInferiority | None]) -> str:
    each = [one.verdict if one else "inconclusive" for one in outcomes]
    if "inferior" in each:
        return "inferior"
    return "non-inferior" if set(each) == {"non-inferior"} else "inconclusive"


def _sentence(model: str, base: str, tested: Sequence[Tested], margin: float, verdict: str) -> str:
    if verdict == "non-inferior":
        p = max(one.outcome.p for one in tested if one.outcome)
        names = _listed(tested)
        return (
            f"{model} did not forget {names}: its bits per byte are non-inferior to {base}'s "
            f"within {_percent(margin)} on every set (one-sided tests, highest p = {p:.2g})."
        )
    if verdict == "inferior":
        worse = [one for one in tested if one.outcome and one.outcome.verdict == "inferior"]
        losses = "; ".join(_loss(one) for one in worse)
        return (
            f"{model} is worse than {base} by more than the margin of {_percent(margin)}: {losses}."
        )
    open_ = [one for one in tested if not one.outcome or one.outcome.verdict == "inconclusive"]
    losses = "; ".join(_loss(one) for one in open_)
    within = f"non-inferior to {base} within {_percent(margin)}"
    return f"Inconclusive whether {model} is {within}: {losses}."


def _listed(tested: Sequence[Tested]) -> str:
    names = [*dict.fromkeys(one.language for one in tested)]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _loss(one: Tested) -> str:
    if one.outcome is None:
        return f"{one.language} on {one.split}: too few documents"
    loss, ends = one.outcome.loss, one.outcome.loss.interval()
    return (
        f"{one.language} on {one.split} {_percent(loss.value, sign=True)} "
        f"({_percent(ends.low, sign=True)} to {_percent(ends.high, sign=True)}; "
        f"smallest detectable {_percent(one.outcome.detectable)})"
    )


def _percent(value: float, *, sign: bool = False) -> str:
    return f"{100 * value:{'+' if sign else ''}.1f} %"
