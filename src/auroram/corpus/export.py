"""Writes the curated documents for other tools: JSON lines, Parquet, or a data set folder.

A data set folder is laid out as the Hugging Face Hub shows it: `data/<domain>/*.parquet`, each
domain a configuration with the splits `train` and `held_out`, and a card that lists the licences.
Documents stay in the order of their ids. Memory holds one batch; time is linear in the text.
"""

import gzip
import io
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, cast

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import zstandard

from auroram.corpus.languages import CODE
from auroram.errors import DataError
from auroram.records.document import SPLITS
from auroram.records.files import atomic_path, write_text
from auroram.records.hub_licences import hub_licence

Form = Literal["jsonl", "jsonl.gz", "jsonl.zst", "parquet", "dataset"]

_ROWS = 1000
_FRAME_BYTES = 16 * 1024 * 1024
"""Text in a frame of a .zst file: who reads it can share the frames out among workers."""
_LEVEL = 3
_ABOUT = (
    "Written by Auroram. Each document states its own licence; the split `held_out` is for "
    "measuring and must not be trained on."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """How many documents were written, and how many were not as they had been taken down."""

    written: int
    left_out: int


def export_documents(
    folder: Path, out: Path, form: Form, *, fallen: Collection[str] = ()
) -> Exported:
    """Write the documents of a corpus stage.

    Args:
        folder: the stage's output.
        out: where to write; `<split>/<domain>.<form>`, or a data set folder. It may not exist.
        form: what to write.
        fallen: ids of documents that were taken down, which are left out.

    Raises:
        DataError: where the stage left no documents, or `out` holds files or is one.
    """
    paths = [
        (split, path)
        for split in SPLITS
        for path in sorted((folder / "documents" / split).glob("*.parquet"))
    ]
    if not paths:
        raise DataError(f"{folder}: no documents; name the folder of a stage of kind 'corpus'")
    if out.exists() and not out.is_dir():
        raise DataError(f"{out}: is a file; name a folder")
    if out.exists() and any(out.iterdir()):
        raise DataError(f"{out}: the folder is not empty; name a new one")
    written: Counter[tuple[str, str]] = Counter()
    without = pa.array(sorted(fallen), pa.string())
    for split, path in paths:
        licences = _write(path, out / _place(split, path.stem, form), without)
        written += Counter({(path.stem, licence): count for licence, count in licences.items()})
    if form == "dataset":
        write_text(out / "README.md", _card(written, paths))
    read = sum(pq.read_metadata(path).num_rows for _, path in paths)
    return Exported(written=written.total(), left_out=read - written.total())


def _place(split: str, domain: str, form: Form) -> Path:
    if form == "dataset":
        return Path("data") / domain / f"{_split_name(split)}-00000-of-00001.parquet"
    return Path(split) / f"{domain}.{form}"


def _split_name(split: str) -> str:
    """Names of splits on the Hub hold no hyphen."""
    return split.replace("-", "_")


def _write(source: Path, target: Path, without: pa.Array) -> Counter[str]:
    """Copy one domain's documents but for some ids; how many stand under each licence."""
    licences: Counter[str] = Counter()
    open_sink = _parquet_sink if target.suffix == ".parquet" else _line_sink
    with (
        pq.ParquetFile(source) as file,
        atomic_path(target) as beside,
        open_sink(beside, target.suffix, file.schema_arrow) as write,
    ):
        for read in file.iter_batches(_ROWS):
            batch = read.filter(pc.invert(pc.is_in(read["id"], without)))
            licences.update(batch.column("licence").to_pylist())
            write(batch)
    return licences


_Sink = Callable[[pa.RecordBatch], None]


@contextmanager
def _parquet_sink(path: Path, ending: str, schema: pa.Schema) -> Iterator[_Sink]:
    del ending
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        yield writer.write_batch


@contextmanager
def _line_sink(path: Path, ending: str, schema: pa.Schema) -> Iterator[_Sink]:
    del schema
    with path.open("wb") as file, _packed(file, ending) as packed:
        yield _Lines(packed).write


class _Lines:
    """An object a line, without what is null."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._size = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch; a frame that is long enough ends after it."""
        rows = ({k: v for k, v in row.items() if v is not None} for row in batch.to_pylist())
        text = b"".join(orjson.dumps(row) + b"\n" for row in rows)
        self._file.write(text)
        self._size += len(text)
        if self._size >= _FRAME_BYTES and isinstance(self._file, zstandard.ZstdCompressionWriter):
            self._file.flush(zstandard.FLUSH_FRAME)
            self._size = 0


def _packed(file: io.BufferedWriter, ending: str) -> AbstractContextManager[IO[bytes]]:
    if ending == ".gz":
        # No time and no name in the header, so that equal documents are equal bytes.
        return cast("IO[bytes]", gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0))
    if ending == ".zst":
        compressor = zstandard.ZstdCompressor(level=_LEVEL)
        return cast("IO[bytes]", compressor.stream_writer(file, closefd=False))
    return nullcontext(file)


def _card(written: Counter[tuple[str, str]], paths: list[tuple[str, Path]]) -> str:
    """The data set's card: its licences, languages and files for machines, and a table.

    Source: https://github.com/huggingface/hub-docs/blob/main/datasetcard.md
    """
    licences = sorted({hub_licence(licence) for _, licence in written})
    domains = sorted({path.stem for _, path in paths})
    lines = ["---", "license:", *(f"- {licence}" for licence in licences)]
    languages = sorted({domain.partition("-")[0] for domain in domains if domain != CODE})
    lines += ["language:", *(f"- {language}" for language in languages), "configs:"]
    for domain in domains:
        lines += [f"- config_name: {domain}", "  data_files:"]
        for split in (split for split, path in paths if path.stem == domain):
            place = _place(split, domain, "dataset").as_posix()
            lines += [f"  - split: {_split_name(split)}", f"    path: {place}"]
    lines += ["---", "", "# Curated documents", "", _ABOUT, ""]
    lines += ["| domain | licence | documents |", "|---|---|---:|"]
    lines += [f"| {domain} | {licence} | {n} |" for (domain, licence), n in sorted(written.items())]
    return "\n".join(lines) + "\n"
