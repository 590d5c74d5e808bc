"""What the models scored on tasks: a figure for each task, and the items whose answer turned."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auroram.records.canonical import Json
from auroram.records.item_file import read_items
from auroram.records.manifest import Finished
from auroram.records.measurement import Measurement
from auroram.records.scored_item import ScoredItem
from auroram.report.charts import Labels, interval_chart
from auroram.report.excerpt import excerpt, last_words
from auroram.report.figure import Figure, Table, estimate, rows_by_language, tick_share
from auroram.report.findings import Findings, full_name, in_order, model_colour

EACH = 3
"""Items shown of a task that were gained, and as many that were lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """One item that the last model answers otherwise than the first."""

    gained: bool
    question: str
    right: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedGroup:
    """The turned items of one task."""

    tag: str
    """BCP 47, for the page's `lang` attribute; empty for programs."""
    task: str
    items: Sequence[Turned]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSection:
    """What the page shows of one stage of kind `tasks`."""

    stage: str
    figures: Sequence[Figure]
    first: str
    last: str
    turned: Sequence[TurnedGroup]


def task_sections(findings: Findings) -> list[TaskSection]:
    """The stages that put tasks to models, in order."""
    return [_section(findings, stage) for stage in findings.of_kind("tasks")]


def _section(findings: Findings, stage: Finished) -> TaskSection:
    figures = stage.manifest.measurements
    models = list(dict.fromkeys(one.stage for one in figures))
    families: dict[str, list[Measurement]] = {}
    for one in figures:
        families.setdefault(_family(one), []).append(one)
    questions = {one["item"]: one for one in findings.records(stage, "questions.jsonl")}
    return TaskSection(
        stage=stage.manifest.stage,
        figures=[_figure(name, here, models) for name, here in families.items()],
        first=models[0],
        last=models[-1],
        turned=list(_turned(read_items(stage.folder), questions, (models[0], models[-1]))),
    )


def _family(one: Measurement) -> str:
    """A task's name without its language: its languages share a picture."""
    return one.split.removesuffix(f"_{one.language}")


def _figure(name: str, figures: Sequence[Measurement], models: Sequence[str]) -> Figure:
    """The first measure as a picture, all of them as words."""
    shades = {model: model_colour(index) for index, model in enumerate(models)}
    drawn = [one for one in figures if one.measure == figures[0].measure]
    measure, unit = drawn[0].measure.replace("_", " "), drawn[0].unit
    better = "Left" if unit == "bits/byte" else "Right"
    labels = Labels(
        title=f"{name}: {measure}",
        description=f"{better} is better.",
        number=tick_share if unit == "share" else "{:g}".format,
        axis=measure,
    )
    return Figure(
        heading=f"{name}: {measure}",
        picture=interval_chart(rows_by_language(drawn), shades, labels),
        caption=f"{better} is better. Lines are 95 % intervals over independent items.",
        table=_table(figures, models),
        legend=shades,
    )


def _table(figures: Sequence[Measurement], models: Sequence[str]) -> Table:
    words = {(one.language, one.measure, one.stage): estimate(one) for one in figures}
    measures = list(dict.fromkeys(one.measure for one in figures))
    return Table(
        headings=["language", "measure", *models],
        rows=[
            [full_name(language), measure.replace("_", " "), *cells]
            for language in in_order([one.language for one in figures])
            for measure in measures
            if any(cells := [words.get((language, measure, model), "") for model in models])
        ],
    )


def _turned(
    items: Sequence[ScoredItem], questions: dict[str, Json], models: tuple[str, str]
) -> Iterator[TurnedGroup]:
    """By task: what the last model gained and lost against the first, by its first measure."""
    by_task: dict[str, dict[str, dict[str, ScoredItem]]] = {}
    for one in items:
        of_model = by_task.setdefault(one.task, {}).setdefault(one.model, {})
        of_model.setdefault(one.item, one)
    for task, by_model in by_task.items():
        first, last = (by_model.get(model, {}) for model in models)
        pairs = [(first[key], last[key]) for key in first.keys() & last.keys()]
        pairs = sorted(
            (pair for pair in pairs if _has_turned(*pair)), key=lambda pair: pair[0].item
        )
        gained = [pair for pair in pairs if pair[1].score > pair[0].score]
        lost = [pair for pair in pairs if pair[1].score < pair[0].score]
        if chosen := [*gained[:EACH], *lost[:EACH]]:
            language = chosen[0][0].language
            yield TurnedGroup(
                tag="" if language == "code" else language,
                task=task,
                items=[_shown(*pair, questions.get(pair[0].item, {})) for pair in chosen],
            )


def _has_turned(before: ScoredItem, after: ScoredItem) -> bool:
    return {before.score, after.score} == {0.0, 1.0} and before.measure == after.measure


def _shown(before: ScoredItem, after: ScoredItem, question: Json) -> Turned:
    return Turned(
        gained=after.score > before.score,
        question=last_words(question.get("question", ""), before.language),
        right=excerpt(question.get("right", ""), before.language),
        before=excerpt(before.answer, before.language),
        after=excerpt(after.answer, before.language),
    )
