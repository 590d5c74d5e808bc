import os
import subprocess
import sys

import pytest
from fake_hub import COMMIT, serve
from tiny_gguf import write_gguf

from auroram.adapters.gguf import convert
from auroram.adapters.hub import HubModel

FETCH = """
import sys
from pathlib import Path
from auroram.adapters.hub import HubModel
from auroram.errors import AuroramError
from auroram.ports import Silent
id, revision, cache = sys.argv[1:]
try:
    model = HubModel(id=id, revision=revision, licence="MIT")
    print(model.fetch(Path(), Path(cache), Silent()))
except AuroramError as error:
    print(f"{type(error).__name__}: {error}")
"""


def fetch(tmp_path, address="", *, name="tiny/llama", revision=COMMIT):
    # A process of its own: the library reads the hub's address once, when it is imported.
    hub = {"HF_ENDPOINT": address} if address else {"HF_HUB_OFFLINE": "1"}
    environment = os.environ | hub | {"HF_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-c", FETCH, name, revision, str(tmp_path / "cache")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub")
    convert(write_gguf(folder / "a.gguf"), folder / "model")
    (folder / "model" / "pytorch_model.bin").write_bytes(b"pickled")
    (folder / "model" / "modeling_tiny.py").write_text("raise SystemExit")
    return folder / "model"


def test_only_safetensors_configuration_and_tokenizer_are_downloaded(tmp_path, repository):
    with serve("tiny/llama", repository) as address:
        folder = tmp_path / "cache" / "models" / fetch(tmp_path, address).rpartition("/")[2]
    names = {path.name for path in repository.iterdir()}
    assert {path.name for path in folder.iterdir()} == names - {
        "pytorch_model.bin",
        "modeling_tiny.py",
    }
    assert not any(path.is_symlink() for path in folder.iterdir())


def test_a_model_that_was_fetched_needs_no_network(tmp_path, repository):
    with serve("tiny/llama", repository) as address:
        folder = fetch(tmp_path, address)
    assert fetch(tmp_path) == folder


@pytest.mark.parametrize("wrong", [{"name": "tiny/alpaca"}, {"revision": "b" * 40}])
def test_an_unknown_model_or_commit_is_the_recipes_fault(tmp_path, repository, wrong):
    with serve("tiny/llama", repository) as address:
        said = fetch(tmp_path, address, **wrong)
    assert said.startswith("DataError: ")
    assert "the hub has no such model" in said


def test_without_a_network_the_run_may_be_tried_again(tmp_path):
    said = fetch(tmp_path)
    assert said.startswith("RunError: tiny/llama: cannot be downloaded")
    assert "check the network and run again" in said


@pytest.mark.parametrize("revision", ["main", "abc123", "v1.0"])
def test_a_revision_that_may_move_is_refused(revision):
    with pytest.raises(ValueError, match="must be a commit of 40 digits"):
        HubModel(id="tiny/llama", revision=revision, licence="MIT")
