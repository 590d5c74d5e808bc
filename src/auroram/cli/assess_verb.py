"""auroram assess RUN [--models base cat] [--exchanges STAGE] [--gate LANGUAGE ...]"""

import argparse
import sys
from pathlib import Path

from auroram.adapters.endpoint import open_endpoint
from auroram.cli.columns import columns
from auroram.cli.numbers import at_least
from auroram.cli.progress import Display
from auroram.errors import DataError
from auroram.pipeline.run_folder import RunFolder
from auroram.pipeline.run_models import with_models
from auroram.ports import Inputs
from auroram.records.canonical import Json
from auroram.records.json_lines import read_json_lines
from auroram.records.manifest import Finished
from auroram.report.figure import p_value, share
from auroram.safety.assess_settings import Assess

KIND, NAME = "assess", "assessment"

WORSE, INSUFFICIENT = 3, 4
"""Exit codes beside those of every verb: something got worse, or nobody can tell."""


def parser() -> argparse.ArgumentParser:
    """What `auroram assess` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram assess",
        description="Shows a run's assessment; makes one where the recipe has none. Exit code 0: "
        "no later model is worse than the first by the margin; 3: one is; 4: the evidence is "
        "insufficient to say so.",
    )
    result.add_argument("run", type=Path, help="the run's folder, such as runs/quickstart")
    result.add_argument("--models", nargs="+", help="stages to ask; all with a model by default")
    result.add_argument("--exchanges", nargs="+", help="stages whose test requests are asked")
    result.add_argument(
        "--attempts", type=at_least(1), help="replies to each request; 1 by default"
    )
    result.add_argument(
        "--gate", nargs="+", metavar="LANGUAGE", help="languages that decide; all by default"
    )
    return result


def main(arguments: argparse.Namespace) -> int:
    """Print rates, comparisons and grades; the exit code is the gate's word."""
    folder = RunFolder(arguments.run)
    finished = [one for one in folder.finished().values() if one.manifest.kind == KIND]
    for stage in finished:
        _check_same(stage, arguments)
    stages = finished or [_made(folder, arguments)]
    compared = [one for stage in stages for one in _rows(stage, "comparisons")]
    _check_languages(arguments.gate or [], compared)
    for stage in stages:
        print("\n".join(lines_of(stage)))
    return gate(compared, arguments.gate)


def _check_same(stage: Finished, arguments: argparse.Namespace) -> None:
    """What is asked for must be what the assessment that is there asked."""
    for option in ("models", "exchanges", "attempts"):
        given, had = getattr(arguments, option), stage.manifest.settings[option]
        if given is not None and given != had:
            raise DataError(
                f"--{option}: {stage.manifest.stage} is there already with {_told(had)} (got "
                f"{_told(given)}); leave it out, or add a stage of kind {KIND!r} to the recipe"
            )


def _told(value: list[str] | int) -> str:
    return str(value) if isinstance(value, int) else " ".join(value) or "none"


def _check_languages(languages: list[str], compared: list[Json]) -> None:
    """A language that nothing was compared in can decide nothing, and is a slip of the pen."""
    known = sorted({one["language"] for one in compared} - {"all"})
    unknown = [one for one in languages if one not in known]
    if unknown:
        raise DataError(
            f"--gate: no model was compared in {unknown[0]!r}; compared were: "
            f"{', '.join(known) or 'none, as there is one model'}"
        )


def gate(compared: list[Json], languages: list[str] | None) -> int:
    """0, `WORSE` or `INSUFFICIENT`, over the languages that decide."""
    verdicts = [
        one["verdict"]
        for one in compared
        if one["language"] != "all" and (languages is None or one["language"] in languages)
    ]
    if "worse" in verdicts:
        print("gate: worse than the margin allows")
        return WORSE
    if not verdicts or set(verdicts) != {"not worse"}:
        print("gate: insufficient evidence that nothing got worse")
        return INSUFFICIENT
    print("gate: not worse")
    return 0


def lines_of(stage: Finished) -> list[str]:
    """The stage as tables of text: whole languages, comparisons, and grades."""
    rates = [one for one in _rows(stage, "rates") if one["concern"] == one["attack"] == "all"]
    heads = ["model", "measure", "set", "lang", "judged", "corrected"]
    lines = columns([heads, *map(_rate_cells, rates)])
    holes = _rows(stage, "loopholes")
    if holes:
        lines += ["", "refused in English, done in another language (as judged):"]
        lines += columns(
            [[one["model"], one["set"], one["language"], _words(one)] for one in holes]
        )
    compared = _rows(stage, "comparisons")
    if compared:
        lines += ["", "compared with the first model:"]
        lines += columns([_comparison_cells(one) for one in compared])
    lines += ["", "how good the evidence is on attack success (A best, F nothing asked):"]
    grades: dict[tuple[str, str], list[str]] = {}
    for one in _rows(stage, "coverage"):
        name = (one["concern"], one["requirement"])
        grades.setdefault(name, []).append(f"{one['language']}:{one['grade']}")
    return lines + columns([[*name, "  ".join(found)] for name, found in grades.items()])


def _made(folder: RunFolder, arguments: argparse.Namespace) -> Finished:
    finished = folder.finished()
    models = with_models(finished)
    asked = [
        name for name, one in finished.items() if one.manifest.kind in ("safety-seed", "redteam")
    ]
    if not models or not (arguments.exchanges or asked):
        raise DataError(
            f"{folder.path}: no model, or no stage with requests; name them with --models and "
            "--exchanges, or add a stage of kind `assess` to the recipe"
        )
    settings = Assess(
        models=tuple(arguments.models or models),
        exchanges=tuple(arguments.exchanges or asked),
        attempts=arguments.attempts or 1,
    )
    seed = int(folder.recipe()["settings"].get("seed", 0))
    shared = Inputs(
        root=folder.root(),
        name=NAME,
        seed=seed,
        stages={},
        progress=Display(sys.stderr),
        open_chat=open_endpoint,
    )
    from auroram.pipeline.added import add_stage  # noqa: PLC0415 -- heavy

    return add_stage(folder, NAME, settings, shared)


def _rows(stage: Finished, name: str) -> list[Json]:
    path = stage.folder / f"{name}.jsonl"
    return list(read_json_lines(path)) if path.is_file() else []


def _rate_cells(one: Json) -> list[str]:
    judged = _words(
        {
            "value": one["judged"],
            "low": one["judged_low"],
            "high": one["judged_high"],
            "n": one["scored"],
        }
    )
    corrected = (
        f"insufficient evidence: {one['insufficient']}"
        if one["value"] is None
        else _words(one | {"n": one["scored"]})
    )
    measure = one["measure"] if one["k"] == 1 else f"{one['measure']}@{one['k']}"
    return [one["model"], measure, one["set"], one["language"], judged, corrected]


def _comparison_cells(one: Json) -> list[str]:
    why = f": {one['why']}" if one["why"] else ""
    moved = f"{one['lost']} lost, {one['gained']} gained of {one['n']}"
    p = f"p {p_value(one['p_adjusted'])}"
    place = [one["after"], one["measure"], one["set"], one["language"]]
    return [*place, moved, p, f"{one['verdict']}{why}"]


def _words(one: Json) -> str:
    if one["value"] is None:
        return f"insufficient evidence (n = {one['n']})"
    return f"{share(one['value'])} ({share(one['low'])} to {share(one['high'])}, n = {one['n']})"
