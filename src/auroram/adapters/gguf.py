"""A model in a GGUF file, and its conversion into a Hugging Face folder.

The folder has `config.json`, `generation_config.json`, `model.safetensors` (float32),
`tokenizer.json`, `tokenizer_config.json` and, where the file carries one, `chat_template.jinja`.
The same file gives the same bytes.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from auroram.adapters.cache import cached_model
from auroram.adapters.gguf_file import GgufFile
from auroram.adapters.gguf_llama import config, read_shape, read_tensor, sources
from auroram.adapters.gguf_tokenizer import read_ids, read_names, read_tokenizer
from auroram.errors import DataError
from auroram.model.safetensors_stream import write_safetensors
from auroram.ports import Progress, Silent
from auroram.records.canonical import Json
from auroram.records.files import UNFINISHED, atomic_path, sha256_of, write_text
from auroram.settings import settings

CONVERTER = 1
"""Raised with every change of what `convert` writes, so that no cache keeps the old."""

SILENT = Silent()


@settings
class GgufModel:
    """A GGUF file of the Llama architecture, converted once for all runs."""

    kind: Literal["gguf"] = "gguf"
    path: str
    """The file, relative to the recipe."""
    licence: str
    """SPDX id of the model's licence."""

    def files(self) -> tuple[str, ...]:
        """The file itself."""
        return (self.path,)

    def fetch(self, root: Path, cache: Path, progress: Progress) -> Path:
        """The converted folder, in the cache under the file's digest."""
        file = root / self.path
        if not file.is_file():
            raise DataError(f"{file}: not found; correct `path` in the recipe")
        key = f"{sha256_of(file)[:16]}-{CONVERTER}"
        return cached_model(cache, key, lambda folder: convert(file, folder, progress))


def convert(gguf: Path, folder: Path, progress: Progress = SILENT) -> None:
    """Write the model of a GGUF file as a Hugging Face folder, whole or not at all.

    Raises:
        DataError: where the file is not a GGUF file that we can convert faithfully, or `folder`
            is there and not empty.
    """
    file = GgufFile(gguf)
    shape = read_shape(file)
    places = sources(file, shape)
    progress.start(f"convert {gguf.name}", total=len(places), unit="tensors")

    def read(name: str) -> NDArray[np.float32]:
        values = read_tensor(file, places[name])
        progress.advance(1)
        return values

    texts = {
        "config.json": _json(config(shape) | read_ids(file)),
        "generation_config.json": _json(dict(read_ids(file))),
        "tokenizer.json": read_tokenizer(file),
        "tokenizer_config.json": _json(read_names(file).config(shape.context_tokens)),
    }
    if file.has("tokenizer.chat_template"):
        texts["chat_template.jinja"] = file.value("tokenizer.chat_template", str)
    with _appearing(folder) as beside:
        for name, text in texts.items():
            write_text(beside / name, text)
        with atomic_path(beside / "model.safetensors") as path:
            write_safetensors(path, {name: place.shape for name, place in places.items()}, read)


def _json(table: Json) -> str:
    return json.dumps(table, indent=2, ensure_ascii=False) + "\n"


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """A folder to write in that becomes `folder` at the end, or vanishes."""
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise DataError(f"{folder}: is there already; delete it or choose another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=UNFINISHED, dir=folder.parent))
    try:
        beside.chmod(0o755)
        yield beside
        beside.replace(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
