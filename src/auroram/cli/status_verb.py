"""auroram status RUN [--json]"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from auroram.cli.columns import columns
from auroram.pipeline.run_folder import RunFolder
from auroram.pipeline.status import status
from auroram.records.canonical import Json
from auroram.report.amounts import duration, energy

HEADINGS = ("stage", "measure", "set", "language", "value", "unit", "95 % interval", "items")


def parser() -> argparse.ArgumentParser:
    """What `auroram status` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram status", description="Shows what a run has done and measured."
    )
    result.add_argument("run", type=Path, help="the run's folder, such as runs/quickstart")
    result.add_argument("--json", action="store_true", help="print everything as JSON")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Print the state of the run."""
    table = status(RunFolder(arguments.run))
    if arguments.json:
        print(json.dumps(table, indent=1, ensure_ascii=False))
        return 0
    print("\n".join(columns([_stage_cells(stage) for stage in table["stages"]])))
    if table["measurements"]:
        print()
        rows = [HEADINGS, *map(_measurement_cells, table["measurements"])]
        print("\n".join(columns(rows, right={4})))
    for sentence in [*_methods(table["stages"]), *table["notices"]]:
        print(f"\nnote: {sentence}")
    return 0


def _stage_cells(stage: Json) -> list[str]:
    if stage["state"] != "done":
        return [stage["stage"], stage["state"], *[""] * 4, *_progress_cells(stage)]
    told, joules = stage["told"], stage["energy_joules"]
    speed, share = told.get("tokens_per_second"), told.get("model_flop_utilisation")
    return [
        stage["stage"],
        "done",
        duration(stage["seconds"]),
        f"{stage['peak_memory_bytes'] / 1e9:.1f} GB",
        "" if joules is None else energy(joules),
        stage["digest"][:12],
        f"{stage['tokens']:,} tokens" if stage["tokens"] else "",
        "" if speed is None else f"{speed:,.0f} tokens/s",
        "" if share is None else f"{100 * share:.3g} % of the peak",
    ]


def _progress_cells(stage: Json) -> list[str]:
    """How far a stage has trained that is not finished."""
    if "step" not in stage:
        return [""] * 3
    return [
        f"{stage['tokens']:,} tokens",
        f"loss {stage['loss']:.4g}",
        f"step {stage['step']:,} at {stage['at']}",
    ]


def _methods(stages: Sequence[Json]) -> list[str]:
    """How time, memory and energy were obtained, each way once, and what they leave out."""
    methods = dict.fromkeys(stage["method"] for stage in stages if "method" in stage)
    uncounted = [stage["uncounted"] for stage in stages if stage.get("uncounted")]
    return [*(f"what was taken: {method}." for method in methods), *(f"{u}." for u in uncounted)]


def _measurement_cells(one: Json) -> list[str]:
    known = one["low"] is not None and one["high"] is not None
    return [
        one["stage"],
        one["measure"],
        one["split"],
        one["language"],
        "-" if one["value"] is None else f"{one['value']:.4f}",
        one["unit"],
        f"{one['low']:.4f} to {one['high']:.4f}" if known else "",
        f"n={one['n']}",
    ]
