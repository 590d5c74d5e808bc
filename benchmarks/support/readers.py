"""Speed of the readers, in MB of text or markup per CPU-second on one core.

Each format holds the same made-up text, a third of it not ASCII; web pages and wikitext are
measured by their markup. There is no bar.
"""

import bz2
import gzip
import json
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from resiliparse.parse.html import HTMLTree

from auroram.corpus.readers.pages import main_content
from auroram.corpus.readers.slices import read_slice, slices_of
from auroram.corpus.readers.wikitext import plain_text
from auroram.corpus.sources import Fields

DOCUMENTS = 20_000


def texts() -> list[str]:
    """Made-up documents of words in four scripts."""
    draw = random.Random(0)
    letters = "aeiouäöåệạ日本語हिन्दीtkslnm"
    words = ["".join(draw.choices(letters, k=draw.randint(2, 9))) for _ in range(5000)]
    return [" ".join(draw.choices(words, k=draw.randint(50, 700))) for _ in range(DOCUMENTS)]


def seconds(work: Callable[[], object]) -> float:
    """CPU-seconds that the work takes."""
    started = time.process_time()
    work()
    return time.process_time() - started


def read(path: Path) -> int:
    """Records that a file holds."""
    parts = slices_of(str(path), name=path.name)
    return sum(1 for part in parts for _ in read_slice(part, Fields(), advance=lambda _: None))


def measure_tables(folder: Path, documents: list[str]) -> None:
    """Print the speed of each format of records, in MB of JSON lines."""
    lines = b"".join(
        json.dumps({"id": str(i), "text": text}, ensure_ascii=False).encode() + b"\n"
        for i, text in enumerate(documents)
    )
    packs = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress, ".bz2": bz2.compress}
    for ending, pack in packs.items():
        (folder / f"x.jsonl{ending}").write_bytes(pack(lines))
    pq.write_table(pa.table({"text": documents}), folder / "x.parquet", compression="zstd")
    for path in sorted(folder.glob("x.*")):
        print(f"{path.name:14} {len(lines) / 1e6 / seconds(lambda p=path: read(p)):8.0f}")


def measure_markup(documents: list[str]) -> None:
    """Print the speed of taking markup apart."""
    pages = [
        f"<html><body><nav><ul>{'<li><a href=/>x</a>' * 50}</ul></nav><main><h1>T</h1>"
        + "".join(f"<p class=a>{text[i : i + 300]}</p>" for i in range(0, len(text), 300))
        + "</main></body></html>"
        for text in documents[:2000]
    ]
    articles = [
        "\n".join(
            f"== O ==\n'''{text[i : i + 200]}''' [[a|b]]<ref>x</ref>{{{{m|y}}}}"
            for i in range(0, len(text), 200)
        )
        for text in documents[:4000]
    ]
    for name, parts, work in (
        ("pages", pages, lambda page: main_content(HTMLTree.parse(page))),
        ("wikitext", articles, plain_text),
    ):
        size = sum(len(part.encode()) for part in parts) / 1e6
        print(f"{name:14} {size / seconds(lambda p=parts, w=work: [w(x) for x in p]):8.0f}")


def measure(options):
    """Measure everything and print a table; no bar."""
    del options
    documents = texts()
    with tempfile.TemporaryDirectory() as folder:
        measure_tables(Path(folder), documents)
    measure_markup(documents)
    return {}, []
