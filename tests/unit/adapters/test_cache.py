from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

from auroram.adapters.cache import cached_model


class Maker:
    """Writes a model of one file and counts how often it was asked."""

    def __init__(self, wait_seconds=0.0):
        self.calls = 0
        self.wait_seconds = wait_seconds

    def __call__(self, folder):
        self.calls += 1
        sleep(self.wait_seconds)
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(b"weights")


def test_a_model_is_made_once(tmp_path):
    make = Maker()
    folders = {cached_model(tmp_path, "key", make) for _ in range(3)}
    assert folders == {tmp_path / "models" / "key"}
    assert make.calls == 1


def test_of_two_at_once_one_makes_the_model_and_the_other_waits(tmp_path):
    make = Maker(wait_seconds=0.2)
    with ThreadPoolExecutor() as pool:
        folders = list(pool.map(lambda _: cached_model(tmp_path, "key", make), range(4)))
    assert make.calls == 1
    assert all((folder / "model.safetensors").read_bytes() == b"weights" for folder in folders)


@pytest.mark.parametrize("content", [b"weighty", b""])
def test_a_cached_file_that_was_changed_is_made_anew(tmp_path, content):
    make = Maker()
    weights = cached_model(tmp_path, "key", make) / "model.safetensors"
    weights.write_bytes(content)
    assert (cached_model(tmp_path, "key", make) / "model.safetensors").read_bytes() == b"weights"
    assert make.calls == 2


def test_what_a_killed_process_left_is_removed(tmp_path):
    waste = tmp_path / "models" / "key.x1y2.unfinished"
    waste.mkdir(parents=True)
    (waste / "half.gguf").write_bytes(b"GGUF")
    cached_model(tmp_path, "key", Maker())
    assert not waste.exists()


def test_a_folder_whose_making_was_not_recorded_is_made_anew(tmp_path):
    (tmp_path / "models" / "key").mkdir(parents=True)
    make = Maker()
    assert (cached_model(tmp_path, "key", make) / "model.safetensors").is_file()
    assert make.calls == 1


def test_a_maker_that_fails_leaves_no_model_behind(tmp_path):
    def fail(folder):
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space left"):
        cached_model(tmp_path, "key", fail)
    assert cached_model(tmp_path, "key", Maker()).is_dir()
