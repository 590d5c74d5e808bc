"""auroram status RUN [--json]"""

import argparse
import json
from pathlib import Path

from auroram.cli.progress import duration
from auroram.pipeline.run_folder import RunFolder
from auroram.pipeline.status import status
from auroram.records.canonical import Json


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
    for stage in table["stages"]:
        print(_stage_line(stage))
    if table["measurements"]:
        print()
        print(f"{'stage':<8}{'measure':<24}{'set':<20}{'language':<9}{'value':>9}  95 % interval")
    for measurement in table["measurements"]:
        print(_measurement_line(measurement))
    for sentence in table["notices"]:
        print(f"\nnote: {sentence}")
    return 0


def _stage_line(stage: Json) -> str:
    if stage["state"] != "done":
        return f"{stage['stage']:<14}{stage['state']}"
    memory = f"{stage['peak_memory_bytes'] / 1e9:.1f} GB"
    tokens = f"{stage['tokens']:,} tokens" if stage["tokens"] else ""
    took = duration(stage["seconds"])
    return f"{stage['stage']:<14}done  {took:>12}  {memory:>7}  {stage['digest'][:12]}  {tokens}"


def _measurement_line(one: Json) -> str:
    value = "    -" if one["value"] is None else f"{one['value']:.4f}"
    known = one["low"] is not None and one["high"] is not None
    interval = f"{one['low']:.4f} to {one['high']:.4f}" if known else ""
    return (
        f"{one['stage']:<8}{one['measure']:<24}{one['split']:<20}{one['language']:<9}{value:>9}  "
        f"{interval}  n={one['n']} {one['unit']}"
    )
