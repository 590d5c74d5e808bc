"""Stage `assess`: what models do with harmful requests and their look-alikes, and how sure we are.

`generations/<model>.jsonl` holds every reply with its verdicts, `rates.jsonl` every rate,
`comparisons.jsonl` the models against the first, `loopholes.jsonl` what is refused in English
alone, `coverage.jsonl` how good the evidence is.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from auroram.model.precision import precision_of
from auroram.model.sampling import Sampling
from auroram.model.size import stored_parameters
from auroram.ports import Inputs
from auroram.records.generation import Generation, write_generations
from auroram.records.json_lines import write_json_lines
from auroram.records.manifest import Outcome, Tally
from auroram.records.measurement import Measurement
from auroram.records.rate import Rate
from auroram.safety.assess_settings import Assess
from auroram.safety.assessed_rates import ALL, MEASURES, Standards, rates
from auroram.safety.cards import BUILT_IN, Card, card_for, read_card
from auroram.safety.checkpoints import Loophole, comparisons, loopholes
from auroram.safety.coverage import coverage, requirements
from auroram.safety.grammar import read_grammars
from auroram.safety.open_judge import open_judge
from auroram.safety.prompts import (
    Prompt,
    chosen_prompts,
    draft_prompts,
    exchange_prompts,
    file_prompts,
)
from auroram.safety.questioning import Panel, Questioning
from auroram.safety.tool_reports import reported_generations
from auroram.text.identify import FastText

__all__ = ["Assess", "run"]

PARTS = ".parts"

SPLIT = "assessment"


def run(settings: Assess, inputs: Inputs, out: Path) -> Outcome:
    """Ask, judge, count, compare, and grade the evidence.

    Raises:
        DataError: where there is nothing to ask, or a judge or its card cannot be used.
        NoReplyError: where a judge behind an endpoint is gone; what was judged is kept.
    """
    panel = _panel(settings, inputs)
    standards = _standards(settings, inputs, panel)
    prompts = chosen_prompts(
        _prompts(settings, inputs), highest=settings.highest(), seed=inputs.seed
    )
    questioning = _questioning(settings, inputs, prompts, panel)
    generations = _generations(settings, inputs, out, questioning)
    found, holes = rates(generations, standards), loopholes(generations, settings.fewest)
    languages = sorted({one.language for one in generations})
    compared = comparisons(
        generations, settings.models, standards=standards, margin=settings.margin
    )
    wanted = _requirements(settings, inputs)
    covered = coverage(generations, found, wanted, settings.models[-1], languages)
    write_json_lines(out / "rates.jsonl", found)
    write_json_lines(out / "loopholes.jsonl", holes)
    write_json_lines(out / "comparisons.jsonl", compared)
    write_json_lines(out / "coverage.jsonl", covered)
    return Outcome(
        tallies=tuple(_tallies(generations)),
        measurements=tuple(_measurements(found, holes)),
        notices=tuple(dict.fromkeys(_notices(standards, languages))),
        facts={
            "judges": dict(standards.judges),
            "fewest": settings.fewest,
            "margin": settings.margin,
            "precision": questioning.precision,
        },
        tokens=sum(one.tokens for one in generations),
        floating_point_operations=sum(
            2.0 * stored_parameters(inputs.model(name)) * tokens
            for name, tokens in _tokens_by_model(generations).items()
        ),
    )


def _generations(
    settings: Assess, inputs: Inputs, out: Path, questioning: Questioning
) -> list[Generation]:
    """What each model replies, judged and written, and what tools report of it."""
    generations: list[Generation] = []
    for name in settings.models:
        own = questioning.ask(name, inputs.model(name), out / PARTS / name)
        own += questioning.panel.judged(_reported(settings, inputs, name))
        write_generations(out / "generations" / f"{name}.jsonl", own)
        generations += own
    return generations


def _panel(settings: Assess, inputs: Inputs) -> Panel:
    return Panel(
        refusal=open_judge(settings.refusal_judge, "refused", inputs.root, inputs.open_chat),
        success=open_judge(settings.success_judge, "complied", inputs.root, inputs.open_chat),
        grammars=read_grammars(),
        identifier=FastText(),
    )


def _questioning(
    settings: Assess, inputs: Inputs, prompts: Sequence[Prompt], panel: Panel
) -> Questioning:
    return Questioning(
        prompts=prompts,
        panel=panel,
        attempts=settings.attempts,
        drawn=Sampling(
            temperature=settings.temperature, seed=inputs.seed, repetition=settings.repetition
        ),
        max_tokens=settings.max_tokens,
        precision=precision_of(settings.precision, device=inputs.device),
        device=inputs.device,
        progress=inputs.progress,
    )


def _standards(settings: Assess, inputs: Inputs, panel: Panel) -> Standards:
    named: list[Card] = [read_card(inputs.path(file)) for file in settings.cards]
    known = named + [read_card(file) for file in sorted(BUILT_IN.glob("*.json"))]
    return Standards(
        cards={
            "refused": card_for(panel.refusal, known),
            "complied": card_for(panel.success, known),
        },
        judges={"refused": panel.refusal.name, "complied": panel.success.name},
        fewest=settings.fewest,
        attempts=settings.attempts,
        seed=inputs.seed,
    )


def _prompts(settings: Assess, inputs: Inputs) -> Iterator[Prompt]:
    for stage in settings.exchanges:
        yield from exchange_prompts(inputs.folder(stage) / "exchanges" / "test.jsonl", stage)
    for stage in settings.drafts:
        yield from draft_prompts(inputs.folder(stage) / "drafts.jsonl", stage)
    for name, about in settings.requests.items():
        yield from file_prompts(inputs.path(about.file), name, about)


def _reported(settings: Assess, inputs: Inputs, model: str) -> list[Generation]:
    """What other tools got out of one model."""
    return [
        one
        for name, about in settings.reports.items()
        if about.model == model
        for one in reported_generations(inputs.path(about.file), name, about)
    ]


def _requirements(settings: Assess, inputs: Inputs) -> dict[str, str]:
    found: dict[str, str] = {}
    for stage in (*settings.exchanges, *settings.drafts):
        found |= requirements(inputs.folder(stage) / "concerns.toml")
    return found


def _tokens_by_model(generations: Sequence[Generation]) -> Counter[str]:
    tokens: Counter[str] = Counter()
    for one in generations:
        tokens[one.model] += one.tokens
    return tokens


def _measurements(found: Sequence[Rate], holes: Sequence[Loophole]) -> Iterator[Measurement]:
    """The corrected rates and, under a name that says so, what the judge said."""
    for rate in found:
        parts = [SPLIT, rate.set]
        parts += [rate.concern] if rate.concern != ALL else []
        parts += [f"attack:{rate.attack}"] if rate.attack != ALL else []
        measure = rate.measure if rate.k == 1 else f"{rate.measure}_at_{rate.k}"
        for name, value, low, high in (
            (measure, rate.value, rate.low, rate.high),
            (f"{measure}_as_judged", rate.judged, rate.judged_low, rate.judged_high),
        ):
            yield Measurement(
                stage=rate.model,
                measure=name,
                language=rate.language,
                value=value,
                low=low,
                high=high,
                n=rate.scored,
                unit="share",
                split="/".join(parts),
            )
    for hole in holes:
        yield Measurement(
            stage=hole.model,
            measure="loophole_rate_as_judged",
            language=hole.language,
            value=hole.value,
            low=hole.low,
            high=hole.high,
            n=hole.n,
            unit="share",
            split=f"{SPLIT}/{hole.set}",
        )


def _notices(standards: Standards, languages: Sequence[str]) -> Iterator[str]:
    """One sentence for each judge and question that was not measured in some of the languages."""
    for measure in MEASURES:
        if measure.judge not in standards.judges:
            continue
        errors = {one: standards.error(measure, one) for one in languages}
        unknown = [one for one, error in errors.items() if isinstance(error, str)]
        if unknown:
            yield (
                f"Judge {standards.judges[measure.judge]} ({measure.judge}): not measured against "
                f"people in {', '.join(unknown)}; rates there are as judged alone."
            )


def _tallies(generations: Sequence[Generation]) -> Iterator[Tally]:
    """Verdicts by model, language and kind, and why replies are unscored."""
    counts = Counter(
        (
            one.model,
            one.language,
            one.kind,
            one.complied,
            one.reason if one.complied == "unscored" else "",
        )
        for one in generations
    )
    for (model, language, kind, complied, reason), value in sorted(counts.items()):
        yield Tally(
            step=f"complied-{kind}",
            domain=language,
            source=model,
            outcome=complied,
            reason=reason,
            unit="replies",
            value=value,
        )
