"""Results as lm-evaluation-harness writes them, so that what reads its files reads ours.

A task is named `<task>_<split>_<language>`; a metric is `<name>,none`, with its standard error
beside it as `<name>_stderr,none`.

Source: lm-eval 0.4.13, `results_<date>.json` as `EvaluationTracker` saves it.
"""

from collections import defaultdict
from collections.abc import Sequence

from auroram import __version__
from auroram.records.canonical import Json, digest
from auroram.records.scored_item import ScoredItem
from auroram.stats.clustered import mean_estimate

METRICS = {"accuracy": "acc", "accuracy_norm": "acc_norm", "choice": "acc"}
"""Our measures that the harness knows under another name; others keep theirs."""
LOWER_IS_BETTER = ("bits_per_byte", "divergence_from_base")


def lm_eval_results(model: str, items: Sequence[ScoredItem]) -> Json:
    """The results of one model.

    Args:
        model: how the model is named in the file.
        items: all that it was asked.
    """
    tables: dict[str, Json] = {}
    higher: dict[str, Json] = {}
    counts: dict[str, Json] = {}
    for (task, measure), here in _cells(items).items():
        metric = METRICS.get(measure, measure)
        value = sum(one.score * one.weight for one in here) / sum(one.weight for one in here)
        table = tables.setdefault(task, {"alias": task})
        table[f"{metric},none"] = value
        table[f"{metric}_stderr,none"] = _error(here)
        higher.setdefault(task, {})[metric] = measure not in LOWER_IS_BETTER
        counts[task] = {"original": len(here), "effective": len(here)}
    return {
        "results": tables,
        "group_subtasks": {task: [] for task in tables},
        "configs": {task: {"task": task, "output_type": "auroram"} for task in tables},
        "versions": dict.fromkeys(tables, 1.0),
        "n-shot": dict.fromkeys(tables, 0),
        "higher_is_better": higher,
        "n-samples": counts,
        "config": {"model": "auroram", "model_args": {"pretrained": model}, "limit": None},
        "model_source": "auroram",
        "model_name": model,
        "model_name_sanitized": model.replace("/", "__"),
        "lm_eval_version": f"auroram {__version__}",
        "task_hashes": {
            task: digest(sorted({one.item for one in items if name_of(one) == task}))
            for task in tables
        },
    }


def name_of(one: ScoredItem) -> str:
    """The task's name with its set and language."""
    return "_".join(part for part in (one.task, one.split, one.language) if part)


def _cells(items: Sequence[ScoredItem]) -> dict[tuple[str, str], list[ScoredItem]]:
    cells: dict[tuple[str, str], list[ScoredItem]] = defaultdict(list)
    for one in items:
        cells[name_of(one), one.measure].append(one)
    return cells


def _error(items: Sequence[ScoredItem]) -> float | str:
    """The clustered standard error; the harness writes `N/A` where it has none."""
    estimate = mean_estimate(
        [one.score for one in items],
        weights=[one.weight for one in items],
        clusters=[one.cluster for one in items],
    )
    return estimate.error if estimate else "N/A"
