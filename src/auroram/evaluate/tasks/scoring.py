"""What the answers to a task are worth, item by item."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from auroram.evaluate.programs.passing import passing, trial_of
from auroram.evaluate.programs.sandbox import Sandbox
from auroram.evaluate.programs.settings import Programs
from auroram.evaluate.tasks.answers import Answer
from auroram.evaluate.tasks.filters import filtered
from auroram.evaluate.tasks.items import Item
from auroram.evaluate.tasks.metrics import METRICS, bits_per_byte, chosen, reply_score
from auroram.evaluate.tasks.task import FilterChain, Metric, Task
from auroram.stats.pass_at_k import pass_at_k


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One figure of one item."""

    item: str
    cluster: str
    measure: str
    score: float
    weight: float = 1.0
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Scores answers; programs run in a sandbox that is opened when it is first needed."""

    programs: Programs
    open_sandbox: Callable[[Programs], Sandbox]

    def scores(
        self, task: Task, items: Sequence[Item], answered: Sequence[Answer]
    ) -> Iterator[Score]:
        """Every figure of every item, metric by metric."""
        for metric in task.metrics:
            if metric.name == "pass_at_k":
                yield from self._passes(task, items, answered, metric)
                continue
            for item, answer in zip(items, answered, strict=True):
                yield from _scores(task, item, answer, metric)

    def _passes(
        self, task: Task, items: Sequence[Item], answered: Sequence[Answer], metric: Metric
    ) -> Iterator[Score]:
        trials = [
            trial_of(item, reply, metric, self.programs, place=task.name)
            for item, answer in zip(items, answered, strict=True)
            for reply in answer.replies
        ]
        verdicts = passing(self.open_sandbox(self.programs), self.programs, trials)
        for item, answer in zip(items, answered, strict=True):
            count = len(answer.replies)
            passed = sum(next(verdicts) for _ in range(count))
            for k in _attempts(metric, count):
                yield Score(
                    item=item.digest,
                    cluster=item.cluster,
                    measure=f"{METRICS[metric.name].measure}@{k}",
                    score=pass_at_k(count, passed, k),
                    answer=answer.replies[0],
                )


def _attempts(metric: Metric, count: int) -> list[int]:
    """The k of pass@k for which there are replies enough."""
    named = metric.options.get("k", [1])
    return [int(k) for k in (named if isinstance(named, list) else [named]) if int(k) <= count]


def _scores(task: Task, item: Item, answer: Answer, metric: Metric) -> Iterator[Score]:
    measure = METRICS[metric.name].measure

    def score(value: float, said: str = "", *, name: str = measure, weight: float = 1.0) -> Score:
        return Score(
            item=item.digest,
            cluster=item.cluster,
            measure=name,
            score=value,
            weight=weight,
            answer=said,
        )

    if task.form == "multiple_choice":
        taken = chosen(metric.name, answer.nats, item.choices)
        yield score(float(taken in item.gold), item.choices[taken])
    elif task.form == "loglikelihood_rolling":
        bits = bits_per_byte(answer.nats[0], item.text)
        yield score(bits, weight=len(item.text.encode()))
    else:
        for chain in task.filters or (FilterChain(name="none", steps=()),):
            values = [
                reply_score(metric.name, filtered(chain, reply), item.references, metric.options)
                for reply in answer.replies
            ]
            name = f"{measure}.{chain.name}" if len(task.filters) > 1 else measure
            yield score(sum(values) / len(values), answer.replies[0], name=name)
