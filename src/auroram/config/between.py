"""What a stage asks of those before it and cannot get: told from the recipe alone."""

from collections.abc import Iterable, Iterator
from itertools import takewhile

from auroram.config.texts import Stages, document_domains, safety_languages, token_domains
from auroram.evaluate.probes.settings import UPSTREAM, Probe
from auroram.safety.settings import Extraction
from auroram.settings import StageSettings
from auroram.train.schedule import PREVIOUS, continued
from auroram.train.settings import Train
from auroram.vocabulary.settings import ExtendVocabulary, Tokens

NEXT_TO_NOTHING = 0.05
"""Share of the highest rate below which a stage that goes on would hardly learn. Where the field's
schedules end, at a tenth of their peak, a model has to be warmed up again to learn what is new.
Source: Gupta et al. 2023, arXiv:2308.04014; Ibrahim et al. 2024, arXiv:2403.08763. The bound is
ours, at half of that."""


def faults_between(name: str, stage: StageSettings, stages: Stages) -> Iterator[str]:
    """One sentence for each thing that a stage names and no stage before it can have.

    Args:
        name: of the stage.
        stage: its settings.
        stages: all of the recipe's; of one that is wrong itself nothing is asked.
    """
    match stage:
        case Train():
            yield from _wrong_peak(name, stage, stages)
            yield from _unknown_of_training(name, stage, stages)
        case Tokens(fill_in_the_middle=cut) if cut:
            known = document_domains(stages, stage.documents, stage.apart)
            place = f"stages.{name}.fill_in_the_middle.domains"
            yield from _unknown(place, "documents of", cut.domains, known)
        case ExtendVocabulary():
            known = document_domains(stages, stage.documents)
            for field in ("learns", "protects"):
                wanted = getattr(stage, field)
                yield from _unknown(f"stages.{name}.{field}", "documents of", wanted, known)
        case Probe(upstream=upstream) if upstream != UPSTREAM:
            documents = document_domains(stages, [stage.documents])
            read = documents and documents.union(*(text.files for text in stage.texts.values()))
            yield from _unknown(f"stages.{name}.upstream", "texts of", upstream, read)
        case Extraction(domains=domains):
            known = token_domains(stages, stage.tokens)
            wanted = [one for group in domains.values() for one in group]
            yield from _unknown(f"stages.{name}.domains", "tokens of", wanted, known)


def _unknown_of_training(name: str, stage: Train, stages: Stages) -> Iterator[str]:
    known = token_domains(stages, stage.tokens)
    yield from _unknown(f"stages.{name}.mixture", "tokens of", stage.mixture.named, known)
    watched = stage.validation.domains
    yield from _unknown(f"stages.{name}.validation.domains", "tokens of", watched, known)
    if stage.refusals:
        place = f"stages.{name}.refusals"
        taught = safety_languages(stages, stage.refusals.exchanges)
        wanted = stage.refusals.languages
        yield from _unknown(f"{place}.languages", "safety exchanges in", wanted, taught)
        if taught is not None and not taught:
            yield f"{place}.exchanges: name a stage of safety exchanges, which these are not"


def _unknown(
    place: str, what: str, wanted: Iterable[str], known: frozenset[str] | None
) -> Iterator[str]:
    if known and (missing := sorted({*wanted} - known)):
        yield (
            f"{place}: there can be no {what} {', '.join(missing)} "
            f"(there are {', '.join(sorted(known))}); correct it"
        )


def _wrong_peak(name: str, stage: Train, stages: Stages) -> Iterator[str]:
    """A rate that goes on needs a stage that has one, and not next to none."""
    if stage.schedule.peak != PREVIOUS:
        return
    place, before = f"stages.{name}.schedule.peak", stages.get(stage.model)
    if not isinstance(before, Train):
        if before or stage.model not in stages:
            yield (
                f"{place}: 'previous' goes on from a stage that trained "
                f"({stage.model!r} does not); give a number"
            )
        return
    rates = _rates(stage.model, _up_to(name, stages))
    if rates and rates[-1] < NEXT_TO_NOTHING * max(rates):
        yield (
            f"{place}: 'previous' is {rates[-1]:.1e}, as {stage.model!r} lets its rate fall to "
            f"{rates[-1] / max(rates):.1g} of its peak; give a number to warm up to, or decay less "
            "there"
        )


def _rates(name: str, stages: Stages) -> list[float]:
    """The peak and the last rate of a stage and of those that its rate goes on from, in order.

    Empty where one of them is wrong itself, or comes after the one that goes on from it.
    """
    stage = stages.get(name)
    if not isinstance(stage, Train):
        return []
    earlier: list[float] = []
    if stage.schedule.peak == PREVIOUS:
        earlier = _rates(stage.model, _up_to(name, stages))
        if not earlier:
            return []
    schedule = continued(stage.schedule, earlier[-1] if earlier else 0.0)
    assert not isinstance(schedule.peak, str)
    return [*earlier, schedule.peak, schedule.at(stage.steps - 1, stage.steps)]


def _up_to(name: str, stages: Stages) -> Stages:
    """The stages before one."""
    return dict(takewhile(lambda one: one[0] != name, stages.items()))
