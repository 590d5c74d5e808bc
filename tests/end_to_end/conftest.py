"""A whole recipe on a tiny random model and a few pages of the quickstart's real text."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

from forks import Ended, ended

QUICKSTART = Path(__file__).parents[2] / "recipes" / "quickstart"
LANGUAGES = ("en", "fi", "hi", "ja", "vi")

HEAD = """
seed = 5

[base]
kind = "folder"
path = "model"
licence = "Apache-2.0"

[stages.corpus]
kind = "corpus"
held_out_share = 0.2
"""

RECIPE = """
name = "tiny"
{head}
{sources}

[stages.instructions]
kind = "instructions"
documents = "corpus"

[stages.instructions.pairs.en-fi]
file = "pairs.en-fi.jsonl.gz"
languages = ["en", "fi"]
licence = "MPL-2.0"

[stages.safety-data]
kind = "safety-seed"
train_requests = 1
test_requests = 1

[stages.tokens]
kind = "tokens"
documents = ["corpus"]
exchanges = ["instructions", "safety-data"]

[stages.cap]
kind = "train"
model = "base"
tokens = "tokens"
budget_tokens = 8192
sequence_tokens = 128
batch_tokens = 512

[stages.cap.mixture]
replay = 0.25
replay_weights = {{ en = 1, code = 1 }}
phases = [{{ weights = {{ fi = 1, hi = 1, ja = 1, vi = 1 }} }}]

[stages.cap.checkpoints]
every_steps = 3

[stages.cap.validation]
every_tokens = 4096

[stages.cat]
kind = "train"
model = "cap"
tokens = "tokens"
budget_tokens = 4096
sequence_tokens = 128
batch_tokens = 512
allow_unreviewed = true

[stages.cat.mixture]
replay = 0.25
replay_weights = {{ en = 1, code = 1 }}
phases = [{{ weights = {{ fi = 1, hi = 1, ja = 1, vi = 1, instructions = 1, safety = 1 }} }}]

[stages.cat.checkpoints]
every_steps = 3

[stages.evaluation]
kind = "evaluate"
models = ["base", "cap", "cat"]
documents = "corpus"

[stages.safety]
kind = "safety"
models = ["base", "cat"]
exchanges = ["safety-data"]
max_tokens = 4

[stages.extraction]
kind = "extraction"
models = ["base", "cap", "cat"]
tokens = "tokens"
prefix_tokens = 20
suffix_tokens = 20
highest = 3

[stages.report]
kind = "report"
"""

RANKS_RECIPE = (
    f'name = "killed"{HEAD}'
    + """
sources.fi = { files = ["help.fi.jsonl.gz"], language = "fi", licence = "MPL-2.0" }

[stages.tokens]
kind = "tokens"
documents = ["corpus"]

[stages.cap]
kind = "train"
model = "base"
tokens = "tokens"
budget_tokens = 10_240
sequence_tokens = 128
batch_tokens = 512
precision = "float32"
mixture = { replay = 0.0, highest_epochs = 100, phases = [{ weights = { fi = 1 } }] }
checkpoints = { every_steps = 3 }
validation = { every_tokens = 10_240 }
"""
)


@pytest.fixture(scope="session")
def tiny_recipe(tiny_model, tmp_path_factory) -> Path:
    """A recipe file with everything it names beside it. Never write into its folder."""

    def make(root: Path) -> None:
        shutil.copytree(tiny_model, root / "model")
        for language in LANGUAGES:
            _excerpt(f"help.{language}.jsonl.gz", root, lines=16)
        _excerpt("python.jsonl.gz", root, lines=6)
        _excerpt("pairs.en-fi.jsonl.gz", root, lines=40, longest=False)
        sources = "\n".join(map(_source, [*LANGUAGES, "code"]))
        (root / "recipe.toml").write_text(RECIPE.format(head=HEAD, sources=sources))

    return _once("recipe", make, tmp_path_factory) / "recipe.toml"


def _once(name: str, make: Callable[[Path], None], factory: pytest.TempPathFactory) -> Path:
    """A folder that whichever process of the tests comes first fills for all of them."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with folder.with_suffix(".lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not folder.exists():
            beside = folder.with_suffix(".unfinished")
            beside.mkdir()
            make(beside)
            beside.rename(folder)
    return folder


def _source(language: str) -> str:
    file = "python.jsonl.gz" if language == "code" else f"help.{language}.jsonl.gz"
    return (
        f"[stages.corpus.sources.{language}]\n"
        f'files = ["{file}"]\nlanguage = "{language}"\nlicence = "MPL-2.0"\n'
    )


def _excerpt(name: str, root: Path, *, lines: int, longest: bool = True) -> None:
    """Of the longest records, so that few hold much text; of the shortest, so that a row does."""
    with gzip.open(QUICKSTART / "data" / name, "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    by_length = sorted(records, key=lambda one: len(json.dumps(one)), reverse=longest)
    chosen = by_length[: 3 * lines : 3]
    with gzip.open(root / name, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(one, ensure_ascii=False) + "\n" for one in chosen)


@pytest.fixture
def ranks_recipe(tiny_recipe, tmp_path) -> Path:
    """One that trains for twenty steps, long enough to be interrupted on several ranks."""
    for name in ("model", "help.fi.jsonl.gz"):
        copy = shutil.copytree if (tiny_recipe.parent / name).is_dir() else shutil.copyfile
        copy(tiny_recipe.parent / name, tmp_path / name)
    (tmp_path / "recipe.toml").write_text(RANKS_RECIPE)
    return tmp_path / "recipe.toml"


@pytest.fixture
def auroram(tmp_path):
    """Run the command in a process of its own; everything is kept below `tmp_path`."""

    def call(*words: str | Path, **options):
        environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
        return subprocess.run(
            [sys.executable, "-m", "auroram.cli.main", *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=environment,
            **options,
        )

    return call


@pytest.fixture
def forked(tmp_path, monkeypatch):
    """As `auroram`, in a process that need not import torch anew."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str | Path, given: str = "") -> Ended:
        return ended(words, tmp_path / "streams", given=given)

    return call


@pytest.fixture(scope="session")
def finished_run(tiny_recipe, tmp_path_factory) -> Path:
    """The folder of an uninterrupted run. Copy it before changing anything in it."""

    def make(folder: Path) -> None:
        run = [sys.executable, "-m", "auroram.cli.main", "run", tiny_recipe]
        done = subprocess.run(
            [*run, "--folder", folder / "run"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    return _once("finished", make, tmp_path_factory) / "run"
