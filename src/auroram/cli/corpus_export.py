"""auroram corpus export RUN FOLDER [--format jsonl.zst]"""

import argparse
from pathlib import Path
from typing import get_args

from auroram.cli.corpus_stages import only_stage
from auroram.corpus.export import Form, export_documents
from auroram.corpus.readers.locations import is_url
from auroram.errors import ConfigError
from auroram.records.fallen import read_fallen
from auroram.records.tombstones import fallen_documents


def parser() -> argparse.ArgumentParser:
    """What `auroram corpus export` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram corpus export",
        description="Writes the documents of a finished corpus stage for other tools, without what "
        "`auroram takedown` took out of the run. The split held-out is for measuring and must not "
        "be trained on.",
    )
    result.add_argument("run", type=Path, help="the run's folder, such as runs/quickstart")
    result.add_argument("folder", help="where to write, on this machine; must be new or empty")
    result.add_argument("--stage", help="the corpus stage's name, where a run has several")
    result.add_argument(
        "--format",
        choices=get_args(Form),
        default="jsonl.zst",
        help="a file for each language and split, or a data set folder as the Hugging Face Hub "
        "shows it; jsonl.zst by default",
    )
    return result


def main(arguments: argparse.Namespace) -> int:
    """Write the documents."""
    if is_url(arguments.folder):
        raise ConfigError(
            f"{arguments.folder}: files appear whole or not at all, which a URL does not promise; "
            "name a folder of this machine and copy it there"
        )
    stage = only_stage(arguments)
    folder = stage.finished.folder
    noted = {one.document for one in read_fallen(folder)}
    # Runs of which something was taken down before corpora had notes have tombstones only.
    fallen = fallen_documents(arguments.run) | noted
    done = export_documents(folder, Path(arguments.folder), arguments.format, fallen=fallen)
    without = f"; left out {done.left_out:,} that were taken down" if done.left_out else ""
    print(f"wrote {done.written:,} documents of {stage.name} to {arguments.folder}{without}")
    return 0
