"""Stage `tasks`: what every model scores on every item of many tasks.

`items/<model>.jsonl` holds a line for each figure of each item (`ScoredItem`),
`answers/<model>.jsonl` what was answered: log-probabilities of the choices, or replies, and
`questions.jsonl` what each item asked, for whoever looks at one. What equal
weights answered in another run is taken from there; a model behind an endpoint is asked by each
run, as nobody knows which weights are served.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from auroram.errors import RunError
from auroram.evaluate.programs.sandbox import open_sandbox
from auroram.evaluate.sitting import Piece, Questions, sit
from auroram.evaluate.store import Store
from auroram.evaluate.tasks.answer_store import AnswerStore
from auroram.evaluate.tasks.answers import Answer
from auroram.evaluate.tasks.scoring import Judge, Score
from auroram.evaluate.tasks.task import Task
from auroram.evaluate.tasks_figures import measured
from auroram.evaluate.tasks_settings import Tasks
from auroram.evaluate.weights import tokens_seen, weights_digest
from auroram.ports import Inputs
from auroram.records.canonical import Json, digest
from auroram.records.endpoint import Endpoint
from auroram.records.item_file import write_items
from auroram.records.json_lines import write_json_lines
from auroram.records.manifest import Outcome, Tally
from auroram.records.scored_item import ScoredItem

__all__ = ["Tasks", "run"]

ANSWERS = ".answers"
"""Where answers are kept that no other run may take over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A model that is examined: one of this machine, or one at an endpoint."""

    name: str
    run: str
    """Digest of the weights, or of what names the endpoint."""
    tokens_seen: int = 0
    place: Path | Endpoint


def run(settings: Tasks, inputs: Inputs, out: Path) -> Outcome:
    """Write items and answers of each model; state the mean of each figure with its interval.

    Raises:
        DataError: where a task or its data is missing or wrong, or a model cannot be read.
        RunError: where programs are to be run and there is no sandbox, or an endpoint fails.
    """
    of_stages = [_of_stage(name, inputs) for name in settings.models]
    return examine([*of_stages, *at_endpoints(settings)], settings, inputs, out)


def at_endpoints(settings: Tasks) -> list[Candidate]:
    """The models behind endpoints."""
    return [
        Candidate(name=name, run=digest(endpoint), place=endpoint)
        for name, endpoint in settings.endpoints.items()
    ]


def _of_stage(name: str, inputs: Inputs) -> Candidate:
    folder = inputs.model(name)
    return Candidate(
        name=name,
        run=weights_digest(folder),
        tokens_seen=tokens_seen(inputs.stages[name]),
        place=folder,
    )


def examine(candidates: Sequence[Candidate], settings: Tasks, inputs: Inputs, out: Path) -> Outcome:
    """Put all tasks to all candidates; see `run`."""
    questions = Questions(settings=settings, root=inputs.root, held_out=_held_out(settings, inputs))
    judge = Judge(programs=settings.programs, open_sandbox=open_sandbox)
    _check_sandbox(questions, judge)
    write_json_lines(out / "questions.jsonl", _questions(questions))
    scored: list[ScoredItem] = []
    for candidate in candidates:
        name = candidate.name
        given = _answers(candidate, questions, inputs, out / ANSWERS)
        own = [
            item
            for task, items, answered in zip(questions.tasks, questions.items, given, strict=True)
            for item in scored_items(candidate, task, judge.scores(task, items, answered))
        ]
        write_json_lines(out / "answers" / f"{name}.jsonl", [one for task in given for one in task])
        write_items(out, name, own)
        Store(inputs.scores if isinstance(candidate.place, Path) else None).add(own)
        scored += own
    return Outcome(
        tallies=tuple(_tallies(questions)),
        measurements=tuple(measured(scored, seed=inputs.seed)),
        facts={
            "tasks": {
                task.name: {"rows": rows, **_about(task)}
                for task, rows in zip(questions.tasks, questions.rows, strict=True)
            }
        },
    )


def _held_out(settings: Tasks, inputs: Inputs) -> dict[str, Path]:
    if not settings.documents:
        return {}
    folder = inputs.folder(settings.documents) / "documents" / "held-out"
    return {path.stem: path for path in sorted(folder.glob("*.parquet"))}


def _check_sandbox(questions: Questions, judge: Judge) -> None:
    """Refuse before a model spends hours on programs that nothing may run."""
    if any(metric.name == "pass_at_k" for task in questions.tasks for metric in task.metrics):
        judge.open_sandbox(judge.programs)


def _answers(
    candidate: Candidate, questions: Questions, inputs: Inputs, own: Path
) -> list[list[Answer]]:
    place = candidate.place
    folder = (inputs.scores or own) if isinstance(place, Path) else own
    store = AnswerStore(
        path=folder / f"{candidate.run}.answers.jsonl",
        seed=inputs.seed,
        precision=questions.settings.precision,
    )

    def put(numbers: Sequence[Sequence[int]]) -> None:
        piece = Piece(questions=questions, numbers=numbers, store=store)
        if isinstance(place, Path):
            from auroram.evaluate.sitting_here import sit_here  # noqa: PLC0415 -- heavy

            sit_here(replace(piece, folder=place), inputs.engine, inputs.progress)
        elif inputs.open_examinee is None:
            raise RunError(f"{candidate.name}: no endpoint may be asked here; use `auroram run`")
        else:
            piece.answer(inputs.open_examinee(place, inputs.root), inputs.progress)

    return sit(questions, store, put)


def scored_items(candidate: Candidate, task: Task, scores: Iterable[Score]) -> Iterator[ScoredItem]:
    """The rows that statistics are made of, for one task and one model."""
    for score in scores:
        yield ScoredItem(
            run=candidate.run,
            model=candidate.name,
            tokens_seen=candidate.tokens_seen,
            task=task.name,
            language=task.language,
            split=task.split,
            item=score.item,
            cluster=score.cluster,
            measure=score.measure,
            score=score.score,
            weight=score.weight,
            answer=score.answer,
        )


def _questions(questions: Questions) -> Iterator[Json]:
    """Each item once, as it was asked, with what is right."""
    for task, items in zip(questions.tasks, questions.items, strict=True):
        for item in items:
            right = [item.choices[n] for n in item.gold] if item.choices else item.references
            asked = item.pairs[item.gold[0]][0] if item.pairs else item.text
            about = {"question": asked, "right": right[0] if right else ""}
            yield {"task": task.name, "item": item.digest, **about}


def _about(task: Task) -> Json:
    return {
        "form": task.form,
        "language": task.language,
        "split": task.split,
        "shots": task.shots.count,
        "metrics": [metric.name for metric in task.metrics],
        "repeats": task.repeats,
    }


def _tallies(questions: Questions) -> Iterator[Tally]:
    """How many items were asked, and how many the limit left out."""
    for task, items, total in zip(questions.tasks, questions.items, questions.rows, strict=True):
        for outcome, reason, value in (
            ("kept", "", len(items)),
            ("dropped", "beyond-the-limit", total - len(items)),
        ):
            yield Tally(
                step="asked",
                domain=task.language,
                source=task.name,
                outcome=outcome,
                reason=reason,
                unit="items",
                value=value,
            )
