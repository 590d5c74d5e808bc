"""auroram redteam build FOLDER [SETTINGS.toml ...] [key=value ...]"""

import argparse
import sys
from collections import Counter
from pathlib import Path

from auroram.adapters.endpoint import open_endpoint
from auroram.cli.progress import Display
from auroram.cli.run_verb import split_words
from auroram.cli.running import fetch_package_file
from auroram.config.load import load_stage
from auroram.errors import ConfigError
from auroram.pipeline.run_folder import RunFolder
from auroram.pipeline.runner import run_stages
from auroram.ports import Inputs
from auroram.records.canonical import plain
from auroram.records.manifest import Manifest
from auroram.redteam.settings import Redteam

STAGE = "redteam"


def parser() -> argparse.ArgumentParser:
    """What `auroram redteam build` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram redteam build",
        description="Makes requests on every concern in five languages, with drafted answers, and "
        "writes them to FOLDER/redteam/drafts.jsonl. The same as a recipe's stage of kind "
        "'redteam', whose settings the files hold; recipes/redteam has one that imports public "
        "prompt sets.",
    )
    result.add_argument("folder", type=Path, help="where the drafts are kept")
    result.add_argument(
        "settings", nargs="*", help="TOML files, later over earlier, and key=value overrides"
    )
    result.add_argument("--seed", type=int, default=0, help="decides what is chosen; 0 by default")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Build the drafts and say what there is."""
    files, overrides = split_words(arguments.settings)
    settings = load_stage(Redteam, files, overrides)
    if settings.reads():
        raise ConfigError(
            f"{settings.reads()[0]!r}: there is no such stage here; name the model's folder"
        )
    root = files[0].parent if files else Path()
    folder = RunFolder(arguments.folder)
    shared = Inputs(
        root=root,
        name="",
        seed=arguments.seed,
        stages={},
        progress=Display(sys.stderr),
        open_chat=open_endpoint,
        fetch_package_file=fetch_package_file,
    )
    with folder.locked():
        recipe = {"name": folder.path.name, "seed": arguments.seed, "stages": {STAGE: settings}}
        folder.write_recipe([STAGE], plain(recipe), root)
        finished = run_stages({STAGE: settings}, folder, shared)
    for line in _lines(finished[STAGE].manifest):
        print(line)
    print(f"drafts are in {finished[STAGE].folder / 'drafts.jsonl'}")
    return 0


def _lines(manifest: Manifest) -> list[str]:
    """Drafts by language, and what was left out, by reason."""
    made: Counter[tuple[str, str, str]] = Counter()
    dropped: Counter[str] = Counter()
    for tally in manifest.tallies:
        if tally.step == "drafted":
            made[tally.domain, tally.reason, tally.outcome] += tally.value
        else:
            dropped[tally.reason] += tally.value
    columns = [(kind, split) for kind in ("harmful", "benign") for split in ("train", "test")]
    heads = "".join(f"{f'{kind} {split}':>15}" for kind, split in columns)
    lines = [f"language{heads}"]
    for language in dict.fromkeys(language for language, *_ in made):
        counts = "".join(f"{made[language, kind, split]:>15,}" for kind, split in columns)
        lines.append(f"{language:<8}{counts}")
    lines += [f"left out: {count:,} {reason}" for reason, count in dropped.most_common()]
    return lines + [f"note: {notice}" for notice in manifest.notices]
