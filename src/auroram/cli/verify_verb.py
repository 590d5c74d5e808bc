"""auroram verify RUN"""

import argparse
import sys
from pathlib import Path

from auroram.cli.progress import Display
from auroram.pipeline.run_folder import RunFolder
from auroram.pipeline.verify import verify


def parser() -> argparse.ArgumentParser:
    """What `auroram verify` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram verify",
        description="Hashes every file of a run again and names the first one that was touched.",
    )
    result.add_argument("run", type=Path, help="the run's folder, such as runs/quickstart")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Verify the run; exit code 1 where something was touched."""
    folder = RunFolder(arguments.run)
    count = verify(folder, Display(sys.stderr))
    stages = folder.finished()
    print(f"verified: {count} files of {len(stages)} stages are what their manifests say")
    for name, stage in stages.items():
        print(f"  {name:<14}{stage.manifest.digest}")
    for name in folder.stage_names():
        if name not in stages:
            print(f"  {name:<14}unfinished, so nothing of it was verified")
    return 0
