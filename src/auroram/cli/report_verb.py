"""auroram report RUN [--output FILE]"""

import argparse
from functools import partial
from pathlib import Path

from auroram.corpus.retrieval import source_texts
from auroram.pipeline.run_folder import RunFolder
from auroram.records.files import write_text
from auroram.report.page import render


def parser() -> argparse.ArgumentParser:
    """What `auroram report` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram report",
        description="Draws the page of a run from what is finished so far.",
    )
    result.add_argument("run", type=Path, help="the run's folder, such as runs/quickstart")
    result.add_argument("--output", type=Path, help="the file to write; RUN/report.html by default")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Write the page."""
    folder = RunFolder(arguments.run)
    output = arguments.output or folder.path / "report.html"
    texts = partial(source_texts, root=folder.root())
    write_text(output, render(folder.title(), folder.finished(), texts))
    print(f"open {output.resolve()}")
    return 0
