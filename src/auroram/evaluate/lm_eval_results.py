"""Results as lm-evaluation-harness writes them, so that what reads its files reads ours.

A task keeps its name; what no task file describes is named `<task>_<split>_<language>`. A metric
is `<name>,<filter>`, with its standard error beside it as `<name>_stderr,<filter>`.

Source: lm-eval 0.4.13, `lm_eval/result_schema.py`, and `results_<date>.json` as a run of its own
wrote it, against which `benchmarks/evaluation.py` holds ours.
"""

from collections.abc import Mapping, Sequence

from auroram import __version__
from auroram.records.canonical import Json, digest
from auroram.records.scored_item import ScoredItem, mean_score
from auroram.stats.clustered import mean_estimate

METRICS = {
    "accuracy": "acc",
    "accuracy_norm": "acc_norm",
    "accuracy_bytes": "acc_bytes",
    "choice": "acc",
}
"""Our measures that the harness knows under another name; others keep theirs."""
LOWER_IS_BETTER = ("bits_per_byte", "divergence_from_base")


def lm_eval_results(
    model: str, items: Sequence[ScoredItem], tasks: Mapping[str, Json], *, date: float
) -> Json:
    """The results of one model.

    Args:
        model: how the model is named in the file.
        items: all that it was asked.
        tasks: what the stage that put them says of tasks, by name.
        date: when it was asked, in seconds since 1970.
    """
    cells = _cells(items, tasks)
    asked = {
        task: {one.item for here in measures.values() for one in here}
        for task, measures in cells.items()
    }
    about = {task: tasks.get(task, {}) for task in cells}
    return {
        "results": {
            task: {
                "name": task,
                "alias": task,
                "sample_len": len(asked[task]),
                **_metrics(measures),
            }
            for task, measures in cells.items()
        },
        "group_subtasks": {},
        "configs": {task: _config(task, about[task]) for task in cells},
        "versions": dict.fromkeys(cells, "Yaml"),
        "n-shot": {task: about[task].get("shots", 0) for task in cells},
        "higher_is_better": {
            task: {_metric(name): name not in LOWER_IS_BETTER for name, _ in map(_parts, measures)}
            for task, measures in cells.items()
        },
        "n-samples": {
            task: {"original": about[task].get("rows", len(names)), "effective": len(names)}
            for task, names in asked.items()
        },
        "config": {
            "model": "auroram",
            "model_args": {"pretrained": model},
            "limit": None,
            "bootstrap_iters": 0,
        },
        "date": date,
        "lm_eval_version": f"auroram {__version__}",
        "task_hashes": {task: digest(sorted(names)) for task, names in asked.items()},
        "model_source": "auroram",
        "model_name": model,
        "model_name_sanitized": model.replace("/", "__"),
    }


def name_of(one: ScoredItem) -> str:
    """The task's name with its set and language."""
    return "_".join(part for part in (one.task, one.split, one.language) if part)


def _config(task: str, about: Json) -> Json:
    """What is known of a task, under the harness's keys."""
    known = {
        "output_type": about.get("form", "auroram"),
        "test_split": about.get("split"),
        "num_fewshot": about.get("shots", 0),
        "metric_list": [{"metric": metric} for metric in about.get("metrics", ())],
        "repeats": about.get("repeats", 1),
    }
    return {"task": task, **known}


def _cells(
    items: Sequence[ScoredItem], tasks: Mapping[str, Json]
) -> dict[str, dict[str, list[ScoredItem]]]:
    """The items by task and measure."""
    cells: dict[str, dict[str, list[ScoredItem]]] = {}
    for one in items:
        task = one.task if one.task in tasks else name_of(one)
        cells.setdefault(task, {}).setdefault(one.measure, []).append(one)
    return cells


def _metrics(measures: Mapping[str, Sequence[ScoredItem]]) -> Json:
    """What a task came to by `<metric>,<filter>`, each with its standard error."""
    table: Json = {}
    for measure, items in measures.items():
        name, chain = _parts(measure)
        table[f"{_metric(name)},{chain}"] = mean_score(items)
        table[f"{_metric(name)}_stderr,{chain}"] = _error(items)
    return table


def _parts(measure: str) -> tuple[str, str]:
    """What is measured, and through which chain of filters."""
    name, _, chain = measure.partition(".")
    return name, chain or "none"


def _metric(name: str) -> str:
    return METRICS.get(name, name)


def _error(items: Sequence[ScoredItem]) -> float | str:
    """The clustered standard error; the harness writes `N/A` where it has none."""
    estimate = mean_estimate(
        [one.score for one in items],
        weights=[one.weight for one in items],
        clusters=[one.cluster for one in items],
    )
    return estimate.error if estimate else "N/A"
