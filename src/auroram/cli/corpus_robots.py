"""auroram corpus robots CRAWL.warc.gz ... OUT.jsonl"""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from auroram.corpus.readers.robots_txt import RobotsArchives, Snapshot
from auroram.errors import ConfigError, DataError
from auroram.records.json_lines import write_json_lines


def parser() -> argparse.ArgumentParser:
    """What `auroram corpus robots` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram corpus robots",
        description="Writes what sites answered for robots.txt, as web archives hold it, in the "
        "form that a corpus stage's rights.robots reads: host, fetched_at, status and body.",
    )
    result.add_argument("archives", nargs="+", help=".warc or .warc.gz files, or their URLs")
    result.add_argument("out", type=Path, help="the .jsonl file to write")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Write the snapshots and say how many there are."""
    if arguments.out.suffix != ".jsonl":
        raise ConfigError(f"{arguments.out}: name a file that ends in .jsonl, behind the archives")
    archives = RobotsArchives(files=arguments.archives)
    sites: Counter[str] = Counter()
    write_json_lines(arguments.out, _counted(archives.snapshots(), sites))
    without = ", ".join(f"{reason}: {count:,}" for reason, count in archives.left_out.items())
    print(
        f"wrote {sites.total():,} snapshots of {len(sites):,} sites to {arguments.out}"
        + (f"; left out {without}" if without else "")
    )
    return 0


def _counted(snapshots: Iterable[Snapshot], sites: Counter[str]) -> Iterator[Snapshot]:
    """The snapshots, each counted by its host; none at all is an error."""
    for snapshot in snapshots:
        sites[snapshot.host] += 1
        yield snapshot
    if not sites:
        raise DataError(
            "no answer for robots.txt in the archives; name those that hold a crawl's own "
            "requests for it, such as robotstxt/*.warc.gz of Common Crawl"
        )
